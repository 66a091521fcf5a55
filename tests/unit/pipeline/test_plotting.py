"""Figures are the same bytes again, have the journal's width and text that can be edited."""

import pandas as pd
import pytest

from pipeline import legends, plotting
from pipeline.plotting import Line

TABLE = pd.DataFrame({"rank": [1, 2, 3], "mean": [1.0, 0.5, 0.2], "deviation": [0.1, 0.1, 0.0], "networks": 3})
WORDS = {"letter": "a", "title": "costs", "xlabel": "rank k", "ylabel": "cost", "empty": "there is none"}


def draw(folder, notes=()):
    figure, axes = plotting.new_figure(1, 2, height=50)
    for panel, letter in zip(axes, "ab", strict=True):
        plotting.draw_lines(panel, [(TABLE, Line(plotting.BLUE, "-", "cost"))], **WORDS | {"letter": letter})
    legends.legend_below(figure, axes, 3)
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
    assert len(other.lines) == len(other.collections) == 1
    assert other.get_xlim() == (0, 3)


def test_one_network_has_no_band_and_one_rank_is_a_dot():
    _, (panel, _) = plotting.new_figure(1, 2, height=50)
    plotting.draw_mean(panel, TABLE.assign(networks=1), Line(plotting.BLUE))
    plotting.draw_mean(panel, TABLE.iloc[:1], Line(plotting.BLUE))
    assert [line.get_marker() for line in panel.lines] == ["None", "o"]
    assert len(panel.collections) == 1, "the band of the second"


@pytest.mark.parametrize("largest", [1, 2, 3, 7, 30, 1000])
def test_ticks_of_ranks_are_whole(largest):
    _, (panel, _) = plotting.new_figure(1, 2, height=50)
    plotting.draw_lines(panel, [(TABLE.assign(rank=[0, 1, largest]), Line(plotting.BLUE))], **WORDS)
    assert all(tick == round(tick) for tick in panel.get_xticks())
    assert len(panel.get_xticks()) > 1


@pytest.mark.parametrize(
    ("networks", "interval", "title"),
    [
        (1, False, "one network"),
        (1, True, "one network"),
        (3, False, "mean ± mean absolute deviation over 3 networks"),
        (3, True, "mean over 3 networks and its 95% interval"),
        (3, None, "mean over 3 networks"),
        (0, False, ""),
    ],
)
def test_the_legend_says_what_lines_and_bands_are(networks, interval, title):
    figure, axes = plotting.new_figure(1, 1, height=50)
    plotting.draw_mean(axes[0], TABLE, Line(plotting.BLUE, "-", "cost"))
    legends.legend_below(figure, axes, networks, interval=interval)
    assert figure.legends[0].get_title().get_text() == title


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
