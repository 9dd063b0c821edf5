"""Local names of a loss: how an expression gets one, and when one is not needed any more."""

from __future__ import annotations

from collections.abc import Container

import libcst as cst

from lossfix.losses.code.conditions import uses
from lossfix.losses.code.loss import Loss
from lossfix.syntax.build import Replacement, bare, comments
from lossfix.syntax.tree import names_below, walk

_NOT_ALWAYS_ONCE = (
    cst.Lambda,
    cst.CompFor,
    cst.BaseComp,
    cst.IfExp,
    cst.BooleanOperation,
    cst.FunctionDef,
)
"""In these an expression is evaluated several times, or perhaps never."""


def statement_of(loss: Loss, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
    """The line in which ``node`` is evaluated, once, and above which it could be as well.

    ``None`` in a lambda, a comprehension or the like, and where the line itself may bind what ``node`` reads.
    """
    for above in loss.tree.ancestors(node):
        if isinstance(above, cst.SimpleStatementLine):
            binds = len(above.body) > 1 or any(walk(above, cst.NamedExpr))
            return None if binds else above
        if isinstance(above, _NOT_ALWAYS_ONCE):
            return None
    return None


def named(
    loss: Loss, at: cst.CSTNode, value: cst.BaseExpression, *wishes: str
) -> tuple[cst.Name, dict[cst.CSTNode, Replacement]] | None:
    """A new name for ``value``, bound on a line above ``at``, and the replacement that binds it.

    ``None`` where there is no such line.
    """
    statement = statement_of(loss, at)
    if statement is None:
        return None
    name = loss.local(*wishes)
    line = cst.SimpleStatementLine([cst.Assign([cst.AssignTarget(cst.Name(name))], bare(value))])

    inner = comments(value)

    def above(node: cst.CSTNode) -> list[cst.CSTNode]:
        # Comments above the statement stay above both, and those within the value stay there.
        assert isinstance(node, cst.SimpleStatementLine)
        leading = [
            each
            for each in node.leading_lines
            if each.comment is None or each.comment.value not in inner
        ]
        return [
            line.with_changes(leading_lines=leading),
            node.with_changes(leading_lines=[]),
        ]

    return cst.Name(name), {statement: above}


def orphaned(
    loss: Loss, gone: tuple[cst.CSTNode, ...], new: cst.CSTNode
) -> dict[cst.CSTNode, Replacement]:
    """The assignments that nothing reads once ``gone`` has become ``new``, and their removal."""
    removed: dict[cst.CSTNode, Replacement] = {}
    while found := _orphan(loss, (*gone, *removed), new, removed):
        removed[found] = ()
    return removed


def _orphan(
    loss: Loss, gone: tuple[cst.CSTNode, ...], new: cst.CSTNode, removed: Container[cst.CSTNode]
) -> cst.SimpleStatementLine | None:
    names = {name for each in gone for name in names_below(each)} - names_below(new)
    for name in sorted(names):
        values = loss.flow.values(name)
        if len(values) != 1 or not values[0].whole or name in (loss.y_true, loss.y_pred):
            continue
        statement = loss.tree.parents.get(values[0].node)
        if any(not _stands_in(loss, use, gone) for use in uses(loss, name)):
            continue
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            continue
        plain = not comments(statement) and isinstance(values[0].value, cst.Call | cst.Subscript)
        if plain and statement not in removed:
            return statement
    return None


def _stands_in(loss: Loss, node: cst.CSTNode, around: tuple[cst.CSTNode, ...]) -> bool:
    return node in around or any(above in around for above in loss.tree.ancestors(node))
