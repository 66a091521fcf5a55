"""Tasks by name: the project's own and a user's file."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from opdims import catalogue
from opdims.catalogue import load_task, names, task_file
from opdims.task import TaskError

FILE = """
import numpy as np
from opdims.task import Trials

name = "flip_flop"
n_inputs, n_outputs = 2, 2
duration = 50.0
conditions = ("both_down", "both_up")
groups = {"memory": conditions}


def trials(repeats, *, dt, rng):
    inputs = rng.standard_normal((2 * repeats, round(duration / dt), 2))
    return Trials(inputs, targets=np.sign(inputs), condition=np.arange(2 * repeats) % 2)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "flip_flop.py"
    path.write_text(FILE)
    return path


def test_the_papers_tasks_come_first():
    assert names()[:2] == ("context_integration", "sine_generation")
    assert len(set(names())) == len(names())


@pytest.mark.parametrize("name", names())
def test_every_task_of_the_project_is_loaded_by_its_name(name):
    assert load_task(name).name == name
    assert task_file(name).is_file()
    assert task_file(name).parent == catalogue.FOLDER


@pytest.mark.parametrize("kind", [str, Path])
def test_a_users_task_is_loaded_from_its_file(file, kind):
    task = load_task("flip_flop", kind(file))
    assert (task.name, task.label, task.n_outputs) == ("flip_flop", "flip flop", 2)
    assert task.functions == {"both_down": ("both_down",), "both_up": ("both_up",)}
    assert task.trials(3, dt=1.0, rng=np.random.default_rng(0)).inputs.shape == (6, 50, 2)


def test_a_changed_file_is_another_task(file):
    load_task("flip_flop", file)
    file.write_text(FILE.replace("duration = 50.0", "duration = 4321.0"))
    assert load_task("flip_flop", file).duration == 4321.0


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(TaskError, match=f"unknown task 'sines', expected one of {', '.join(names())}"):
        load_task("sines")


@pytest.mark.parametrize("name", ["context_integration", "recorded"])
def test_a_users_task_has_a_name_of_its_own(file, name):
    with pytest.raises(TaskError, match=rf"flip_flop\.py: {name} is a task of the project, expected another name"):
        load_task(name, file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1 / 0", "raised ZeroDivisionError: division by zero"),
        ("name = (", "raised SyntaxError: "),
        ("import not_there_at_all", "raised ModuleNotFoundError: No module named 'not_there_at_all'"),
        ("raise ValueError('one\\ntwo')", "raised ValueError: one two$"),
        (FILE.replace('name = "flip_flop"', ""), "name is missing, expected name, n_inputs"),
        (FILE.replace("flip_flop", "flop"), "name is 'flop', expected 'flip_flop', as task_files says"),
        (
            FILE.replace("conditions = (", "conditions = ('both_up', "),
            "conditions is 'both_up', expected each name once",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line_that_names_it(file, content, message):
    file.write_text(content)
    with pytest.raises(TaskError, match=message) as caught:
        load_task("flip_flop", file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_missing_and_foreign_files_are_named(tmp_path):
    with pytest.raises(TaskError, match=r"nothing\.py: no such file, expected the Python file of task flip_flop"):
        load_task("flip_flop", tmp_path / "nothing.py")
    with pytest.raises(TaskError, match="no such file"):
        load_task("flip_flop", tmp_path)
    (tmp_path / "flip_flop.txt").write_text(FILE)
    with pytest.raises(TaskError, match=r"flip_flop\.txt: cannot be read as a task, expected a Python file"):
        load_task("flip_flop", tmp_path / "flip_flop.txt")


def test_recorded_trials_take_the_place_of_a_task(tmp_path):
    np.savez(tmp_path / "trials.npz", inputs=np.zeros((2, 5, 3)))
    task = load_task("whatever", recordings=tmp_path / "trials.npz", dt=2.0)
    assert (task.name, task.duration, task.n_inputs) == ("recorded", 10.0, 3)


def test_tasks_are_read_without_torch():
    code = (
        "import sys\nfrom opdims.catalogue import load_task, names\nfrom opdims.task import check_task\n"
        "for name in names():\n    check_task(load_task(name), dt=1.0)\n"
        "print([name for name in ('torch', 'scipy', 'pandas', 'h5py') if name in sys.modules])"
    )
    scripts = Path(catalogue.__file__).parents[1]
    run = subprocess.run([sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
