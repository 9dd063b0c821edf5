"""Frozen records as JSON and back: ``from_json(T, to_json(x)) == x``.

Every field is a string, a number, a truth value, ``None``, another record or a tuple of these; floats
that are not finite travel as text.
"""

from __future__ import annotations

import dataclasses
import math
import sys
import typing
from typing import Any, TypeVar, Union

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """A record as dictionaries, lists, text and finite numbers."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def from_json(kind: type[T], value: Any) -> T:
    """The record of type ``kind`` that ``to_json`` was given. Unknown keys are ignored.

    Raises ``TypeError`` where a field without a default is missing.
    """
    hints = typing.get_type_hints(kind, vars(sys.modules[kind.__module__]))
    names = {f.name for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(
        **{name: _build(hints[name], item) for name, item in value.items() if name in names}
    )


def _build(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Union:
        return _build(next(a for a in arguments if a is not type(None)), value)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_build(arguments[0], item) for item in value)
        return tuple(_build(a, item) for a, item in zip(arguments, value))
    if dataclasses.is_dataclass(kind):
        return from_json(kind, value)  # type: ignore[arg-type]
    if kind is float:
        return float(value)
    return value
