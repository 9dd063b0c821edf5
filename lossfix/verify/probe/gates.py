"""Which hard operations a loss has, and what each of them is, by measurement.

A loss is traced on pairs of predictions for one target. A gate that flips between the two is
brought to its boundary by a root search on its own margin, and the value on both sides says whether
the loss jumps there: Huber's condition flips and nothing jumps, so it is continuous and none of our
business. Only gates that jump can be worth smoothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from .facts import GateFacts
from .kinds import COMPARISONS, FINITENESS
from .numeric import as_tensors
from .trace import Call, Hit, Place, Run, watch

JUMP_TOLERANCE = {"float32": 2e-5, "float64": 1e-9}
"""A step of the unreduced value below this share of its size is rounding. In units of the last
place about 200 in float32: enough for sums over some hundreds of elements."""

_WIDTH = {"float32": 2e-6, "float64": 1e-12}
"""How closely a boundary is bracketed, as a share of the segment."""
_EVALUATIONS = 40
_KINDS = ("guard", "jump", "blocker", "dead", "continuous", "unexercised", "mask")
"""A gate that is several of these over its turns is the first of them."""

HARD = ("jump", "dead", "blocker")
"""The kinds of gates that a smoothing is for."""


@dataclass(frozen=True)
class Segment:
    """Two predictions of one shape for one target; every point between them is a prediction too."""

    y_true: Any
    start: Any
    end: Any

    def at(self, share: float) -> Any:
        """The prediction at ``share`` of the way, from 0 to 1, float64."""
        start = np.asarray(self.start, dtype=np.float64)
        return start + share * (np.asarray(self.end, dtype=np.float64) - start)


@dataclass(frozen=True)
class Crossing:
    """Where a gate flips on a segment, and the two sides of the boundary."""

    segment: Segment
    share: float
    """Where on the segment, from 0 to 1."""
    below: Any
    above: Any
    """The unreduced values just before and just after."""
    drift: Any
    """How much they change within as small a distance on either side alone."""
    live: bool
    """Whether a gradient reaches y_pred just after the boundary."""
    index: tuple[int, ...] = ()
    """The element of the gate that flips."""

    @property
    def step(self) -> float:
        """How much the mean of the value changes there, in units of the loss."""
        return float(abs(np.mean(self.above) - np.mean(self.below)))

    def jumps(self, tolerance: float) -> bool:
        """Whether the value steps by more than ``tolerance`` of its size and than its own slope
        accounts for."""
        if not (np.all(np.isfinite(self.below)) and np.all(np.isfinite(self.above))):
            return True
        size = max(float(np.max(np.abs(self.below), initial=0.0)), 1e-30)
        step = np.abs(self.above - self.below) - 2 * self.drift
        return bool(np.max(step, initial=0.0) > tolerance * size)


@dataclass(frozen=True)
class Gate:
    """One gate as a fact, with the arrays behind it."""

    facts: GateFacts
    margins: Any
    """|lhs - rhs| over all elements and draws, float64 of rank 1; empty where it has none."""
    elements: int = 1
    """Elements of the gate in one batch of the segments: ``facts.jump`` is for one of them."""
    crossing: Optional[Crossing] = None


def segments(batches: Sequence[tuple[Any, Any]]) -> list[Segment]:
    """Each batch's target with its own prediction and the next batch's."""
    following = [*batches[1:], *batches[:1]]
    return [Segment(y_true, start, end) for (y_true, start), (_, end) in zip(batches, following)]


def coverage(call: Call, tried: Iterable[Segment], path: str) -> tuple[int, int]:
    """(gates that flip, gates that depend on y_pred), to choose inputs by. Raises what ``call``
    raises."""
    seen = _collect(call, tried, path, "float32")
    gated = {key[:2] for key, trail in seen.items() if trail.hits[0].depends}
    crossed = {key[:2] for key, trail in seen.items() if trail.crossed is not None}
    return len(gated & crossed), len(gated)


def find_gates(
    call: Call,
    tried: Sequence[Segment],
    path: str,
    spread: float,
    edges: Iterable[tuple[Any, Any]] = (),
    wide: Iterable[tuple[Any, Any]] = (),
    dtype: str = "float32",
) -> tuple[Gate, ...]:
    """The gates of ``call`` in the file ``path``, in the order of their places.

    ``spread`` is the standard deviation of the loss, the unit of ``GateFacts.jump``. ``edges`` are
    (y_true, y_pred) at which guards act, such as predictions of exactly 0; ``wide`` are batches of
    many rows, from which scales are taken. Raises what ``call`` raises on the segments; what it
    raises elsewhere only ends that batch.
    """
    seen = _collect(call, tried, path, dtype)
    limits, many = _attempt(call, edges, path, dtype), _attempt(call, wide, path, dtype)
    guarded = {hit.key for run in limits for hit in run.hits if hit.guards}
    guarded |= {key for key, trail in seen.items() if any(hit.guards for hit in trail.hits)}
    certain = [seen[key] for key in guarded if key in seen]
    guarded |= {key for key, trail in seen.items() if any(map(trail.same, certain))}
    places = sorted({key[:2] for key in seen})
    gates = [
        _at_place(
            call,
            {k: t for k, t in seen.items() if k[:2] == place},
            guarded,
            many,
            path,
            spread,
            dtype,
        )
        for place in places
    ]
    first = _run(call, tried[0].y_true, tried[0].start, path, dtype)
    leaks = {place for run in (first, *limits) for place in run.leaks}
    gates.extend(Gate(_leak_facts(place), np.zeros(0)) for place in leaks)
    return tuple(sorted(gates, key=lambda gate: _order(gate.facts)))


def _order(facts: GateFacts) -> tuple[int, int, str]:
    return facts.line, facts.column, facts.op


Key = tuple[Place, str, int]


@dataclass
class _Trail:
    """All runs of one hard operation."""

    hits: list[Hit]
    crossed: Optional[tuple[Segment, Any]] = None
    """The first segment on which an element flips, and that element's index."""

    def same(self, other: _Trail) -> bool:
        """Whether both ask the same question every time, as the two conditions of a double
        ``where`` do."""
        return len(self.hits) == len(other.hits) and all(
            ours.margin is not None
            and theirs.margin is not None
            and np.array_equal(ours.margin, theirs.margin, equal_nan=True)
            and np.array_equal(ours.sides, theirs.sides)
            for ours, theirs in zip(self.hits, other.hits)
        )


def _run(call: Call, y_true: Any, y_pred: Any, path: str, dtype: str) -> Run:
    return watch(call, *as_tensors(y_true, y_pred, dtype), path)


def _collect(call: Call, tried: Iterable[Segment], path: str, dtype: str) -> dict[Key, _Trail]:
    seen: dict[Key, _Trail] = {}
    for segment in tried:
        ends = []
        for y_pred in (segment.start, segment.end):
            run = _run(call, segment.y_true, y_pred, path, dtype)
            ends.append({hit.key: hit for hit in run.hits})
            for hit in run.hits:
                seen.setdefault(hit.key, _Trail([])).hits.append(hit)
        for key in ends[0].keys() & ends[1].keys():
            if seen[key].crossed is None:
                index = _flipped(ends[0][key], ends[1][key])
                if index is not None:
                    seen[key].crossed = (segment, index)
    return seen


def _flipped(first: Hit, second: Hit) -> Any:
    """The index of the element that flips with the most room on both sides; ``None`` for none."""
    if first.sides.shape != second.sides.shape:
        return None
    flips = first.sides != second.sides
    if first.key[1] in ("Equal", "NotEqual", *FINITENESS) or not first.depends or not flips.any():
        return None
    room = np.ones(flips.shape)
    if first.margin is not None and first.margin.shape == flips.shape:
        room = np.minimum(np.abs(first.margin), np.abs(second.margin))
        room = np.nan_to_num(room, nan=0.0, posinf=0.0)
    return np.unravel_index(np.argmax(np.where(flips, room + 1e-300, -1.0)), flips.shape)


def _attempt(call: Call, batches: Iterable[tuple[Any, Any]], path: str, dtype: str) -> list[Run]:
    runs = []
    for y_true, y_pred in batches:
        try:
            runs.append(_run(call, y_true, y_pred, path, dtype))
        except Exception:
            # The facts about the gradient report it; here only its gates are looked for.
            continue
    return runs


def _at_place(
    call: Call,
    turns: dict[Key, _Trail],
    guarded: set[Key],
    many: list[Run],
    path: str,
    spread: float,
    dtype: str,
) -> Gate:
    """The gate at one place of the source; in a loop it takes many turns and is still one gate."""
    crossing, kinds = None, set()
    for key, trail in turns.items():
        kind, found = _classify(call, key, trail, key in guarded, path, dtype)
        kinds.add(kind)
        crossing = found or crossing
        if kind in ("jump", "dead", "blocker"):
            break
    kind = min(kinds, key=_KINDS.index)
    hits = [hit for trail in turns.values() for hit in trail.hits]
    place, op, _ = next(iter(turns))
    margins = _margins([hit for run in many for hit in run.hits if hit.key in turns])
    margins = margins if margins.size else _margins(hits)
    detached = any(hit.detached for hit in hits)
    if detached:
        note = "stands under stop_gradient or custom_gradient"
    elif kind == "blocker" and any(hit.weighs for hit in hits):
        note = "weighs a term that has a gradient of its own"
    else:
        note = ""
    facts = GateFacts(
        kind=kind,
        op=op,
        line=place[0],
        column=place[1],
        end_line=place[2],
        end_column=place[3],
        crossed=any(trail.crossed is not None for trail in turns.values()),
        jump=crossing.step / spread if crossing and kind != "continuous" else 0.0,
        scale=float(np.median(margins)) if margins.size else None,
        threshold=hits[0].threshold,
        computed=any(hit.computed for hit in hits) or detached,
        note=note,
    )
    elements = sum(int(trail.hits[0].sides.size) for trail in turns.values())
    return Gate(facts, margins, elements, crossing)


def _classify(
    call: Call, key: Key, trail: _Trail, guarded: bool, path: str, dtype: str
) -> tuple[str, Optional[Crossing]]:
    if not trail.hits[0].depends:
        return "mask", None
    if guarded:
        return "guard", None
    if trail.crossed is None:
        return "unexercised", None
    crossing = _cross(call, key, *trail.crossed, path, dtype)
    return _kind(key[1], trail.hits, crossing, dtype), crossing


def _kind(op: str, hits: list[Hit], crossing: Optional[Crossing], dtype: str) -> str:
    if crossing is not None and not crossing.jumps(JUMP_TOLERANCE[dtype]):
        return "continuous"
    if op not in COMPARISONS:
        return "blocker"
    if any(hit.weighs for hit in hits):
        return "jump"
    chooses_code = not any(hit.arrives for hit in hits)
    return "jump" if chooses_code and crossing is not None and crossing.live else "dead"


def _margins(hits: list[Hit]) -> Any:
    arrays = [np.abs(hit.margin).ravel() for hit in hits if hit.margin is not None]
    if not arrays:
        return np.zeros(0)
    margins = np.concatenate(arrays).astype(np.float64)
    return margins[np.isfinite(margins)]


def _cross(
    call: Call, key: Key, segment: Segment, index: Any, path: str, dtype: str
) -> Optional[Crossing]:
    """Brackets the boundary at which element ``index`` of the gate ``key`` flips.

    The margin is most often linear along the segment, so its secant lands on the boundary at once;
    where it has no margin, or the secant does not settle, halving does.
    """
    width = _WIDTH[dtype]

    def look(share: float) -> tuple[Optional[Hit], Any]:
        run = _run(call, segment.y_true, segment.at(share), path, dtype)
        return next((hit for hit in run.hits if hit.key == key), None), run.value

    def margin(hit: Hit) -> Optional[float]:
        if key[1] not in COMPARISONS or np.shape(hit.margin) != np.shape(hit.sides):
            return None
        return float(hit.margin[index])

    low, high = 0.0, 1.0
    (first, below), (last, above) = look(low), look(high)
    if first is None or last is None:
        return None
    side = first.sides[index]
    for step in range(_EVALUATIONS):
        if high - low <= 2.5 * width:
            break
        a, b = margin(first), margin(last)
        middle = 0.5 * (low + high)
        if step % 3 != 2 and a is not None and b is not None and a * b < 0 and np.isfinite(b - a):
            middle = low + (high - low) * a / (a - b)
        # Two points that straddle the guess close the bracket in one step where it is right.
        for share in (middle - width, middle + width):
            if not low < share < high:
                continue
            hit, value = look(share)
            if hit is None or hit.sides.shape != first.sides.shape:
                return None
            if hit.sides[index] == side:
                low, first, below = share, hit, value
            else:
                high, last, above = share, hit, value
                break
    around = look(2 * low - high)[1], look(2 * high - low)[1]
    if not np.shape(around[0]) == np.shape(below) == np.shape(above) == np.shape(around[1]):
        return None
    drift = np.maximum(np.abs(below - around[0]), np.abs(around[1] - above))
    live = _live(call, segment, high, dtype)
    return Crossing(segment, high, below, above, drift, live, tuple(index))


def _live(call: Call, segment: Segment, share: float, dtype: str) -> bool:
    y_true, y_pred = as_tensors(segment.y_true, segment.at(share), dtype)
    try:
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = call(y_true, y_pred)
        gradient = tape.gradient(value, y_pred)
    except Exception:
        # A value that left the graph is no target of a gradient.
        return False
    return gradient is not None and bool(np.any(gradient.numpy()))


def _leak_facts(place: Place) -> GateFacts:
    return GateFacts(
        kind="blocker",
        op="numpy",
        line=place[0],
        column=place[1],
        end_line=place[2],
        end_column=place[3],
        crossed=True,
        note="leaves the graph",
    )
