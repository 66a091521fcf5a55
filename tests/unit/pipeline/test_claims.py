"""Claims: what is measured, what is accepted, and which verdict follows."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from pipeline.checks import read_claims
from pipeline.claims import COLUMNS, check_claims
from pipeline.reading import read_yaml
from pipeline.schemas import ConfigError
from pipeline.statements import faults
from pipeline.statistics import mean_interval

ROOT = Path(__file__).parents[3]
SCHEMA = read_yaml(ROOT / "workflow" / "schemas" / "claims.schema.yaml")
COSTS = np.array(  # of networks 1 to 7 at ranks 0, 1 and 2
    [
        [0.9, 0.2, 0.01],
        [1.1, 0.4, 0.03],
        [1.3, 0.9, 0.02],
        [1.2, 0.5, 0.05],
        [1.0, 0.6, 0.02],
        [1.4, 0.3, 0.04],
        [0.8, 0.7, 0.03],
    ]
)


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    rows = [
        {"task": task, "reduction": "a", "network": network, "rank": rank, "cost": factor * cost}
        for task, factor in (("context_integration", 1), ("sine_generation", 10))
        for network, costs in enumerate(COSTS.tolist(), start=1)
        for rank, cost in enumerate(costs)
    ]
    return {"performance": pd.DataFrame(rows)}


def claim(tasks, *, where=None, statistic="mean", **others) -> dict:
    quantity = {"table": "performance", "column": "cost", "where": where or {"rank": 1}, "statistic": statistic}
    for key in ("within", "column", "against"):
        if key in others:
            quantity[key] = others.pop(key)
    described = {"id": "costly", "sentence": "At rank {rank}.", "source": "Figure 0", "measures": "cost", "why": "So."}
    return described | {"basis": "statement", "quantity": quantity, "tasks": tasks} | others


def only(tables, *arguments, source="train", **keywords) -> dict:
    checked = check_claims([claim(*arguments, **keywords)], tables, source)
    assert list(checked) == COLUMNS
    assert len(checked) == 1
    return checked.iloc[0].to_dict()


LOW, HIGH = mean_interval(COSTS[:, 1])


@pytest.mark.parametrize(
    ("accepted", "verdict"),
    [
        ([LOW, HIGH], "reproduced"),
        ([None, HIGH], "reproduced"),
        ([LOW, None], "reproduced"),
        ([LOW + 1e-6, HIGH], "undecided"),
        ([LOW, HIGH - 1e-6], "undecided"),
        ([0.513, 0.515], "undecided"),  # the mean itself is accepted
        ([0.6, None], "undecided"),
        ([HIGH, None], "undecided"),
        ([HIGH + 1e-6, None], "differs"),
        ([None, LOW - 1e-6], "differs"),
    ],
)
def test_the_verdict_is_where_the_whole_interval_lies(tables, accepted, verdict):
    row = only(tables, {"context_integration": {"train": accepted}})
    assert row["measured"] == pytest.approx(COSTS[:, 1].mean())
    assert (row["verdict"], row["why"], row["level"], row["networks"]) == (verdict, "So.", "C", 7)
    assert (row["accepted_low"], row["accepted_high"]) == tuple(accepted) or None in accepted
    assert (row["low"], row["high"]) == pytest.approx((LOW, HIGH))
    assert row["basis"] == "statement"


@pytest.mark.parametrize("accepted", [[0.0, 9.0], [8.0, 9.0], [None, -1.0]])
def test_few_networks_decide_nothing(tables, accepted):
    tables["performance"] = tables["performance"].query("network < 6")
    row = only(tables, {"context_integration": {"train": accepted}})
    assert (row["verdict"], row["why"]) == ("undecided", "5 networks are too few for an interval, it takes 6")
    assert row["measured"] == pytest.approx(COSTS[:5, 1].mean())
    assert np.isnan([row["low"], row["high"]]).all()


def test_the_median_has_an_interval_of_order_statistics(tables):
    row = only(tables, {"context_integration": {"train": [0.2, 0.9]}}, statistic="median")
    assert (row["measured"], row["low"], row["high"], row["verdict"]) == (0.5, 0.2, 0.9, "reproduced")


def test_a_ratio_is_paired_network_by_network(tables):
    accepted = {"context_integration": {"train": [0, 99]}}
    row = only(tables, accepted, where={"rank": 1}, against={"rank": 2}, statistic="median")
    ratios = COSTS[:, 1] / COSTS[:, 2]
    assert row["measured"] == pytest.approx(np.median(ratios))
    assert row["measured"] != pytest.approx(np.median(COSTS[:, 1]) / np.median(COSTS[:, 2]))
    assert (row["low"], row["high"]) == pytest.approx((ratios.min(), ratios.max()))


def test_a_ratio_without_a_value_below_is_not_comparable(tables):
    tables["performance"].loc[2, "cost"] = 0.0
    row = only(tables, {"context_integration": {"train": [0, 99]}}, where={"rank": 1}, against={"rank": 2})
    assert (row["verdict"], row["why"]) == ("not comparable", "no value for 1 of 7 networks")


def test_extent_is_the_largest_less_the_least(tables):
    row = only(tables, {"context_integration": {"train": [0, 9]}}, where={"rank": [0, 1, 2]}, within="extent")
    assert row["measured"] == pytest.approx(np.ptp(COSTS, axis=1).mean())


def test_the_full_rank_is_the_largest(tables):
    row = only(tables, {"sine_generation": {"train": [0, 1]}}, where={"rank": "full"})
    assert row["measured"] == pytest.approx(10 * COSTS[:, 2].mean())


def test_rows_of_a_network_are_joined_within_it(tables):
    bands = {"context_integration": {"train": [0, 9]}}
    assert only(tables, bands, where={"rank": [0, 1]}, within="sum")["measured"] == pytest.approx(
        COSTS[:, :2].sum(1).mean()
    )
    assert only(tables, bands, where={"rank": [0, 1]})["measured"] == pytest.approx(COSTS[:, :2].mean())


def test_points_are_statements_of_their_own_with_a_range_around_the_paper(tables):
    points = {"context_integration": {"points": {0: [1.0, 0.01], 1: [0.4, 0.2]}}}
    tolerance = {"train": {"relative": 0.4}, "published": {"absolute": 0.01}}
    trained = check_claims([claim(points, tolerance=tolerance)], tables, "train")
    assert trained["id"].tolist() == ["costly.context_integration.0", "costly.context_integration.1"]
    assert trained["sentence"].tolist() == ["At rank 0.", "At rank 1."]
    np.testing.assert_allclose(trained["accepted_low"], [0.6, 0.2])  # the reading error is the least tolerance
    np.testing.assert_allclose(trained["accepted_high"], [1.4, 0.6])
    assert trained["verdict"].tolist() == ["reproduced", "undecided"]
    assert trained["reading_error"].tolist() == [0.01, 0.2]
    published = check_claims([claim(points, tolerance=tolerance)], tables, "published")
    np.testing.assert_allclose(published["accepted_low"], [0.99, 0.2])
    assert published["level"].tolist() == ["B"] * 2


def test_a_bound_accepts_all_below_it(tables):
    bounds = {"context_integration": {"at_most": {1: 0.9, 2: 0.01}}}
    found = check_claims([claim(bounds)], tables, "train")
    assert found["id"].tolist() == ["costly.context_integration.1", "costly.context_integration.2"]
    assert found["verdict"].tolist() == ["reproduced", "differs"]
    assert found["accepted_high"].tolist() == [0.9, 0.01]
    assert found[["paper", "accepted_low"]].isna().all(axis=None)


def test_the_value_of_a_named_network_needs_no_interval(tables):
    entry = {"context_integration": {"reference": 0.9}}
    keywords = {
        "where": {"rank": 1, "network": 3},
        "tolerance": {"published": {"absolute": 1e-6}},
        "statistic": "value",
    }
    row = only(tables, entry, source="published", **keywords)
    assert (row["verdict"], row["networks"], row["reference"]) == ("reproduced", 1, 0.9)
    assert (row["low"], row["high"]) == (0.9, 0.9)
    tables["performance"].loc[lambda table: table["network"] == 3, "cost"] += 1.1e-6
    assert only(tables, entry, source="published", **keywords)["verdict"] == "differs"


@pytest.mark.parametrize(
    ("where", "why"),
    [({"rank": 7}, "no value for 7 of 7 networks"), ({"rank": 1, "network": 9}, "no value for 1 of 1 networks")],
)
def test_what_the_tables_do_not_hold_is_not_comparable(tables, where, why):
    row = only(tables, {"context_integration": {"train": [0, 9]}}, where=where)
    assert (row["verdict"], row["why"]) == ("not comparable", why)
    assert np.isnan(row["measured"])


def test_a_network_without_a_value_is_not_left_out(tables):
    tables["performance"].loc[1, "cost"] = np.nan
    row = only(tables, {"context_integration": {"train": [0, 9]}})
    assert (row["verdict"], row["why"]) == ("not comparable", "no value for 1 of 7 networks")


def test_without_a_range_for_the_source_nothing_is_compared_but_measured(tables):
    row = only(tables, {"context_integration": {"published": [0, 9]}})
    assert (row["verdict"], row["why"]) == (
        "not comparable",
        "no accepted range is declared for ensembles of source train",
    )
    assert row["measured"] == pytest.approx(COSTS[:, 1].mean())


def test_networks_of_the_users_files_have_a_level_and_ranges_of_their_own(tables):
    row = only(tables, {"sine_generation": {"train": [0, 9], "files": [2.0, 8.0]}}, source="files")
    assert (row["verdict"], row["level"], row["accepted_high"]) == ("reproduced", "D", 8.0)
    row = only(tables, {"sine_generation": {"train": [0, 9]}}, source="files")
    assert (row["verdict"], row["why"]) == (
        "not comparable",
        "no accepted range is declared for ensembles of source files",
    )


def test_of_a_users_task_there_are_claims_if_the_user_makes_some(tables):
    tables["performance"] = tables["performance"].replace("sine_generation", "echo")
    assert only(tables, {"echo": {"train": [0, 9]}})["task"] == "echo"
    assert check_claims([claim({"sine_generation": {"train": [0, 9]}})], tables, "train").empty


def test_networks_of_another_task_are_not_missed(tables):
    tables["performance"] = tables["performance"].query("task == 'sine_generation' or network < 7")
    row = only(tables, {"context_integration": {"train": [0, 9]}})
    assert (row["networks"], row["verdict"]) == (6, "reproduced")
    assert row["measured"] == pytest.approx(COSTS[:6, 1].mean())


def test_tasks_that_were_not_run_have_no_row(tables):
    tables["performance"] = tables["performance"].query("task == 'sine_generation'")
    tasks = {"context_integration": {"train": [0, 9]}, "sine_generation": {"train": [0, 9]}}
    assert only(tables, tasks)["task"] == "sine_generation"


def test_a_column_that_is_not_there_is_named(tables):
    with pytest.raises(ValueError, match=r"claim costly\.sine_generation: table performance has no column kost"):
        only(tables, {"sine_generation": {"train": [0, 9]}}, column="kost")


def test_the_claims_of_the_paper_are_well_formed():
    claims = read_claims(ROOT / "config" / "claims.yaml", SCHEMA)
    for each in claims:
        for task, entry in each["tasks"].items():
            for source in ("published", "train"):
                ranged = source in entry or source in each.get("tolerance", {}) or "at_most" in entry
                assert ranged or "network" in each["quantity"]["where"], (each["id"], task, source)
    points = [point for each in claims for entry in each["tasks"].values() for point in entry.get("points", [])]
    bounds = [bound for each in claims for entry in each["tasks"].values() for bound in entry.get("at_most", [])]
    assert len(points) + len(bounds) == 64


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"train": [2.0, 1.0]}, r"costly\.task\.train: \[2, 1\] is empty, expected the lower end first"),
        ({"train": [None, None]}, r"costly\.task\.train: accepts every value, expected one end at least"),
        ({"paper": 0.1, "published": [None, 0.3]}, r"costly\.task: the range for published, .* holds 0 and twice the"),
        (
            {"points": {3: [0.01, 0.001], 5: [0.01, 0.02]}},
            r"costly\.task\.5: the range for train, \[-0.01, 0.03\], holds 0",
        ),
        (
            {"paper": -0.1, "train": [-0.3, 0.1]},
            "holds 0 and twice the paper's value, expected a narrower one, or at_most",
        ),
        ({"paper": 0.1, "train": [0.01, 0.3]}, None),
        ({"paper": 0.1, "train": [0, 0.19]}, None),
        ({"reference": 0.1, "train": [None, 0.3]}, None),
        ({"at_most": {3: 0.1}}, None),
    ],
)
def test_a_range_that_supports_nothing_is_named(entry, fault):
    found = list(faults(claim({"task": entry}, tolerance={"train": {"relative": 0.5}})))
    assert bool(found) == (fault is not None)
    if fault:
        assert re.search(fault, found[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sentance": "x"}, "mine.yaml: claims.0: unknown key 'sentance', did you mean sentence?"),
        ({"quantity": {"table": "ranks"}}, "mine.yaml: claims.0.quantity: key column is missing"),
        ({"tasks": {"sine_generation": {"train": [1]}}}, "mine.yaml: claims.0.tasks.sine_generation.train: "),
    ],
)
def test_a_mistake_in_the_claims_is_named(tmp_path, change, message):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"claims": [claim({"sine_generation": {"train": [0, 9]}}) | change]}))
    with pytest.raises(ConfigError) as caught:
        read_claims(path, SCHEMA)
    assert message in str(caught.value)


def test_an_id_that_is_given_twice_is_named(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump({"claims": [claim({"sine_generation": {"train": [0, 9]}})] * 2}))
    with pytest.raises(ConfigError, match=r"mine.yaml: claims: id costly is given twice, expected each once"):
        read_claims(path, SCHEMA)
