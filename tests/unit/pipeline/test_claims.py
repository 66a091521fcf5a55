"""Claims: what is measured, what is accepted, and which verdict follows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from pipeline.checks import read_claims
from pipeline.claims import COLUMNS, check_claims
from pipeline.settings import ConfigError, read_yaml
from pipeline.tables import bootstrap_interval

ROOT = Path(__file__).parents[3]
SCHEMA = read_yaml(ROOT / "workflow" / "schemas" / "claims.schema.yaml")
COSTS = {1: [0.9, 0.2, 0.01], 2: [1.1, 0.4, 0.03], 3: [1.3, 0.9, 0.02]}  # of networks 1 to 3 at ranks 0, 1 and 2


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    rows = [
        {"task": task, "reduction": "a", "network": network, "rank": rank, "cost": factor * cost}
        for task, factor in (("context_integration", 1), ("sine_generation", 10))
        for network, costs in COSTS.items()
        for rank, cost in enumerate(costs)
    ]
    return {"performance": pd.DataFrame(rows)}


def claim(tasks, *, where=None, statistic="mean", **others) -> dict:
    quantity = {"table": "performance", "column": "cost", "where": where or {"rank": 1}, "statistic": statistic}
    for key in ("within", "column"):
        if key in others:
            quantity[key] = others.pop(key)
    described = {"id": "costly", "sentence": "At rank {rank}.", "source": "Figure 0", "measures": "cost", "why": "So."}
    return described | {"quantity": quantity, "tasks": tasks} | others


def only(tables, *arguments, source="train", **keywords) -> dict:
    checked = check_claims([claim(*arguments, **keywords)], tables, source)
    assert list(checked) == COLUMNS
    assert len(checked) == 1
    return checked.iloc[0].to_dict()


@pytest.mark.parametrize(
    ("band", "verdict"),
    [([0.4, 0.6], "reproduced"), ([0.51, None], "differs"), ([None, 0.49], "differs"), ([None, 0.51], "reproduced")],
)
def test_the_verdict_is_whether_the_mean_lies_in_the_band(tables, band, verdict):
    row = only(tables, {"context_integration": {"train": band}})
    assert row["measured"] == pytest.approx(0.5)
    assert (row["verdict"], row["why"], row["level"], row["networks"]) == (verdict, "So.", "C", 3)
    assert (row["expected_low"], row["expected_high"]) == tuple(band) or None in band
    assert (row["low"], row["high"]) == bootstrap_interval(np.array([0.2, 0.4, 0.9]))


def test_the_median_is_not_the_mean(tables):
    row = only(tables, {"context_integration": {"train": [0.39, 0.41]}}, statistic="median")
    assert row["measured"] == 0.4
    assert row["verdict"] == "reproduced"


def test_the_full_rank_is_the_largest(tables):
    row = only(tables, {"sine_generation": {"train": [0, 1]}}, where={"rank": "full"})
    assert row["measured"] == pytest.approx(0.2)


def test_rows_of_a_network_are_joined_within_it(tables):
    bands = {"context_integration": {"train": [0, 9]}}
    assert only(tables, bands, where={"rank": [0, 1]}, within="sum")["measured"] == pytest.approx((1.1 + 1.5 + 2.2) / 3)
    assert only(tables, bands, where={"rank": [0, 1]})["measured"] == pytest.approx((1.1 + 1.5 + 2.2) / 6)


def test_points_are_statements_of_their_own_with_a_band_around_the_paper(tables):
    points = {"context_integration": {"points": {0: [1.0, 0.01], 1: [0.4, 0.02]}}}
    tolerance = {"train": {"absolute": 0.11, "relative": 0.2}, "published": {"absolute": 0.01}}
    trained = check_claims([claim(points, tolerance=tolerance)], tables, "train")
    assert trained["id"].tolist() == ["costly.context_integration.0", "costly.context_integration.1"]
    assert trained["sentence"].tolist() == ["At rank 0.", "At rank 1."]
    np.testing.assert_allclose(trained["expected_low"], [0.8, 0.29])
    np.testing.assert_allclose(trained["expected_high"], [1.2, 0.51])
    assert trained["verdict"].tolist() == ["reproduced"] * 2
    assert trained["reading_error"].tolist() == [0.01, 0.02]
    published = check_claims([claim(points, tolerance=tolerance)], tables, "published")
    assert published["verdict"].tolist() == ["differs"] * 2
    assert published["level"].tolist() == ["B"] * 2


def test_a_reference_of_named_networks(tables):
    entry = {"context_integration": {"reference": 0.9}}
    keywords = {"where": {"rank": 1, "network": 3}, "tolerance": {"published": {"absolute": 1e-6}}}
    row = only(tables, entry, source="published", **keywords)
    assert (row["verdict"], row["networks"], row["reference"]) == ("reproduced", 1, 0.9)
    assert np.isnan(row["low"])
    tables["performance"].loc[lambda table: table["network"] == 3, "cost"] += 1.1e-6
    assert only(tables, entry, source="published", **keywords)["verdict"] == "differs"


@pytest.mark.parametrize(
    ("where", "why"),
    [({"rank": 7}, "no value for 3 of 3 networks"), ({"rank": 1, "network": 4}, "no value for 1 of 1 networks")],
)
def test_what_the_tables_do_not_hold_is_not_comparable(tables, where, why):
    row = only(tables, {"context_integration": {"train": [0, 9]}}, where=where)
    assert (row["verdict"], row["why"]) == ("not comparable", why)
    assert np.isnan(row["measured"])


def test_a_network_without_a_value_is_not_left_out(tables):
    tables["performance"].loc[1, "cost"] = np.nan
    row = only(tables, {"context_integration": {"train": [0, 9]}})
    assert (row["verdict"], row["why"]) == ("not comparable", "no value for 1 of 3 networks")


def test_without_a_band_for_the_source_nothing_is_compared_but_measured(tables):
    row = only(tables, {"context_integration": {"published": [0, 9]}})
    assert (row["verdict"], row["why"]) == ("not comparable", "no band is declared for ensembles of source train")
    assert row["measured"] == pytest.approx(0.5)


def test_networks_of_the_users_files_have_a_level_and_bands_of_their_own(tables):
    row = only(tables, {"sine_generation": {"train": [0, 9], "files": [4.0, 6.0]}}, source="files")
    assert (row["verdict"], row["level"], row["expected_high"]) == ("reproduced", "D", 6.0)
    row = only(tables, {"sine_generation": {"train": [0, 9]}}, source="files")
    assert (row["verdict"], row["why"]) == ("not comparable", "no band is declared for ensembles of source files")


def test_of_a_users_task_there_are_claims_if_the_user_makes_some(tables):
    tables["performance"] = tables["performance"].replace("sine_generation", "echo")
    assert only(tables, {"echo": {"train": [0, 9]}})["task"] == "echo"
    assert check_claims([claim({"sine_generation": {"train": [0, 9]}})], tables, "train").empty


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
                banded = source in entry or source in each.get("tolerance", {})
                assert banded or "network" in each["quantity"]["where"], (each["id"], task, source)
    points = [point for each in claims for entry in each["tasks"].values() for point in entry.get("points", [])]
    assert len(points) == 64


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
