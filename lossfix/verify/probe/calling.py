"""Ways of calling a loss that does not run on a batch as it stands.

Its author knows what it means all the same, and so can be asked: ``if p > t:`` has a truth value for
one row, ``loss / tf.shape(p)[0]`` has one where integers mix with floats as NumPy mixes them. Each
way makes of the author's function a function of a whole batch of targets and predictions.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np
import tensorflow as tf

from .compat import within
from .families import ROWS, Family
from .slots import Slots

Function = Callable[[Any, Any], Any]

_SAME = 1e-5
"""Relative difference of two float32 values that count as the same."""
_PARTS = 60
"""So many parts are drawn to find some that take the same way through the code."""
_ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
_COMPARISONS = ("lt", "le", "gt", "ge")
_TOTALS = ("reduce_sum", "reduce_mean", "reduce_prod")
_FUNCTIONS = ("add", "subtract", "multiply", "divide")


@dataclass(frozen=True)
class Calling:
    """How the author's function is called."""

    slots: Optional[Slots] = None
    """How its tensors are cut out of one of targets and one of predictions, where it takes others."""
    promoted: bool = False
    """Whether integers and floats of several widths may be mixed in arithmetic, as in NumPy."""
    untraced: bool = False
    """Whether a ``tf.function`` is run as the function that it was made of."""
    apart: str = ""
    """``rows`` or ``elements``: each by itself, and the values put together; else the batch at
    once."""
    sums: bool = False
    """Whether scalar values of parts are summed rather than averaged."""

    def around(self, function: Function) -> Function:
        """``function`` of a whole batch, called in this way."""
        if self.slots is not None:
            function = self.slots.around(function)
        if self.promoted:
            function = within(promotion, function)
        if self.untraced:
            function = within(untraced, function)
        return _apart(function, self.apart, self.sums) if self.apart else function


AS_IT_IS = Calling()
"""On the batch at once, with nothing changed."""


def _apart(function: Function, parts: str, sums: bool) -> Function:
    @functools.wraps(function)
    def call(y_true: Any, y_pred: Any) -> Any:
        values = [tf.convert_to_tensor(function(*part)) for part in _parts(parts, y_true, y_pred)]
        return _together(values, y_pred.shape, sums)

    return call


def _parts(parts: str, y_true: Any, y_pred: Any) -> Iterator[tuple[Any, Any]]:
    """Batches of one: every row, or every element where targets and predictions have one shape.

    Raises ``ValueError`` where the shapes differ and elements are asked for.
    """
    if parts == "elements":
        if y_true.shape != y_pred.shape:
            raise ValueError("targets and predictions have no elements in common")
        one = [1] * len(y_pred.shape)
        y_true, y_pred = (tf.reshape(y, [-1, *one[1:]]) for y in (y_true, y_pred))
    for index in range(y_pred.shape[0]):
        yield y_true[index : index + 1], y_pred[index : index + 1]


def _together(values: list[Any], shape: Any, sums: bool) -> Any:
    """The value of the batch: of its shape, or with its last axis averaged, where every part gives
    that; else one number."""
    rank = values[0].shape.rank
    if rank and all(value.shape.num_elements() == 1 for value in values):
        flat = tf.stack([tf.reshape(value, []) for value in values])
        if len(values) == shape[0]:
            return tf.reshape(flat, [-1, *[1] * (rank - 1)])
        whole = tf.reshape(flat, shape)
        return whole if rank == len(shape) else tf.reduce_mean(whole, axis=-1)
    if rank:
        return tf.concat(values, axis=0)
    return tf.add_n(values) if sums else tf.add_n(values) / len(values)


def sums_up(function: Function, parts: str, family: Family, seed: int) -> Optional[bool]:
    """Whether the scalar value of a batch is the sum of its parts' values (true) or their mean.

    Asked of batches whose elements all take the same branch: there, and only there, a comparison of
    a whole batch has a truth value. ``None`` where it is neither, or where no such batch is found.
    Raises what the function raises for a part.
    """
    rows = -(
        -_PARTS // max(1, int(np.prod(family.batch(np.random.default_rng(0), 1).y_pred.shape)))
    )
    batch = family.batches(seed + 17, 1, max(rows, ROWS))[0]
    y_true = tf.constant(batch.y_true, None if family.labels == "index" else tf.float32)
    ways: dict[tuple[bool, ...], list[tuple[Any, Any, Any]]] = {}
    for truth, pred in _parts(parts, y_true, tf.constant(batch.y_pred, tf.float32)):
        with unanimous() as decided:
            value = tf.convert_to_tensor(function(truth, pred))
        if value.shape.rank:
            return False  # a value for each part: Keras averages
        ways.setdefault(tuple(decided), []).append((truth, pred, value))
    alike = [way for way in ways.values() if len(way) > 1]
    found = {_relation(function, way[:ROWS]) for way in alike}
    return found.pop() if len(found) == 1 else None


def _relation(function: Function, way: list[tuple[Any, Any, Any]]) -> Optional[bool]:
    truth, pred = (tf.concat([part[side] for part in way], axis=0) for side in (0, 1))
    values = np.array([float(part[2]) for part in way])
    with unanimous():
        together = float(np.mean(np.asarray(function(truth, pred))))
    for sums, expected in ((False, values.mean()), (True, values.sum())):
        if np.isclose(together, expected, rtol=_SAME, atol=_SAME * np.abs(values).max()):
            return sums
    return None


@contextmanager
def unanimous() -> Iterator[list[bool]]:
    """Within, a tensor all of whose elements agree has their truth value; gives what was decided."""
    kind: Any = next(base for base in type(tf.constant(0)).__mro__ if "__bool__" in vars(base))
    plain = kind.__bool__
    decided: list[bool] = []

    def truth(tensor: Any) -> bool:
        values = np.asarray(tensor)
        agree = values.size > 0 and bool(np.all(values == values.flat[0]))
        decided.append(bool(values.flat[0]) if agree else plain(tensor))
        return decided[-1]

    kind.__bool__ = truth
    try:
        yield decided
    finally:
        kind.__bool__ = plain


@contextmanager
def untraced() -> Iterator[None]:
    """Within, what was decorated with ``tf.function`` runs as it was written, on tensors with values."""
    eagerly = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(eagerly)


@contextmanager
def promotion() -> Iterator[None]:
    """Within, arithmetic between tensors of different dtypes promotes as NumPy does: integers to the
    other's float, a float to the wider of the two, and booleans to 0.0 and 1.0; and ``tf.where``
    chooses by numbers, as ``np.where`` does."""
    names = [f"__{name}__" for name in _COMPARISONS]
    names += [f"__{side}{name}__" for name in _ARITHMETIC for side in ("", "r")]
    made: list[tuple[Any, str, Callable[[Any], Any]]]
    made = [(tf.Tensor, name, _promoting) for name in names]
    made += [(module, name, _promoting) for module in (tf, tf.math) for name in _FUNCTIONS]
    made += [(module, name, _counting) for module in (tf, tf.math) for name in _TOTALS]
    made += [(tf, "where", _choosing)]
    plain = [(place, name, getattr(place, name)) for place, name, _ in made]
    for (place, name, operation), (_, _, promoting) in zip(plain, made):
        setattr(place, name, promoting(operation))
    try:
        yield
    finally:
        for place, name, operation in plain:
            setattr(place, name, operation)


def _promoting(operation: Function) -> Function:
    @functools.wraps(operation)
    def promoted(*given: Any, **named: Any) -> Any:
        # `tf.multiply(x=a, y=b)`.
        one, other, *rest = (*given, *(named.pop(each) for each in "xy" if each in named))
        both = isinstance(one, tf.Tensor) and isinstance(other, tf.Tensor)
        if not both or one.dtype == other.dtype:
            one, other = _counted(one), _counted(other)
        else:
            wider = _wider(one.dtype, other.dtype)
            one, other = tf.cast(one, wider), tf.cast(other, wider)
        return operation(one, other, *rest, **named)

    return promoted


def _counting(total: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(total)
    def counting(*given: Any, **named: Any) -> Any:
        # `tf.reduce_sum(input_tensor=a)`.
        values, *rest = given or (named.pop("input_tensor"),)
        return total(_counted(values), *rest, **named)

    return counting


def _choosing(where: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(where)
    def choosing(condition: Any, *rest: Any, **named: Any) -> Any:
        numbers = isinstance(condition, tf.Tensor) and condition.dtype != tf.bool
        if numbers and (rest or named):
            condition = tf.cast(condition, tf.bool)
        return where(condition, *rest, **named)

    return choosing


def _counted(value: Any) -> Any:
    boolean = isinstance(value, tf.Tensor) and value.dtype == tf.bool
    return tf.cast(value, tf.float32) if boolean else value


def _wider(one: Any, other: Any) -> Any:
    if one.is_floating != other.is_floating:
        return one if one.is_floating else other
    return max(one, other, key=lambda dtype: dtype.size)
