"""Chooses the family of inputs on which a loss is measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Optional

import numpy as np

from .families import Batch, Family
from .gates import Gate, coverage
from .gates import Segment as Sides
from .gradient import SEGMENT_ROWS, in_graph, segments
from .numeric import Objective
from .refusals import Refusal, furthest, refused

UNSCALED = (1.0, 0.0)
"""The scale and the shift that change nothing."""
MAPS = ((10.0, 0.0), (100.0, 0.0), (1e3, 0.0), (1e4, 0.0), (0.1, 0.0), (0.01, 0.0), (1.0, 100.0))
"""Scales and shifts that are tried where a gate does not flip on the family as it is."""

FLAT = "the value does not depend on the predictions"
NOT_FINITE = "the value is not finite"

NEAR = (3e-4, 3e-3)
"""Distances from a gate, as shares of the segment or of the width of the domain."""

MOST = 4
"""So many families that the original accepts are held against one another."""

SPREAD_DRAWS = 12
"""Batches whose values tell by how much a loss differs between them."""

Direct = Callable[[bool], Objective]
"""The original's objective, called as Keras would (false) or itself (true)."""
Accepted = tuple[Family, bool]
"""A family that the original accepts, and whether only when its function is called itself."""

_LEAVES_GRAPH = re.compile("symbolic", re.IGNORECASE)
"""What is said of code that asks a tensor for its numbers: in a graph there are none, of no family."""


@dataclass(frozen=True)
class Choice:
    """The family that suits, and what is known about the others."""

    family: Family
    direct: bool
    """Whether the loss runs there only when its function is called itself."""
    affine: tuple[float, float] = UNSCALED
    crossed: int = 0
    gates: int = 0
    spread: float = 0.0
    """Of the values there, the unit of their jumps."""
    tried: tuple[str, ...] = ()
    """``family: reason`` for each one that was refused before this one was found."""


@dataclass(frozen=True)
class Refused:
    """No family suits."""

    tried: tuple[Refusal, ...]
    """One for each."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """All reasons, that of the family which came furthest first."""
        said = [each.reason for each in self.tried]
        return tuple(dict.fromkeys([furthest(self.tried).reason, *said])) if said else ()


def choose(make: Direct, suggested: Sequence[tuple[Family, float]], seed: int) -> Choice | Refused:
    """The first suggested family that the original accepts, or one that crosses more of its gates.

    Accepted means: it runs on batches of seven and of three, its value is finite and depends on the
    predictions.
    Gates that never flip there lead on to the next families and to other scales.
    """
    tried: list[Refusal] = []
    accepted = _graph_first(make(False), _accepted(make, suggested, seed, tried), seed)
    choice = _covering(make, accepted, seed) or _flat(tried)
    if choice is None:
        return Refused(tuple(tried))
    choice = replace(choice, tried=tuple(map(str, tried)))
    objective = make(choice.direct)
    try:
        return replace(choice, spread=spread(objective, choice.family, seed))
    except Exception as error:
        # Labels that no sparse tensor can be indexed with, for one, need not be among the first.
        later = refused(choice.family, error, objective.candidate.path)
    others = [
        each for each in suggested if each[0].scaled(*choice.affine).name != choice.family.name
    ]
    if len(others) == len(suggested):
        # A family that had to be mapped before it was accepted goes by another name.
        return choice
    found = choose(make, others, seed)
    if isinstance(found, Refused):
        return Refused((later, *found.tried))
    return replace(found, tried=(str(later), *found.tried))


def _flat(tried: Sequence[Refusal]) -> Choice | None:
    """The first family on which the original runs and nothing moves it: that is a result too."""
    still = (each.family for each in tried if each.reason == FLAT)
    return next((Choice(family, False) for family in still), None)


def _accepted(
    make: Direct, suggested: Sequence[tuple[Family, float]], seed: int, tried: list[Refusal]
) -> Iterator[Accepted]:
    """The suggested families that the original accepts, at most ``MOST`` of them; ``tried`` grows by
    those that it refuses on the way."""
    plain, direct = make(False), make(True)
    found = 0
    for family, _ in suggested:
        as_called = refusal(plain, family, seed)
        itself = as_called and refusal(direct, family, seed)
        if as_called is None:
            taken: Accepted | None = (family, False)
        elif itself is None:
            taken = (family, True)
        elif _may_be_scaled(as_called) and (mapped := _mapped(plain, family, seed)):
            taken = (mapped, False)
        else:
            taken = None
            flat = FLAT in (as_called.reason, itself.reason)
            tried.append(as_called if flat else furthest([as_called, itself]))
        if taken is not None:
            found += 1
            yield taken
        if found >= MOST or (len(tried) >= 12 and not found and _always_the_same(tried)):
            return


def _may_be_scaled(refused: Refusal) -> bool:
    """Whether the loss may take other values of the same kind: positive ones, for one, that are above 1."""
    positive = refused.family.domain == "positive"
    return refused.reason == FLAT or (positive and refused.reason == NOT_FINITE)


def _graph_first(plain: Objective, accepted: Iterator[Accepted], seed: int) -> Iterator[Accepted]:
    """The accepted families, led by the first on which the loss runs in a graph, too, if there is
    one: what is no sample of its own, such as one step of a sequence, often runs eagerly alone."""
    passed: list[Accepted] = []
    for option in accepted:
        outcome = in_graph(plain, option[0].batches(seed, 1)[0])
        if outcome.ok:
            yield option
            break
        passed.append(option)
        if _LEAVES_GRAPH.search(outcome.error):
            break
    yield from passed
    yield from accepted


def _mapped(objective: Objective, family: Family, seed: int) -> Family | None:
    """The family at the first scale at which the value depends on the predictions."""
    scaled = [family.scaled(*affine) for affine in MAPS]
    return next((s for s in scaled if s is not family and not refusal(objective, s, seed)), None)


def _always_the_same(tried: Sequence[Refusal]) -> bool:
    """Whether no other values will do, which they may where they only have to be finite."""
    reasons = {each.reason for each in tried}
    return len(reasons) == 1 and NOT_FINITE not in reasons


def _covering(make: Direct, accepted: Iterator[Accepted], seed: int) -> Choice | None:
    """The first of the accepted families, as it is or scaled, on which all gates flip, or the most of them;
    ``None`` where none is accepted."""
    best: Choice | None = None
    for family, direct, affine in _scales(accepted):
        if best is not None and affine != UNSCALED and refusal(make(direct), family, seed):
            continue
        crossed, gates = crossings(make(direct), family, seed)
        if best is None or crossed > best.crossed:
            best = Choice(family, direct, affine, crossed, gates)
        if best.crossed >= best.gates:
            break
    return best


def _scales(accepted: Iterator[Accepted]) -> Iterator[tuple[Family, bool, tuple[float, float]]]:
    """All of the accepted families as they are, then those of the first one's kind at other scales."""
    known: list[Accepted] = []
    for option in accepted:
        known.append(option)
        yield *option, UNSCALED
    for family, direct in known:
        if family.domain in ("real", "positive") and family.kind == known[0][0].kind:
            for affine in MAPS:
                yield family.scaled(*affine), direct, affine


def spread(objective: Objective, family: Family, seed: int) -> float:
    """The standard deviation of the value over ``SPREAD_DRAWS`` batches. Raises what the loss raises."""
    batches = family.batches(seed, SPREAD_DRAWS)
    return float(np.std([objective.value(batch.y_true, batch.y_pred) for batch in batches]))


def refusal(objective: Objective, family: Family, seed: int) -> Optional[Refusal]:
    """Why the loss cannot be measured on ``family``; ``None`` where it can."""
    batch, other = family.batches(seed, 2)
    few = family.batches(seed, 1, SEGMENT_ROWS)[0]
    try:
        values = [
            objective.value(batch.y_true, batch.y_pred),
            objective.value(batch.y_true, other.y_pred),
            objective.value(other.y_true, other.y_pred),
        ]
        each = objective.unreduced(batch.y_true, batch.y_pred)
        objective.value(few.y_true, few.y_pred)
        flat = len(set(values)) < 3 and not any(_responds(objective, family, seed))
    except Exception as error:
        return refused(family, error, objective.candidate.path)
    reason = ""
    if not np.all(np.isfinite(values)):
        reason = NOT_FINITE
    elif each.shape and max(each.shape) > max(7, *batch.y_pred.shape):
        reason = f"the value has the shape {each.shape}"
    elif objective.arrays and np.issubdtype(each.dtype, np.integer):
        # An array that meets a tensor of integers becomes one, and loses its fractions.
        reason = "the value is a whole number on arrays, where it raises on tensors"
    elif flat:
        reason = FLAT
    return Refusal(family, reason) if reason else None


def _responds(objective: Objective, family: Family, seed: int) -> list[bool]:
    found = []
    rng = np.random.default_rng([seed, 7])
    for batch in family.batches(seed + 5, 4):
        start, end = family.sweep(rng, batch)
        found.append(objective.value(batch.y_true, start) != objective.value(batch.y_true, end))
    return found


def sides(family: Family, seed: int) -> list[Sides]:
    """The segments of ``gradient.segments``, as the gates' tracer takes them."""
    return [Sides(s.batch.y_true, s.start, s.end) for s in segments(family, seed)]


def near_gates(
    family: Family, gates: Sequence[Gate], thresholds: Sequence[float], seed: int
) -> list[Batch]:
    """Batches close to every gate, on both sides: to those that were traced along the segment on
    which they flip, to the thresholds by one prediction (or its distance from the target) per row.
    """
    found = []
    for gate in gates:
        if gate.crossing is None:
            continue
        segment, share = gate.crossing.segment, gate.crossing.share
        for away in (-NEAR[1], -NEAR[0], NEAR[0], NEAR[1]):
            y_pred = segment.at(min(max(share + away, 0.0), 1.0))
            found.append(Batch(family.name, segment.y_true, y_pred, family.activation))
    if family.domain in ("simplex", "class logits", "boxes"):
        return found
    batch = family.batches(seed + 13, 1)[0]
    first = (slice(None), *(0 for _ in batch.y_pred.shape[1:]))
    same = batch.y_true.shape == batch.y_pred.shape
    for threshold in thresholds:
        for origin in (0.0, batch.y_true[first]) if same else (0.0,):
            for away in (-NEAR[1], -NEAR[0], NEAR[0], NEAR[1]):
                y_pred = batch.y_pred.copy()
                y_pred[first] = origin + threshold + away * (family.high - family.low)
                if np.all((y_pred >= family.low) & (y_pred <= family.high)):
                    found.append(replace(batch, y_pred=y_pred))
    return found


def crossings(objective: Objective, family: Family, seed: int) -> tuple[int, int]:
    """(gates that flip, gates) along the family's segments; (0, 0) where the tracer fails."""
    candidate = objective.candidate
    try:
        return coverage(candidate.call, sides(family, seed), candidate.path)
    except Exception:
        return 0, 0
