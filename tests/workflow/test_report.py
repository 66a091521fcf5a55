"""The report as a reader sees it: in a browser, without a network."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.slow

TINY = ("--configfile", "tiny.yaml", "--config", "chunk_size=2")
REPORT = ("--report", "results/report.html", "--report-after-run", "--report-stylesheet", "workflow/report/style.css")
CLAIMS = pd.DataFrame(
    {
        "id": ["rank_to_5_columns", "full_cost", "line_attractor"],
        "level": ["main", "main", "beyond"],
        "task": ["sine_generation", "sine_generation", np.nan],
        "sentence": ["Twelve column dimensions suffice.", "The cost is < 0.001 & small.", "There is a line attractor."],
        "source": ["Figure 3c", "Figure 3c", "Figure 8"],
        "quantity": ["rank", "cost", "points"],
        "paper": [12.0, 0.00022, np.nan],
        "reading_error": [1.0, np.nan, np.nan],
        "measured": [12.0, 0.6, np.nan],
        "low": [11.0, 0.5, np.nan],
        "high": [12.0, 0.7, np.nan],
        "networks": [2, 2, 2],
        "expected_low": [9.0, np.nan, np.nan],
        "expected_high": [15.0, 0.001, np.nan],
        "verdict": ["reproduced", "differs", "not comparable"],
        "why": [np.nan, "above the accepted range", "sine generation only"],
    }
)


@pytest.fixture(scope="module")
def reported(finished, tmp_path_factory):
    """A finished project with its report, made without a network where the system can do without one."""
    folder = tmp_path_factory.mktemp("reported") / "project"
    shutil.copytree(finished.folder, folder)
    project = type(finished)(folder)
    CLAIMS.to_csv(folder / "results" / "tiny" / "claims.csv", index=False)
    run = project.snakemake("report", "--cores", "2", *TINY, *REPORT)
    assert run.returncode == 0, run.stdout
    assert "Report created." in run.stdout
    return project
