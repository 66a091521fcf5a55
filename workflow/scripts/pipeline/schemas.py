"""Checks of a configuration against a schema, and their errors as lines for people. No torch, no Snakemake."""

import math
import re
from collections.abc import Callable, Iterable
from datetime import date
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match

SHOWN = 60  # characters of a value in an error
KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping of keys to values",
    "string": "text",
}
BOUNDS = {
    "maximum": "is too large, expected {} or less",
    "minimum": "is too small, expected {} or more",
    "exclusiveMinimum": "is too small, expected more than {}",
    "exclusiveMaximum": "is too large, expected less than {}",
}
UNITS = {"Items": "value", "Length": "character", "Properties": "key"}
EXPONENT = re.compile(r"([+-]?\d+)(\.\d*)?[eE]([+-]?)(\d+)")


class ConfigError(ValueError):
    """A configuration that cannot be run; the message is one line that names the key."""


def _is_whole(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(_: Any, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# JSON knows neither .nan nor a difference between 2 and 2.0.
Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_whole, "number": _is_finite}),
)


def check_schema(content: Any, schema: dict[str, Any], key: str | None = None) -> None:
    """Check content against a schema.

    Raises ConfigError, naming the key (that of the content, if none is given), what it is and what was expected.
    """
    error = best_match(Validator(schema).iter_errors(content))
    if error is not None:
        raise ConfigError(describe(error, key))


def describe(error: ValidationError, key: str | None = None) -> str:
    """Return an error that a schema found as one line, which names the key (by default the error's own).

    Of a pattern the line gives the description that stands beside it in the schema.
    """
    if key is None:
        key = ".".join(str(part) for part in error.absolute_path)
    where = f"{key}: " if key else ""
    value, limit = error.instance, error.validator_value
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        return unknown(key, "key", sorted(str(name) for name in value if name not in known)[0], known)
    if error.validator == "enum":
        return unknown(key, "value", value, limit)
    if error.validator == "required":
        return f"{where}key {next(name for name in limit if name not in value)} is missing"
    if error.validator == "uniqueItems":
        twice = next(item for place, item in enumerate(value) if item in value[:place])
        return f"{where}{shown(twice)} is given twice, expected each value once"
    if str(error.validator)[3:] in UNITS:
        return where + _size(error)
    if error.validator == "type":
        return where + _type(value, [limit] if isinstance(limit, str) else limit)
    if error.validator in BOUNDS:
        return f"{where}{shown(value)} {BOUNDS[str(error.validator)].format(limit)}"
    expected = error.schema.get("description")
    return f"{where}{shown(value)} is not {expected}" if expected else f"{where}{error.message}"


def _size(error: ValidationError) -> str:
    """Return what is wrong with the length of a text, a list or a mapping."""
    side, what = str(error.validator)[:3], str(error.validator)[3:]
    size, unit = len(error.instance), UNITS[what]
    if size == 0:
        return f"is empty, expected {'text' if what == 'Length' else 'at least one'}"
    least, most = error.schema.get(f"min{what}"), error.schema.get(f"max{what}")
    limit = f"{least}" if least == most else f"{least} or more" if side == "min" else f"{most} or fewer"
    return f"{shown(error.instance)} has {size} {unit}{'s' * (size != 1)}, expected {limit}"


def _type(value: Any, types: list[str]) -> str:
    """Return what is wrong with a value of another type, and how to write it where that can be told."""
    if value is None:
        return f"has no value, expected {_expected(types)}"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{shown(value)} is not a finite number"
    line, numeric = f"{shown(value)} is not {_expected(types)}", {"integer", "number"} & set(types)
    if numeric and isinstance(value, float) and value.is_integer():
        return f"{line}, write {int(value)}"
    if numeric and isinstance(value, str):
        number = _number(value)
        if number is None:
            return line
        if match := EXPONENT.fullmatch(value):
            whole, part, sign, exponent = match.groups()
            better = f"{whole}{part or '.0'}{'0' if part == '.' else ''}e{sign or '+'}{exponent}"
            better = str(int(number)) if "number" not in types and number.is_integer() else better
            return f"{line} (YAML reads {value} as text: write {better})"
        return f"{line} but text: write {value.strip()} without quotes, in a file (inside brackets --config makes text)"
    if "array" in types and isinstance(value, str):
        return f"{line}, write [{value}]"
    if "string" in types and isinstance(value, bool | int | float | date):
        return f"{line}, write it in quotes"
    return line


def _expected(types: Iterable[str]) -> str:
    return " or ".join(KINDS[each] for each in types)


def _number(text: str) -> float | None:
    """Return the finite number that a text looks like, if it does."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def shown(value: Any) -> str:
    """Return a value as it stands in a configuration, cut if it is long."""
    words: dict[Any, Callable[[], str]] = {
        bool: lambda: str(value).lower(),
        str: lambda: repr(value),
        float: lambda: repr(value) if math.isfinite(value) else re.sub("(inf|nan)", r".\1", repr(value)),
        list: lambda: f"[{', '.join(map(shown, value[:SHOWN]))}]",
        dict: lambda: "{" + ", ".join(f"{name}: {shown(each)}" for name, each in list(value.items())[:SHOWN]) + "}",
        type(None): lambda: "null",
    }
    text = next((word() for kind, word in words.items() if isinstance(value, kind)), str(value))
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def unknown(key: str, kind: str, name: Any, known: Iterable[Any]) -> str:
    """Return the line that says that a name is not among those known, with the nearest of them."""
    names = [str(each) for each in known]
    close = get_close_matches(name, names, n=1) if isinstance(name, str) else []
    expected = f"expected one of {', '.join(names)}" if names else "expected none"
    hint = f"did you mean {close[0]}?" if close else expected
    return f"{key + ': ' if key else ''}unknown {kind} {shown(name)}, {hint}"
