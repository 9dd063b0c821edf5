"""Local names of a loss: how an expression gets one."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.syntax.build import Replacement, bare


def statement_of(loss: Loss, node: cst.CSTNode) -> cst.SimpleStatementLine | None:
    """The line in which ``node`` is evaluated, once; ``None`` in a lambda, a comprehension or the like."""
    for above in loss.tree.ancestors(node):
        if isinstance(above, cst.SimpleStatementLine):
            return above
        if isinstance(above, cst.Lambda | cst.CompFor | cst.BaseComp | cst.IfExp | cst.FunctionDef):
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

    def above(node: cst.CSTNode) -> list[cst.CSTNode]:
        # Comments above the statement stay above both.
        assert isinstance(node, cst.SimpleStatementLine)
        return [
            line.with_changes(leading_lines=node.leading_lines),
            node.with_changes(leading_lines=[]),
        ]

    return cst.Name(name), {statement: above}
