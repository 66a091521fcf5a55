"""Figures are the same bytes again, have the journal's width and text that can be edited."""

import pandas as pd
import pytest

from opdims import plotting

TABLE = pd.DataFrame({"rank": [1, 2, 3], "mean": [1.0, 0.5, 0.2], "deviation": [0.1, 0.1, 0.0]})


def draw(folder):
    figure, axes = plotting.new_figure(1, 2, height=50)
    for panel, letter in zip(axes, "ab", strict=True):
        plotting.draw_mean(panel, TABLE, colour=plotting.BLUE, label="cost")
        plotting.finish(panel, xlabel="rank k", ylabel="cost", xlim=(0, 3), ylim=(0, None))
        plotting.label_panel(panel, letter)
    paths = [folder / f"figure.{suffix}" for suffix in ("pdf", "svg", "png")]
    plotting.save(figure, paths)
    return figure, paths


def test_figures_are_the_same_bytes_again(tmp_path):
    _, first = draw(tmp_path / "first")
    _, second = draw(tmp_path / "second")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert one.stat().st_size > 1000


def test_figures_have_the_width_of_a_page_and_editable_text(tmp_path):
    figure, (pdf, svg, _) = draw(tmp_path)
    assert figure.get_figwidth() * 25.4 == pytest.approx(183)
    assert b"/CIDFontType2" in pdf.read_bytes()  # TrueType, "Type 42"
    assert b"/Type3" not in pdf.read_bytes()
    assert ">rank k</text>" in svg.read_text()
