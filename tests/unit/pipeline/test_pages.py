"""Pages of the report: numbers and tables as HTML, and what the scripts make of their tables."""

import re
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import write_claims_page
import write_comparison_page
import write_configuration_page
import write_runtimes_page
from pipeline import pages, reading, settings
from pipeline.checks import check_config

ROOT = Path(__file__).parents[3]

CLAIM = {
    "id": "full_cost",
    "level": "C",
    "task": "sine_generation",
    "sentence": "The cost is < 1 & small.",
    "basis": "statement",
    "source": "Figure 3",
    "quantity": "cost",
    "measures": "mean over networks of the cost",
    "paper": 0.00022,
    "reading_error": 0.00001,
    "reference": np.nan,
    "measured": 0.6,
    "low": 0.5,
    "high": 0.7,
    "networks": 20,
    "accepted_low": np.nan,
    "accepted_high": 0.001,
    "verdict": "differs",
    "why": "above the accepted range",
}
TASK = """
from opdims.task import Trials

name, n_inputs, n_outputs, duration = "echo", 1, 1, 10.0


def trials(repeats, *, dt, rng):
    inputs = rng.standard_normal((repeats, round(duration / dt), 1))
    return Trials(inputs, inputs)
"""
COUNTED = {"id": "rank", "basis": "regression", "task": np.nan, "verdict": "reproduced", "why": np.nan}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.00022, "0.00022"), (12.0, "12"), (1234.5, "1,230"), (-0.51, "−0.51"), (0.0, "0"), (np.nan, "")],
)
def test_numbers_have_three_digits(value, expected):
    assert pages.number(value) == expected


def test_intervals_may_have_one_end_or_none():
    assert pages.interval(1.0, 2.0) == "1 to 2"
    assert pages.interval(1.0, np.nan) == "≥ 1"
    assert pages.interval(np.nan, 2.0) == "≤ 2"
    assert pages.interval(np.nan, np.nan) == ""


def test_a_table_has_as_many_cells_as_columns():
    html = pages.table(["a", "b"], [("bad", [pages.Cell("1"), pages.Cell("2", "number")])])
    assert html.count("<td") == html.count("<th ") == 2
    assert '<th class="number">b</th>' in html
    assert '<tr class="bad">' in html
    with pytest.raises(ValueError, match="shorter"):
        pages.table(["a", "b"], [("", [pages.Cell("1")])])


def test_a_page_needs_no_other_file(tmp_path):
    pages.write_page(tmp_path / "page.html", "Title <1>", "<p>text</p>")
    html = (tmp_path / "page.html").read_text()
    assert "<title>Title &lt;1&gt;</title>" in html
    assert re.findall(r"\b(?:src|href)=|url\(|@import", html) == []


def claims_page(folder, *claims):
    pd.DataFrame(claims).to_csv(folder / "claims.csv", index=False)
    write_claims_page.main(str(folder / "claims.csv"), str(folder / "claims.html"), "tiny")
    return (folder / "claims.html").read_text()


def test_claims_that_differ_stand_first_and_are_counted(tmp_path):
    html = claims_page(tmp_path, CLAIM | COUNTED, CLAIM)
    assert "1 differs" in html
    assert "1 reproduced" in html
    assert "0 not comparable" in html
    assert re.findall(r'<tr class="(\w+)">', html) == ["bad", "good", "bad"]
    assert re.findall(r"<h2>(.*?)</h2>", html) == [
        "Claims that differ",
        "Values found on the published networks with this workflow",
        "What the paper says in words; the accepted range is ours",
    ]
    assert "<p>Level C: retrained networks.</p>" in html
    assert "The cost is &lt; 1 &amp; small." in html
    assert "0.00022 ± 1e−05" in html
    assert "≤ 0.001" in html
    assert "cost; 0.5 to 0.7; 20 networks" in html
    assert "nan" not in html


def test_nothing_stands_first_where_nothing_differs(tmp_path):
    assert "Claims that differ" not in claims_page(tmp_path, CLAIM | COUNTED)


def test_an_unknown_verdict_is_named(tmp_path):
    with pytest.raises(
        ValueError, match="claim full_cost has the verdict 'maybe', expected differs, undecided, reproduced"
    ):
        claims_page(tmp_path, CLAIM | {"verdict": "maybe"})


def test_ensembles_stand_beside_each_other(tmp_path):
    first = CLAIM | COUNTED | {"ensemble": "one"}
    other = CLAIM | {"ensemble": "two"}
    pd.DataFrame([first, CLAIM | COUNTED | {"ensemble": "two"}, other]).to_csv(tmp_path / "claims.csv", index=False)
    write_comparison_page.main(str(tmp_path / "claims.csv"), str(tmp_path / "claims.html"))
    html = (tmp_path / "claims.html").read_text()
    assert re.findall(r'<th class="\w*">(.*?)</th>', html) == ["claim", "paper", "one", "two"]
    rows = re.findall(r"<tr class=.*?</tr>", html)
    assert [row.count("reproduced") for row in rows] == [2, 0]
    assert '<td class="" data-label="one"></td>' in rows[1]  # an ensemble without the claim
    assert "differs" in rows[1]


OWN = {
    "source": "files",
    "files": ["nets/a.pt", "nets/b.pt"],
    "tensors": "nn_rnn",
    "network": {"dt": 1.0, "tau": 1.0, "noise_std": 0.1},
    "tasks": ["sine_generation"],
}


def configuration_page(folder, ensemble, config):
    """Return the configuration that the page of an ensemble shows."""
    chosen = settings.ensemble_settings(config, ensemble)
    tasks = [{"name": name, "file": config["task_files"].get(name)} for name in chosen["tasks"]]
    write_configuration_page.main(str(folder / "page.html"), ensemble, chosen, tasks)
    shown = re.findall("<pre>(.*)</pre>", (folder / "page.html").read_text(), re.DOTALL)[0]
    return yaml.safe_load(unescape(shown))


@pytest.mark.parametrize("ensemble", ["paper", "published", "own"])
def test_the_settings_on_the_page_build_the_same_ensemble(tmp_path, ensemble):
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    config["ensembles"]["own"] = OWN
    expected = settings.ensemble_settings(config, ensemble)
    shown = configuration_page(tmp_path, ensemble, config)
    first = ["source", "tasks", *{"own": ["files"], "paper": ["networks"]}.get(ensemble, [])]
    assert list(shown["ensembles"][ensemble])[: len(first)] == first
    assert ("published_files" in shown) == (ensemble == "published")
    assert ("training" in shown["ensembles"][ensemble]) == (ensemble == "paper")
    config["seed"] = config["chunk_size"] = 99  # the page does not lean on the defaults
    config["ensembles"] = {}
    again = settings.overlay(config, shown)
    check_config(again, reading.read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml"))
    assert settings.ensemble_settings(again, ensemble) == expected


def test_the_page_names_the_files_of_the_users_tasks(tmp_path):
    (tmp_path / "echo.py").write_text(TASK)
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    config["task_files"] = {"echo": str(tmp_path / "echo.py")}
    config["ensembles"]["own"] = OWN | {"tasks": ["echo", "sine_generation"]}
    assert configuration_page(tmp_path, "own", config)["task_files"] == config["task_files"]


def test_run_times_end_with_their_total(tmp_path):
    table = pd.DataFrame(
        {
            "rule": ["train_network", "draw_figure_3"],
            "task": ["sine_generation", np.nan],
            "jobs": [3, 1],
            "wall_s": [30.0, 10.0],
            "cpu_s": [20.0, np.nan],
            "longest_s": [15.0, 10.0],
            "memory_mb": [300.0, np.nan],
        }
    )
    table.to_csv(tmp_path / "summary.csv", index=False)
    write_runtimes_page.main(str(tmp_path / "summary.csv"), str(tmp_path / "page.html"), "tiny")
    html = (tmp_path / "page.html").read_text()
    assert "width: 75.0%" in html
    total = re.findall(r'<tr class="total">.*', html)[0]
    assert re.findall(r"<td[^>]*>(.*?)</td>", total) == ["all", "", "4", "40", "", "20", "15", "300"]
    assert "nan" not in html
