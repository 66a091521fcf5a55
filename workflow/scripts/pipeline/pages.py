"""Pages of the report: HTML that needs no other file and can be read at any width."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from opdims.files import atomic

# Verdicts carry Okabe and Ito's colours, and their words: never the colour alone.
STYLE = """
:root { color-scheme: light; }
body { margin: 1.5rem auto; padding: 0 1rem; max-width: 80rem; background: #fff; color: #1a1a1a;
  font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.87rem; }
th, td { padding: 0.4rem 0.6rem; border-bottom: 1px solid #d5d5d5; text-align: left; vertical-align: top; }
th { border-bottom: 2px solid #555; font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.note { color: #555; font-size: 0.85em; }
.word { display: inline-block; padding: 0.1rem 0.5rem; border-radius: 0.3rem; white-space: nowrap; }
.good .word { background: #cdeee2; color: #00422f; }
.bad .word { background: #b34700; color: #fff; font-weight: 700; text-transform: uppercase; }
.open .word { background: #fdf0c3; color: #5c4400; }
.neutral .word { background: #e4e4e4; color: #333; }
.counts { display: flex; flex-wrap: wrap; gap: 0.6rem; padding: 0; list-style: none; }
tr.bad td, td.bad { background: #fff1e6; } tr.bad td:first-child { border-left: 0.35rem solid #b34700; }
tr.total td { font-weight: 600; border-top: 2px solid #555; }
.share { width: 12%; } .bar { background: #0072b2; height: 0.7rem; min-width: 1px; }
pre { background: #f6f6f6; border: 1px solid #ddd; padding: 1rem; white-space: pre-wrap; font-size: 0.87rem; }
@media (max-width: 52rem) {
  table, tbody, tr { display: block; } thead, td:empty, td.share { display: none; }
  tr { padding: 0.3rem 0; border-bottom: 1px solid #d5d5d5; } tr.bad { background: #fff1e6; }
  td { display: inline-block; border: 0; padding: 0.1rem 0.6rem; } td.wide { display: block; }
  td:not(.wide)::before { content: attr(data-label) ": "; color: #555; font-size: 0.85em; }
}
"""
VERDICTS = {
    "differs": "bad",
    "undecided": "open",
    "reproduced": "good",
    "not comparable": "neutral",
}  # of a claim, and how they look


class Cell(NamedTuple):
    """A cell of a table: its content as HTML, and the classes that it is drawn with."""

    html: str
    kind: str = ""


def text(value: object) -> str:
    """Return a value as HTML; nothing for a missing one."""
    return "" if pd.isna(value) else escape(str(value))


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits as HTML; nothing for a missing one."""
    if pd.isna(value):
        return ""
    return f"{float(f'{value:.{digits}g}'):,.10g}".replace("-", "−")


def interval(low: float, high: float) -> str:
    """Return an interval as HTML, with ≥ or ≤ where it has one end only."""
    if pd.isna(low) and pd.isna(high):
        return ""
    if pd.isna(high):
        return f"≥ {number(low)}"
    return f"≤ {number(high)}" if pd.isna(low) else f"{number(low)} to {number(high)}"


def table(columns: Sequence[str], rows: Iterable[tuple[str, Sequence[Cell]]]) -> str:
    """Return a table as HTML; a row is the classes that it is drawn with and its cells."""
    rows = list(rows)
    kinds = [cell.kind for cell in rows[0][1]] if rows else [""] * len(columns)  # heads stand as their columns do
    head = "".join(f'<th class="{kind}">{escape(name)}</th>' for name, kind in zip(columns, kinds, strict=True))
    body = "".join(
        f'<tr class="{kind}">'
        + "".join(
            f'<td class="{cell.kind}" data-label="{escape(name)}">{cell.html}</td>'
            for name, cell in zip(columns, cells, strict=True)
        )
        + "</tr>\n"
        for kind, cells in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def counts(number_of: Mapping[str, int], kinds: Mapping[str, str]) -> str:
    """Return how often each word occurs as HTML, words of no count included."""
    items = "".join(
        f'<li class="{kind}"><span class="word">{number_of.get(word, 0)} {escape(word)}</span></li>'
        for word, kind in kinds.items()
    )
    return f'<ul class="counts">{items}</ul>\n'


def write_page(path: str | Path, title: str, body: str) -> None:
    """Write a page of that title and body (HTML)."""
    page = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n{body}</body>\n</html>\n"
    )
    with atomic(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
