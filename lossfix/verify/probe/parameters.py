"""Whether what a loss class is told at construction acts, and survives saving.

Keras rebuilds a loss from ``get_config``. A parameter that is missing there, or saved as something
else, goes unnoticed as long as it has its default, so each is given another value in turn.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from typing import Any, Callable

import numpy as np

from .subject import Candidate

_KNOWN: dict[str, Any] = {"reduction": "sum", "name": "another_name"}
"""Parameters that every Keras loss has, and a value that no default is."""
_FACTORS = (1.7, 0.6)
"""Numbers are multiplied by the first of these that the constructor accepts."""


def unsaved(candidate: Candidate, y_true: Any, y_pred: Any) -> str:
    """What is wrong with the first parameter that does not act or is not saved; ``""`` where all
    are well, and for what is no class of the user's own.

    Raises what the loss raises where it is called.
    """
    kind = type(candidate.target)
    if not candidate.is_loss or kind.__module__.startswith(("keras", "tf_keras", "tensorflow")):
        return ""
    for name, given, other in variants(candidate):
        try:
            config = other.get_config()
            copy = kind.from_config(config)
        except Exception as error:
            return f"with another `{name}` its configuration does not load: {type(error).__name__}"
        if name in _KNOWN:
            if getattr(other, name, given) != given:
                return f"its parameter `{name}` is ignored"
            if getattr(copy, name, given) != given:
                return f"its parameter `{name}` is not saved"
            continue
        if _is_another(config.get(name), given):
            return f"its parameter `{name}` is ignored, or saved as another one"
        try:
            expected = float(np.mean(np.asarray(other(y_true, y_pred))))
        except Exception:  # a number of classes, say, that these inputs do not have
            continue
        values = expected, float(np.mean(np.asarray(copy(y_true, y_pred))))
        if not np.isclose(*values, rtol=1e-6, atol=1e-12, equal_nan=True):
            return f"its parameter `{name}` is saved as another one, or not at all"
    return ""


def _is_another(saved: Any, given: Any) -> bool:
    """Whether a number was saved as another number."""
    numbers = all(isinstance(each, (int, float)) for each in (saved, given))
    return numbers and not np.isclose(saved, given, rtol=1e-6, atol=0.0)


Others = Callable[[str, Any], list[Any]]
"""Values for a parameter of this name, in the place of its own."""


def others(name: str, value: Any) -> list[Any]:
    """Other values of the same kind, the first that the constructor accepts to be taken; none where the kind
    of ``value`` is none that has others."""
    if name in _KNOWN:
        return [_KNOWN[name]]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)) and np.isfinite(value):
        scaled = [value * factor if value else factor - 1.0 for factor in _FACTORS]
        return [round(each) for each in scaled] if isinstance(value, int) else scaled
    numbers = isinstance(value, (list, tuple)) and all(isinstance(v, (int, float)) for v in value)
    if numbers and value:
        return [type(value)([1.3 * value[0], *value[1:]])]
    return []


def variants(
    candidate: Candidate, among: Others = others, handed_on: bool = False
) -> Iterator[tuple[str, Any, Any]]:
    """(parameter, another value, the loss built with it); with those of every loss that `**kwargs` stand for,
    where what is ``handed_on`` is asked for."""
    module = vars(candidate.module)
    try:
        call = ast.parse(candidate.subject.expression, mode="eval").body
        if isinstance(call, ast.Name):
            call = ast.Call(call, [], [])
        if not isinstance(call, ast.Call):
            return
        kind = eval(ast.unparse(call.func), module)
        if not inspect.isclass(kind) or any(isinstance(a, ast.Starred) for a in call.args):
            return
        args = [eval(ast.unparse(argument), module) for argument in call.args]
        kwargs = {k.arg: eval(ast.unparse(k.value), module) for k in call.keywords if k.arg}
        bound = inspect.signature(kind).bind(*args, **kwargs)
    except Exception:  # what it is built from cannot be taken apart
        return
    bound.apply_defaults()
    named = bound.signature.parameters
    for name, parameter in named.items():
        if parameter.kind is parameter.VAR_KEYWORD and handed_on:
            yield from _handed_on(kind, bound, name)
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        for value in among(name, bound.arguments[name]):
            arguments = inspect.BoundArguments(bound.signature, bound.arguments.copy())
            arguments.arguments[name] = value
            try:
                built = kind(*arguments.args, **arguments.kwargs)
            except Exception:  # it checks what it is given
                continue
            yield name, value, built
            break


def _handed_on(
    kind: Any, bound: inspect.BoundArguments, keywords: str
) -> Iterator[tuple[str, Any, Any]]:
    """What every Keras loss takes, by the parameter that stands for all ``keywords``."""
    for name in sorted(_KNOWN.keys() - bound.signature.parameters.keys()):
        arguments = inspect.BoundArguments(bound.signature, bound.arguments.copy())
        arguments.arguments[keywords] = {name: _KNOWN[name]}
        try:
            built = kind(*arguments.args, **arguments.kwargs)
        except Exception:  # it takes other ones
            continue
        yield name, _KNOWN[name], built
