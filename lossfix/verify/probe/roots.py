"""Roots of zero, which a rewrite guards: their values differ there, and nowhere else."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

import numpy as np

from .facts import ValueFacts
from .families import Batch
from .numeric import Objective
from .watching import runs

GUARD = 1e-12
"""What keeps a root above zero in a rewrite."""
NEARLY = 1e-4
"""Values that differ by less, in spreads, may differ by what single precision leaves."""


def but_for_guards(
    compared: Callable[..., ValueFacts],
    original: Objective,
    batches: Sequence[Batch],
    near: Sequence[Batch],
    tolerance: Optional[float],
) -> ValueFacts:
    """The relation where values differ by less than `NEARLY`: what guards a root is seen where there is
    nothing under it, and nowhere else."""
    near, bare = (
        [b for b in some if not takes_a_root_of_zero(original, b)] for some in (near, batches)
    )
    facts = compared(batches, tolerance=tolerance, near=near)
    if facts.relation != "differs" or len(bare) == len(batches):
        return facts
    if len(bare) < 2 or compared(bare, tolerance=tolerance, near=near).relation == "equal":
        return compared(batches, tolerance=NEARLY, near=near)
    return facts


def takes_a_root_of_zero(objective: Objective, batch: Batch) -> bool:
    """Whether the loss takes the root of zero, or of what was rounded to next to it: a guard of 1e-12 makes
    1e-6 of it."""
    return runs(objective, batch, _is_root_of_zero)


def _is_root_of_zero(operation: str, inputs: Sequence[Any]) -> bool:
    if operation == "Pow":
        exponents = np.asarray(inputs[1])
        fraction = bool(np.all((exponents > 0.0) & (exponents < 1.0)))
        return fraction and _any_below(inputs[0], GUARD)
    if operation == "EuclideanNorm":
        return not np.any(np.abs(np.asarray(inputs[0])) >= GUARD**0.5)
    return operation == "Sqrt" and _any_below(inputs[0], GUARD)


def _any_below(tensor: Any, bound: float) -> bool:
    value = np.asarray(tensor)
    return bool(np.any((value >= 0.0) & (value < bound)))
