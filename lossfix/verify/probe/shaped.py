"""Families of the shapes that a loss asks for.

What a family's targets and predictions are (probabilities, classes, real numbers, ...) stays; their
shapes become those that the code demands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Optional

import numpy as np

from .demands import Demand, Demands, Shape
from .families import ROWS, Family, one_hot

COMBINATIONS = 12
"""So many combinations of shapes are tried for each kind of values."""
WIDTH, LENGTH = 3, 5
"""Sizes of a last and of any other axis of which nothing is known."""

_KINDS = {
    ("real", "real"): ("real", "real"),
    ("unit", "real"): ("unit", "unit"),
    ("probability", "binary"): ("binary", "unit"),
    ("logits", "binary"): ("binary", "logits"),
    ("simplex", "onehot"): ("onehot", "simplex"),
    ("class logits", "onehot"): ("onehot", "logits"),
    ("simplex", "index"): ("index", "simplex"),
    ("class logits", "index"): ("index", "logits"),
    ("positive", "real"): ("positive", "positive"),
    ("margin", "sign"): ("sign", "real"),
}
"""(domain, labels) of a family: the kinds of its targets and of its predictions."""

# The shapes of one input


def shapes(demand: Demand) -> list[Shape]:
    """Shapes of a sample that meet the demand, the plainest first; empty where any does."""
    if demand.tail is not None:
        return _reshaped(demand.tail, demand.after)
    if not demand.of_shape:
        return []
    axes = [*demand.least, *demand.exact]
    ranks = [max(demand.rank, 2, *(a + 1 if a > 0 else 1 - a for a in axes))]
    if all(axis < 0 for axis in axes):
        ranks += [rank for rank in (3, 4) if rank > ranks[0]]
    found = []
    for rank in ranks:
        for more in (0, 1, 3):
            sizes = [LENGTH] * (rank - 2) + [WIDTH]
            if rank == 4:
                sizes[:2] = [4, 4]
            asked: dict[int, int] = {}
            for axis, size in demand.least.items():
                place = axis - 1 if axis > 0 else axis + rank - 1
                asked[place] = max(size + more, asked.get(place, 1))
            for axis, size in demand.exact.items():
                asked[axis - 1 if axis > 0 else axis + rank - 1] = size
            for place, size in asked.items():
                sizes[place] = size
            if tuple(sizes) not in found:
                found.append(tuple(sizes))
    return sorted(found, key=len)


def _reshaped(tail: Shape, after: int) -> list[Shape]:
    """Shapes of what has, behind so many elements of its last axis, as many as ``tail``."""
    if not after:
        return [tail, (int(np.prod(tail)),)]
    fronts = sorted(range(len(tail)), key=lambda front: front != 2)
    return [(*tail[:front], after + int(np.prod(tail[front:]))) for front in fronts]


def meets(demand: Demand, shape: Shape) -> bool:
    """Whether a sample of this shape has what is asked for."""
    if demand.after and shape not in shapes(demand):
        return False
    if demand.tail is not None and not demand.after and np.prod(shape) != np.prod(demand.tail):
        return False
    if len(shape) + 1 < demand.rank:
        return False
    whole = (ROWS, *shape)
    for sizes, enough in ((demand.least, int.__ge__), (demand.exact, int.__eq__)):
        for axis, size in sizes.items():
            if not -len(shape) <= axis <= len(shape) or not enough(whole[axis], size):
                return False
    return True


# Two inputs


def fitted(
    suggested: Sequence[tuple[Family, float]], demands: Optional[Demands]
) -> list[tuple[Family, float]]:
    """The suggested families whose shapes meet the demands, the others in shapes that do."""
    if demands is None or len(demands.parameters) != 2:
        return list(suggested)
    of_true, of_pred = (demands.at((name,)) for name in demands.parameters)
    if of_true.classes:
        suggested = sorted(suggested, key=lambda each: each[0].labels != "index")
    if not (of_true.of_shape or of_pred.of_shape):
        return list(suggested)
    # A sample of targets and one of predictions differ in their last axis, if at all.
    together = sorted(_pairs(of_true, of_pred), key=lambda pair: pair[0][:-1] != pair[1][:-1])
    pairs = together[:COMBINATIONS]
    found: list[tuple[Family, float]] = []
    seen: set[tuple[str, str, Shape, Shape]] = set()
    for family, score in suggested:
        batch = family.batches(0, 1)[0]
        own = batch.y_true.shape[1:], batch.y_pred.shape[1:]
        if meets(of_true, own[0]) and meets(of_pred, own[1]):
            found.append((family, score))
            continue
        for true, pred in pairs:
            key = (family.domain, family.labels, true, pred)
            other = None if key in seen else shaped(family, true, pred, of_true.classes)
            seen.add(key)
            if other is not None:
                found.append((other, score))
    return found


def _pairs(of_true: Demand, of_pred: Demand) -> Iterator[tuple[Shape, Shape]]:
    """Shapes of targets and predictions that may go together, the likeliest first."""
    trues, preds = shapes(of_true), shapes(of_pred)
    if not preds:
        for true in trues:
            widths = [true[-1], *(w for w in (1, 2, 3, 4, 5) if w != true[-1])] if true else [1]
            yield from ((true, (*true[:-1], width)) for width in widths[:3])
            if len(true) == 1:
                yield from ((true, (width,)) for width in widths[3:])
        return
    for pred in preds:
        if trues:
            if of_pred.tail is not None:
                yield from _beside_reshaped(of_true, trues, pred, of_pred.after > 0)
            yield from ((true, pred) for true in trues if meets(of_true, true))
            own = [(*true[:-1], pred[-1]) for true in trues if true and pred]
            yield from ((t, p) for t, p in zip(trues, own) if meets(of_pred, p))
            # An array that the targets meet may be spread over them.
            yield from (((*true[:-1], 1), pred) for true in trues if true and true[-1] > 1)
            continue
        yield pred, pred
        if pred:
            yield (*pred[:-1], 1), pred
            yield pred[:-1], pred
            if pred[-1] % 2 == 0:
                yield (*pred[:-1], pred[-1] // 2), pred


def _beside_reshaped(
    of_true: Demand, trues: Sequence[Shape], pred: Shape, behind: bool
) -> Iterator[tuple[Shape, Shape]]:
    """Targets beside predictions that are reshaped: of their shape, or of other channels in their
    cells, which come first where only what is ``behind`` some channels is reshaped."""
    same = [(pred, pred)] if meets(of_true, pred) else []
    cells = [((*pred[:-1], true[-1]), pred) for true in trues if true and pred]
    yield from [*cells, *same] if behind else [*same, *cells]


def shaped(family: Family, true: Shape, pred: Shape, classes: int = 0) -> Optional[Family]:
    """The family with samples of these shapes; ``None`` where its values cannot have them.

    ``classes``: of how many the targets are indices, where the code says so.
    """
    kinds = _KINDS.get((family.domain, family.labels))
    if kinds is None or family.coded:
        return None
    of_true, of_pred = kinds
    if of_true == "index":
        fits = true in (pred[:-1], (*pred[:-1], 1)) or classes > 0
        if not pred or pred[-1] < 2 or not fits:
            return None
    elif of_true == "onehot" and (true != pred or not pred or pred[-1] < 2):
        return None

    known = classes if classes > 0 else (pred[-1] if pred else 1)

    def draw(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        rows = apart(rows, (*true, *pred))
        y_true = values(of_true, rng, (rows, *true), known)
        y_pred = values(of_pred, rng, (rows, *pred))
        if true == pred and of_true == of_pred == "real":
            near = rng.random(y_pred.shape) < 0.5
            y_pred = np.where(near, y_true + 0.4 * y_pred, y_pred)
        return y_true, y_pred

    name = f"{family.name} of shape {pred}" if true == pred else f"{family.name} {true} to {pred}"
    return replace(family, name=name, draw=draw)


def apart(rows: int, sizes: Shape) -> int:
    """The usual number of rows, or another where an inner size is the same."""
    return rows + 4 if rows == ROWS and rows in sizes else rows


def values(kind: str, rng: np.random.Generator, size: Shape, classes: int = 2) -> np.ndarray:
    """An array of this size of one kind of values; ``index`` is below ``classes``, ``fixed`` is that
    number itself."""
    drawn: np.ndarray
    if kind == "unit":
        drawn = rng.uniform(0.02, 0.98, size)
    elif kind == "binary":
        drawn = (rng.random(size) < 0.45).astype(np.float64)
        drawn.reshape(-1)[:2] = (0.0, 1.0)[: drawn.size]
    elif kind == "sign":
        drawn = np.where(rng.random(size) < 0.5, -1.0, 1.0)
    elif kind == "positive":
        drawn = np.exp(rng.normal(0.3, 0.5, size))
    elif kind == "index":
        drawn = rng.integers(classes, size=size)
    elif kind == "fixed":
        drawn = np.full(size, classes)
    elif kind == "onehot":
        drawn = one_hot(rng.integers(size[-1], size=size[:-1]), size[-1])
    elif kind == "simplex":
        raw = np.exp(rng.normal(0.0, 1.2, size))
        drawn = raw / raw.sum(-1, keepdims=True)
    else:
        drawn = rng.normal(0.0, 1.5 if kind == "logits" else 1.0, size)
    return drawn
