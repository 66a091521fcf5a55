"""Write the claims of the paper and what became of them as a page of the report."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.jobs import run
from pipeline.pages import VERDICTS, Cell, counts, interval, number, table, text, write_page
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

COLUMNS = ["verdict", "claim", "paper", "measured", "accepted", "why"]
READ = [
    *("id", "level", "task", "basis", "sentence", "source", "measures", "paper", "reading_error", "reference"),
    *("measured", "low", "high", "networks", "accepted_low", "accepted_high", "verdict", "why"),
]
BASES = {
    "paper": "Numbers in the paper's figures",
    "statement": "What the paper says in words; the accepted range is ours",
    "regression": "Values found on the published networks with this workflow",
}
LEVELS = {
    "B": "Level B: the same weights",
    "C": "Level C: retrained networks",
    "D": "Level D: networks of your own files",
}


def main(claims: str, page: str, ensemble: str) -> None:
    read = read_table(claims, READ)
    unknown = read[~read["verdict"].isin(list(VERDICTS))]
    if len(unknown):
        row = unknown.iloc[0]
        raise ValueError(
            f"{claims}: claim {row['id']} has the verdict {row['verdict']!r}, expected {', '.join(VERDICTS)}"
        )
    levels = ", ".join(LEVELS[level] for level in read["level"].unique())
    body = counts(read["verdict"].value_counts().to_dict(), VERDICTS) + f"<p>{text(levels)}.</p>\n"
    failing = read[read["verdict"] == "differs"]
    if len(failing):
        body += "<h2>Claims that differ</h2>\n" + table(COLUMNS, map(describe, failing.to_dict("records")))
    for basis, rows in read.groupby("basis", sort=False):
        body += f"<h2>{text(BASES[basis])}</h2>\n" + counts(rows["verdict"].value_counts().to_dict(), VERDICTS)
        body += table(COLUMNS, map(describe, rows.to_dict("records")))
    write_page(page, f"Claims of the paper, ensemble {ensemble}", body)


def describe(claim: dict) -> tuple[str, list[Cell]]:
    """Return the row of a claim."""
    kind = VERDICTS[claim["verdict"]]
    task = "" if pd.isna(claim["task"]) else text(claim["task"].replace("_", " ")) + ". "
    details = f'<br><span class="note">{task}{text(claim["source"])} ({text(claim["id"])})</span>'
    notes = [text(claim["measures"]), interval(claim["low"], claim["high"])]
    notes.append("" if pd.isna(claim["networks"]) else f"{number(claim['networks'])} networks")
    return kind, [
        Cell(f'<span class="word">{text(claim["verdict"])}</span>'),
        Cell(text(claim["sentence"]) + details, "wide"),
        Cell(known(claim), "number"),
        Cell(f'{number(claim["measured"])} <span class="note">{"; ".join(filter(None, notes))}</span>'),
        Cell(interval(claim["accepted_low"], claim["accepted_high"]), "number"),
        Cell(text(claim["why"])),
    ]


def known(claim: dict) -> str:
    """Return the paper's value with its reading error, or the reference where the paper shows none, as HTML."""
    if pd.isna(claim["paper"]):
        reference = number(claim["reference"])
        return reference and f'{reference} <span class="note">reference</span>'
    error = "" if pd.isna(claim["reading_error"]) else f" ± {number(claim['reading_error'])}"
    return number(claim["paper"]) + error


if __name__ == "__main__":
    run(main, snakemake)
