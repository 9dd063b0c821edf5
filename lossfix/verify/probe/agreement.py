"""Whether two losses of equal values have equal gradients.

Where the original's gradient is the slope of its values, a rewrite with the same values has the same
one almost everywhere, and any other gradient is a ``custom_gradient``, a ``stop_gradient`` or a branch
of its own. The integral along paths sees what changes the value by a hundredth; this sees the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Optional

import numpy as np

from .facts import SlopeFacts
from .families import ROWS, Batch, Family, edges
from .numeric import Objective

APART = {"float64": 1e-4, "float32": 2e-2}
"""|after - before| > APART * |before|, in the Euclidean norm over a batch, is another gradient: wider
than rounding, because float64 is reached through constants of single precision, too."""
FLAT = 1e-3
"""A gradient below this share of the median one is compared with that share."""
ROUNDING = {"float64": 1e-9, "float32": 1e-3}
"""A gradient that changes the value by less than this share over the width of the predictions is what
rounding left of one that is zero."""
SIZES = (1, 2, ROWS + 1, 33)
"""Rows of further batches: a single one, even numbers, and more than the family's own."""
FAR = (4.0, 16.0)
"""Further out, in widths of the family: outliers, and a model that was not scaled."""

_BOUNDED = ("unit", "probability", "positive", "rating")
_BEYOND = 0.3
_UNBOUNDED = ("real", "positive", "logits", "class logits", "margin")


def other_sizes(family: Family, seed: int) -> list[Batch]:
    """Batches of other sizes than the seven rows of all others."""
    return [
        replace(family.batches(seed + 17, 1, rows)[0], family=f"{family.name} in a batch of {rows}")
        for rows in SIZES
    ]


def degenerate(family: Family, batch: Batch) -> Iterator[Batch]:
    """``batch`` with targets without a hit, or of nothing else.

    Not with predictions at their edges: there values may differ by the epsilon that mends a gradient.
    """
    for name, edge in edges(family, batch):
        if name.startswith("y_true") and "y_pred" not in name:
            yield replace(edge, family=f"{family.name} with {name}")


def with_zeros(family: Family, batch: Batch) -> Iterator[Batch]:
    """``batch`` with zeros for every second target, where zero is one: nothing happened, or was asked."""
    if family.labels not in ("real", "binary"):
        return
    y_true = batch.y_true.copy()
    y_true.reshape(-1)[::2] = 0.0
    yield replace(batch, family=f"{family.name} with zeros for every second target", y_true=y_true)


def far_out(family: Family, seed: int) -> Iterator[Batch]:
    """Batches with outliers among predictions and, where these are numbers, among targets; none for
    a domain that has bounds."""
    if family.domain not in _UNBOUNDED:
        return
    for number, batch in enumerate(family.batches(seed + 19, 2 * len(FAR))):
        scale = FAR[number // 2]
        y_true = scale * batch.y_true if family.labels == "real" else batch.y_true
        name = f"{family.name}, {scale:g} times as far out"
        yield replace(batch, family=name, y_true=y_true, y_pred=scale * batch.y_pred)


def compare_slopes(
    before: Objective, after: Objective, batches: Iterable[Batch], tolerance: float
) -> SlopeFacts:
    """Compares the gradients with respect to the predictions, eagerly.

    Batches on which the original raises, has no gradient, or a value or a gradient that is not finite,
    are left out: of what is no number there is no gradient to keep. What the rewrite raises counts as
    another gradient.
    """
    known: list[tuple[np.ndarray, Optional[np.ndarray], float]] = []
    for batch in batches:
        value, expected = _slope(before, batch)
        if expected is not None and np.isfinite(value) and np.all(np.isfinite(expected)):
            width = max(float(np.std(batch.y_pred)), 1e-3)
            rounding = ROUNDING[before.precision] * abs(value) / width
            known.append((expected, _slope(after, batch)[1], rounding))
    sizes = [float(np.linalg.norm(expected)) for expected, _, _ in known]
    if not any(sizes):
        return SlopeFacts()
    # Where a loss has run flat its slope is rounding.
    floor = FLAT * float(np.median([size for size in sizes if size > 0.0]))
    shares = []
    for (expected, found, rounding), size in zip(known, sizes):
        apart = np.inf if found is None else float(np.linalg.norm(found - expected))
        shares.append(apart / max(size, floor, rounding) if np.isfinite(apart) else np.inf)
    return SlopeFacts(len(shares), sum(share > tolerance for share in shares), max(shares))


def _slope(objective: Objective, batch: Batch) -> tuple[float, Optional[np.ndarray]]:
    try:
        return objective.slope(batch.y_true, batch.y_pred)
    except Exception:  # a fact of its own, told where the values are compared
        return 0.0, None


def apart_in(precision: str, mended: bool) -> float:
    """The tolerance; ``mended`` says that an epsilon stands where a gradient was not finite."""
    return max(APART[precision], 1e-2 if mended else 0.0)


def out_of_bounds(family: Family, seed: int) -> Iterator[Batch]:
    """Batches with predictions beyond the bounds of their domain, on either side: what a model
    without the activation gives, and what losses clip; none for a domain without bounds."""
    if family.domain not in _BOUNDED:
        return
    width = family.high - family.low
    for number, batch in enumerate(family.batches(seed + 23, 4)):
        beyond = _BEYOND * width * (1.0 if number % 2 else -1.0)
        yield replace(batch, y_pred=batch.y_pred + beyond)
