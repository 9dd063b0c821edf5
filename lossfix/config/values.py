"""The kinds of values: each reader takes what TOML says and gives what ``Config`` holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lossfix.model import Gate

Reader = Callable[[Any], Any]


class Unexpected(Exception):
    """A value of the wrong kind; the message says which kind is right."""


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Unexpected("a list of strings")
    return tuple(value)


def _patterns(value: object) -> tuple[str, ...]:
    found = _strings(value)
    if wrong := [pattern for pattern in found if not _is_pattern(pattern)]:
        raise Unexpected(f"a list of patterns as in .gitignore, which {wrong[0]!r} is none of")
    return found


def _is_pattern(text: str) -> bool:
    # Loaded here: most configurations have no patterns.
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([text])
    except (ValueError, re.error):  # of a range of characters from the last to the first, say
        return False
    return True


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise Unexpected("a string")
    return value


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise Unexpected("true or false")
    return value


def _positive(value: object) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 < value < float("inf")
    ):
        raise Unexpected("a number above 0")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Unexpected("a whole number above 0")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Unexpected("a whole number from 0 on")
    return value


def _steepness(value: object) -> float | None:
    try:
        return None if value == "auto" else _positive(value)
    except Unexpected:
        raise Unexpected("'auto' or a number above 0") from None


def _gate(value: object) -> Gate | None:
    choices = ("auto", *(gate.value for gate in Gate))
    if value not in choices:
        raise Unexpected(f"one of {', '.join(map(repr, choices))}")
    return None if value == "auto" else Gate(value)


def _ignores(value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    try:
        found = sorted(_table(value).items())
        _patterns([pattern for pattern, _ in found])
        return tuple((pattern, _strings(rules)) for pattern, rules in found)
    except Unexpected:
        raise Unexpected("a table of patterns, each with a list of rules") from None


def _pair(item: Reader) -> Reader:
    def read(value: object) -> tuple[tuple[str, Any], ...]:
        table = _table(value)
        if not set(table) <= {"y_true", "y_pred"}:
            raise Unexpected("a table with the keys y_true and y_pred")
        return tuple((key, item(table[key])) for key in ("y_true", "y_pred") if key in table)

    return read


def _shape(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise Unexpected("a list of sizes, without the batch, for each of y_true and y_pred")
    return tuple(_count(size) for size in value)


def _range(value: object) -> tuple[float, float]:
    numbers = value if isinstance(value, list) else []
    if (
        len(numbers) != 2
        or any(type(n) not in (int, float) for n in numbers)
        or numbers[0] >= numbers[1]
    ):
        raise Unexpected("[lowest, highest] for each of y_true and y_pred")
    return float(numbers[0]), float(numbers[1])


def _arguments(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((name, repr(argument)) for name, argument in _table(value).items())


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unexpected("a table")
    return value


TOP: dict[str, Reader] = {
    "select": _strings,
    "extend_select": _strings,
    "ignore": _strings,
    "per_file_ignores": _ignores,
    "include": _patterns,
    "exclude": _patterns,
    "extend_exclude": _patterns,
    "force_exclude": _switch,
    "respect_gitignore": _switch,
    "targets": _strings,
    "predictions": _strings,
    "loss_bases": _strings,
    "gate": _gate,
    "steepness": _steepness,
    "exact_only": _switch,
}
VERIFY: dict[str, Reader] = {
    "python": _string,
    "timeout": _positive,
    "memory": _count,
    "seed": _whole,
    "exact_tolerance": _positive,
    "relaxed_tolerance": _positive,
    "loss": _table,
}
LOSS: dict[str, Reader] = {
    "shapes": _pair(_shape),
    "ranges": _pair(_range),
    "families": _strings,
    "arguments": _arguments,
}
READERS = TOP | VERIFY
FROM_TEXT = frozenset(READERS) - {"per_file_ignores", "loss"}


def from_text(key: str, text: str) -> object:
    """What an environment variable says, as TOML would say it."""
    reader = READERS[key]
    if reader in (_strings, _patterns):
        return [item.strip() for item in text.split(",") if item.strip()]
    if reader is _switch:
        return {"1": True, "true": True, "0": False, "false": False}.get(text.lower(), text)
    if reader in (_positive, _count, _whole, _steepness):
        for kind in (int, float):
            try:
                return kind(text)
            except ValueError:
                continue
    return text
