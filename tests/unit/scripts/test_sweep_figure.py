"""What a sweep is summarised to, and that any sweep is drawn."""

import itertools

import numpy as np
import pandas as pd
import pytest

import draw_sweep
import summarise_sweep

LABELS = {"flip": {"label": "flip-flop"}, "hold": {}}
RANKS = {("a", 1): [3, 5], ("a", 2): [4, None], ("b", 1): [None, None], ("b", 2): [6, 7]}  # by device, units


def write_points(folder, ranks=RANKS, tasks=("flip",)):
    """Write the tables of a point for each key; the cost of a network is number times units, in thousandths."""
    points, files = {}, {"ranks": [], "performance": []}
    for (device, units), values in ranks.items():
        keys = list(itertools.product(tasks, summarise_sweep.REDUCTIONS, enumerate(values, start=1)))
        rank = pd.DataFrame([(task, name, n, "to_5_percent", value) for task, name, (n, value) in keys])
        rank.columns = ["task", "reduction", "network", "criterion", "rank"]
        rank = pd.concat([rank, rank.assign(criterion="within_10_percent", rank=99)])
        cost = pd.DataFrame(
            [(t, name, n, k, n * units / 1e3 if k else 9.0) for t, name, (n, _) in keys for k in (0, 5)]
        )
        cost.columns = ["task", "reduction", "network", "rank", "cost"]
        for name, table in {"ranks": rank.astype({"rank": "Int64"}), "performance": cost}.items():
            files[name].append(str(folder / f"{device}_{units}_{name}.csv"))
            table.to_csv(files[name][-1], index=False)
        points[f"s_{device}_{units}"] = {"device": device, "network.units": units}
    return files["ranks"], files["performance"], points


@pytest.fixture
def summary(tmp_path):
    ranks, performance, points = write_points(tmp_path)
    summarise_sweep.main(ranks, performance, str(tmp_path / "s.csv"), points)
    return pd.read_csv(tmp_path / "s.csv", dtype={"value": str}).fillna({"at": ""})


def select(summary, parameter, value, at="", reduction="operative_rows"):
    query = "parameter == @parameter and value == @value and at == @at and reduction == @reduction and network.isna()"
    (row,) = summary.query(query).to_dict("records")
    return row


def singles(summary, parameter, value, reduction="operative_rows"):
    query = "parameter == @parameter and value == @value and reduction == @reduction and network.notna()"
    return summary.query(query).set_index("network")["median"].to_dict()


def test_a_seed_counts_once_with_the_median_of_its_networks(summary):
    row = select(summary, "network.units", "2")  # 4 and 6 of the first seed, none and 7 of the second
    assert (row["median"], row["networks"], row["seeds"], row["none"]) == (np.inf, 4, 2, 1)
    assert singles(summary, "network.units", "2") == {1: 5.0, 2: np.inf}
    cost = select(summary, "network.units", "2", reduction="full")
    assert cost["median"] == pytest.approx(3e-3)
    assert np.isnan([cost["low"], cost["high"]]).all()


def test_the_interval_is_that_of_seeds(tmp_path):
    ranks = {("a", 1): [3, 5, 4, 9, 2, 7, None], ("a", 2): [5, 5, 8, 1, 4, 7, 8]}
    files, performance, points = write_points(tmp_path, ranks)
    summarise_sweep.main(files, performance, str(tmp_path / "s.csv"), points)
    summary = pd.read_csv(tmp_path / "s.csv", dtype={"value": str}).fillna({"at": ""})
    row = select(
        summary, "device", "a"
    )  # seeds 4, 5, 6, 5, 3, 7 and none; seven have an interval from least to largest
    assert (row["median"], row["low"], row["high"], row["seeds"], row["none"]) == (5.0, 3.0, np.inf, 7, 1)
    assert not singles(summary, "device", "a")


def test_a_network_without_a_rank_is_beyond_all_others(summary):
    row = select(summary, "network.units", "1")  # 3, 5 and two without
    assert (row["median"], row["none"]) == (np.inf, 2)
    row = select(summary, "device", "b")
    assert (row["median"], row["none"]) == (np.inf, 2)


def test_single_points_are_told_by_their_other_values(summary):
    assert select(summary, "device", "a", at="network.units=1")["median"] == 4.0
    assert select(summary, "network.units", "1", at="device=a")["median"] == 4.0
    row = select(summary, "network.units", "1", at="device=b")
    assert (row["median"], row["networks"], row["none"]) == (np.inf, 2, 2)
    assert np.isnan(row["low"])
    medians = summary[summary["network"].isna()]
    assert len(medians) == 2 * (2 + 4) * 2 + 2 * (2 + 4) * 2  # parameters, values and points, four lines
    assert not medians.duplicated(["task", "measure", "parameter", "reduction", "at", "value"]).any()
    assert len(summary) - len(medians) == 2 * 2 * 2 * 4  # parameters, values and seeds, four lines


@pytest.mark.parametrize(
    "ranks",
    [
        RANKS,
        {("a", 1): [None, None], ("a", 2): [None, None]},  # nobody has a rank
        {("a", 1): [3], ("a", 2): [4]},  # no interval
        {("a", 1): [3, 4, 5]},  # one point
    ],
)
@pytest.mark.parametrize("tasks", [("flip",), ("flip", "hold")])
@pytest.mark.filterwarnings("error")
def test_any_sweep_is_drawn_and_the_same_again(tmp_path, ranks, tasks):
    files, performance, points = write_points(tmp_path, ranks, tasks)
    summarise_sweep.main(files, performance, str(tmp_path / "s.csv"), points)
    drawn = [[tmp_path / f"{copy}.{suffix}" for suffix in ("svg", "png", "pdf")] for copy in "xy"]
    for paths in drawn:
        draw_sweep.main(str(tmp_path / "s.csv"), [str(path) for path in paths], LABELS)
    for one, other in zip(*drawn, strict=True):
        assert one.read_bytes() == other.read_bytes()
    svg = (tmp_path / "x.svg").read_text()
    assert (">none</text>" in svg) == (None in itertools.chain(*ranks.values()))
    assert ">number of units N</text>" in svg
    assert ">flip-flop</text>" in svg


@pytest.mark.filterwarnings("error")
def test_a_task_without_cost_has_ranks_of_the_state_distance(tmp_path):
    ranks, performance, points = write_points(tmp_path)
    for path in ranks:
        table = pd.read_csv(path).replace({"criterion": {"to_5_percent": "distance_to_5_percent"}})
        table[table["criterion"] != "within_10_percent"].to_csv(path, index=False)
    for path in performance:
        pd.read_csv(path).assign(cost=np.nan).to_csv(path, index=False)
    summarise_sweep.main(ranks, performance, str(tmp_path / "s.csv"), points)
    summary = pd.read_csv(tmp_path / "s.csv", dtype={"value": str}).fillna({"at": ""})
    assert set(summary["measure"]) == {"rank"}
    assert select(summary, "device", "a", at="network.units=1")["median"] == 4.0
    draw_sweep.main(str(tmp_path / "s.csv"), [str(tmp_path / "s.svg")], LABELS)
    assert ">no cost: no output, or no</text>" in (tmp_path / "s.svg").read_text()
