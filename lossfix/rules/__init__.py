"""The rules, in the order in which they apply: tensors first, then gates, then the shape of the code."""

from __future__ import annotations

from lossfix.rules import (
    array_method,
    bare_function,
    batch_scalar,
    closure,
    detached_prediction,
    empty_denominator,
    empty_mean,
    hard_gate,
    item_assignment,
    jump_gate,
    log_of_exp,
    numpy_call,
    numpy_round_trip,
    patched_nan,
    python_branch,
    python_builtin,
    python_function,
    removed_reduction,
    root_at_zero,
    static_batch,
    unguarded_log,
    unsafe_branch,
    unused_prediction,
)
from lossfix.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    python_function.RULE,
    numpy_round_trip.RULE,
    numpy_call.RULE,
    array_method.RULE,
    python_branch.RULE,
    python_builtin.RULE,
    item_assignment.RULE,
    static_batch.RULE,
    detached_prediction.RULE,
    unused_prediction.RULE,
    removed_reduction.RULE,
    hard_gate.RULE,
    jump_gate.RULE,
    log_of_exp.RULE,
    root_at_zero.RULE,
    unsafe_branch.RULE,
    patched_nan.RULE,
    empty_denominator.RULE,
    empty_mean.RULE,
    unguarded_log.RULE,
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
