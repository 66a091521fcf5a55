"""Figures are the same bytes again, have the journal's width and text that can be edited."""

import pandas as pd
import pytest

from pipeline import plotting

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


def test_square_panels_hold_all_points_at_one_scale():
    _, axes = plotting.new_figure(1, 2, height=50)
    plotting.limit_squarely(axes, pd.Series([0.0, 1.0]), pd.Series([-3.0, 5.0]))
    for panel in axes:
        (left, right), (bottom, top) = panel.get_xlim(), panel.get_ylim()
        assert right - left == pytest.approx(top - bottom)
        assert left < 0 < 1 < right
        assert bottom < -3 < 5 < top
    plotting.limit_squarely(axes, pd.Series([2.0]), pd.Series([3.0]))  # a single point has limits too
    assert axes[0].get_xlim()[0] < 2 < axes[0].get_xlim()[1]


def test_a_figure_has_sections_of_panels_and_the_width_of_a_page():
    figure, sections = plotting.new_sections(2, 3, 4, height=50, foot=10)
    assert [[len(row) for row in rows] for _, rows in sections] == [[4, 4, 4]] * 2
    assert figure.get_size_inches() * 25.4 == pytest.approx([183, 110])


@pytest.mark.parametrize(
    ("condition", "label"),
    [("context_1_coherences_negative_positive", "context 1, coherences − +"), ("frequency_26", "frequency 26")],
)
def test_conditions_have_names_in_words(condition, label):
    assert plotting.condition_label(condition) == label
