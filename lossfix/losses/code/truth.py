"""``and``, ``or``, ``not`` and chained comparisons, with the operators that tensors have for them."""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import is_array, is_boolean
from lossfix.syntax.build import expression
from lossfix.syntax.tree import dotted

_SHORT = 40
"""A chained comparison writes its middle twice: only what is no longer than this many characters."""


def operated(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """What ``node`` is with ``&``, ``|`` and ``~``; ``None`` where its operands may be no conditions."""
    match node:
        case cst.BooleanOperation(left=left, operator=operator, right=right):
            if not is_boolean(loss, left) or not is_boolean(loss, right):
                return None
            token = "&" if isinstance(operator, cst.And) else "|"
            return expression(
                f"{{a}} {token} {{b}}", a=condition(loss, left), b=condition(loss, right)
            )
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return expression("~{x}", x=condition(loss, inner)) if is_boolean(loss, inner) else None
        case cst.Comparison(left=left, comparisons=[_, _, *_] as targets):
            links = []
            for target in targets:
                links.append(cst.Comparison(left, [target]))
                left = target.comparator
                if dotted(left) is None and len(loss.tree.code(left)) > _SHORT:
                    return None
            holes = {f"c{number}": link for number, link in enumerate(links)}
            return expression(" & ".join(f"{{{name}}}" for name in holes), **holes)
    return None


def condition(loss: Loss, node: cst.BaseExpression) -> cst.BaseExpression:
    """A condition as ``tf.where`` takes it; what has no counterpart, or needs none, as it is."""
    if not is_array(loss, node):
        return node
    new = operated(loss, node)
    return node if new is None else new
