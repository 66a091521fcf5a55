"""A sweep: a grid in the catalogue becomes ensembles, a table and a figure."""

from collections import Counter

import pandas as pd
import pytest

GRID = {
    "run": ["grid"],
    "ensembles": {
        "grid": {
            "source": "train",
            "tasks": ["sine_generation"],
            "networks": 2,
            "grid": {"network.gain": [0.5, 1.5], "network.units": [12, 16]},
        }
    },
    "ranks": [0, 1, 3, 12, 14],
}
TINY = ("--configfile", "tiny.yaml", "grid.yaml")
POINTS = [f"grid_units_{units}_gain_{gain}" for units in (12, 16) for gain in ("0p5", "1p5")]


@pytest.fixture(scope="module")
def swept(tmp_path_factory, request):
    """A project whose tiny sweep was built on two cores."""
    from conftest import Project

    project = Project(tmp_path_factory.mktemp("swept"))
    project.write("grid.yaml", GRID)
    run = project.snakemake("--cores", "2", *TINY)
    assert run.returncode == 0, run.stdout
    return project
