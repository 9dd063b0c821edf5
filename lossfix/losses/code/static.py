"""What is known of a tensor before it has any numbers: its shape, its type, whether it is there at all."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from lossfix.losses.operations.gradients import LIKES, SHAPE_QUERIES
from lossfix.syntax.scope import Scope

_STATIC_ATTRIBUTES = frozenset({"shape", "dtype", "ndim", "rank", "name", "device", "op"})
_STATIC_METHODS = frozenset(
    {"get_shape", "set_shape", "as_list", "is_compatible_with"}
    | {"is_tensor", "is_keras_tensor", "is_sparse", "is_symbolic_tensor", "any_symbolic_tensors"}
)
_STATIC_BUILTINS = frozenset({"len", "isinstance", "type", "hasattr", "callable", "id", "print"})


def is_static(
    node: cst.CSTNode, scope: Scope, operation: Callable[[cst.CSTNode], str | None]
) -> bool:
    """Whether the value of ``node`` is the same whatever the numbers in its tensors are.

    Args:
        node: an expression of a loss.
        scope: the names that its function sees.
        operation: the canonical name of what a call calls.
    """
    match node:
        case cst.Attribute(attr=cst.Name(value=attribute)) if attribute in _STATIC_ATTRIBUTES:
            return True
        case cst.Call(func=cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name))) if (
            name in _STATIC_METHODS
        ):
            return True
        case cst.Call(func=cst.Name(value=name)) if name in _STATIC_BUILTINS:
            return not scope.binds(name)
        case cst.Call():
            return operation(node) in SHAPE_QUERIES | LIKES
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=cst.Is() | cst.IsNot())]):
            return True
    return False
