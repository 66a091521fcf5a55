"""Made-up tables, traces and fixed points of tasks with any number of outputs, functions and inputs."""

from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from pipeline.datasets import write_dataset
from pipeline.tables import write_table

REDUCTIONS = ("operative_columns", "operative_rows", "random_columns", "random_rows", "high_variance")
LOCATIONS = 3  # of a condition
STEPS = 80


@dataclass
class Made:
    """What a made-up task and its networks are like."""

    units: int = 12
    networks: tuple[int, ...] = (1, 2, 3)
    outputs: int = 1
    cost: bool = True
    initial: bool = True  # weights are known
    points: bool = True  # are found
    authors: bool = True  # chose ranks
    label: str = ""
    conditions: tuple[str, ...] = ("left", "right")
    groups: dict[str, list[str]] = field(default_factory=dict)
    frequencies: dict[str, float] = field(default_factory=dict)
    inputs: tuple[str, ...] = ("no_input",)

    @property
    def ranks(self) -> list[int]:
        return sorted({rank for rank in (0, 1, 2, 3, 5, 8, 12, 20, 30, self.units) if rank <= self.units})

    def described(self) -> dict:
        return {
            "label": self.label,
            "labels": {"left": "to the left"},
            "groups": self.groups,
            "examples": list(self.conditions),
            "frequencies": self.frequencies,
            "constant_inputs": list(self.frequencies or self.inputs),
        }


class Results:
    """Files of made-up tasks in a folder, as the figures read them."""

    def __init__(self, folder: Path, tasks: dict[str, Made]) -> None:
        self.folder, self.tasks = folder, tasks
        self.rng = np.random.default_rng(0)
        self.labels = {task: made.described() for task, made in tasks.items()}
        self.traces = [self.write_traces(task, made) for task, made in tasks.items()]
        self.fixed_points = [self.write_points(task, made) for task, made in tasks.items()]
        for name in ("performance", "dimensionality", "overlap", "recurrent_variance"):
            self.write(name, getattr(self, name)())
        self.write("functions", self.functions())
        self.write("angles", self.angles())
        self.write("principal_angles", self.principal_angles())
        self.write("fixed_points", self.points())

    def path(self, name: str) -> str:
        return str(self.folder / f"{name}.csv")

    def write(self, name: str, table: pd.DataFrame) -> None:
        write_table(self.path(name), table)

    def empty(self, name: str) -> None:
        """Leave nothing but the header of a table."""
        self.write(name, pd.read_csv(self.path(name)).iloc[:0])

    def rows(self, *columns: str, values: tuple[str, ...], rows: list[tuple], largest: float = 1.0) -> pd.DataFrame:
        table = pd.DataFrame(rows, columns=list(columns))
        return table.assign(**{name: self.rng.uniform(0.1, largest, len(table)) for name in values})

    def performance(self) -> pd.DataFrame:
        rows = [
            (task, reduction, number, rank)
            for task, made in self.tasks.items()
            for reduction, number, rank in product(REDUCTIONS, made.networks, made.ranks)
        ]
        table = self.rows("task", "reduction", "network", "rank", values=("cost", "state_distance"), rows=rows)
        without = [task for task, made in self.tasks.items() if not made.cost]
        table.loc[table["task"].isin(without), "cost"] = np.nan
        return table

    def dimensionality(self) -> pd.DataFrame:
        quantities = ("recurrent", "activity", "local_columns", "local_rows", "random_columns", "random_rows")
        rows = [
            (task, quantity, number, component)
            for task, made in self.tasks.items()
            for quantity, number, component in product(quantities, made.networks, range(1, made.units + 1))
        ]
        return self.rows("task", "quantity", "network", "component", values=("variance_explained",), rows=rows)

    def overlap(self) -> pd.DataFrame:
        rows = [
            (task, dimension, reference, number, rank)
            for task, made in self.tasks.items()
            for dimension in ("columns", "rows")
            for reference in ("recurrent", "activity", *(["weight_change"] if made.initial else []))
            for number, rank in product(made.networks, range(1, made.units + 1))
        ]
        return self.rows("task", "dimension", "reference", "network", "rank", values=("overlap",), rows=rows)

    def recurrent_variance(self) -> pd.DataFrame:
        rows = [
            (task, reduction, number, rank)
            for task, made in self.tasks.items()
            for reduction, number, rank in product(REDUCTIONS, made.networks, range(made.units + 1))
        ]
        return self.rows("task", "reduction", "network", "rank", values=("variance_explained",), rows=rows)

    def functions(self) -> pd.DataFrame:
        rows = [
            (task, dimension, group, *pair, number, rank)
            for task, made in self.tasks.items()
            for dimension, (group, members) in product(("columns", "rows"), made.groups.items())
            for pair, number, rank in product(product(members, repeat=2), made.networks, made.ranks)
        ]
        names = ("task", "dimension", "grouping", "function", "trials", "network", "rank")
        table = self.rows(*names, values=("cost",), rows=rows)
        without = [task for task, made in self.tasks.items() if not made.cost]
        table.loc[table["task"].isin(without), "cost"] = np.nan
        return table

    def pairs(self) -> list[tuple]:
        return [
            (task, dimension, group, *pair, number)
            for task, made in self.tasks.items()
            for dimension, (group, members) in product(("columns", "rows"), made.groups.items())
            for pair, number in product(combinations(members, 2), made.networks)
        ]

    def angles(self) -> pd.DataFrame:
        names = ("task", "dimension", "grouping", "function", "other", "network")
        rows = [
            (*key, *components)
            for key in self.pairs()
            for components in product(range(1, min(10, self.tasks[key[0]].units) + 1), repeat=2)
        ]
        return self.rows(*names, "component", "other_component", values=("angle",), rows=rows, largest=90.0)

    def principal_angles(self) -> pd.DataFrame:
        names = ("task", "dimension", "grouping", "function", "other", "network")
        random = [
            (task, dimension, "random", "random", "random", number)
            for task, made in self.tasks.items()
            for dimension, number in product(("columns", "rows"), made.networks)
            if made.groups
        ]
        rows = [(*key, rank) for key in self.pairs() + random for rank in range(1, self.tasks[key[0]].units + 1)]
        return self.rows(*names, "rank", values=("smallest", "mean", "largest"), rows=rows, largest=90.0)

    def matrices(self, made: Made) -> list[tuple[str, str, int]]:
        criteria = {"to_5_percent": 3, "within_10_percent": 8} if made.cost else {"distance_to_5_percent": 5}
        if made.authors:
            criteria["authors"] = 4
        reduced = product(REDUCTIONS[:2], criteria.items())
        return [("full", "", made.units), *((name, of, min(rank, made.units)) for name, (of, rank) in reduced)]

    def write_traces(self, task: str, made: Made) -> str:
        matrices, count = self.matrices(made), len(made.conditions)
        flow_ranks = sorted({*(rank for rank in (1, 5, 10) if rank < made.units), made.units})
        locations = count * LOCATIONS
        normal = self.rng.standard_normal
        variables = {
            "average": (
                ("matrix", "condition", "time", "component"),
                normal((len(matrices), count, STEPS, 2)).cumsum(2),
            ),
            "output": (("matrix", "condition", "time", "channel"), normal((len(matrices), count, STEPS, made.outputs))),
            "trajectory": (("condition", "time", "component"), normal((count, STEPS, 2)).cumsum(1)),
            "sampled": (("location", "component"), normal((locations, 2))),
            "flow": (("flow_rank", "location", "component"), normal((len(flow_ranks), locations, 2))),
            "flow_difference": (("flow_rank", "condition"), abs(normal((len(flow_ranks), count)))),
            "column_impact": (("location",), abs(normal(locations))),
            "row_impact": (("location", "order"), abs(normal((locations, made.units)))),
        }
        if made.units == 1:
            variables["average"][1][..., 1] = 0.0
        if made.cost:
            variables["target"] = (("condition", "time", "channel"), normal((count, STEPS, made.outputs)))
        names = np.repeat(made.conditions, LOCATIONS)
        coordinates = {
            **{
                name: ("matrix", list(values))
                for name, values in zip(("reduction", "criterion", "rank"), zip(*matrices, strict=True), strict=True)
            },
            "condition": list(made.conditions),
            "time": np.arange(1.0, STEPS + 1),
            "flow_rank": flow_ranks,
            "location_condition": ("location", names),
            "location_step": ("location", np.tile(1 + 30 * np.arange(LOCATIONS), count)),
        }
        path = self.folder / f"{task}_traces.nc"
        write_dataset(path, xr.Dataset(variables, coordinates, {"network": made.networks[0]}), task)
        return str(path)

    def searches(self, made: Made) -> list[tuple]:
        criterion = "authors" if made.authors else "to_5_percent" if made.cost else "distance_to_5_percent"
        matrices = [("full", "full", made.units), *((name, criterion, min(4, made.units)) for name in REDUCTIONS[:2])]
        return [
            (number, name, *matrix)
            for number in made.networks
            for matrix, name in product(matrices, made.frequencies or made.inputs)
        ]

    def write_points(self, task: str, made: Made) -> str:
        searches = self.searches(made)
        count = 6 if made.points else 0  # of each search, half of them fixed
        total = count * len(searches)
        real = -np.sort(-self.rng.standard_normal((total, made.units)), axis=-1)
        names = ("network", "input", "reduction", "criterion", "rank")
        columns = {
            f"searched_{name}": ("searched", list(values))
            for name, values in zip(names, zip(*searches, strict=True), strict=True)
        }
        variables = {
            "state": (("point", "unit"), self.rng.standard_normal((total, made.units))),
            "eigenvalue_real": (("point", "unit"), real),
            "eigenvalue_imaginary": (("point", "unit"), self.rng.standard_normal((total, made.units))),
            "output": (("point", "channel"), self.rng.standard_normal((total, made.outputs))),
        }
        coordinates = {
            "search": ("point", np.repeat(np.arange(len(searches)), count)),
            "kind": ("point", np.tile(["fixed", "slow"], total // 2).astype(str)),
        }
        path = self.folder / f"{task}_points.nc"
        write_dataset(path, xr.Dataset(variables | columns, coordinates), task)
        return str(path)

    def points(self) -> pd.DataFrame:
        parts = []
        for path, (task, made) in zip(self.fixed_points, self.tasks.items(), strict=True):
            searches = pd.DataFrame(self.searches(made), columns=["network", "input", "reduction", "criterion", "rank"])
            dataset = xr.load_dataset(path, engine="h5netcdf")
            found = pd.DataFrame({"search": dataset["search"].values, "kind": dataset["kind"].values})
            found["leading_real"] = dataset["eigenvalue_real"].values[:, 0]
            found["frequency"] = dataset["eigenvalue_imaginary"].values[:, 0]
            found["time_constant"] = self.rng.uniform(1, 100, len(found))
            rows = searches.join(found.set_index("search")).assign(task=task)
            parts.append(rows.fillna({"kind": "none"}))
        return pd.concat(parts, ignore_index=True)
