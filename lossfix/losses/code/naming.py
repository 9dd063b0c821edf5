"""Local names of a loss: how an expression gets one."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.syntax.build import Replacement, bare, comments
from lossfix.syntax.tree import walk

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
