"""Figures are the same bytes again, have the journal's width and text that can be edited."""

import numpy as np
import pandas as pd
import pytest

from pipeline import legends, plotting
from pipeline.plotting import Line

TABLE = pd.DataFrame({"rank": [1, 2, 3], "mean": [1.0, 0.5, 0.2], "deviation": [0.1, 0.1, 0.0], "networks": 10})
TABLE = TABLE.assign(low=[0.8, 0.4, 0.1], high=[1.4, 0.7, 0.3], network=np.nan)
FEW = pd.DataFrame({"rank": [1, 2, 1, 1, 2, 2], "mean": [1.0, 0.5, 0.8, 1.2, 0.4, 0.6]})
FEW = FEW.assign(network=[np.nan, np.nan, 1, 2, 1, 2], networks=[2, 2, 1, 1, 1, 1], deviation=np.nan)
FEW = FEW.assign(low=np.nan, high=np.nan)
WORDS = {"letter": "a", "title": "costs", "xlabel": "rank k", "ylabel": "cost", "empty": "there is none"}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plotting.plt.close("all")


def draw(folder, notes=()):
    figure, axes = plotting.new_figure(1, 2, height=50)
    for panel, letter in zip(axes, "ab", strict=True):
        plotting.draw_lines(panel, [(TABLE, Line(plotting.BLUE, "-", "cost"))], **WORDS | {"letter": letter})
    legends.legend_below(figure, axes, "mean")
    legends.add_notes(figure, notes)
    paths = [folder / f"figure.{suffix}" for suffix in ("pdf", "svg", "png")]
    plotting.save(figure, paths)
    return figure, paths


@pytest.mark.parametrize("notes", [(), ("no cost",)])
def test_figures_are_the_same_bytes_again(tmp_path, notes):
    _, first = draw(tmp_path / "first", notes)
    _, second = draw(tmp_path / "second", notes)
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        assert one.stat().st_size > 1000


def test_figures_have_the_width_of_a_page_and_editable_text(tmp_path):
    figure, (pdf, svg, _) = draw(tmp_path)
    assert figure.get_figwidth() * 25.4 == pytest.approx(183)
    assert b"/CIDFontType2" in pdf.read_bytes()  # TrueType, "Type 42"
    assert b"/Type3" not in pdf.read_bytes()
    assert ">rank k</text>" in svg.read_text()


def test_notes_stand_below_the_legend_and_the_panels_above_it(tmp_path):
    figure, (_, svg, _) = draw(tmp_path, ["no cost", "no ΔW"])
    assert ">no cost; no ΔW</text>" in svg.read_text()
    assert figure.get_figheight() * 25.4 > 50
    legend, (note,) = figure.legends[0].get_window_extent(), figure.texts
    assert note.get_window_extent().y1 < legend.y0
    for panel in figure.axes:
        assert legend.y1 < panel.xaxis.label.get_window_extent().y0


def test_a_panel_without_lines_says_why(tmp_path):
    _, (panel, other) = plotting.new_figure(1, 2, height=50)
    plotting.draw_lines(panel, [(TABLE.iloc[:0], Line(plotting.BLUE))], **WORDS)
    assert [text.get_text() for text in panel.texts] == ["there is none", "a"]
    assert not panel.lines
    plotting.draw_lines(other, [(TABLE.iloc[:0], Line(plotting.BLUE)), (TABLE, Line(plotting.GREEN))], **WORDS)
    assert len(other.collections) == 1
    assert other.get_xlim() == (0, 3)


def test_means_are_shaded_by_deviation_or_interval():
    _, axes = plotting.new_figure(1, 2, height=50)
    for panel, interval in zip(axes, (False, True), strict=True):
        plotting.draw_mean(panel, TABLE, Line(plotting.BLUE), interval=interval)
    shaded = [panel.collections[0].get_paths()[0].vertices for panel in axes]
    for vertices, low, high in ((shaded[0], 0.9, 1.1), (shaded[1], 0.8, 1.4)):
        at_first = vertices[vertices[:, 0] == 1, 1]
        assert (at_first.min(), at_first.max()) == pytest.approx((low, high))
    assert all(panel.lines[0].get_ydata().tolist() == [1.0, 0.5, 0.2] for panel in axes)


def test_few_networks_are_dots_and_nothing_is_shaded():
    _, (panel, other) = plotting.new_figure(1, 2, height=50)
    plotting.draw_mean(panel, FEW, Line(plotting.BLUE))
    line, dots = panel.lines
    assert line.get_xdata().tolist() == [1, 2]
    assert (dots.get_linestyle(), dots.get_color()) == ("None", plotting.BLUE)
    assert list(zip(dots.get_xdata(), dots.get_ydata(), strict=True)) == [(1, 0.8), (1, 1.2), (2, 0.4), (2, 0.6)]
    assert not panel.collections
    plotting.draw_mean(other, TABLE.iloc[:1], Line(plotting.BLUE))
    assert other.lines[0].get_marker() == "o", "a single rank is a dot"


@pytest.mark.parametrize("largest", [1, 2, 3, 7, 30, 1000])
def test_ticks_of_ranks_are_whole(largest):
    _, (panel, _) = plotting.new_figure(1, 2, height=50)
    plotting.draw_lines(panel, [(TABLE.assign(rank=[0, 1, largest]), Line(plotting.BLUE))], **WORDS)
    assert all(tick == round(tick) for tick in panel.get_xticks())
    assert len(panel.get_xticks()) > 1


@pytest.mark.parametrize(
    ("table", "interval", "title"),
    [
        (TABLE.assign(networks=1, deviation=np.nan), False, "one network"),
        (TABLE, False, "mean over 10 networks; shaded: ± mean absolute deviation"),
        (TABLE, True, "mean over 10 networks; shaded: 95% interval of the mean"),
        (TABLE.assign(low=np.nan), True, "mean over 10 networks"),
        (FEW, False, "mean over 2 networks; dots: single networks"),
        (
            pd.concat([TABLE, FEW]),
            False,
            "mean over 10 networks; shaded: ± mean absolute deviation; dots: single networks, where fewer than 6",
        ),
        (TABLE.iloc[:0], False, ""),
    ],
)
def test_the_legend_says_what_lines_shading_and_dots_are(table, interval, title):
    figure, axes = plotting.new_figure(1, 1, height=50)
    plotting.draw_mean(axes[0], TABLE, Line(plotting.BLUE, "-", "cost"))
    assert legends.statistics_of(table, interval=interval) == title
    legends.legend_below(figure, axes, title)
    assert figure.legends[0].get_title().get_text() == title


def test_a_legend_has_as_many_columns_as_fit():
    for length, fit in ((10, True), (60, False)):
        figure, (panel,) = plotting.new_figure(1, 1, height=50)
        names = [f"{number} {'x' * length}" for number in range(4)]
        for name in names:
            panel.plot([0, 1], [0, 1], label=name)
        legends.legend_below(figure, [panel], "", columns=4)
        (legend,) = figure.legends
        assert [text.get_text() for text in legend.get_texts()] == names
        assert legend.get_window_extent().width < figure.bbox.width
        figure.draw_without_rendering()
        heights = {round(text.get_window_extent().y0) for text in legend.get_texts()}
        assert (len(heights) == 1) == fit


@pytest.mark.parametrize(
    ("names", "leaning", "first"),
    [
        (["a", "b"], False, "a"),
        (["slow (1–2 Hz)", "fast", "medium"], False, "slow (1–2\nHz)"),
        (["supercalifragilistic", "b", "c"], True, "supercalifragilistic"),
        ([f"name {number}" for number in range(12)], True, "name 0"),
    ],
)
def test_names_below_an_axis_are_broken_or_lean(names, leaning, first):
    _, (panel,) = plotting.new_figure(1, 1, height=50)
    plotting.name_ticks(panel, names)
    labels = panel.get_xticklabels()
    assert labels[0].get_text() == first
    assert {label.get_rotation() for label in labels} == {45.0 if leaning else 0.0}


def test_things_with_an_order_have_colours_of_their_own():
    for count in range(1, 15):
        assert len(set(plotting.colours_of(count))) == count


@pytest.mark.filterwarnings("error")
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
    plotting.finish(axes[0], xlabel="rank k", ylabel="cost", xlim=(0, 0), ylim=(0, None))
    assert axes[0].get_xlim() == (0, 1)


def test_a_figure_has_sections_of_panels_and_the_width_of_a_page():
    figure, sections = plotting.new_sections([(3, 4), (1, 2)], heights=[70, 30], foot=10)
    assert [[len(row) for row in rows] for _, rows in sections] == [[4, 4, 4], [2]]
    assert figure.get_size_inches() * 25.4 == pytest.approx([183, 110])
