"""The steepness that stands in a smoothing as it was written."""

from __future__ import annotations

import ast
import math

from lossfix.model import Subject
from lossfix.syntax.quiet import parsed, parsed_expression
from lossfix.syntax.scope import defaults

_HOLE = "_steepness_"


def written_steepness(subject: Subject) -> float | None:
    """The steepness with which ``subject.expression`` builds its loss, in the units of the hole of
    ``subject.steepened``.

    ``None`` where nothing was smoothed, or where it is no positive number that can be read off the
    text: the default of a parameter, or an argument.
    """
    if not subject.steepened:
        return None
    steepened = parsed_expression(subject.steepened.replace("{steepness}", _HOLE))
    call = next(node for node in ast.walk(steepened) if _given(node) is not None)
    given = _given(call)
    assert isinstance(call, ast.Call)
    assert given is not None
    parameter, value = given
    number = _argument(subject.expression, parameter, call)
    if number is None:
        number = _default(subject.source, ast.unparse(call.func), parameter)
    if number is None or not (number > 0.0 and math.isfinite(number)):
        return None
    return number if isinstance(value, ast.Name) else 1.0 / number


def _given(node: ast.AST) -> tuple[str | int, ast.expr] | None:
    """The name or the position of the argument with the hole, and the argument."""
    if not isinstance(node, ast.Call):
        return None
    arguments: list[tuple[str | int, ast.expr]] = list(enumerate(node.args))
    arguments += [(keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg]
    for name, value in arguments:
        if any(isinstance(each, ast.Name) and each.id == _HOLE for each in ast.walk(value)):
            return name, value
    return None


def _argument(expression: str, parameter: str | int, like: ast.Call) -> float | None:
    for node in ast.walk(parsed_expression(expression)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == ast.unparse(like.func):
            if isinstance(parameter, int):
                return _number(node.args[parameter]) if parameter < len(node.args) else None
            found = [keyword.value for keyword in node.keywords if keyword.arg == parameter]
            return _number(found[0]) if found else None
    return None


def _default(source: str, name: str, parameter: str | int) -> float | None:
    """The default of a parameter of the function, or of the class's constructor, called ``name``."""
    wanted, inside = name.rpartition(".")[2], parsed(source)
    definitions = [
        node
        for node in ast.walk(inside)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name == wanted
    ]
    for node in definitions:
        for function in ast.walk(node):
            if not isinstance(function, ast.FunctionDef):
                continue
            if isinstance(node, ast.ClassDef) and function.name != "__init__":
                continue
            for own, default in defaults(function.args):
                if own == parameter and default is not None:
                    return _number(default)
            break
    return None


def _number(node: ast.expr) -> float | None:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    return float(value) if isinstance(value, (int, float)) else None
