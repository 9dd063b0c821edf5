"""How the width of a smoothed gate depends on its steepness.

A steepness in units of the operand makes a gate narrower in proportion: ``sigmoid(k * (p - t))`` is
half as wide at 2k. A rewrite that ignores its steepness keeps the width, one that squares it quarters
it; both may well converge, and neither means what its parameter says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Optional

import numpy as np

from .gates import Crossing, Gate
from .numeric import Objective
from .subject import Failure

REACHES = (1e-3, 1e-4, 1e-5)
"""How far from a gate it is looked at, as shares of the segment, until that is little enough for the
smooth part of the loss to hardly change."""
SETTLED = 0.1
"""A gate is narrow enough where all but this share of its step lies within half of that."""
NARROWEST = {"float64": 1e-11, "float32": 1e-5}
"""The narrowest width that can be resolved, as a share of the segment."""
HALVINGS = 16
MOST = 3
"""So many gates are looked at."""


def sharpening(
    after: Objective, gates: Sequence[Gate], steepnesses: Sequence[float]
) -> Optional[float]:
    """The exponent n of ``width = c / steepness**n``, the median over gates; 1 for a gate in units
    of its operand. ``None`` where no gate is narrow enough at any of ``steepnesses`` and wide
    enough to be resolved at twice that.
    """
    crossings = [gate.crossing for gate in gates if gate.crossing is not None]
    found = [_exponent(after, crossing, steepnesses) for crossing in crossings[:MOST]]
    known = [exponent for exponent in found if exponent is not None]
    return float(np.median(known)) if known else None


def _exponent(
    after: Objective, crossing: Crossing, steepnesses: Sequence[float]
) -> Optional[float]:
    for steepness in steepnesses:
        gentle, steep = after.at(steepness), after.at(2.0 * steepness)
        if isinstance(gentle, Failure) or isinstance(steep, Failure):
            return None
        for reach in REACHES:
            try:
                widths = _width(gentle, crossing, reach), _width(steep, crossing, reach)
            except Exception:  # what raises beside a gate is told by the values' comparison
                return None
            if widths[0] is not None and widths[1] is not None:
                return math.log2(widths[0] / widths[1])
    return None


def _width(loss: Objective, crossing: Crossing, reach: float) -> Optional[float]:
    """The distance on either side within which half of the step happens; ``None`` where it is wider
    than ``reach``, too narrow, or no step at all."""
    segment, share = crossing.segment, crossing.share

    def step(away: float) -> float:
        high, low = (
            loss.value(segment.y_true, segment.at(share + sign * away)) for sign in (1.0, -1.0)
        )
        return high - low

    whole, near = step(reach), step(reach / 2)
    if whole == 0.0 or abs(near / whole - 1.0) > SETTLED:
        return None
    low, high = math.log(NARROWEST[loss.precision]), math.log(reach)
    if step(math.exp(low)) / whole > 0.5:
        return None
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if step(math.exp(middle)) / whole > 0.5:
            high = middle
        else:
            low = middle
    return math.exp((low + high) / 2.0)
