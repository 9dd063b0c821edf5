"""The divisions of a loss, and whether something keeps them from being run on a zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.conditions import uses
from lossfix.losses.code.loss import Loss
from lossfix.syntax.build import expression
from lossfix.syntax.tree import walk


@dataclass(frozen=True, eq=False)
class Division:
    """``numerator / denominator``, as an operator or a function."""

    node: cst.BaseExpression
    numerator: cst.BaseExpression
    denominator: cst.BaseExpression


def divisions(loss: Loss) -> Iterator[Division]:
    """All divisions of a loss, in document order."""
    for node in walk(loss.function.body, cst.BinaryOperation, cst.Call):
        match node:
            case cst.BinaryOperation(left=left, operator=cst.Divide(), right=right):
                yield Division(node, left, right)
            case cst.Call(
                args=[
                    cst.Arg(value=left, keyword=None, star=""),
                    cst.Arg(value=right, keyword=None, star=""),
                ]
            ) if loss.operation(node) in ("tf.divide", "tf.truediv"):
                yield Division(node, left, right)


def is_sheltered(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` is only run under a condition: in a branch, a lambda or a nested function."""
    for above in loss.tree.ancestors(node):
        if above is loss.function:
            return False
        if isinstance(above, cst.If | cst.IfExp | cst.Lambda | cst.FunctionDef | cst.While):
            return True
    return False


def is_chosen(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a condition chooses between ``node`` and something else: it stands in a ``tf.where``, or all
    uses of the name that it is given do."""
    child = node
    for above in loss.tree.ancestors(node):
        if above is loss.function:
            return False
        match above:
            case cst.Call() if loss.operation(above) == "tf.where":
                return True
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
                read = list(uses(loss, name)) if value is child else []
                return bool(read) and all(is_in_where(loss, each) for each in read)
        child = above
    return False


def is_in_where(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a node stands in a ``tf.where``, as its condition or in a branch."""
    return any(
        isinstance(above, cst.Call) and loss.operation(above) == "tf.where"
        for above in loss.tree.ancestors(node)
    )


def guarded(loss: Loss) -> Callable[[cst.CSTNode], cst.CSTNode]:
    """What a division becomes: itself, with 0 where the denominator is 0."""
    name = loss.spell("tf.math.divide_no_nan")

    def replaced(node: cst.CSTNode) -> cst.CSTNode:
        if isinstance(node, cst.BinaryOperation):
            return expression(f"{name}({{a}}, {{b}})", a=node.left, b=node.right)
        assert isinstance(node, cst.Call)
        return node.with_changes(func=cst.parse_expression(name))

    return replaced
