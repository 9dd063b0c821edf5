"""The values of a rewrite where a batch is of one kind alone: all padding, one class, nothing but zeros.

There an epsilon decides, which drowns in the values of any other batch.
"""

from __future__ import annotations

import numpy as np

from .facts import ValueFacts
from .families import Batch, Family, edges
from .numeric import Objective

EDGE = 1e-3
"""Share of value and spread by which values may differ at an edge: what guards against a division by
zero is small against both, and of the wrong sign or place it is not."""


def at_edges(
    before: Objective,
    after: Objective,
    family: Family,
    batch: Batch,
    spread: float,
    tolerance: float = EDGE,
) -> list[ValueFacts]:
    """The edges at which the values differ although they are equal elsewhere.

    Asked where the original has a finite value and, if it has one at all, a finite gradient: what
    guards against anything else changes the value on purpose.
    """
    found = []
    for name, edge in edges(family, batch):
        try:
            value, gradient = (
                (before.value(edge.y_true, edge.y_pred), None)
                if before.arrays
                else before.slope(edge.y_true, edge.y_pred)
            )
            other = after.value(edge.y_true, edge.y_pred)
        except Exception:  # what raises at an edge is told by the contract
            continue
        if not np.isfinite(value) or (gradient is not None and not np.all(np.isfinite(gradient))):
            continue
        apart = abs(other - value) if np.isfinite(other) else np.inf
        if apart > tolerance * (spread + abs(value)):
            text = f"{value:.4g} became {other:.4g}"
            size = float(min(apart / spread, 1e300))
            where = f"{family.name} at {name}"
            found.append(
                ValueFacts(where, "differs", size, size, spread, residual=size, error=text)
            )
    return found
