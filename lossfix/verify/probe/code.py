"""The code of a function as it stands in its file, and what the names in it stand for."""

from __future__ import annotations

import ast
import builtins
import inspect
import os
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any, Callable


@dataclass(frozen=True)
class Code:
    """What a function runs."""

    statements: Sequence[ast.stmt]
    defaults: Mapping[str, Any]
    """The values of those parameters that have one; of a bound method also of its first."""
    world: Mapping[str, Any]
    """What it sees besides its own names: builtins, its module, what it captures."""
    folder: str
    """Where its file lies, as all files of one subject do."""

    def is_own(self, target: Any) -> bool:
        """Whether something is a function or a method of the same subject."""
        plain = target.__func__ if isinstance(target, MethodType) else target
        if not isinstance(plain, FunctionType):
            return False
        return os.path.dirname(plain.__code__.co_filename) == self.folder


def code_of(function: Callable[..., Any]) -> Code:
    """The code of a function, a bound method or a lambda.

    Raises ``OSError``, ``TypeError``, ``SyntaxError`` or ``ValueError`` where it cannot be read.
    """
    statements = _statements(ast.parse(textwrap.dedent(inspect.getsource(function))))
    plain: Any = function.__func__ if isinstance(function, MethodType) else function
    parameters = inspect.signature(plain).parameters
    defaults = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not parameter.empty
    }
    if isinstance(function, MethodType):
        defaults[next(iter(parameters))] = function.__self__
    captured = inspect.getclosurevars(plain).nonlocals
    return Code(
        statements,
        defaults,
        {**vars(builtins), **plain.__globals__, **captured},
        os.path.dirname(inspect.unwrap(function).__code__.co_filename),
    )


def _statements(source: ast.Module) -> Sequence[ast.stmt]:
    """What a function runs, or a lambda, of which the source is the whole statement around it.

    Raises ``TypeError`` where the source is of neither, or of several.
    """
    node = source.body[0]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.body
    lambdas = [each for each in ast.walk(source) if isinstance(each, ast.Lambda)]
    if len(lambdas) != 1:
        raise TypeError("no function")
    return [ast.Return(lambdas[0].body)]
