"""The fundamental theorem of calculus as a test of gradients.

Between two predictions pa and pb, f(pb) - f(pa) = ∫ ∇f·dp + jumps + what left the graph. Bisection
where the difference is largest tells the three apart: what remains on a vanishing interval is a jump,
what remains spread out is detached, and kinks (abs, relu, Huber) leave nothing behind.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .numeric import Slope

START = 16
"""Equal intervals to begin with."""
ENOUGH = 2e-5
"""Bisection stops where the remaining residual is this share of the total variation (float64)."""
NARROW = 2.0**-14
"""A residual on an interval narrower than this, as a share of the segment, is a jump."""
NARROWEST = 2.0**-19
STREAK = 4
"""So many halvings in a row that left nearly all of a residual on one side mark it as a jump too,
where the budget ends first."""
DECIDED = 120
CLEARLY = 0.05
"""After so many evaluations a residual of this share of the variation that gathers nowhere is
detached, and looking closer changes nothing."""
STEEP = 0.005
"""The share of the segment whose share of the variation is reported."""


@dataclass(frozen=True)
class Path:
    """What was found along one segment; lengths as shares of the segment, sizes in loss units."""

    variation: float
    """Total variation of the value."""
    jumps: tuple[tuple[float, float], ...]
    """(where, signed size) of every jump above the noise."""
    detached: float
    """The sum of |residual| that is no jump."""
    steep: float
    """The variation on the steepest ``STEEP`` of the segment."""
    finite: bool = True

    @property
    def jumped(self) -> float:
        """The sum of the jumps' sizes."""
        return sum(abs(size) for _, size in self.jumps)


@dataclass(frozen=True)
class _Point:
    at: float
    value: float
    slope: float


@dataclass(frozen=True)
class _Interval:
    left: _Point
    middle: _Point
    right: _Point
    streak: int = 0

    @property
    def width(self) -> float:
        return self.right.at - self.left.at

    @property
    def change(self) -> float:
        return self.right.value - self.left.value

    @property
    def residual(self) -> float:
        simpson = self.left.slope + 4.0 * self.middle.slope + self.right.slope
        return self.change - self.width / 6.0 * simpson


def follow(
    slope: Slope,
    y_true: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    budget: int = 260,
    single: bool = False,
) -> Path:
    """Follows the segment from ``start`` to ``end`` (predictions, the shape of y_pred).

    ``budget`` bounds the evaluations of ``slope``; ``single`` says that it computes in float32, for
    which the tolerances are wider. A missing gradient counts as zero.
    """
    direction = end - start

    def point(at: float) -> _Point:
        value, gradient = slope(y_true, start + at * direction)
        along = 0.0 if gradient is None else float(np.sum(gradient * direction))
        return _Point(at, value, along)

    intervals = _divided(point)
    seen = [p for i in intervals for p in (i.left, i.middle, i.right)]
    if not all(np.isfinite(p.value) and np.isfinite(p.slope) for p in seen):
        return Path(0.0, (), 0.0, 0.0, finite=False)
    noise = max(abs(p.value) for p in seen) * (4e-7 if single else 1e-14)
    variation = sum(abs(i.change) for i in intervals)
    stop = _Stop(
        evaluations=budget - (2 * START + 1),
        variation=variation,
        enough=max((2e-3 if single else ENOUGH) * variation, noise),
        narrowest=2.0**-11 if single else NARROWEST,
    )
    return _summary(_bisected(intervals, point, stop), noise, single)


def _divided(point: Callable[[float], _Point]) -> list[_Interval]:
    """The segment in ``START`` equal intervals: 2 * START + 1 evaluations."""
    grid = [point(float(at)) for at in np.linspace(0.0, 1.0, START + 1)]
    return [
        _Interval(grid[i], point(float(grid[i].at + 0.5 / START)), grid[i + 1])
        for i in range(START)
    ]


@dataclass(frozen=True)
class _Stop:
    """When bisection ends."""

    evaluations: int
    variation: float
    """Of the whole segment, in loss units."""
    enough: float
    """The sum of the residuals, in loss units, at which nothing is left to be found."""
    narrowest: float
    """The width, as a share of the segment, at which an interval is not halved any more."""


def _bisected(
    intervals: list[_Interval], point: Callable[[float], _Point], stop: _Stop
) -> list[_Interval]:
    """The segment in finer intervals where residuals are large, in order."""
    numbered = enumerate(intervals)
    heap = [(-abs(interval.residual), number, interval) for number, interval in numbered]
    heapq.heapify(heap)
    done: list[_Interval] = []
    order = len(intervals)
    spent, left = 0, sum(-rank for rank, _, _ in heap)
    while heap and spent < stop.evaluations and left > stop.enough:
        if (
            spent > DECIDED - (2 * START + 1)
            and left > CLEARLY * stop.variation
            and not any(interval.streak for _, _, interval in heap)
        ):
            break
        rank, _, interval = heapq.heappop(heap)
        left += rank
        if interval.width <= stop.narrowest or -rank <= 0.02 * stop.enough:
            done.append(interval)
            continue
        spent += 2
        for half in _halve(interval, point):
            heapq.heappush(heap, (-abs(half.residual), order := order + 1, half))
            left += abs(half.residual)
    return sorted(done + [item for _, _, item in heap], key=lambda i: i.left.at)


def _halve(interval: _Interval, point: Callable[[float], _Point]) -> tuple[_Interval, _Interval]:
    a, m, b = interval.left, interval.middle, interval.right
    first = _Interval(a, point((a.at + m.at) / 2.0), m)
    second = _Interval(m, point((m.at + b.at) / 2.0), b)
    sizes = abs(first.residual), abs(second.residual)
    # A jump's residual stays whole on one side; a kink's halves, a detached part's spreads out.
    whole = max(sizes) > 0.8 * abs(interval.residual) and min(sizes) < 0.2 * max(sizes)
    streak = interval.streak + 1 if whole else 0
    return (
        _Interval(first.left, first.middle, first.right, streak if sizes[0] >= sizes[1] else 0),
        _Interval(second.left, second.middle, second.right, streak if sizes[1] > sizes[0] else 0),
    )


def _summary(final: list[_Interval], noise: float, single: bool) -> Path:
    variation = float(sum(abs(i.change) for i in final))
    jumps, detached, undecided = [], 0.0, 0.0
    for interval in final:
        residual = float(interval.residual)
        if abs(residual) <= 10.0 * noise:
            continue
        narrow = interval.width <= (2.0**-10 if single else NARROW)
        if narrow or interval.streak >= STREAK:
            jumps.append((interval.left.at, residual))
        elif interval.width > 0.3 / START:
            undecided += abs(residual)
        else:
            detached += abs(residual)
    jumped = sum(abs(size) for _, size in jumps)
    if undecided and jumped > 10.0 * detached:
        # The budget went into jumps; what it did not reach is taken for more of the same.
        jumps.append((final[0].left.at, undecided))
    else:
        detached += undecided
    steep, room = 0.0, STEEP
    for interval in sorted(final, key=lambda i: -abs(i.change) / i.width):
        if room <= 0.0:
            break
        steep += float(abs(interval.change)) * min(1.0, room / interval.width)
        room -= interval.width
    return Path(variation, tuple(jumps), detached, steep)
