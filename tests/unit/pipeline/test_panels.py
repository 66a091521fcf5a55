"""Which panels figures have, their letters, and the words on them."""

import pandas as pd
from matplotlib.cbook import is_math_text

from pipeline import panels

LABELS = {
    "flip": {
        "label": "flip-flop",
        "labels": {"up": "going up"},
        "groups": {"alone": ["up"], "two": ["up", "down"], "three": ["x", "y", "z"], "four": ["a", "b", "c", "d"]},
        "frequencies": {"fast": 9.0, "slow": 1.0, "middle": 2.0, "faster": 8.0},
    },
    "hold": {"constant_inputs": ["off", "on"]},
    "one": {"frequencies": {"only": 3.0}},
}


def test_letters_run_in_the_order_of_drawing():
    assert panels.letters("xy", [1, 2]) == {("x", 1): "a", ("x", 2): "b", ("y", 1): "c", ("y", 2): "d"}
    assert panels.LETTERS[25:28] == ["z", "aa", "ab"]
    table = pd.DataFrame({"task": ["t", "s", "s"], "measure": ["m", "n", "m"]})
    assert panels.letter_rows(table, {"task": ["s", "t"], "measure": ["m", "n"]}) == ["c", "b", "a"]


def test_rows_are_sorted_by_panel_also_beyond_the_alphabet():
    table = pd.DataFrame({"panel": ["aa", "b", "b", "a"], "rank": [1, 2, 1, 1]}, index=[0, 0, 0, 0])
    ordered = panels.sort(table, ["panel", "rank"])
    assert list(zip(ordered["panel"], ordered["rank"], strict=True)) == [("a", 1), ("b", 1), ("b", 2), ("aa", 1)]


def test_names_have_words_whether_the_task_gives_them_or_not():
    assert panels.label_of(LABELS, "flip") == "flip-flop"
    assert panels.label_of(LABELS, "my_task") == "my task"
    assert panels.words(LABELS, "flip", "up") == "going up"
    assert panels.words(LABELS, "flip", "far_down") == panels.words(LABELS, "my_task", "far_down") == "far down"
    assert panels.words(LABELS, "one", "only") == "3 Hz"


def test_names_in_words_are_never_mathematics():
    dollars = {"shop": {"label": "$x$ and $y$", "labels": {"dear": "5$"}}}
    assert panels.label_of(dollars, "shop") == r"\$x\$ and \$y\$"
    assert not is_math_text(panels.label_of(dollars, "shop"))
    assert panels.words(dollars, "shop", "dear") == r"5\$"


def test_panels_of_functions_depend_on_how_many_a_group_has():
    groups = panels.functions_panels("flip", LABELS)
    assert {name: ["".join(panel.letter for panel in row) for row in rows] for name, rows in groups.items()} == {
        "two": ["abcd"],
        "three": ["efg", "hij", "klm", "nop"],
        "four": ["qr", "st"],
    }
    kinds = {name: [panel.kind for row in rows for panel in row] for name, rows in groups.items()}
    assert kinds["two"] == ["angles", "costs", "ratios", "principal_angles"]
    assert kinds["three"] == [
        *["angles"] * 3,
        *["costs"] * 3,
        *["ratios"] * 3,
        "all_costs",
        "mean_angle",
        "smallest_angle",
    ]
    assert kinds["four"] == ["all_costs", "all_angles", "other_costs", "other_ratios"]
    assert [panel.functions for panel in groups["three"][0]] == [("x", "y"), ("x", "z"), ("y", "z")]
    assert [panel.functions for panel in groups["three"][1]] == [("x",), ("y",), ("z",)]
    assert panels.functions_panels("hold", LABELS) == panels.functions_panels("unknown", LABELS) == {}


def test_panels_of_dynamics_depend_on_whether_inputs_stand_for_frequencies():
    found = panels.dynamics_panels(["flip", "hold", "one"], LABELS)
    assert "".join(panel.letter for panel in found) == "abcdefghijklm"
    assert [(panel.column, panel.kind, panel.of) for panel in found[:5]] == [
        (0, "spectrum", "slow"),
        (1, "spectrum", "faster"),
        (2, "spectrum", "fast"),
        (3, "frequency", ""),
        (4, "growth", ""),
    ]
    assert [(panel.kind, panel.of) for panel in found[5:10]] == [
        ("points", "full"),
        ("points", "operative_columns"),
        ("spectrum", "off"),
        ("range", ""),
        ("time_constant", ""),
    ]
    assert [(panel.column, panel.of) for panel in found[10:]] == [(0, "only"), (3, ""), (4, "")]


def test_what_fewer_networks_have_is_said():
    rows = [
        ("flip", "cost", 2),
        ("flip", "distance", 3),
        ("hold", "distance", 3),
        ("one", "cost", 1),
        ("one", "distance", 1),
    ]
    table = pd.DataFrame(rows, columns=["task", "measure", "networks"])
    notes = panels.lacking(table, "measure", {"cost": "cost"}, LABELS)
    assert notes == ["flip-flop: cost of 2 of 3 networks", "hold: no cost"]
