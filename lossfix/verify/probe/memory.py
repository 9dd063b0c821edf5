"""What a loss remembers from one call to the next.

A loss whose value depends on how often it was called can look right for as long as it is measured, so
what it changes in itself and in its module when it is called is asked for directly.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from .subject import Candidate

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_HOLDERS = (list, tuple, dict, set, frozenset)
_DEEPEST = 4
"""Containers within containers are followed so far."""

Memory = dict[str, str]
"""Name of a variable to what it holds, as text."""


def memory(candidate: Candidate) -> Memory:
    """What the variables of the candidate's module, of its instance and of its closures hold, as far
    as these are numbers, text, arrays, variables and containers of them."""
    found: Memory = {}
    for name, value in _variables(candidate):
        text = _text(value, _DEEPEST)
        if text:
            found[name] = text
    return found


def changed(before: Memory, after: Memory) -> tuple[str, ...]:
    """The names of what holds something else, and of what was added."""
    return tuple(sorted(name for name, text in after.items() if before.get(name) != text))


def _variables(candidate: Candidate) -> Iterator[tuple[str, Any]]:
    for name, value in list(vars(candidate.module).items()):
        if name.startswith("__"):
            continue
        yield name, value
        if isinstance(value, types.FunctionType):
            yield from _of_function(name, value)
    target = candidate.target
    for name, value in list(getattr(target, "__dict__", {}).items()):
        yield f"self.{name}", value
    if isinstance(target, types.FunctionType):
        yield from _of_function(candidate.name, target)


def _of_function(name: str, function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    yield f"{name}'s defaults", function.__defaults__
    yield f"{name}'s attributes", {k: v for k, v in vars(function).items() if k[:2] != "__"}
    for bound, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            yield f"{name}'s {bound}", cell.cell_contents
        except ValueError:  # not bound yet
            continue


def _text(value: Any, deep: int) -> str:
    """``value`` as text, empty for what is none of the kinds that are followed."""
    if isinstance(value, _PLAIN):
        return repr(value)
    if isinstance(value, np.ndarray):
        return repr((value.shape, value.tobytes()))
    if isinstance(value, tf.Variable) or hasattr(value, "_trainable"):
        return repr(np.asarray(value))
    if isinstance(value, _HOLDERS) and deep and len(value) < 1000:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return repr([(repr(key), _text(item, deep - 1)) for key, item in items])
    return ""
