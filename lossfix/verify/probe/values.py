"""How the values of a rewrite relate to those of the original.

Compared as training would see them, through what ``compile`` makes of both, and element by element
where both return the same shape, so that a value moved from one row to another is noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
FEW = 10
"""So many draws are looked at first: where nothing was smoothed and a value is off by ``CLEAR``, the others
would say no more."""
CLEAR = 1e-2
"""|after - before| in spreads that no rounding leaves, and no guard: a hundred times ``roots.NEARLY``."""
LADDER_DRAWS = 10
GROWTH = 8.0
RUNGS = 5
"""Steepnesses k0 * GROWTH**i, i = 0 .. RUNGS."""
REMAINS = 0.02
"""The mean error at the steepest rung is at most this share of the first one's ..."""
FLOOR = {"float64": 1e-6, "float32": 1e-4}
"""... plus this share of the spread ..."""
AGREES = 0.95
"""A side of a gate is named where this share of the rows agrees: differs there, and only there."""
OFF = 1e-3
OFF_SHARE = 0.1
"""... and at most this share of the draws (but always one) is off by more than ``OFF`` of the
spread."""


HINTED = 0.5
"""A family that the text hints at binds where it does so by more than this share of the main one's
score."""


@dataclass(frozen=True)
class _Draw:
    """One batch and what the original gives for it."""

    batch: Batch
    value: float
    elements: np.ndarray


def compare(
    before: Objective,
    after: Objective,
    batches: Sequence[Batch],
    k0: Optional[float],
    tolerance: Optional[float] = None,
    binding: bool = True,
    rungs: int = RUNGS,
    thresholds: Sequence[float] = (),
    near: Sequence[Batch] = (),
    remains: float = REMAINS,
) -> ValueFacts:
    """The relation on ``batches`` of one family.

    ``before`` and ``after`` compute in the same precision. ``k0`` is the first steepness of the
    ladder, which has ``rungs`` further ones and always ends at k0 * GROWTH**RUNGS; ``None`` where
    nothing was smoothed. ``tolerance`` replaces ``EQUAL``. Where the values differ on one side of
    a threshold only, ``side`` says on which. ``near`` are batches of which none may be off: those
    close to gates, where a gate that moved shows, those of other sizes, and those far out. What of
    them the original does not take is left out. Where nothing was smoothed and the first ``FEW``
    batches are clearly apart, no others are looked at.
    """
    family = batches[0].family
    tolerance = EQUAL[before.precision] if tolerance is None else tolerance
    main = _main(before, after, batches, tolerance, whole=k0 is not None)
    if isinstance(main, ValueFacts):
        return replace(main, binding=binding)
    if k0 is None and main.clear:
        near = ()
    try:
        facts = replace(_first_look(after, main), binding=binding)
        close = _Errors.of(after, list(_drawn(before, near)), main.spread, tolerance)
    except Exception as error:
        return ValueFacts(family, "raises", error=raised(error), binding=binding)
    if main.equal and close.equal:
        return replace(facts, relation="equal", residual=0.0)
    if k0 is not None:
        facts = _climb(facts, before, after, main.draws[:LADDER_DRAWS], k0, rungs, remains)
        facts = _close(facts, before, after, close.draws, remains)
    elif close.draws:
        facts = _worse(facts, main, close)
    if facts.relation == "differs" and thresholds:
        steepest = after.at(facts.ladder[-1].steepness) if facts.ladder else after
        if not isinstance(steepest, Failure):
            return replace(
                facts, side=_side(before, steepest, main.draws, facts.spread, thresholds)
            )
    return facts


@dataclass(frozen=True)
class _Errors:
    """How far the rewrite is off on some draws."""

    draws: Sequence[_Draw]
    sizes: np.ndarray
    """Of the errors, as shares of the spread; of shape ``(draws,)``, as is ``limits``."""
    limits: np.ndarray
    spread: float

    @classmethod
    def of(
        cls, after: Objective, draws: Sequence[_Draw], spread: float, tolerance: float
    ) -> _Errors:
        """Raises what the rewrite raises."""
        return cls.sized(draws, [_error(after, draw) for draw in draws], spread, tolerance)

    @classmethod
    def sized(
        cls, draws: Sequence[_Draw], errors: Sequence[float], spread: float, tolerance: float
    ) -> _Errors:
        """The same where the errors are known, in units of the loss."""
        limits = tolerance * (np.array([abs(draw.value) for draw in draws]) / spread + 1.0)
        return cls(draws, np.array(errors) / spread, limits, spread)

    @property
    def equal(self) -> bool:
        return bool(np.all(self.sizes <= self.limits))

    @property
    def clear(self) -> bool:
        """Whether one of them is no matter of rounding, of a guard, or of which draws the spread is of."""
        return bool(np.any(self.sizes > np.maximum(CLEAR, 10.0 * self.limits)))


def _main(
    before: Objective, after: Objective, batches: Sequence[Batch], tolerance: float, whole: bool
) -> _Errors | ValueFacts:
    """The errors on the main family, of all draws where ``whole`` is asked for or the first are not clear;
    where there are none, why not."""
    family = batches[0].family
    drawn: list[_Draw] = []
    errors: list[float] = []
    main: _Errors | ValueFacts = ValueFacts(family, "unknown")
    for some in (batches[:FEW], batches[FEW:]):
        try:
            drawn += [_draw(before, batch) for batch in some]
        except Exception as error:
            return ValueFacts(family, "unknown", error=raised(error))
        finite = [draw for draw in drawn if np.isfinite(draw.value)]
        if len(finite) < max(2, len(drawn) // 4):
            return ValueFacts(family, "unknown", error="the original's value is not finite")
        try:
            errors += [_error(after, draw) for draw in finite[len(errors) :]]
        except Exception as error:
            return ValueFacts(family, "raises", error=raised(error))
        values = np.array([draw.value for draw in finite])
        spread = max(float(np.std(values)), 1e-3 * float(np.mean(np.abs(values))), 1e-12)
        main = _Errors.sized(finite, errors, spread, tolerance)
        if main.clear and not whole:
            break
    return main


def _first_look(after: Objective, main: _Errors) -> ValueFacts:
    """What the draws of the main family say before any steepness is tried."""
    first = main.draws[0]
    rewritten = after.unreduced(first.batch.y_true, first.batch.y_pred).shape
    return ValueFacts(
        first.batch.family,
        "differs",
        mean_error=float(np.mean(main.sizes)),
        max_error=float(np.max(main.sizes)),
        spread=main.spread,
        level=float(np.mean([abs(draw.value) for draw in main.draws])),
        residual=float(np.mean(main.sizes)),
        shape_before=tuple(first.elements.shape),
        shape_after=tuple(rewritten),
        rows=len(first.batch.y_pred),
    )


def _worse(facts: ValueFacts, main: _Errors, close: _Errors) -> ValueFacts:
    """The facts with what the draws close to gates, of other sizes and far out add to them."""
    if not main.equal:
        return replace(facts, residual=max(facts.residual, float(np.max(close.sizes))))
    worst = int(np.argmax(close.sizes / close.limits))
    family = close.draws[worst].batch.family
    return replace(facts, family=family, residual=float(close.sizes[worst]))


def _close(
    facts: ValueFacts,
    before: Objective,
    after: Objective,
    near: Sequence[_Draw],
    remains: float,
) -> ValueFacts:
    """Whether the steepest rewrite agrees on both sides of every gate, close to it."""
    if facts.relation != "converges" or not near:
        return facts
    steepest = after.at(facts.ladder[-1].steepness)
    if isinstance(steepest, Failure):
        return facts
    errors = np.array([_error(steepest, draw) for draw in near]) / facts.spread
    errors[_on_gate(before, [draw.batch for draw in near], errors, facts.spread)] = 0.0
    worst = int(np.argmax(errors))
    residual = float(errors[worst])
    if residual <= _off(facts.ladder, remains):
        return facts
    family = near[worst].batch.family
    return replace(facts, family=family, relation="differs", residual=residual)


def _side(
    before: Objective,
    after: Objective,
    draws: Sequence[_Draw],
    spread: float,
    thresholds: Sequence[float],
) -> str:
    """The condition that holds for all rows that differ and for none of the others, nearly.

    Asked row by row, so only where a row has one prediction and one target.
    """
    rows: list[tuple[float, float, bool]] = []
    for draw in draws[:LADDER_DRAWS]:
        y_true, y_pred = draw.batch.y_true, draw.batch.y_pred
        if y_true.size != len(y_true) or y_pred.size != len(y_pred):
            return ""
        for one in range(len(y_true)):
            row = y_true[one : one + 1], y_pred[one : one + 1]
            try:
                apart = abs(after.value(*row) - before.value(*row))
            except Exception:
                return ""
            rows.append((row[0].item(), row[1].item(), apart > OFF * spread))
    truth, pred, off = (np.array(column) for column in zip(*rows))
    if not off.any() or off.all():
        return ""
    for name, quantity in (("y_pred", pred), ("y_true", truth), ("y_pred - y_true", pred - truth)):
        for threshold in thresholds:
            for sign, above in ((">", quantity > threshold), ("<", quantity < threshold)):
                if np.mean(above == off) >= AGREES:
                    return f"{name} {sign} {threshold:g}"
    return ""


def _draw(before: Objective, batch: Batch) -> _Draw:
    value = before.value(batch.y_true, batch.y_pred)
    return _Draw(batch, value, before.unreduced(batch.y_true, batch.y_pred).astype(np.float64))


def _drawn(before: Objective, batches: Sequence[Batch]) -> Iterator[_Draw]:
    """What the original gives for those batches that it takes."""
    for batch in batches:
        try:
            draw = _draw(before, batch)
        except Exception:  # a batch of one, say, that it was not written for
            continue
        if np.isfinite(draw.value):
            yield draw


def _error(after: Objective, draw: _Draw) -> float:
    """|after - before| of the scalar, or of the elements in the mean where that is larger."""
    batch = draw.batch
    scalar = abs(after.value(batch.y_true, batch.y_pred) - draw.value)
    if not np.isfinite(scalar):
        return float("inf")
    if not draw.elements.ndim:
        return scalar
    other = after.unreduced(batch.y_true, batch.y_pred)
    if draw.elements.shape != other.shape:
        return scalar
    with np.errstate(invalid="ignore"):
        apart = np.abs(other.astype(np.float64) - draw.elements)
    # Where one element of the original is not finite, only the others can be compared.
    apart = apart[np.isfinite(draw.elements)]
    return max(scalar, float(np.mean(apart))) if apart.size else scalar


def _climb(
    facts: ValueFacts,
    before: Objective,
    after: Objective,
    draws: Sequence[_Draw],
    k0: float,
    rungs: int,
    remains: float,
) -> ValueFacts:
    """Whether the rewrite approaches the original as its steepness grows."""
    between = {2.0 * k0, 4.0 * k0} if rungs == RUNGS else set()
    powers = (*range(rungs), RUNGS)
    steepnesses = sorted({*between, *(k0 * GROWTH**power for power in powers)})
    ladder: list[Rung] = []
    last = np.zeros(len(draws))
    for steepness in steepnesses:
        steeper = after.at(steepness)
        if isinstance(steeper, Failure):
            return replace(facts, error=str(steeper))
        try:
            last = np.array([_error(steeper, draw) for draw in draws]) / facts.spread
        except Exception as error:
            return replace(facts, error=raised(error))
        off = float(np.mean(last > OFF))
        ladder.append(Rung(steepness, float(np.mean(last)), float(np.max(last)), off))
    on_gate = _on_gate(before, [draw.batch for draw in draws], last, facts.spread)
    kept = last[~on_gate] if not np.all(on_gate) else last
    residual, wrong = float(np.mean(kept)), int(np.sum(kept > _off(ladder, remains)))
    allowed = remains * ladder[0].mean_error + FLOOR[before.precision]
    converges = residual <= allowed and wrong <= max(1.0, OFF_SHARE * len(kept))
    return replace(
        facts,
        relation="converges" if converges else "differs",
        ladder=tuple(ladder),
        order=_order(ladder[:3]) if between else None,
        residual=residual,
        on_gate=int(np.sum(on_gate)),
    )


def _off(ladder: Sequence[Rung], remains: float) -> float:
    """From where a draw counts as off: ``OFF``, or what was allowed to remain on purpose."""
    return OFF if remains <= REMAINS else max(OFF, remains * ladder[0].mean_error)


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

    Binding are families of the same structural class whose labels and domain are the main one's, or
    that the text hints at; those of the same domain and another size come first. Others only warn.
    """
    ranked: list[tuple[float, Family, bool]] = []
    hinted = max(2.0, HINTED * next((s for f, s in suggested if f.name == main.name), 0.0))
    for family, score in suggested:
        if family.name == main.name:
            continue
        same = family.kind == main.kind
        domain = family.domain == main.domain and family.labels == main.labels
        domain = domain and not family.coded
        binding = same and (domain or score > hinted)
        rank = score + (10.0 if same and domain else 0.0) + (3.0 if same else 0.0)
        if binding or score > 1.0 or (same and score > 0.4):
            ranked.append((-rank, family, binding))
    ranked.sort(key=lambda item: item[0])
    return [(family, binding) for _, family, binding in ranked[:most]]
