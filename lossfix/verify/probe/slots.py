"""Losses of other inputs than one tensor of targets and one of predictions.

``loss(anchor, positive, negative)``, ``loss(y_true, y_pred, mask)``, a dictionary or a tuple of
tensors: all that training would move is laid side by side into one array of predictions, all that is
given into one of targets, and the loss is called with its own tensors cut out of them. To everything
that is measured it is then a function of targets and predictions like any other.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np
import tensorflow as tf

from .demands import Demands, Path, Shape
from .families import Family
from .shaped import LENGTH, apart, shapes, values

SHAPES: tuple[Shape, ...] = ((3,), (1,), (), (5, 2), (4, 4, 1), (5,), (4, 4, 3))
"""Shapes of a sample that are tried where nothing is asked."""
COMBINATIONS = 36
"""So many combinations of shapes and values are tried."""

_PREDICTED = re.compile(
    r"pred|logit|output|fake|gen|decod|recon|mean|log_?var|^mu$|^mu_|sigma|embed|anchor|positive|"
    r"negative|^q_|prob|hat|^z|student|estimat|^x_"
)
_GIVEN = re.compile(
    r"true|label|target|mask|weight|len|action|index|^ids?$|class|adv|reward|^real$|ground|^gt|valid|"
    r"^old|teacher|^y$|^x$|done"
)
_KINDS = (
    ("mask|valid|done|flag", "binary"),
    ("weight|^w$|odds|price", "positive"),
    ("adv|reward|return", "real"),
)
"""(what an input is called, what it holds)."""
_DRAWN = (
    ("real", "real", "linear"),
    ("unit", "unit", "sigmoid"),
    ("unit", "binary", "sigmoid"),
    ("logits", "binary", "linear"),
    ("positive", "positive", "softplus"),
)
"""(kind of predictions, kind of targets, activation) in the order in which they are tried."""
_BOUNDS = {"unit": (0.0, 1.0), "positive": (0.1, 6.0)}


@dataclass(frozen=True)
class Slot:
    """One tensor among the inputs."""

    path: Path
    predicted: bool
    shape: Shape
    kind: str
    """What it holds (see ``shaped.values``)."""
    classes: int = 0
    """Of indices: how many there are."""

    @property
    def size(self) -> int:
        """Numbers of one sample."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def whole(self) -> bool:
        """Whether it holds integers."""
        return self.kind in ("index", "fixed")

    def __str__(self) -> str:
        return f"{'.'.join(self.path)} {self.shape}"


@dataclass(frozen=True)
class Slots:
    """The tensors that the arguments of a loss are made of, in the order of the arguments."""

    parameters: tuple[str, ...]
    slots: tuple[Slot, ...]

    @property
    def turned(self) -> bool:
        """Whether they are predictions and, behind them, targets."""
        return [(len(slot.path), slot.predicted) for slot in self.slots] == [(1, True), (1, False)]

    def around(self, function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
        """``function`` of one array of targets and one of predictions."""

        @functools.wraps(function)
        def call(y_true: Any, y_pred: Any) -> Any:
            tensors = dict(self._cut(y_true, y_pred))
            return function(*(_built((name,), tensors) for name in self.parameters))

        return call

    def _cut(self, y_true: Any, y_pred: Any) -> Iterator[tuple[Path, Any]]:
        starts = {True: 0, False: 0}
        for slot in self.slots:
            source, start = y_pred if slot.predicted else y_true, starts[slot.predicted]
            starts[slot.predicted] = start + slot.size
            part = source[:, start : start + slot.size]
            part = tf.reshape(part, [tf.shape(source)[0], *slot.shape])
            yield slot.path, tf.cast(part, tf.int32) if slot.whole else part

    def draw(self, rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
        """Targets and predictions side by side; a column of zeros where there are no targets."""
        rows = apart(rows, tuple(size for slot in self.slots for size in slot.shape))
        sides: dict[bool, list[np.ndarray]] = {True: [], False: [np.zeros((rows, 0))]}
        for slot in self.slots:
            drawn = values(slot.kind, rng, (rows, *slot.shape), slot.classes or 2)
            sides[slot.predicted].append(drawn.reshape(rows, -1).astype(np.float64))
        y_true, y_pred = (np.concatenate(sides[side], axis=1) for side in (False, True))
        return (y_true if y_true.size else np.zeros((rows, 1))), y_pred


def _built(path: Path, tensors: dict[Path, Any]) -> Any:
    """The tensor at a path, or the dictionary or list of those below it."""
    if path in tensors:
        return tensors[path]
    names = list(dict.fromkeys(p[len(path)] for p in tensors if p[: len(path)] == path))
    parts = [_built((*path, name), tensors) for name in names]
    return parts if all(name.isdigit() for name in names) else dict(zip(names, parts))


def arrangements(demands: Optional[Demands], likely: Family) -> list[tuple[Family, Slots]]:
    """Families of all the inputs together and how they are cut apart; empty where the loss is a
    function of targets and predictions, or where it is not known what it takes.

    ``likely``: a family whose kind of values the code speaks for, which is tried first.
    """
    if demands is None:
        return []
    leaves = demands.leaves()
    moved = [_moved(demands, leaf) for leaf in leaves]
    plain = len(leaves) == len(demands.parameters)
    if not leaves or (plain and len(leaves) < 2):
        return []
    if plain and len(leaves) == 2 and moved != [True, True]:
        return []
    return _arranged(demands, leaves, moved, likely)


def turned(demands: Optional[Demands], likely: Family) -> list[tuple[Family, Slots]]:
    """The same for a function of predictions and targets, in this order by what they are called."""
    if demands is None:
        return []
    leaves = [(name,) for name in demands.parameters]
    moved = [_moved(demands, leaf) for leaf in leaves]
    return _arranged(demands, leaves, moved, likely) if moved == [True, False] else []


def _arranged(
    demands: Demands, leaves: Sequence[Path], moved: Sequence[Optional[bool]], likely: Family
) -> list[tuple[Family, Slots]]:
    """All combinations of values and shapes that are tried."""
    predicted = _predicted(leaves, moved)
    first = [kinds for kinds in _DRAWN if kinds[2] == likely.activation]
    found: dict[tuple[Slots, tuple[str, str, str]], None] = {}
    for kinds in dict.fromkeys([*first, *_DRAWN]):
        for sizes in _sizes(demands, leaves):
            widest = max(
                (s[-1] for s, leaf in zip(sizes, leaves) if s and leaf in predicted), default=2
            )
            slots = tuple(
                _slot(demands, leaf, shape, leaf in predicted, kinds, widest)
                for leaf, shape in zip(leaves, sizes)
            )
            found.setdefault((Slots(demands.parameters, slots), kinds))
    return [_family(slots, kinds) for slots, kinds in list(found)[:COMBINATIONS]]


def _moved(demands: Demands, leaf: Path) -> Optional[bool]:
    """Whether training moves a tensor, by what it is called; ``None`` where that does not say."""
    # Of `y_pred["mask"]` the first decides.
    for name in (leaf[0].lower(), demands.called.get(leaf, "").lower()):
        given, moved = bool(_GIVEN.search(name)), bool(_PREDICTED.search(name))
        if given != moved:
            return moved
    return None


def _predicted(leaves: Sequence[Path], moved: Sequence[Optional[bool]]) -> frozenset[Path]:
    """The tensors that training moves: those that are called so; else all that are not called
    otherwise; else all but the first."""
    for wanted in (True, None):
        found = [leaf for leaf, moves in zip(leaves, moved) if moves is wanted]
        if found:
            return frozenset(found)
    return frozenset(leaves[1:] or leaves)


def _sizes(demands: Demands, leaves: Sequence[Path]) -> Iterator[tuple[Shape, ...]]:
    """Shapes of all tensors: what is asked of each, and one for all others; masks, weights and
    indices of that or without its last axis."""
    asked = [shapes(demands.at(leaf)) for leaf in leaves]
    common = list(dict.fromkeys([*(each[0] for each in asked if each), *SHAPES]))
    for shape in common[:8]:
        options = []
        for leaf, own in zip(leaves, asked):
            demand = demands.at(leaf)
            if own:
                options.append(own[:2])
            elif demand.lengths:
                options.append([()])
            elif demand.classes:
                options.append(list(dict.fromkeys([shape[:-1], shape])))
            elif _kind(demands, leaf) or _moved(demands, leaf) is not True:
                options.append(list(dict.fromkeys([shape, shape[:-1]])))
            else:
                options.append([shape])
        yield from itertools.islice(itertools.product(*options), 4)


def _kind(demands: Demands, leaf: Path) -> str:
    name = "_".join((*leaf, demands.called.get(leaf, ""))).lower()
    return next((kind for pattern, kind in _KINDS if re.search(pattern, name)), "")


def _slot(
    demands: Demands,
    leaf: Path,
    shape: Shape,
    predicted: bool,
    kinds: tuple[str, str, str],
    widest: int,
) -> Slot:
    """``widest`` is the size of the predictions' last axis."""
    of_pred, of_true, _ = kinds
    demand = demands.at(leaf)
    if demand.fixed:
        return Slot(leaf, False, shape, "fixed", demand.fixed)
    if predicted and not demand.classes:
        return Slot(leaf, True, shape, of_pred)
    if demand.lengths:
        return Slot(leaf, False, shape, "index", 1 + LENGTH)
    if demand.classes:
        return Slot(leaf, False, shape, "index", demand.classes if demand.classes > 0 else widest)
    return Slot(leaf, False, shape, _kind(demands, leaf) or of_true)


def _family(slots: Slots, kinds: tuple[str, str, str]) -> tuple[Family, Slots]:
    of_pred, _, activation = kinds
    low, high = _BOUNDS.get(of_pred, (-3.0, 3.0))
    parts = ", ".join(map(str, slots.slots))
    domain = of_pred if of_pred in _BOUNDS else "real"
    name = f"{of_pred} in {parts}"
    return Family(name, domain, slots.draw, activation, low, high, parts=parts), slots
