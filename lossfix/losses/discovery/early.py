"""Names that a function reads before it sets them: ``margin = margin`` raises ``UnboundLocalError``."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.syntax.nodes import below
from lossfix.syntax.scope import assignments, bound_by, parameters, statements

_PLAIN = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)
_RUNS_LATER = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def read_too_early(function: ast.FunctionDef) -> Iterator[ast.Name]:
    """Where the statements of a function's own block surely read one of its variables too early.

    What a branch or a loop may set counts as set, and what stands inside of one is not asked.
    """
    variables = _variables(function)
    bound = set(parameters(function))
    for statement in function.body if variables else ():
        if isinstance(statement, _PLAIN):
            for name in _read(statement):
                if name.id in variables - bound:
                    bound.add(name.id)
                    yield name
        bound |= bound_by([statement])


def _variables(function: ast.FunctionDef) -> frozenset[str]:
    """What a function assigns to, and does not say to be another place's."""
    elsewhere = {
        name
        for part in below(function)
        if isinstance(part, ast.Global | ast.Nonlocal)
        for name in part.names
    }
    return frozenset(
        name.id
        for statement in statements(function.body)
        for target, _ in assignments(statement)
        for name in _names(target)
        if name.id not in elsewhere
    )


def _names(target: ast.expr) -> Iterator[ast.Name]:
    match target:
        case ast.Name():
            yield target
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for each in parts:
                yield from _names(each)
        case ast.Starred(value=inner):
            yield from _names(inner)


def _read(statement: ast.stmt) -> Iterator[ast.Name]:
    """What a statement reads as it runs, apart from what it names itself on the way."""
    named = {
        each.target.id
        for each in below(statement)
        if isinstance(each, ast.NamedExpr) and isinstance(each.target, ast.Name)
    }
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        yield statement.target
    later = {
        id(part)
        for each in below(statement)
        if isinstance(each, _RUNS_LATER)
        for part in below(each)
    }
    note = getattr(statement, "annotation", None)
    later |= {id(part) for part in below(note)} if note is not None else set()
    yield from (
        each
        for each in below(statement)
        if isinstance(each, ast.Name)
        and isinstance(each.ctx, ast.Load)
        and id(each) not in later
        and each.id not in named
    )
