"""How steep a relaxation of a gate may be: scales, single precision, barriers, a ladder to try.

A steepness k is in 1 / units of the gated quantity. Too gentle and the values are far from the
original's; too steep and the sigmoid is as dead as the gate it replaced, or its own slope holds
predictions on the wrong side. The bounds here are quick; the descent test decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from .families import Batch
from .gates import Gate
from .trace import Call

SATURATION = 16.6
"""|k * margin| from which ``1 - sigmoid`` is 0 in float32: ln(2**24) = 16.64."""

CALIBRATION = 4.0
"""k = 4 / scale: values off by 8 to 9 % of the jump on average, a gradient above a hundredth of its
peak on two thirds of the samples, for uniform, normal, log-normal and heavy-tailed margins alike."""

RUNGS = 6
"""Steepnesses on the ladder."""

_STEP = 0.01
"""A weight that rises by less is none."""
_SERIES = (1.0, 2.0, 3.0, 5.0)
_LOST = 0.05
"""Share of samples that may be without gradient in float32, and of rows that may be blocked."""


def calibrated(scale: float) -> float:
    """4 / scale, to two significant digits, as a person would write it into the code.

    Raises ``ValueError`` where ``scale`` is not a positive number.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"a scale is a positive number in the gated quantity's units, not {scale}")
    return float(f"{CALIBRATION / scale:.2g}")


def steepest_alive(margins: Any) -> float:
    """The largest steepness at which at most one sample in twenty has no gradient in float32;
    infinite where there are no margins."""
    margins = np.abs(np.asarray(margins, dtype=np.float64))
    reach = float(np.quantile(margins, 1 - 2 * _LOST)) if margins.size else 0.0
    return SATURATION / reach if reach > 0 else math.inf


def barrier(lower: float, upper: float, power: float, reach: float) -> float:
    """The steepness from which the gate's own slope outweighs the way to the target.

    For a loss w * |y_true - y_pred| ** power, whose weight w goes from ``lower`` to ``upper`` at the
    gate, and a target ``reach`` beyond it: crossing is blocked once w' * reach > power * w, which at
    the gate, where w' = k * (upper - lower) / 4 and w = (lower + upper) / 2, is
    k > 2 * power * (lower + upper) / ((upper - lower) * reach). Measured limits lie at 0.58 to 1.0
    of it for upper / lower up to 4 and lower still beyond, so nothing above it can pass. Infinite
    where the weight does not rise.
    """
    rise = (upper - lower) * reach
    return 2 * power * (lower + upper) / rise if rise > 0 else math.inf


def steepest_unblocked(original: Call, batch: Batch, threshold: float) -> float:
    """The ``barrier`` of a gate that compares y_pred with ``threshold``, by measurement.

    Predictions just below and just above the threshold give both weights; targets brought half way
    to the threshold give the power; the reach is that of the farthest tenth of the targets on the
    heavier side, since a barrier for fewer rows may pass. ``batch`` has some hundred rows with
    targets of the predictions' shape. Infinite where that does not apply, where the loss does not
    jump there, or where it raises.
    """
    targets = np.asarray(batch.y_true, dtype=np.float64)
    if targets.shape != np.shape(batch.y_pred):
        return math.inf
    distance = targets - threshold
    nudge = 1e-4 * float(np.median(np.abs(distance)))

    def value(side: float, share: float = 1.0) -> float:
        """The loss just beside the threshold, for the targets of that side at ``share`` of their
        distance; both sides' targets are mirrored to one."""
        mirrored = threshold + share * np.abs(distance) * heavier
        predicted = np.full_like(targets, threshold + side * nudge)
        tensors = (tf.constant(x.astype(np.float32)) for x in (mirrored, predicted))
        return float(np.mean(np.asarray(original(*tensors))))

    limit = math.inf
    try:
        for heavier in (1.0, -1.0):
            upper, lower = value(heavier), value(-heavier)
            nearer = value(-heavier, 0.5)
            beyond = np.abs(distance)[np.sign(distance) == heavier]
            if not (0 <= lower < (1 - _STEP) * upper and nearer >= 0 and beyond.size):
                continue
            power = math.log2(lower / nearer) if 0 < nearer < lower else 1.0
            reach = float(np.quantile(beyond, 0.9))
            limit = min(limit, barrier(lower, upper, power, reach))
    except Exception:
        # A shortcut only: the descent test says what such a loss does.
        return math.inf
    return limit


def ladder(scales: Iterable[float], limit: float = math.inf) -> tuple[float, ...]:
    """Steepnesses to try, steepest first: the calibrated one of the widest gate, then round numbers
    (1, 2, 3, 5 times a power of ten) below it.

    ``scales`` are the gates' median margins; a shared steepness suits the gate of the largest
    scale, which saturates first. Nothing above ``limit`` (``steepest_alive``, ``barrier``) is
    tried. Empty where there is no scale.
    """
    widths = [scale for scale in scales if math.isfinite(scale) and scale > 0]
    if not widths:
        return ()
    top = calibrated(max(widths))
    if top > limit:
        rungs: list[float] = []
        top = limit
    else:
        rungs = [top]
    power = math.floor(math.log10(top))
    for exponent in range(power, power - 3, -1):
        for factor in reversed(_SERIES):
            # Written out, so that 0.3 is not 0.30000000000000004.
            rung = float(f"{factor:g}e{exponent}")
            # A rung close to the one before tells nothing new.
            if len(rungs) < RUNGS and rung < (0.8 * rungs[-1] if rungs else 1.0000001 * top):
                rungs.append(rung)
    return tuple(rungs)


def deviation_bound(gates: Iterable[Gate], steepness: float) -> Optional[float]:
    """Bound on the mean |rewrite - original| where every gate that jumps becomes a sigmoid, in
    spreads.

    An element at a distance m from a gate of jump J is off by at most J * exp(-k * m), and by J / 2
    on the gate, so a gate of n elements adds at most n * J * mean(min(1/2, exp(-k * m))). It takes
    the jump that was measured for the distance between the branches everywhere. ``None`` where no
    gate has margins.
    """
    bounds = [
        gate.facts.jump * gate.elements * float(np.mean(_share_off(gate.margins, steepness)))
        for gate in gates
        if gate.facts.jump > 0 and gate.margins.size
    ]
    return sum(bounds) if bounds else None


def _share_off(margins: Any, steepness: float) -> Any:
    return np.minimum(0.5, np.exp(-steepness * np.abs(margins)))
