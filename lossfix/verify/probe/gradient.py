"""What becomes of the gradient with respect to the predictions, by measurement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Optional

import numpy as np

from .facts import ChannelFacts, GradientFacts, Jump, Outcome
from .families import Batch, Family, edges
from .numeric import Objective, Side, Slope, as_in_fit, fast_slope
from .paths import Path, follow
from .terms import find_terms

JUMPS = {"float64": 1e-3, "float32": 1e-2}
"""Jumps beyond this share of the total variation make the state ``jumps``."""
DETACHED = {"float64": 1e-2, "float32": 5e-2}
"""The same for the smooth part that the gradient does not account for."""
WRONG = 10.0
"""A gradient is wrong where it typically misses the finite differences by this many tolerances."""
LIVE_ROW = 1e-4
"""A row counts as live whose gradient exceeds this share of the largest row's."""
KINK = 1e-3
"""One-sided slopes that differ by more, relatively, mark a kink; there any slope between them is a
valid one (Clarke's subdifferential)."""
FAR = 50.0 / 3.0
"""So many widths of the domain from its middle lies what a model that was not scaled predicts: 100 for
standardised targets."""
SEGMENT_ROWS = 3
"""Few rows on a segment, so that few gates are crossed at once."""

_EPSILON = {"float64": 2.2e-16, "float32": 1.2e-7}
_RELATIVE = {"float64": 1e-5, "float32": 5e-2}


@dataclass(frozen=True)
class Segment:
    """Predictions ``start`` and ``end`` for the target of ``batch``."""

    batch: Batch
    start: np.ndarray
    end: np.ndarray


def segments(family: Family, seed: int, sweeps: int = 2, walks: int = 1) -> list[Segment]:
    """Segments on which every element sweeps the whole domain, and others between two draws."""
    rng = np.random.default_rng([seed, 1])
    batches = family.batches(seed + 1, sweeps + 2 * walks, SEGMENT_ROWS)
    found = [Segment(b, *family.sweep(rng, b)) for b in batches[:sweeps]]
    for one, other in zip(batches[sweeps::2], batches[sweeps + 1 :: 2]):
        found.append(Segment(one, one.y_pred, other.y_pred))
    return found


_NODE = re.compile(r"\{\{function_node [^}]*\}\} | \[Op:\w+\]( name:.*)?$")
"""Where TensorFlow says which of its nodes failed, and on which device."""


def raised(error: BaseException) -> str:
    """``Type: first line of the message``; of AutoGraph's, which begin with a traceback, the last one."""
    kind = type(error).__name__
    lines = str(error).strip().splitlines()
    if not lines:
        return kind
    line = lines[-1].strip().removeprefix(f"{kind}: ") if lines[0] == "in user code:" else lines[0]
    return f"{kind}: {_NODE.sub('', line)[:300]}"


def eagerly(objective: Objective, batch: Batch) -> Outcome:
    """A direct call and its gradient."""
    try:
        objective.slope(batch.y_true, batch.y_pred)
    except Exception as error:
        return Outcome(False, raised(error))
    return Outcome()


def in_graph(objective: Objective, batch: Batch) -> Outcome:
    """The same in a graph with an unknown batch size, as in ``fit``."""
    try:
        tensors = objective.tensors(batch.y_true, batch.y_pred)
        as_in_fit(objective, batch)(*tensors)
    except Exception as error:
        return Outcome(False, raised(error))
    return Outcome()


def quick_gradient(
    plain: Objective,
    wide: Optional[Objective],
    family: Family,
    seed: int,
    refused: bool = False,
) -> GradientFacts:
    """What a few draws and the edges say: enough to tell a gradient that is missing.

    ``plain`` computes in float32 and ``wide``, where there is one, in float64. The state is read
    off in this order: none, zero, not finite, raises (in the graph), alive. Of a loss that is
    ``refused`` already nothing depends on it, and one graph in float32 says it all.
    """
    batches = family.batches(seed, 6)
    as_trained = replace(plain, direct=False) if plain.direct else plain
    eager, graph = eagerly(plain, batches[0]), in_graph(as_trained, batches[0])
    if not eager.ok:
        return GradientFacts("raises", eager, graph, "none", precision="float32")
    chosen = plain if refused else wide or plain
    slope = fast_slope(chosen, batches[0])
    gradient = _over_draws(slope, batches)
    state = "raises" if gradient == "alive" and not graph.ok else gradient
    facts = GradientFacts(state, eager, graph, gradient, precision=chosen.precision)
    at_edges, far_out = (slope, slope) if refused else (chosen.slope, plain.slope)
    facts = _with_edges(facts, at_edges, family, batches[0])
    return _far_out(facts, far_out, family, batches[0])


def measure_gradient(
    facts: GradientFacts,
    plain: Objective,
    wide: Optional[Objective],
    family: Family,
    seed: int,
    along: Sequence[Segment],
    channels: bool = True,
) -> GradientFacts:
    """All that is known about one candidate's gradient on one family: ``facts`` from
    ``quick_gradient``, and where a gradient is there, whether it accounts for the value along the
    segments (else ``detached`` or ``jumps``)."""
    if facts.gradient != "alive" or not facts.eager.ok:
        return facts
    chosen = wide or plain
    batches = family.batches(seed, 4)
    facts = replace(facts, live_rows=live_rows(plain, family, seed))
    facts = _with_paths(facts, chosen, along)
    slope = fast_slope(chosen, batches[0])
    facts = _with_differences(facts, slope, batches[1:], chosen.precision, seed)
    if channels:
        facts = replace(facts, channels=_channels(chosen, family, seed))
    facts = replace(facts, terms=find_terms(plain, batches))
    return replace(facts, state=_state(facts))


def along_paths(quick: GradientFacts, side: Side, family: Family, seed: int) -> GradientFacts:
    """``quick``, as ``quick_gradient`` has it, with the gradient along paths of the family too.

    A loss that raises there, on batches of other sizes, raises.
    """
    try:
        return measure_gradient(quick, side.plain, side.wide, family, seed, segments(family, seed))
    except Exception as error:
        if not side.ran_into(error):
            raise
        return replace(quick, state="raises", eager=Outcome(False, raised(error)))


def _state(facts: GradientFacts) -> str:
    if not facts.graph.ok:
        return "raises"
    detached = facts.detached_share > DETACHED[facts.precision] or facts.fd_error > WRONG
    jumps = facts.jump_share > JUMPS[facts.precision]
    if detached and not (jumps and facts.jump_share > facts.detached_share):
        return "detached"
    return "jumps" if jumps else "alive"


def _over_draws(slope: Slope, batches: Sequence[Batch]) -> str:
    results = [slope(b.y_true, b.y_pred) for b in batches]
    found = [(value, gradient) for value, gradient in results if gradient is not None]
    if not found:
        return "none"
    if any(np.isfinite(value) and not np.all(np.isfinite(g)) for value, g in found):
        return "not finite"
    return "alive" if any(np.any(g) for _, g in found) else "zero"


def _with_edges(facts: GradientFacts, slope: Slope, family: Family, batch: Batch) -> GradientFacts:
    gradients, values = [], []
    for name, edge in edges(family, batch):
        try:
            value, gradient = slope(edge.y_true, edge.y_pred)
        except Exception:
            values.append(name)
            continue
        if not np.isfinite(value):
            values.append(name)
        elif gradient is not None and not np.all(np.isfinite(gradient)):
            gradients.append(name)
    return replace(facts, not_finite=tuple(gradients), value_not_finite=tuple(values))


def _far_out(facts: GradientFacts, slope: Slope, family: Family, batch: Batch) -> GradientFacts:
    """What becomes of value and gradient where a model may start or stray to, in float32."""
    overflows, flat, idle = [], [], []
    try:
        within = _dead_rows(slope(batch.y_true, batch.y_pred)[1])
    except Exception:
        within = np.ones(1, bool)
    for name, far in _strays(family, batch):
        try:
            value, gradient = slope(far.y_true, far.y_pred)
        except Exception:  # the draws of the family itself say whether it raises
            continue
        if gradient is None:
            continue
        if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
            if family.activation == "linear" or family.unbounded:
                overflows.append(name)
        elif value != 0.0 and not np.any(gradient):
            flat.append(name)
        elif np.any(_dead_rows(gradient) & ~within):
            idle.append(name)
    return replace(facts, overflows=tuple(overflows), flat=tuple(flat), idle=tuple(idle))


def _dead_rows(gradient: Optional[np.ndarray]) -> np.ndarray:
    """Which rows have a gradient of exactly zero."""
    if gradient is None:
        return np.ones(1, bool)
    dead: np.ndarray = ~np.any(gradient.reshape(len(gradient), -1), axis=1)
    return dead


def _strays(family: Family, batch: Batch) -> Iterator[tuple[str, Batch]]:
    """Predictions ``FAR`` widths of the domain from its middle, or at the bounds that it
    has."""
    middle, width = (family.high + family.low) / 2.0, family.high - family.low
    if family.domain in ("boxes", "simplex"):
        return
    reach = FAR if family.activation == "linear" or family.unbounded else 0.5
    for away in (-reach, reach):
        value = middle + away * width
        name = f"y_pred = {value:g}"
        yield name, replace(batch, y_pred=np.full_like(batch.y_pred, value))


def live_rows(plain: Objective, family: Family, seed: int) -> float:
    """The share of rows with a float32 gradient worth the name, over batches of eight."""
    shares = []
    for batch in family.batches(seed + 2, 3, 8):
        _, gradient = plain.slope(batch.y_true, batch.y_pred)
        if gradient is not None:
            rows = np.max(np.abs(gradient).reshape(len(gradient), -1), axis=1)
            shares.append(float(np.mean(rows > LIVE_ROW * max(float(rows.max()), 1e-30))))
    return float(np.mean(shares)) if shares else 0.0


def _with_paths(
    facts: GradientFacts, objective: Objective, along: Sequence[Segment]
) -> GradientFacts:
    if not along:
        return facts
    slope = fast_slope(objective, along[0].batch)
    single = objective.precision == "float32"
    paths: list[tuple[Segment, Path]] = []
    for segment in along:
        path = follow(slope, segment.batch.y_true, segment.start, segment.end, single=single)
        if path.finite and path.variation > 0.0:
            paths.append((segment, path))
    total = sum(path.variation for _, path in paths)
    if total == 0.0:
        return facts
    jumps = [Jump(s.batch.family, at, size) for s, p in paths for at, size in p.jumps]
    return replace(
        facts,
        jump_share=sum(p.jumped for _, p in paths) / total,
        detached_share=sum(p.detached for _, p in paths) / total,
        steep_share=max(p.steep / p.variation for _, p in paths),
        jumps=tuple(sorted(jumps, key=lambda j: -abs(j.size))[:5]),
    )


def _with_differences(
    facts: GradientFacts, slope: Slope, batches: Sequence[Batch], precision: str, seed: int
) -> GradientFacts:
    """Autodiff against central differences, two random directions at each batch."""
    rng = np.random.default_rng([seed, 3])
    worst, kinks = [], 0
    for batch in batches:
        _, gradient = slope(batch.y_true, batch.y_pred)
        if gradient is None:
            continue
        for _ in range(2):
            direction = rng.normal(0.0, 1.0, batch.y_pred.shape)
            error, kink = _difference(slope, batch, gradient, direction, precision)
            kinks += kink
            if error is not None:
                worst.append(error)
    # A single wild point is a gate that lies within the step; a wrong gradient is wrong everywhere.
    typical = float(np.median(worst)) if worst else 0.0
    return replace(facts, fd_error=typical, kinks=kinks)


def _difference(
    slope: Slope, batch: Batch, gradient: np.ndarray, direction: np.ndarray, precision: str
) -> tuple[Optional[float], int]:
    """(|autodiff - difference| in units of its tolerance, 1 at a kink). ``None``: not finite."""
    epsilon = _EPSILON[precision]
    scale = max(float(np.std(batch.y_pred)), 1e-3)
    step = epsilon ** (1.0 / 3.0) * scale

    def at(factor: float) -> float:
        return slope(batch.y_true, batch.y_pred + factor * step * direction)[0]

    centre, right, left, near, far = at(0.0), at(1.0), at(-1.0), at(0.5), at(-0.5)
    exact = float(np.sum(gradient * direction))
    if not np.all(np.isfinite([centre, right, left, near, far, exact])):
        return None, 0
    coarse, fine = (right - left) / (2.0 * step), (near - far) / step
    extrapolated = (4.0 * fine - coarse) / 3.0
    forward, backward = (near - centre) / (0.5 * step), (centre - far) / (0.5 * step)
    noise = 8.0 * epsilon * max(abs(centre), abs(right), abs(left)) / step
    norm = float(np.sqrt(np.sum(gradient**2)))
    tolerance = (
        _RELATIVE[precision] * max(abs(exact), abs(extrapolated), norm)
        + 4.0 / 3.0 * abs(coarse - fine)
        + noise
    )
    apart = abs(forward - backward)
    kink = apart > max(KINK * max(abs(forward), abs(backward)), 50.0 * noise) and apart > 100.0 * (
        tolerance
    )
    if kink:
        pad = KINK * max(abs(forward), abs(backward)) + tolerance
        low, high = min(forward, backward) - pad, max(forward, backward) + pad
        outside = max(low - exact, exact - high, 0.0)
        return outside / tolerance, 1
    return abs(exact - extrapolated) / max(tolerance, 1e-300), 0


def _channels(objective: Objective, family: Family, seed: int) -> tuple[ChannelFacts, ...]:
    """For each channel of the last axis, how the value varies when it alone moves, and how much of
    that the gradient accounts for. Empty where there is but one channel, or more than six."""
    batch = family.batches(seed + 3, 1, SEGMENT_ROWS)[0]
    if batch.y_pred.ndim < 2 or not 2 <= batch.y_pred.shape[-1] <= 6:
        return ()
    slope = fast_slope(objective, batch)
    single = objective.precision == "float32"
    start, end = family.sweep(np.random.default_rng([seed, 4]), batch)
    found = []
    for index in range(batch.y_pred.shape[-1]):
        target = start.copy()
        target[..., index] = end[..., index]
        path = follow(slope, batch.y_true, start, target, budget=90, single=single)
        found.append(path)
    spread = max(max(p.variation for p in found), 1e-300)
    return tuple(
        ChannelFacts(
            index,
            path.variation / spread,
            1.0 - min(1.0, (path.jumped + path.detached) / max(path.variation, 1e-300)),
        )
        for index, path in enumerate(found)
    )
