"""Figures as they are drawn, taken apart: their panels, and what stands in them under which name."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from pipeline import plotting


def draw(main: Callable[..., None], *arguments: Any, **named: Any) -> Figure:
    """Return the figure that a script draws, in place of saving it."""
    drawn: list[Figure] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plotting, "save", lambda figure, _: drawn.append(figure))
        main(*arguments, **named)
    (figure,) = drawn
    plotting.settle(figure)
    return figure


def panels_of(figure: Figure) -> dict[str, Axes]:
    """Return the panels that are to be seen, by their letters."""
    found = {}
    for axes in figure.axes:
        letters = [text.get_text() for text in axes.texts if isinstance(text, Annotation) and text.get_size() == 8]
        if axes.get_visible() and letters:
            (letter,) = letters
            found[letter] = axes
    return found


def names_of(figure: Figure | SubFigure) -> dict[str, Line2D]:
    """Return the lines of all legends of a figure, or of one of its sections, by their names."""
    legends = [legend for part in (figure, *figure.subfigs) for legend in part.legends]
    return {
        text.get_text(): handle
        for legend in legends
        for text, handle in zip(legend.get_texts(), legend.legend_handles, strict=True)
    }


def look(line: Line2D) -> tuple:
    """Return colour, style and marker of a line, by which it is told from others."""
    marker = line.get_marker()
    return to_hex(line.get_color()), line._dash_pattern, "" if marker in (None, "None", " ") else marker


def named_line(figure: Figure, axes: Axes, words: str) -> Line2D:
    """Return the one line of a panel that looks like that of the legend whose name matches these words."""
    handles = [handle for name, handle in names_of(figure).items() if re.search(words, name.replace("\n", " "))]
    assert len(handles) == 1, f"{words!r}: {list(names_of(figure))}"
    lines = [line for line in axes.lines if len(line.get_xdata()) > 1 and look(line) == look(handles[0])]
    assert len(lines) == 1, words
    return lines[0]


def assert_drawn(line: Line2D, x: Any, y: Any) -> None:
    """The line goes through these points alone, in the order of x."""
    order = np.argsort(np.asarray(x, dtype=float), kind="stable")
    points = np.stack([np.asarray(values, dtype=float)[order] for values in (x, y)], -1)
    np.testing.assert_allclose(np.asarray(line.get_xydata(), dtype=float), points, rtol=1e-9)


def assert_shaded(axes: Axes, line: Line2D, x: pd.Series, low: pd.Series, high: pd.Series) -> None:
    """There is one shading of the colour of the line, from low to high."""
    colour = to_hex(line.get_color())
    shadings = [
        each
        for each in axes.collections
        if isinstance(each, PolyCollection) and to_hex(each.get_facecolor()[0]) == colour
    ]
    outlines = [each.get_paths()[0].vertices for each in shadings]
    wanted = np.concatenate([np.stack([x, low], -1), np.stack([x, high], -1)])
    found = [all(np.isclose(outline, point).all(-1).any() for point in wanted) for outline in outlines]
    assert sum(found) == 1
    (outline,) = (each for each, fits in zip(outlines, found, strict=True) if fits)
    for place, bottom, top in zip(x, low, high, strict=True):
        at = outline[np.isclose(outline[:, 0], place), 1]
        assert (at.min(), at.max()) == pytest.approx((bottom, top))
