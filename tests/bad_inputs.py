"""Wrong inputs, and what is printed of each. `python tests/bad_inputs.py` prints all of them as a Markdown table."""

import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = (
    "bad_values",
    "bad_configurations",
    "bad_configuration_files",
    "bad_command_lines",
    "bad_files",
    "bad_weights",
    "bad_results",
    "bad_arguments",
)  # each has CASES, a list of cases


@dataclass(frozen=True)
class Case:
    """A wrong input: `run` makes it in an empty folder and returns the exit code and what is printed."""

    id: str
    given: str  # what is wrong, in words
    expected: str  # a regular expression that what is printed must match
    run: Callable[[Path], tuple[int, str]]


def printed(check: Callable[[], object], kind: type[Exception], prefix: str = "") -> tuple[int, str]:
    """Return exit code and what a user sees when a check raises: one line of an error of that kind, or a traceback."""
    try:
        check()
    except kind as error:
        return 1, f"{prefix}{error}"
    except Exception:
        return 1, traceback.format_exc()
    return 0, ""


def cases() -> list[Case]:
    """Return the cases of all modules."""
    return [case for module in MODULES for case in import_module(module).CASES]


def main() -> None:
    print("| case | given | exit code | printed |\n|---|---|---|---|")
    for case in cases():
        with tempfile.TemporaryDirectory() as folder:
            code, text = case.run(Path(folder))
        cells = (case.id, case.given, str(code), " ⏎ ".join(text.splitlines()).replace(folder, "…"))
        print("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "workflow" / "scripts")]
    main()
