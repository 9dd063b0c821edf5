"""How the width of a smoothed gate depends on its steepness.

A steepness in units of the operand makes a gate narrower in proportion: ``sigmoid(k * (p - t))`` is
half as wide at 2k. A rewrite that ignores its steepness keeps the width, one that squares it quarters
it; both may well converge, and neither means what its parameter says.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from .gates import Segment
from .numeric import Objective
from .subject import Failure

REACHES = (1e-3, 1e-4, 1e-5)
"""How far from a gate it is looked at, as shares of the segment, until that is little enough for the
smooth part of the loss to hardly change."""
SETTLED = 0.1
"""A gate is narrow enough where all but this share of its step lies within half of that."""
NARROWEST = {"float64": 1e-11, "float32": 1e-5}
"""The narrowest width that can be resolved, as a share of the segment."""
GROWTH = {"float64": 8.0, "float32": 2.0}
"""Factor between the steepnesses that are tried; what float32 resolves lies close together."""
STEEPEST = 8.0**5 + 1.0
"""The last one, in units of the first."""
HALVINGS = 16
GRID = 48
"""Pieces of a segment among which the one with the largest jump is looked for."""
BISECTIONS = 44
SMALLEST = 1e-5
"""A jump is more than this share of the value's range on the segment."""


@dataclass(frozen=True)
class _Jump:
    """Where the original jumps on a segment."""

    segment: Segment
    share: float


def sharpening(
    before: Objective,
    after: Objective,
    segments: Sequence[Segment],
    k0: float,
) -> Optional[float]:
    """The exponent n of ``width = c / steepness**n``, the median over the segments on which
    ``before`` jumps; 1 for a gate in units of its operand. ``None`` where no gate is narrow enough
    at a steepness beyond ``k0`` and wide enough to be resolved at twice that.
    """
    try:
        jumps = [jump for segment in segments if (jump := _jump(before, segment)) is not None]
    except Exception:  # what raises there is told by the values' comparison
        return None
    growth = GROWTH[after.precision]
    steepnesses = [k0 * growth**power for power in range(1, int(math.log(STEEPEST, growth)) + 1)]
    found = [_exponent(after, jump, steepnesses) for jump in jumps]
    known = [exponent for exponent in found if exponent is not None]
    return float(np.median(known)) if known else None


def _jump(loss: Objective, segment: Segment) -> Optional[_Jump]:
    """The largest jump on a segment, to the last bit; ``None`` where the value only slopes.

    A jump is what a piece changes by beyond what its neighbours' slope accounts for.
    """

    def at(share: float) -> float:
        return loss.value(segment.y_true, segment.at(share))

    shares = np.linspace(0.0, 1.0, GRID + 1)
    values = np.array([at(share) for share in shares])
    steps = np.diff(values)
    sloped = (steps[:-2] + steps[2:]) / 2.0
    first = 1 + int(np.argmax(np.abs(steps[1:-1] - sloped)))
    slope = float(sloped[first - 1]) * GRID
    low, high = float(shares[first]), float(shares[first + 1])
    of_low, of_high = float(values[first]), float(values[first + 1])
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        value = at(middle)
        smooth = slope * (middle - low)
        if abs(value - of_low - smooth) > abs(of_high - value - smooth):
            high, of_high = middle, value
        else:
            low, of_low = middle, value
    jumped = abs(of_high - of_low) > SMALLEST * float(np.ptp(values))
    return _Jump(segment, (low + high) / 2.0) if jumped else None


def _exponent(after: Objective, jump: _Jump, steepnesses: Sequence[float]) -> Optional[float]:
    for steepness in steepnesses:
        gentle, steep = after.at(steepness), after.at(2.0 * steepness)
        if isinstance(gentle, Failure) or isinstance(steep, Failure):
            return None
        for reach in REACHES:
            try:
                widths = _width(gentle, jump, reach), _width(steep, jump, reach)
            except Exception:  # what raises beside a gate is told by the values' comparison
                return None
            if widths[0] is not None and widths[1] is not None:
                return math.log2(widths[0] / widths[1])
    return None


def _width(loss: Objective, jump: _Jump, reach: float) -> Optional[float]:
    """The distance on either side within which half of the step happens; ``None`` where it is wider
    than ``reach``, too narrow, or no step at all."""
    segment, share = jump.segment, jump.share

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
