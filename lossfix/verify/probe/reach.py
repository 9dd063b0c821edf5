"""How far from a gate the values of its relaxation still differ.

A sigmoid of steepness k in place of a gate at which the loss jumps by J is off by at most
J * exp(-k * m) at a distance m, and by J / 2 at the gate. What people ask is from where on that is
little, in units of their predictions; it is measured, since the margin of a gate need not be the
prediction itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Optional

import numpy as np

from .facts import ReachFacts
from .families import Family
from .gates import Crossing, Gate
from .kinds import COMPARISONS
from .numeric import Objective
from .subject import Failure

SHARES = (0.02, 0.05, 0.1, 0.2, 0.3)
"""The first of these shares of the jump below which the values fall within the inputs is told."""
GATES = 3
"""So many gates are looked at."""
_POINTS = 16
_SHRINK = 0.7
"""The distances at which it is measured are the largest times powers of this."""
_AT_THE_GATE = 1e-3
"""So close to the gate, as a share of the largest distance, counts as at the gate."""
_SETTLED = 0.05
"""What is left of a jump far out on either side, where the rest of the difference can be told from
it."""
_GENTLE = 1e-3
"""A steepness, in 1 / the largest distance, at which a sigmoid is a half throughout: there the rewrite
is the mean of both branches, which tells how far apart they are."""
_STEEP = 1e4
"""A steepness, in the same unit, at which a sigmoid is as good as the gate but at the gate itself, where
it is a half: there other gates of the row, wherever they are, differ by nothing."""
_LINEAR = 0.7
"""The error at a gate, in jumps, up to which the loss need not be more than linear in it: ratios of smoothed
counts come to 0.66."""
_WIDTHS = 2.0 ** np.arange(-3, 5)
"""So far from a gate, in its width, a rewrite has to be as open as it is shut on the other side."""
_HALVINGS = 14
_EVEN = 0.02
"""By so much both may differ: the branches go on meanwhile. A gate that is moved by its width differs by
0.04."""
_VISIBLE = 1e-6
"""A jump below this share of the value cannot be told from rounding."""


@dataclass(frozen=True)
class _Profile:
    """The difference of the values around one gate, in units of its jump."""

    distances: np.ndarray
    """In units of the predictions, from far to near."""
    off: np.ndarray
    at_gate: Optional[float]
    """``None`` where the gate reaches beyond the inputs on both sides, or that cannot be told."""


@dataclass(frozen=True)
class _Moved:
    """One prediction that is moved away from its gate, and all others that stay where they stand."""

    y_true: np.ndarray
    centre: np.ndarray
    index: tuple[int, ...]

    def value(self, objective: Objective, away: float) -> float:
        y_pred = self.centre.copy()
        y_pred[self.index] += away
        return objective.value(self.y_true, y_pred)


def measure_reach(
    before: Objective, after: Objective, gates: Sequence[Gate], family: Family
) -> Optional[ReachFacts]:
    """How far the differences reach around the gates that compare each prediction with something.

    One prediction at a time is moved away from its gate, to both sides. ``None`` where there is no
    such gate, or where its jump cannot be seen.
    """
    profiles = list(_profiles(before, after, gates, family))
    if not profiles:
        return None
    known = [profile.at_gate for profile in profiles if profile.at_gate is not None]
    at_gate = max(known) if known else None
    for share in SHARES:
        distances = [_beyond(profile, share) for profile in profiles]
        if None not in distances:
            return ReachFacts(share, max(d for d in distances if d is not None), at_gate)
    return ReachFacts(at_gate=at_gate)


def _profiles(
    before: Objective, after: Objective, gates: Sequence[Gate], family: Family
) -> Iterator[_Profile]:
    hard = [gate for gate in gates if gate.facts.op in COMPARISONS and gate.crossing is not None]
    for gate in [g for g in hard if g.facts.kind in ("jump", "dead")][:GATES]:
        assert gate.crossing is not None
        try:
            profile = _profile(before, after, gate.crossing, family)
        except Exception:  # what raises there is told by the values' comparison
            continue
        if profile is not None:
            yield profile


def _profile(
    before: Objective, after: Objective, crossing: Crossing, family: Family
) -> Optional[_Profile]:
    centre = np.asarray(crossing.segment.at(crossing.share))
    index = _element(crossing.index, centre)
    if index is None:
        return None
    # One row by itself, where a gate does not look at the others: nothing else then differs.
    row = slice(index[0], index[0] + 1)
    y_true, centre, index = crossing.segment.y_true[row], centre[row], (0, *index[1:])
    largest = (family.high - family.low) / 2.0
    if family.activation != "linear":
        largest = min(largest, family.high - centre[index], centre[index] - family.low)
    if largest <= 0.05 * (family.high - family.low):
        return None

    gentle = after.at(_GENTLE / largest)
    if isinstance(gentle, Failure):
        return None
    distances: np.ndarray = np.append(
        largest * _SHRINK ** np.arange(_POINTS), _AT_THE_GATE * largest
    )
    signed = np.concatenate([distances, -distances])

    moved = _Moved(y_true, centre, index)

    def along(objective: Objective) -> np.ndarray:
        """Shape (2, distances): both sides of the gate."""
        values = [moved.value(objective, away) for away in signed]
        return np.reshape(values, (2, len(distances)))

    hard = along(before)
    sides, halves = along(after) - hard, along(gentle) - hard
    jump = abs(float(sides[0, -1] - sides[1, -1]))
    if not jump > _VISIBLE * float(np.max(np.abs(hard))):
        return None
    # Other predictions of the row stand where they stood: what they are off by is always the same.
    alone = centre.size == 1
    settled = alone or abs(sides[0, 0] - sides[1, 0]) <= _SETTLED * jump
    rest = 0.0 if alone else float(np.mean(sides[:, 0] if settled else sides[:, -1]))
    branches = 2.0 * np.abs(halves - np.mean(halves[:, -1]))
    off = np.max(np.abs(sides - rest) / np.maximum(branches, 0.1 * jump), axis=0)
    steep = after.at(_STEEP / largest)
    at_gate = None
    if settled and not isinstance(steep, Failure):
        at_gate = _at_gate(before, steep, moved, hard[:, -1], largest)
    return _Profile(distances[:-1], off[:-1], at_gate)


def _at_gate(
    before: Objective, steep: Objective, moved: _Moved, sides: np.ndarray, largest: float
) -> float:
    """By how much of the jump between two sides a steep rewrite is off at the gate: a half, if it is half
    open there and the loss is linear in it, or a square of it."""
    above, below = (float(side) for side in sides)

    def opened(objective: Objective, away: float) -> float:
        return (moved.value(objective, away) - below) / (above - below)

    def off(away: float) -> float:
        return 0.5 + abs(opened(steep, away) - 0.5)

    if off(0.0) <= _LINEAR:
        return off(0.0)
    turn = _turn(partial(opened, before), _AT_THE_GATE * largest)
    if off(turn) <= _LINEAR:
        return off(turn)
    even = _is_square(lambda away: opened(steep, turn + away), largest / _STEEP)
    return 0.5 if even else off(turn)


def _turn(share: Callable[[float], float], within: float) -> float:
    """Where a gate flips, as close to it as a thousandth of its width: where it was found is not."""
    shut, opened = -within, within
    for _ in range(_HALVINGS):
        middle = (shut + opened) / 2.0
        shut, opened = (shut, middle) if share(middle) > 0.5 else (middle, opened)
    return (shut + opened) / 2.0


def _is_square(opened: Callable[[float], float], width: float) -> bool:
    """Whether a rewrite is a gate that is half open at 0, and the square of it, such as (y - gate)^2.

    That is off by three quarters of the jump there, as one may be that has been moved. But it is as open on
    the one side as it is shut on the other. ``opened`` gives the way of the value from the one side to the
    other, 0 to 1, at a distance from the gate; ``width`` is that of the gate.
    """
    at = opened(0.0)
    linear, square = 4.0 * at - 1.0, 2.0 - 4.0 * at
    seen = False
    for away in width * _WIDTHS:
        above = _gates(linear, square, opened(away))
        below = _gates(linear, square, opened(-away))
        pairs = [(one, other) for one in above for other in below if one > 0.5 > other]
        if not any(abs(one + other - 1.0) <= _EVEN for one, other in pairs):
            return False
        seen |= any(0.6 < one < 0.95 for one, _ in pairs)
    return seen


def _gates(linear: float, square: float, opened: float) -> list[float]:
    """How open a gate may be on which a value depends that is ``linear * gate + square * gate ** 2``."""
    under = linear**2 + 4.0 * square * opened
    # What lies at the turn of the parabola is a little beyond it by rounding.
    root = max(under, 0.0) ** 0.5 if under > -_EVEN else math.nan
    return [(sign * root - linear) / (2.0 * square) for sign in (1.0, -1.0)]


def _element(index: Any, predictions: np.ndarray) -> Optional[tuple[int, ...]]:
    """The prediction that an element of a gate compares; ``None`` where that is none alone."""
    if len(index) == predictions.ndim - 1 and predictions.shape[-1] == 1:
        index = (*index, 0)
    fits = len(index) == predictions.ndim and all(
        at < size for at, size in zip(index, predictions.shape)
    )
    return tuple(int(at) for at in index) if fits else None


def _beyond(profile: _Profile, share: float) -> Optional[float]:
    """The distance from which on the values are off by less than ``share`` of the jump."""
    within = np.flatnonzero(profile.off <= share)
    return float(profile.distances[within[-1]]) if within.size else None
