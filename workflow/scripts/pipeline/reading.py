"""Files of the configuration: read as UTF-8 in any locale, with nothing in them twice. No torch, no Snakemake."""

import json
import math
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from pipeline.schemas import ConfigError, shown

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PLAIN = (str, int, float, bool, type(None))
MERGE = "tag:yaml.org,2002:merge"  # the key <<


def read_configuration(path: str | Path) -> dict[str, Any]:
    """Read a file of the configuration, see `read_yaml`; it must hold keys and values."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        what = "is empty" if content is None else f"holds {shown(content)}"
        raise ConfigError(f"{path}: {what}, expected keys and values")
    return content


def read_yaml(path: str | Path) -> Any:
    """Read a file of YAML or JSON.

    Raises ConfigError, naming the file, and the line and column where there are some, if the file cannot be read, is
    neither YAML nor JSON, or gives a key twice.
    """
    text = _read_text(path)
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _without_repeats(path, pairs))
    except (json.JSONDecodeError, RecursionError):
        pass  # so it is YAML
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        for key, line, first in _repeats(node, "", {}):
            raise ConfigError(f"{path}: line {line}: key {key} is given twice, first in line {first}")
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join((error.problem or error.context or "it cannot be read").split())
        if mark and "cannot start any token" in problem and "\t" in text.splitlines()[mark.line]:
            problem = "a tab, expected spaces"
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise ConfigError(f"{path}: {place}not valid YAML in UTF-8, {problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{path}: line {line}: not valid YAML in UTF-8, a control character") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: not valid YAML in UTF-8, nested too deeply") from error
    except ValueError as error:  # of a date that there is not
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"{path}: not valid YAML in UTF-8, {' '.join(str(error).split())}") from error


def _read_text(path: str | Path) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file or directory, expected a file of YAML") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a directory, expected a file of YAML") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read, {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}: line {line}: not valid YAML in UTF-8, a byte of another encoding") from error


def _without_repeats(path: str | Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON."""
    names = [name for name, _ in pairs]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ConfigError(f"{path}: key {name} is given twice")
    return dict(pairs)


def _repeats(node: yaml.Node, path: str, finished: dict[int, bool]) -> Iterator[tuple[str, int, int]]:
    """Yield every key that is given twice in one mapping, with its line and that of the first.

    `finished` tells of every node that was met, an alias perhaps, whether all in it was looked at.
    """
    if id(node) in finished:
        if not finished[id(node)]:
            raise yaml.MarkedYAMLError(problem=f"{path.rstrip('.')} holds itself", problem_mark=node.start_mark)
        return
    finished[id(node)] = False
    if isinstance(node, yaml.SequenceNode):
        for place, item in enumerate(node.value):
            yield from _repeats(item, f"{path}{place}.", finished)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[tuple[str, str], int] = {}
        for name, value in node.value:
            key = (name.tag, str(name.value))
            line = name.start_mark.line + 1
            if key in lines and name.tag != MERGE:
                yield f"{path}{name.value}", line, lines[key]
            lines[key] = line
            yield from _repeats(value, f"{path}{name.value}.", finished)
    finished[id(node)] = True


def check_values(content: Any, key: str = "") -> None:
    """Check what no schema can say of the values of a configuration: plain types, finite numbers, printable text.

    Raises ConfigError, naming the key.
    """
    where = f"{key}: " if key else ""
    if isinstance(content, dict):
        for name, value in content.items():
            if not isinstance(name, str):
                raise ConfigError(f"{where}key {shown(name)} is not text, write it in quotes")
            _check_text(f"{where}key {shown(name)}", name)
            check_values(value, f"{key}.{name}" if key else name)
    elif isinstance(content, list | tuple):
        for place, value in enumerate(content):
            check_values(value, f"{key}.{place}")
    elif not isinstance(content, PLAIN):
        kind = type(content).__name__
        raise ConfigError(f"{where}{shown(content)} is a {kind}, expected a number or text; write text in quotes")
    elif isinstance(content, float) and not math.isfinite(content):
        raise ConfigError(f"{where}{shown(content)} is not a finite number")
    elif isinstance(content, str):
        _check_text(f"{where}{shown(content)}", content)


def _check_text(what: str, text: str) -> None:
    kinds = {unicodedata.category(character) for character in text}
    if "Cs" in kinds:  # bytes of the command line that are not text in this locale
        raise ConfigError(f"{ascii(what)[1:-1]} is not text in this locale, expected UTF-8: set LC_ALL=C.UTF-8")
    if "Cc" in kinds:
        raise ConfigError(f"{what} holds a line break or another control character, expected none")


def check_files(paths: Iterable[str | Path]) -> None:
    """Read files of the configuration, which Snakemake has read with less care. Raises ConfigError, naming the file."""
    for path in paths:
        read_configuration(path)
