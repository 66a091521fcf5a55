"""Wrong configurations and command lines, see `bad_inputs`."""

from pathlib import Path
from typing import Any

from bad_inputs import Case, printed
from pipeline.checks import check_built, check_config
from pipeline.reading import read_yaml
from pipeline.schemas import ConfigError
from pipeline.settings import overlay

ROOT = Path(__file__).parents[1]


def config(id: str, given: str, change: dict[str, Any], expected: str) -> Case:
    """Return the case of a change of the default configuration."""

    def run(folder: Path) -> tuple[int, str]:
        schema = read_yaml(ROOT / "workflow" / "schemas" / "config.schema.yaml")
        changed = overlay(read_yaml(ROOT / "config" / "config.yaml"), change)
        return printed(lambda: check_built(check_config(changed, schema)), ConfigError, "config: ")

    return Case(id, given, expected, run)


CASES = [
    config("unknown_key", "a key that does not exist", {"rnaks": [1]}, "unknown key 'rnaks', did you mean ranks"),
    config("no_run", "an empty list of ensembles", {"run": []}, "run: is empty, expected at least one"),
]
