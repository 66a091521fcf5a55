"""Claims of several ensembles in one table, and where a figure puts them."""

import numpy as np
import pandas as pd
import pytest

import compare_claims
import draw_comparison

COLUMNS = [*compare_claims.CLAIM, *compare_claims.MEASURED]


def write_claims(path, names, *, quantity="rank", measured=1.0, verdict="reproduced"):
    table = pd.DataFrame({"id": names}).reindex(columns=COLUMNS)
    table = table.assign(quantity=quantity, measured=measured, verdict=verdict, low=0.9, high=1.1, networks=2)
    table = table.assign(paper=np.arange(1.0, 1 + len(names)), accepted_low=0.5, accepted_high=2.0)
    table.to_csv(path, index=False)
    return str(path)


def test_claims_that_only_one_ensemble_has_are_kept(tmp_path):
    files = [write_claims(tmp_path / "one.csv", ["a", "c"]), write_claims(tmp_path / "two.csv", ["a", "b", "c"])]
    compare_claims.main(files, str(tmp_path / "claims.csv"), ["one", "two"])
    table = pd.read_csv(tmp_path / "claims.csv")
    assert list(zip(table["id"], table["ensemble"], strict=True)) == [
        ("a", "one"),
        ("a", "two"),
        ("c", "one"),
        ("c", "two"),
        ("b", "two"),
    ]


def test_a_claim_that_stands_there_twice_is_named(tmp_path):
    files = [write_claims(tmp_path / "one.csv", ["a", "a"])]
    with pytest.raises(ValueError, match=r"one\.csv: claim a stands there twice"):
        compare_claims.main(files, str(tmp_path / "claims.csv"), ["one"])


@pytest.mark.parametrize(
    ("low", "high", "paper", "values", "expected"),
    [
        (2.0, 6.0, 3.0, [2.0, 4.0, 6.0, 8.0], [0.0, 0.5, 1.0, 1.5]),
        (10.0, np.nan, 12.0, [10.0, 15.0], [0.0, 0.5]),  # as wide as its end is large
        (1.0, np.nan, 5.0, [1.0, 5.0], [0.0, 1.0]),  # as wide as the paper's value is far
        (np.nan, 10.0, 8.0, [10.0, 5.0], [1.0, 0.5]),
        (np.nan, 0.0, np.nan, [0.0, -1.0], [1.0, 0.0]),
        (np.nan, np.nan, 4.0, [4.0, 6.0], [0.5, 1.0]),
        (3.0, 3.0, 3.0, [3.0, 4.0], [0.0, 1.0]),
    ],
)
def test_the_accepted_range_is_the_unit(low, high, paper, values, expected):
    claim = pd.Series({"accepted_low": low, "accepted_high": high, "paper": paper, "measured": 0.0})
    np.testing.assert_allclose(draw_comparison.in_range(values, claim), expected)


def test_values_of_several_ensembles_have_one_scale():
    claim = {"accepted_low": 2.0, "accepted_high": np.nan, "paper": np.nan}
    claims = [pd.Series(claim | {"measured": measured}) for measured in (3.0, 8.0)]
    assert [draw_comparison.in_range([claim["measured"]], claim).item() for claim in claims] == [0.5, 3.0]


@pytest.mark.parametrize("single", [0, 1, 60])
@pytest.mark.parametrize("many", [0, 40])
def test_any_number_of_claims_is_drawn(tmp_path, single, many):
    if not single and not many:
        single = 2
    names = [f"claim_{index}" for index in range(single)]
    points = [f"point_{index}" for index in range(many)]
    parts = [
        pd.read_csv(write_claims(tmp_path / "a.csv", names, measured=5.0, verdict="differs")).assign(quantity=names),
        pd.read_csv(write_claims(tmp_path / "b.csv", points, quantity="cost")),
    ]
    pd.concat(parts).assign(ensemble="one").to_csv(tmp_path / "claims.csv", index=False)
    drawn = [tmp_path / folder / f"claims.{suffix}" for folder in "xy" for suffix in ("pdf", "svg", "png")]
    draw_comparison.main(str(tmp_path / "claims.csv"), [str(path) for path in drawn[:3]])
    draw_comparison.main(str(tmp_path / "claims.csv"), [str(path) for path in drawn[3:]])
    for one, other in zip(drawn[:3], drawn[3:], strict=True):
        assert one.read_bytes() == other.read_bytes()
    svg = drawn[1].read_text()
    assert all((f">{name.replace('_', ' ')}</text>" in svg) for name in names)
    assert (">measured</text>" in svg) == bool(many)
