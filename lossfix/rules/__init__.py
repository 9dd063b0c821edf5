"""The rules, in the order in which they are applied: tensors first, then gates, then the shape of the code."""

from __future__ import annotations

from lossfix.rules import (
    array_method,
    bare_function,
    batch_scalar,
    closure,
    hard_gate,
    jump_gate,
    numpy_call,
    numpy_round_trip,
    removed_reduction,
)
from lossfix.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    numpy_round_trip.RULE,
    numpy_call.RULE,
    array_method.RULE,
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
