"""The rules, in the order in which they apply: tensors first, then gates, then the shape of the code."""

from __future__ import annotations

from lossfix.rules import (
    array_method,
    bare_function,
    batch_scalar,
    closure,
    detached_prediction,
    hard_gate,
    item_assignment,
    jump_gate,
    numpy_call,
    numpy_round_trip,
    python_builtin,
    python_function,
    removed_reduction,
    static_batch,
    unused_prediction,
)
from lossfix.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    python_function.RULE,
    numpy_round_trip.RULE,
    numpy_call.RULE,
    array_method.RULE,
    python_builtin.RULE,
    item_assignment.RULE,
    static_batch.RULE,
    detached_prediction.RULE,
    unused_prediction.RULE,
    removed_reduction.RULE,
    hard_gate.RULE,
    jump_gate.RULE,
    closure.RULE,
    bare_function.RULE,
    batch_scalar.RULE,
)
"""Every rule, in order."""


def rule_called(wish: str) -> Rule | None:
    """The rule with this code or name."""
    for rule in RULES:
        if wish.upper() == rule.code or wish.lower() == rule.name:
            return rule
    return None
