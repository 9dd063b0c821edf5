"""How the values of a rewrite relate to those of the original.

Compared as training would see them, through what ``compile`` makes of both, and element by element
where both return the same shape, so that a value moved from one row to another is noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Optional

import numpy as np

from .facts import Rung, ValueFacts
from .families import Batch, Family
from .gradient import raised
from .numeric import Objective
from .subject import Failure

EQUAL = {"float64": 1e-9, "float32": 2e-4}
"""|after - before| <= EQUAL * (|before| + spread) on every draw."""
DRAWS = 40
LADDER_DRAWS = 12
GROWTH = 8.0
RUNGS = 5
"""Steepnesses k0 * GROWTH**i, i = 0 .. RUNGS."""
REMAINS = 0.02
"""The mean error at the steepest rung is at most this share of the first one's ..."""
FLOOR = {"float64": 1e-6, "float32": 1e-4}
"""... plus this share of the spread ..."""
OFF = 1e-3
OFF_SHARE = 0.1
"""... and at most this share of the draws (but always one) is off by more than ``OFF`` of the
spread."""


def compare(
    before: Objective,
    after: Objective,
    batches: Sequence[Batch],
    k0: Optional[float],
    tolerance: Optional[float] = None,
    binding: bool = True,
) -> ValueFacts:
    """The relation on ``batches`` of one family.

    ``before`` and ``after`` compute in the same precision. ``k0`` is the first steepness of the
    ladder; ``None`` where nothing was smoothed. ``tolerance`` replaces ``EQUAL``.
    """
    family = batches[0].family
    tolerance = EQUAL[before.precision] if tolerance is None else tolerance
    try:
        reference = [before.value(b.y_true, b.y_pred) for b in batches]
        elements = before.unreduced(batches[0].y_true, batches[0].y_pred)
    except Exception as error:
        return ValueFacts(family, "unknown", error=raised(error), binding=binding)
    usable = [i for i, value in enumerate(reference) if np.isfinite(value)]
    if len(usable) < max(2, len(batches) // 4):
        return ValueFacts(
            family, "unknown", error="the original's value is not finite", binding=binding
        )
    try:
        rewritten = after.unreduced(batches[0].y_true, batches[0].y_pred)
        errors, allowed, spread = _errors(before, after, batches, reference, usable, tolerance)
    except Exception as error:
        return ValueFacts(family, "raises", error=raised(error), binding=binding)
    facts = ValueFacts(
        family,
        "differs",
        mean_error=float(np.mean(errors)),
        max_error=float(np.max(errors)),
        spread=spread,
        residual=float(np.mean(errors)),
        shape_before=tuple(elements.shape),
        shape_after=tuple(rewritten.shape),
        binding=binding,
    )
    if np.all(errors <= allowed):
        return replace(facts, relation="equal", residual=0.0)
    if k0 is None:
        return replace(facts, on_gate=0)
    return _climb(facts, before, after, [batches[i] for i in usable[:LADDER_DRAWS]], k0)


def _errors(
    before: Objective,
    after: Objective,
    batches: Sequence[Batch],
    reference: Sequence[float],
    usable: Sequence[int],
    tolerance: float,
) -> tuple[np.ndarray, np.ndarray, float]:
    """(error per draw, allowed error per draw, spread); both errors in units of the spread."""
    values = np.array([reference[i] for i in usable])
    spread = max(float(np.std(values)), 1e-3 * float(np.mean(np.abs(values))), 1e-12)
    errors = np.array([_error(before, after, batches[i], reference[i]) for i in usable])
    allowed = tolerance * (np.abs(values) + spread)
    return errors / spread, allowed / spread, spread


def _error(before: Objective, after: Objective, batch: Batch, reference: float) -> float:
    """|after - before| of the scalar, or of the elements in the mean where that is larger."""
    scalar = abs(after.value(batch.y_true, batch.y_pred) - reference)
    if not np.isfinite(scalar):
        return float("inf")
    one = before.unreduced(batch.y_true, batch.y_pred)
    other = after.unreduced(batch.y_true, batch.y_pred)
    if one.shape == other.shape and one.ndim:
        with np.errstate(invalid="ignore"):
            apart = np.abs(other.astype(np.float64) - one.astype(np.float64))
        # Where one element of the original is not finite, only the others can be compared.
        apart = apart[np.isfinite(one)]
        if apart.size:
            return max(scalar, float(np.mean(apart)))
    return scalar


def _climb(
    facts: ValueFacts, before: Objective, after: Objective, batches: Sequence[Batch], k0: float
) -> ValueFacts:
    """Whether the rewrite approaches the original as its steepness grows."""
    references = [before.value(b.y_true, b.y_pred) for b in batches]
    steepnesses = sorted({2.0 * k0, 4.0 * k0, *(k0 * GROWTH**i for i in range(RUNGS + 1))})
    rungs: list[Rung] = []
    last = np.zeros(len(batches))
    for steepness in steepnesses:
        steeper = after.at(steepness)
        if isinstance(steeper, Failure):
            return replace(facts, error=str(steeper))
        try:
            last = np.array([_error(before, steeper, b, r) for b, r in zip(batches, references)])
        except Exception as error:
            return replace(facts, error=raised(error))
        last = last / facts.spread
        off = float(np.mean(last > OFF))
        rungs.append(Rung(steepness, float(np.mean(last)), float(np.max(last)), off))
    on_gate = _on_gate(before, batches, last, facts.spread)
    kept = last[~on_gate] if not np.all(on_gate) else last
    residual, off = float(np.mean(kept)), int(np.sum(kept > OFF))
    first = rungs[0].mean_error
    converges = residual <= REMAINS * first + FLOOR[before.precision] and (
        off <= max(1.0, OFF_SHARE * len(kept))
    )
    return replace(
        facts,
        relation="converges" if converges else "differs",
        ladder=tuple(rungs),
        order=_order(rungs[:3]),
        residual=residual,
        on_gate=int(np.sum(on_gate)),
    )


def _order(rungs: Sequence[Rung]) -> Optional[float]:
    """The slope of the mean error over the steepness on logarithmic scales, with its sign turned."""
    points = [(r.steepness, r.mean_error) for r in rungs if 0.0 < r.mean_error < np.inf]
    if len(points) < 2:
        return None
    steepness, error = np.log(np.array(points)).T
    return -float(np.polyfit(steepness, error, 1)[0])


def _on_gate(
    before: Objective, batches: Sequence[Batch], errors: np.ndarray, spread: float
) -> np.ndarray:
    """Which draws lie exactly on a gate: a step of 1e-9 changes the original's value there."""
    found: np.ndarray = np.zeros(len(batches), bool)
    nudge = 1e-9 if before.precision == "float64" else 1e-5
    for index, batch in enumerate(batches):
        if errors[index] <= OFF:
            continue
        size = nudge * max(1.0, float(np.max(np.abs(batch.y_pred))))
        sides = [
            before.value(batch.y_true, batch.y_pred + sign * size) for sign in (-1.0, 0.0, 1.0)
        ]
        found[index] = max(sides) - min(sides) > OFF * spread
    return found


def cross_families(
    main: Family, suggested: Sequence[tuple[Family, float]], most: int = 4
) -> list[tuple[Family, bool]]:
    """Other families worth comparing on, and whether a difference there refuses.

    Binding are families of the same structural class whose domain is the main one's, or that the
    text hints at; those of the same domain and another size come first. Others only warn.
    """
    ranked: list[tuple[float, Family, bool]] = []
    for family, score in suggested:
        if family.name == main.name:
            continue
        same = family.kind == main.kind
        domain = family.domain == main.domain
        binding = same and (domain or score > 2.0)
        rank = score + (10.0 if same and domain else 0.0) + (3.0 if same else 0.0)
        if binding or score > 1.0 or (same and score > 0.4):
            ranked.append((-rank, family, binding))
    ranked.sort(key=lambda item: item[0])
    return [(family, binding) for _, family, binding in ranked[:most]]
