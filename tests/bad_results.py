"""Wrong results, see `bad_inputs`: files of stages that are damaged, edited or mixed up."""

import io
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import xarray as xr

from bad_files import UNITS, Change, case, damaged, edit, normal, stored, write_stored
from bad_inputs import Case, printed
from opdims.reduction import Factors
from pipeline import datasets, performance
from pipeline.tables import read_table, write_table

# Results: netCDF


def states(folder: Path, **changes: Any) -> None:
    variables = {"state": (("network", "location", "unit"), normal(2, 3, UNITS))}
    datasets.write_dataset(folder / "states.nc", xr.Dataset(variables, {"network": [1, 2]} | changes), "a")


def states_case(id: str, given: str, expected: str, change: Change, **asked: Any) -> Case:
    def make(folder: Path) -> None:
        states(folder)
        change(folder)

    wanted = {"networks": [1, 2], "task": "a", "units": UNITS} | asked
    return case(
        f"states_{id}",
        given,
        rf"states\.nc: {expected}",
        make,
        lambda folder: datasets.read_dataset(folder / "states.nc", ["state"], **wanted),
    )


def cut_states(length: float) -> Change:
    return damaged("states.nc", lambda data: data[: int(length * len(data))], lambda folder: None)


def factors(folder: Path, left: np.ndarray, right: np.ndarray, reduction: str = "high_variance") -> None:
    made = Factors(torch.tensor(left), torch.tensor(right))
    datasets.write_factors(folder / "reduced.nc", {1: made}, "a", reduction, len(left))


def factors_case(
    id: str, given: str, expected: str, left: np.ndarray, right: np.ndarray, reduction: str = "high_variance"
) -> Case:
    return case(
        f"reduced_{id}",
        given,
        rf"reduced\.nc: {expected}",
        lambda folder: factors(folder, left, right, reduction),
        lambda folder: datasets.read_factors(
            folder / "reduced.nc", 1, task="a", reduction="high_variance", units=UNITS
        ),
    )


SQUARE = normal(UNITS, UNITS)
RESULTS = [
    states_case("cut", "states cut short", r"cannot be read \(.*truncated", cut_states(0.9)),
    states_case("cut_early", "states cut after a few bytes", "cannot be read", cut_states(0.01)),
    states_case("empty", "an empty file of states", "cannot be read", cut_states(0)),
    states_case(
        "nan",
        "a state that is no number",
        "variable state holds values that are not finite",
        lambda folder: edit(folder / "states.nc", **{"/state": np.full((2, 3, UNITS), np.nan)}),
    ),
    states_case(
        "other_networks",
        "states of other networks",
        r"holds the networks \[1, 2\], expected \[1, 3\]",
        lambda folder: None,
        networks=[1, 3],
    ),
    states_case(
        "order",
        "states in another order",
        r"holds the networks \[1, 2\], expected \[2, 1\]",
        lambda folder: None,
        networks=[2, 1],
    ),
    states_case(
        "twice",
        "a network twice",
        r"coordinate network is \[1, 1\], expected different whole numbers",
        lambda folder: states(folder, network=[1, 1]),
        networks=None,
    ),
    states_case(
        "halves",
        "a network of number 1.5",
        "coordinate network is .*expected different whole numbers",
        lambda folder: states(folder, network=[1.0, 1.5]),
        networks=None,
    ),
    states_case("task", "states of another task", "is about task a, expected b", lambda folder: None, task="b"),
    states_case("units", "states of other networks' units", "holds 6 units, expected 7", lambda folder: None, units=7),
    factors_case(
        "nan",
        "a reduced matrix with a number that is none",
        "variable left holds values that are not finite",
        np.where(SQUARE[0, 0] == SQUARE, np.nan, SQUARE),
        SQUARE,
    ),
    factors_case(
        "shape",
        "factors that do not fit together",
        r"variable left of a network is \(6, 4\), expected \(6, 6\)",
        SQUARE[:, :4],
        SQUARE[:4],
    ),
    factors_case(
        "reduction",
        "the factors of another reduction",
        "is about reduction random_rows, expected high_variance",
        SQUARE,
        SQUARE,
        "random_rows",
    ),
    factors_case(
        "units",
        "the factors of networks of other sizes",
        r"variable left of a network is \(5, 5\), expected \(6, 6\)",
        SQUARE[:5, :5],
        SQUARE[:5, :5],
    ),
    case(
        "states_in_two_files",
        "one network in two files",
        r"b\.nc: network 1 of a is in another file too, expected it once",
        lambda folder: [
            states(folder),
            *((folder / name).write_bytes((folder / "states.nc").read_bytes()) for name in ("a.nc", "b.nc")),
        ],
        lambda folder: datasets.read_by_network([folder / "a.nc", folder / "b.nc"], "state"),
    ),
    case(
        "states_missing",
        "a network in no file",
        r"states\.nc: network 3 of a is missing, expected a \[1, 2, 3\]",
        states,
        lambda folder: datasets.read_by_network([folder / "states.nc"], "state", [("a", 1), ("a", 2), ("a", 3)]),
    ),
]


# Results: CSV

TABLE = """network,rank,cost,state_distance
1,0,1.0,2.0
1,3,0.5,1.0
1,6,0.25,0.0
2,0,1.5,2.5
2,3,0.5,1.5
2,6,0.125,0.0
"""


def table_case(id: str, given: str, expected: str, content: str | bytes) -> Case:
    data = content.encode() if isinstance(content, str) else content
    return case(
        f"performance_{id}",
        given,
        rf"performance\.csv: {expected}",
        lambda folder: (folder / "performance.csv").write_bytes(data),
        lambda folder: performance.read_chunk(folder / "performance.csv", {1: stored(1), 2: stored(2)}, [3]),
    )


LINES = TABLE.splitlines(keepends=True)
TABLES = [
    table_case("no_last_row", "a table without its last row", "no row with network 2, rank 6", "".join(LINES[:-1])),
    table_case(
        "no_network", "a table without its last network", "has no row with network 2, rank 0", "".join(LINES[:4])
    ),
    table_case(
        "no_rank",
        "a table without a rank",
        "has no row with network 1, rank 3",
        "".join(LINES[:2] + LINES[3:5] + LINES[6:]),
    ),
    table_case(
        "cut", "a table cut within a number", "cannot be read .its last line does not end: it is cut short", TABLE[:-5]
    ),
    table_case(
        "cut_field", "a row cut within", r"cannot be read \(line 7 has 3 fields, the header 4\)", TABLE[:-9] + "\n"
    ),
    table_case("twice", "a row twice", "a second row with network 2, rank 6, expected one", TABLE + LINES[-1]),
    table_case(
        "all_twice", "all rows twice", "a second row with network 1, rank 0, expected one", TABLE + "".join(LINES[1:])
    ),
    table_case("empty", "an empty table", r"cannot be read \(it is empty\), expected a whole CSV file", ""),
    table_case("header", "a table of a header alone", "has no row with network 1, rank 0, expected 6 rows", LINES[0]),
    table_case(
        "columns",
        "a table of other columns",
        "column cost is missing, expected network, rank, cost",
        TABLE.replace("cost", "loss"),
    ),
    table_case(
        "column_twice",
        "a column twice",
        "cannot be read .a name comes up twice in its header",
        TABLE.replace("cost", "rank"),
    ),
    table_case(
        "latin",
        "a table in Latin-1",
        "cannot be read .'utf-8' codec can't decode",
        TABLE.replace("cost", "coût").encode("latin-1"),
    ),
    table_case("utf16", "a table in UTF-16", "cannot be read .'utf-8' codec can't decode", TABLE.encode("utf-16")),
    table_case(
        "word", "a word for a number", "column cost is low in row 6, expected a number", TABLE.replace("0.125", "low")
    ),
    table_case(
        "complex", "a complex cost", r"column cost is 1\+2j in row 6, expected a number", TABLE.replace("0.125", "1+2j")
    ),
    table_case(
        "no_number",
        "costs that are gone at one rank",
        "column cost is empty at some ranks of network 2",
        TABLE.replace("0.125", ""),
    ),
    table_case(
        "no_distance",
        "a state distance that is gone",
        "column state_distance is empty in row 6",
        TABLE.replace("0.125,0.0", "0.125,"),
    ),
    table_case(
        "infinite",
        "an infinite cost of a bounded network",
        "network 2 has an infinite value",
        TABLE.replace("0.125", "1e400"),
    ),
    table_case(
        "half_rank",
        "rank 5.5",
        "column rank is 5.5 in row 6, expected a whole number from 0 on",
        TABLE.replace("2,6", "2,5.5"),
    ),
    table_case(
        "negative_rank",
        "a negative rank",
        "column rank is -6 in row 6, expected a whole number",
        TABLE.replace("2,6", "2,-6"),
    ),
    table_case(
        "other_network",
        "the table of another chunk",
        "has no row with network 2, rank 0",
        TABLE.replace("\n2,", "\n4,"),
    ),
    table_case("semicolons", "a table with semicolons", "column network is missing", TABLE.replace(",", ";")),
    table_case(
        "comma",
        "a decimal comma",
        r"cannot be read \(line 7 has 5 fields, the header 4",
        TABLE.replace("0.125", "0,125"),
    ),
    table_case("quote", "a quotation mark that never ends", "cannot be read .*unexpected end of data", TABLE + '"2,\n'),
    case(
        "performance_of_ensemble",
        "an ensemble's table without its last row",
        r"a\.csv: no row with task a, reduction y, network 2, rank 6",
        lambda folder: write_table(
            folder / "a.csv",
            pd.concat(pd.read_csv(io.StringIO(TABLE)).assign(task="a", reduction=name) for name in ("x", "y")).iloc[
                :-1
            ],
        ),
        lambda folder: performance.read_performance(folder / "a.csv"),
    ),
    case(
        "performance_folder",
        "a folder in place of a table",
        r"a\.csv: cannot be read \(Is a directory\), expected a whole CSV file",
        lambda folder: (folder / "a.csv").mkdir(),
        lambda folder: read_table(folder / "a.csv", ["cost"]),
    ),
    case(
        "performance_gone",
        "a table that is not there",
        r"a\.csv: cannot be read \(No such file or directory\), expected a whole CSV file",
        lambda folder: None,
        lambda folder: read_table(folder / "a.csv", ["cost"]),
    ),
]


# A full disk


def full_case(id: str, given: str, name: str, write: Change) -> Case:
    """Return the case of a file that does not fit: the operating system refuses to write more than a few bytes."""

    def run(folder: Path) -> tuple[int, str]:
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
        try:
            code, text = printed(lambda: write(folder), OSError)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        left = [path.name for path in folder.iterdir()]
        return code, text if not left else f"{text}, and leaves {left}"

    return Case(f"full_{id}", given, rf"{name}: cannot be written \(File too large\)$", run)


def write_csv(folder: Path) -> None:
    write_table(folder / "a.csv", pd.DataFrame({"cost": normal(1000)}))


FULL = [
    full_case("netcdf", "netCDF that does not fit on the disk", r"states\.nc", states),
    full_case("hdf5", "a network that does not fit on the disk", r"network_1\.h5", write_stored),
    full_case("csv", "a table that does not fit on the disk", r"a\.csv", write_csv),
]

CASES = [*RESULTS, *TABLES, *FULL]
