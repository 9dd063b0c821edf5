"""What becomes of a value: does it get into what the loss returns, or is it only kept for the record?

A loss may well count its hits on the side: ``self.hits.assign(...)``, ``tf.print(...)``, or an accuracy that
a part of a loss hands back beside the loss itself. No gradient is expected of such numbers.
"""

from __future__ import annotations

from functools import partial

import libcst as cst

from lossfix.losses.code.conditions import uses
from lossfix.losses.code.liveness import is_live
from lossfix.losses.code.loss import Loss
from lossfix.syntax.tree import walk

_RECORDING = frozenset(
    "assign assign_add assign_sub update_state add_metric scalar histogram image print info debug".split()
)
"""How the functions are called, by the last part of their names, that keep or show a number."""


def is_only_recorded(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a value surely does not get into what the loss returns.

    It goes into statements that keep or show it, is never read again, or is one of several values that
    a part of a loss returns, and another of them has the gradient.
    """
    return _leads_nowhere(loss, node, frozenset())


def _leads_nowhere(loss: Loss, node: cst.CSTNode, seen: frozenset[cst.CSTNode]) -> bool:
    for above in loss.tree.ancestors(node):
        match above:
            case cst.Expr(
                value=cst.Call(func=cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name))
            ):
                return name in _RECORDING
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
                # A name that is set anew from itself leads on, each time it is.
                return above in seen or all(
                    _leads_nowhere(loss, each, seen | {above}) for each in uses(loss, name, above)
                )
            case cst.Return(value=cst.Tuple(elements=values)) if loss.only_reached:
                # What the caller does with each of them is not seen from here.
                own = [each for each in values if node in set(walk(each))]
                live = partial(is_live, loss)
                return not any(map(live, own)) and any(map(live, values))
            case cst.BaseSmallStatement() | cst.BaseCompoundStatement():
                return False
    return False
