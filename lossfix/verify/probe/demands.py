"""What the code of a loss asks of the shapes of its inputs, and what stands for them while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np
import tensorflow as tf

Path = tuple[str, ...]
"""A parameter's name, then the keys or positions by which a tensor is taken out of it."""
Shape = tuple[int, ...]


@dataclass
class Demand:
    """What is asked of one input. Axes count from the batch, 0, or back from the last, -1."""

    least: dict[int, int] = field(default_factory=dict)
    exact: dict[int, int] = field(default_factory=dict)
    rank: int = 0
    """At least so many axes, the batch's included."""
    tail: Optional[Shape] = None
    """The shape of a sample to which it is reshaped,"""
    after: int = 0
    """or what follows so many elements of its last axis."""
    keys: list[str] = field(default_factory=list)
    items: int = 0
    """It is unpacked into so many tensors."""
    classes: int = 0
    """It holds indices of so many classes; -1: of as many as the predictions have."""
    lengths: bool = False
    """It holds lengths of sequences."""
    fixed: int = 0
    """It holds this number throughout; 0: it does not."""
    codes: set[float] = field(default_factory=set)
    """Constants that it is compared with for equality."""

    @property
    def of_shape(self) -> bool:
        """Whether anything is asked of its shape."""
        return bool(self.least or self.exact or self.tail or self.rank > 1)


@dataclass(frozen=True)
class View:
    """An input, or a part of it whose axes are known."""

    path: Path
    front: int = 0
    """So many axes behind the batch's are gone,"""
    back: int = 0
    """and so many at the end."""
    cut: frozenset[int] = frozenset()
    """Axes of which only a part is left."""
    width: int = 0
    """The size of its last axis; 0 where it is not known."""
    opened: Optional[tuple[int, int]] = None
    """(axis, first index) where it is all that follows that index."""
    lost: int = 0
    """So many axes behind the batch's are gone besides, and which of those that are left is which is
    not known."""
    reduced: bool = False
    """It was summed or the like: its elements are none of the input."""

    @property
    def whole(self) -> bool:
        """Whether it is the input itself, or as many elements in its place."""
        return self == View(self.path)


@dataclass(frozen=True)
class ShapeOf:
    """The shape of an input, or of what is left of it."""

    view: View


@dataclass(frozen=True)
class Extent:
    """The size of an axis of an input; where ``axis`` is ``None``, how many axes it has."""

    view: View
    axis: Optional[int]


@dataclass(frozen=True)
class Wide:
    """Something made of inputs of which only the size of the last axis is known."""

    width: int


@dataclass(frozen=True)
class Known:
    """A value that does not depend on the inputs."""

    value: Any


Value = Any
"""A ``View``, a ``ShapeOf`` or an ``Extent`` of one, a ``Wide``, a ``Known``, a list of values, or ``None``
where nothing is known."""


@dataclass
class Demands:
    """What a function asks of each of its inputs."""

    parameters: tuple[str, ...]
    """Those without a default, in order: its inputs."""
    of: dict[Path, Demand] = field(default_factory=dict)
    called: dict[Path, str] = field(default_factory=dict)
    """The names to which parts of an input are unpacked."""

    def at(self, path: Path) -> Demand:
        """What is asked of one input; empty at first."""
        return self.of.setdefault(path, Demand())

    def leaves(self) -> list[Path]:
        """The tensors that the parameters are made of, in order."""
        return [leaf for name in self.parameters for leaf in self._below((name,))]

    def _below(self, path: Path) -> Iterator[Path]:
        demand = self.of.get(path, Demand())
        names = demand.keys or [str(index) for index in range(demand.items)]
        if not names:
            yield path
        for name in names:
            yield from self._below((*path, name))


def shape_of(value: Any) -> Optional[Shape]:
    """The shape of a constant array; ``None`` for anything else."""
    if isinstance(value, (np.ndarray, tf.Tensor, tf.Variable)):
        return tuple(int(size) for size in value.shape)
    if isinstance(value, (list, tuple)):
        try:
            return tuple(np.asarray(value, np.float64).shape)
        except (TypeError, ValueError):
            return None
    return None
