"""Numbers that are written out in a concrete tree."""

from __future__ import annotations

import libcst as cst


def number_of(node: cst.CSTNode | None) -> float | None:
    """The number that a node is: ``1``, ``0.5``, ``-1e-7``; ``None`` of all that has to be worked out."""
    match node:
        case cst.Integer() | cst.Float():
            return float(node.evaluated_value)
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            value = number_of(inner)
            return None if value is None else -value
    return None


def sum_of(node: cst.CSTNode | None) -> float | None:
    """The same where written numbers are added or subtracted, too: ``1.0 - 1e-7``."""
    match node:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            value = sum_of(inner)
            return None if value is None else -value
        case cst.BinaryOperation(left=left, operator=cst.Add() | cst.Subtract(), right=right):
            one, other = sum_of(left), sum_of(right)
            if one is None or other is None:
                return None
            return one + other if isinstance(node.operator, cst.Add) else one - other
    return number_of(node)


def whole_number_of(node: cst.CSTNode | None) -> int | None:
    """The same of a number that is written without a point: an index, an axis."""
    match node:
        case cst.Integer():
            return int(node.evaluated_value)
        case cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer() as inner):
            return -int(inner.evaluated_value)
    return None
