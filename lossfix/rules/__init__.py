"""The rules, in the order in which they apply: tensors first, then gates, then the shape of the code."""

from __future__ import annotations

from lossfix.rules import (
    array_method,
    bare_function,
    batch_axis,
    batch_loop,
    batch_scalar,
    called_loss,
    closed_constructor,
    closure,
    detached_prediction,
    empty_denominator,
    empty_mean,
    fixed_batch_size,
    hard_gate,
    item_assignment,
    jump_gate,
    local_loss,
    log_of_exp,
    missing_super_init,
    mixed_floats,
    numpy_call,
    numpy_round_trip,
    overridden_call,
    patched_nan,
    python_branch,
    python_builtin,
    python_function,
    rank_broadcast,
    removed_backend,
    removed_import,
    removed_keyword,
    removed_name,
    removed_reduction,
    root_at_zero,
    static_batch,
    swapped_arguments,
    uncalled_factory,
    unguarded_log,
    unsafe_branch,
    unsaved_parameters,
    unused_prediction,
)
from lossfix.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    removed_import.RULE,
    removed_reduction.RULE,
    removed_backend.RULE,
    removed_name.RULE,
    removed_keyword.RULE,
    python_function.RULE,
    numpy_round_trip.RULE,
    numpy_call.RULE,
    array_method.RULE,
    python_branch.RULE,
    batch_loop.RULE,
    python_builtin.RULE,
    item_assignment.RULE,
    static_batch.RULE,
    detached_prediction.RULE,
    unused_prediction.RULE,
    hard_gate.RULE,
    jump_gate.RULE,
    log_of_exp.RULE,
    root_at_zero.RULE,
    unsafe_branch.RULE,
    patched_nan.RULE,
    empty_denominator.RULE,
    empty_mean.RULE,
    unguarded_log.RULE,
    mixed_floats.RULE,
    fixed_batch_size.RULE,
    called_loss.RULE,
    uncalled_factory.RULE,
    overridden_call.RULE,
    missing_super_init.RULE,
    closed_constructor.RULE,
    unsaved_parameters.RULE,
    rank_broadcast.RULE,
    closure.RULE,
    bare_function.RULE,
    batch_scalar.RULE,
    swapped_arguments.RULE,
    local_loss.RULE,
    batch_axis.RULE,
)
"""Every rule, in order."""


def rule_called(wish: str) -> Rule | None:
    """The rule with this code or name."""
    for rule in RULES:
        if wish.upper() == rule.code or wish.lower() == rule.name:
            return rule
    return None
