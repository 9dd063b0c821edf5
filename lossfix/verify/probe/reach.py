"""How far from a gate the values of its relaxation still differ.

A sigmoid of steepness k in place of a gate at which the loss jumps by J is off by at most
J * exp(-k * m) at a distance m, and by J / 2 at the gate. What people ask is from where on that is
little, in units of their predictions; it is measured, since the margin of a gate need not be the
prediction itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Optional, Union

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

    def along(objective: Objective) -> np.ndarray:
        """Shape (2, distances): both sides of the gate."""
        values = []
        for away in signed:
            y_pred = centre.copy()
            y_pred[index] += away
            values.append(objective.value(y_true, y_pred))
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
    at_gate = None
    if settled:
        at_gate = _at_gate(after.at(_STEEP / largest), y_true, centre, hard[:, -1])
    return _Profile(distances[:-1], off[:-1], at_gate)


def _at_gate(
    steep: Union[Objective, Failure], y_true: np.ndarray, centre: np.ndarray, sides: np.ndarray
) -> Optional[float]:
    """By how much of the jump between two sides a steep rewrite is off at the gate: a half, if it is half
    open there and the loss linear in it; three quarters of the square of one."""
    if isinstance(steep, Failure):
        return None
    apart = abs(steep.value(y_true, centre) - float(np.mean(sides)))
    return 0.5 + apart / abs(float(sides[0] - sides[1]))


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
