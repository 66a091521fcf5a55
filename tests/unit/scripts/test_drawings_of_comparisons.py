"""What the figures that compare ensembles draw: the numbers of their data, where they say that these are."""

import numpy as np
import pandas as pd
import pytest
from drawings import draw, names_of, panels_of
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

import compare_claims
import draw_comparison
import draw_sweep
import summarise_sweep

REDUCTIONS = {
    "operative_columns": "operative columns",
    "operative_rows": "operative rows",
    "high_variance": "high-variance dimensions of W",
}
VALUES = {"network.units": ("50", "100", "200"), "network.gain": ("0.5", "1.5")}


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """The data of a sweep and its drawing."""
    rng, rows = np.random.default_rng(0), []
    for parameter, values in VALUES.items():
        for value in values:
            for name in (*REDUCTIONS, "full"):
                low, median, high = np.sort(rng.uniform(1, 30, 3))
                measure = "cost" if name == "full" else "rank"
                rows.append(("flip", measure, parameter, name, "", value, None, median, low, high, 14, 14, 0))
    names = ["task", "measure", "parameter", "reduction", "at", "value", "network", "median", "low", "high"]
    table = pd.DataFrame(rows, columns=[*names, "networks", "seeds", "none"])
    assert set(table) == set(summarise_sweep.COLUMNS)
    path = tmp_path_factory.mktemp("sweep") / "sweep.csv"
    table.to_csv(path, index=False)
    return table, draw(draw_sweep.main, str(path), [], {"flip": {"label": "flip-flop"}})


PANELS = [
    ("a", "rank", "network.units", "number of units N"),
    ("b", "rank", "network.gain", "gain g of the initial weights"),
    ("c", "cost", "network.units", "number of units N"),
    ("d", "cost", "network.gain", "gain g of the initial weights"),
]


@pytest.mark.parametrize(("panel", "measure", "parameter", "xlabel"), PANELS)
def test_a_sweep_draws_medians_with_their_intervals_at_their_values(sweep, panel, measure, parameter, xlabel):
    table, figure = sweep
    axes, names = panels_of(figure)[panel], names_of(figure)
    assert axes.get_xlabel() == xlabel
    assert [label.get_text() for label in axes.get_xticklabels()] == list(VALUES[parameter])
    if panel in "ac":
        assert axes.get_ylabel() == "flip-flop\n" + {"rank": "rank to 5%", "cost": "cost of the full network"}[measure]
    for reduction, words in REDUCTIONS.items() if measure == "rank" else [("full", "full network")]:
        rows = table[(table["parameter"] == parameter) & (table["reduction"] == reduction)]
        colour = to_hex(names[words].get_color())
        own = [line for line in axes.lines if to_hex(line.get_color()) == colour and line.get_linestyle() != "None"]
        (line,) = (line for line in own if len(line.get_xdata()) == len(rows))
        np.testing.assert_allclose(line.get_ydata(), rows["median"])
        np.testing.assert_allclose(line.get_xdata(), range(len(rows)), atol=0.3)
        intervals = [each for each in axes.collections if isinstance(each, LineCollection)]
        (bars,) = (each for each in intervals if to_hex(each.get_color()[0]) == colour)
        np.testing.assert_allclose([segment[:, 1] for segment in bars.get_segments()], rows[["low", "high"]])


CLAIMS = {  # paper, measured, low, high, accepted low and high, verdict
    "one.flip": (12.0, 15.0, 14.0, 16.0, 10.0, 20.0, "reproduced"),
    "two.flip": (3.0, 5.0, 4.5, 6.0, 2.0, 4.0, "differs"),
    "three.flip": (1.0, 1.5, 0.5, 2.5, 0.0, 2.0, "undecided"),
}


@pytest.fixture
def comparison(tmp_path):
    """A function that draws claims of two ensembles, of which the second measured half of what the first did."""

    def compare(claims, quantity):
        rows = [dict(zip(KEYS, values, strict=True), id=name, quantity=quantity) for name, values in claims.items()]
        table = pd.DataFrame(rows).reindex(columns=[*compare_claims.CLAIM, *compare_claims.MEASURED])
        parts = [table.assign(ensemble="first"), table.assign(ensemble="second", measured=table["measured"] / 2)]
        pd.concat(parts).to_csv(tmp_path / "claims.csv", index=False)
        return draw(draw_comparison.main, str(tmp_path / "claims.csv"), [])

    return compare


KEYS = ("paper", "measured", "low", "high", "accepted_low", "accepted_high", "verdict")


def test_a_claim_is_drawn_on_the_scale_of_its_accepted_range(comparison):
    figure = comparison(CLAIMS, "rank")
    axes, names = panels_of(figure)["a"], names_of(figure)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one: flip", "two: flip", "three: flip"]
    drawn = {"first": [], "second": []}
    for ensemble, found in drawn.items():
        handle = names[ensemble]
        for line in axes.lines:
            if (to_hex(line.get_color()), line.get_marker()) == (to_hex(handle.get_color()), handle.get_marker()):
                found.append(
                    (round(line.get_ydata()[0]), line.get_xdata()[0], line.get_markerfacecolor(), line.get_fillstyle())
                )
    assert len(drawn["first"]) == 3
    for row, (_, measured, _, _, low, high, verdict) in enumerate(CLAIMS.values()):
        (own,) = (each for each in drawn["first"] if each[0] == row)
        assert own[1] == pytest.approx((measured - low) / (high - low))
        assert (to_hex(own[2]) == "#ffffff") == (verdict == "differs")
        assert (own[3] == "left") == (verdict == "undecided")
    ticks = [line for line in axes.lines if np.ptp(line.get_ydata()) > 0.5 and to_hex(line.get_color()) == "#000000"]
    places = sorted({(round(np.mean(line.get_ydata())), float(line.get_xdata()[0])) for line in ticks})
    expected = [(row, (paper - low) / (high - low)) for row, (paper, *_, low, high, _) in enumerate(CLAIMS.values())]
    assert places == [pytest.approx(each) for each in expected]


def test_many_claims_are_drawn_against_the_values_of_the_paper(comparison):
    claims = {f"c{n}": (1.0 + n, 2.0 + 3 * n, 1.5 + 3 * n, 2.5 + 3 * n, 0.0, 9.0, "reproduced") for n in range(14)}
    figure = comparison(claims, "network_cost")
    axes, names = panels_of(figure)["a"], names_of(figure)
    for ensemble, factor in (("first", 1.0), ("second", 0.5)):
        colour = to_hex(names[ensemble].get_color())
        (line,) = (line for line in axes.lines if to_hex(line.get_color()) == colour)
        np.testing.assert_allclose(line.get_xdata(), [1.0 + n for n in range(14)])
        np.testing.assert_allclose(line.get_ydata(), [factor * (2.0 + 3 * n) for n in range(14)])
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("in the paper", "measured", "network cost")
