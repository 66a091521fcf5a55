"""Write time and memory of the jobs of an ensemble as a page of the report."""

from typing import TYPE_CHECKING

from pipeline.jobs import run
from pipeline.pages import Cell, number, table, text, write_page
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["rule", "task", "jobs", "wall time (s)", "share", "CPU time (s)", "longest job (s)", "most memory (MB)"]


def main(summary: str, page: str, ensemble: str) -> None:
    read = read_table(summary, ["rule", "task", "jobs", "wall_s", "cpu_s", "longest_s", "memory_mb"])
    total = read["wall_s"].sum()
    rows = [("", describe(row, row["wall_s"] / total if total else 0.0)) for row in read.to_dict("records")]
    whole = {
        "rule": "all",
        "task": None,
        **read[["jobs", "wall_s", "cpu_s"]].sum(),
        **read[["longest_s", "memory_mb"]].max(),
    }
    rows.append(("total", describe(whole, None)))
    write_page(page, f"Run times, ensemble {ensemble}", table(COLUMNS, rows))


def describe(row: dict, share: float | None) -> list[Cell]:
    """Return the cells of a rule and task with their share of the wall time of all jobs."""
    bar = "" if share is None else f'<div class="bar" style="width: {100 * share:.1f}%"></div>'
    return [
        Cell(text(row["rule"])),
        Cell(text(row["task"]).replace("_", " ")),
        Cell(f"{int(row['jobs'])}", "number"),
        Cell(number(row["wall_s"]), "number"),
        Cell(bar, "share"),
        Cell(number(row["cpu_s"]), "number"),
        Cell(number(row["longest_s"]), "number"),
        Cell(number(row["memory_mb"]), "number"),
    ]


if __name__ == "__main__":
    run(main, snakemake)
