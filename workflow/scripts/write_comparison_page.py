"""Write the claims of several ensembles beside each other as a page of the report."""

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.jobs import run
from pipeline.pages import VERDICTS, Cell, counts, interval, number, table, text, write_page
from pipeline.tables import read_table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

READ = [
    *("id", "task", "sentence", "measures", "paper", "reference", "ensemble", "measured", "low", "high"),
    *("accepted_low", "accepted_high", "verdict"),
]


def main(data: str, page: str) -> None:
    read = read_table(data, READ)
    ensembles = read["ensemble"].unique().tolist()
    body = ""
    for ensemble, part in read.groupby("ensemble", sort=False):
        body += f"<h2>{text(ensemble)}</h2>\n" + counts(part["verdict"].value_counts().to_dict(), VERDICTS)
    rows = [("", describe(claim, ensembles)) for _, claim in read.groupby("id", sort=False)]
    body += "<h2>Claim by claim</h2>\n" + table(["claim", "paper", *ensembles], rows)
    write_page(page, "Claims of the paper on several ensembles", body)


def describe(claim: pd.DataFrame, ensembles: list[str]) -> list[Cell]:
    """Return the cells of a claim: what the paper says, and value and verdict of each ensemble that has it."""
    first = claim.iloc[0]
    note = f'<br><span class="note">{text(first["measures"])} ({text(first["id"])})</span>'
    found = {row["ensemble"]: row for row in claim.to_dict("records")}
    paper = number(first["paper"])
    if not paper and (reference := number(first["reference"])):
        paper = f'{reference} <span class="note">reference</span>'
    return [
        Cell(text(first["sentence"]) + note, "wide"),
        Cell(paper, "number"),
        *(measured(found[ensemble]) if ensemble in found else Cell("") for ensemble in ensembles),
    ]


def measured(row: dict) -> Cell:
    """Return the cell of an ensemble: value, interval, verdict and accepted band."""
    verdict = row["verdict"]
    spread = interval(row["low"], row["high"])
    band = interval(row["accepted_low"], row["accepted_high"])
    notes = "; ".join([*([spread] if spread else []), *([f"accepted {band}"] if band else [])])
    return Cell(
        f'{number(row["measured"])} <span class="word">{text(verdict)}</span> <span class="note">{notes}</span>',
        VERDICTS[verdict],
    )


if __name__ == "__main__":
    run(main, snakemake)
