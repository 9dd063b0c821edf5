"""A loss as a function of its predictions, in float64 where its code can be lifted there.

Correct gradients differ from finite differences by at most 2e-7 in float64 and by up to 2.6e-2 in
float32 (200 losses, central differences), so everything is measured in float64 where that works.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Callable, Optional, Union

import keras
import numpy as np
import tensorflow as tf

from .families import Batch
from .job import SubjectSource
from .subject import Candidate, Failure, load

AGREEMENT = 2e-4
"""A lifted loss is accepted where |L64 - L32| <= AGREEMENT * (1 + |L32|)."""
SAME = 1e-4
"""Relative difference of two float32 values that count as the same: sums in another order."""

_PACKAGES = ("tensorflow", "keras", "numpy")
_SUBJECT = "lossfix_subject_"
_NARROW = {tf.float32: tf.float64, np.float32: np.float64, "float32": "float64"}
_FROM_NUMBERS = frozenset(
    [
        "constant",
        "convert_to_tensor",
        "ones",
        "zeros",
        "fill",
        "full",
        "linspace",
        "range",
        "arange",
        "one_hot",
        "where",
        "eye",
        "Variable",
        "variable",
        "array",
        "asarray",
        "cast",
    ]
)


class _Lifted:
    """A module seen through: float32 reads as float64, and what is made of Python numbers is
    float64. It stands in for ``tf``, ``keras`` and ``np`` within one module of the user's."""

    def __init__(self, module: ModuleType) -> None:
        self.__dict__["_module"] = module
        self.__dict__["__name__"] = module.__name__

    def __getattr__(self, name: str) -> Any:
        value = _lift(name, getattr(self.__dict__["_module"], name))
        self.__dict__[name] = value
        return value


def _lift(name: str, value: Any) -> Any:
    if isinstance(value, ModuleType):
        return _Lifted(value) if value.__name__.split(".")[0] in _PACKAGES else value
    if value is tf.float32 or value is np.float32:
        return _NARROW[value]
    if name == "register_keras_serializable":
        # The registry must keep the class as its author wrote it.
        return lambda *_, **__: lambda decorated: decorated
    if isinstance(value, type) or not callable(value):
        return value
    return _widened(name, value)


def _widened(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    from_numbers = name in _FROM_NUMBERS
    numpy = (getattr(function, "__module__", "") or "").startswith("numpy")

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        args = tuple(_wide(value, from_numbers and not numpy) for value in args)
        kwargs = {
            key: _wide(value, from_numbers and not numpy and key != "name")
            for key, value in kwargs.items()
        }
        result = function(*args, **kwargs)
        if getattr(result, "dtype", None) == tf.float32 and isinstance(result, tf.Tensor):
            return tf.cast(result, tf.float64)
        return result

    return tf.autograph.experimental.do_not_convert(call)  # type: ignore[no-any-return]


def _wide(value: Any, numbers: bool) -> Any:
    if isinstance(value, str):
        return _NARROW.get(value, value)
    if numbers and isinstance(value, float):
        return np.float64(value)
    if numbers and isinstance(value, (list, tuple)) and _decimals(value):
        return np.array(value, np.float64)
    return value


def _decimals(values: Any) -> bool:
    """Whether these are numbers, or rows of them, and not whole ones alone."""
    flat = [v for each in values for v in (each if isinstance(each, (list, tuple)) else [each])]
    return all(isinstance(v, (int, float)) for v in flat) and any(
        isinstance(v, float) for v in flat
    )


@contextmanager
def lifted() -> Iterator[None]:
    """Within, modules of subjects import stand-ins for TensorFlow, Keras and NumPy in which
    float32 is float64, and Keras' default float is float64."""
    plain, floatx = builtins.__import__, keras.config.floatx()

    def importing(name: str, globals: Any = None, *args: Any, **kwargs: Any) -> Any:
        module = plain(name, globals, *args, **kwargs)
        ours = str((globals or {}).get("__name__", "")).startswith(_SUBJECT)
        if ours and module.__name__.split(".")[0] in _PACKAGES:
            return _Lifted(module)
        return module

    builtins.__import__ = importing
    keras.config.set_floatx("float64")
    try:
        yield
    finally:
        builtins.__import__ = plain
        keras.config.set_floatx(floatx)


def as_tensors(y_true: Any, y_pred: Any, precision: str = "float32") -> tuple[Any, Any]:
    """Both as tensors; floats in this precision, integer labels as they are."""
    truth = np.asarray(y_true)
    if np.issubdtype(truth.dtype, np.floating):
        truth = truth.astype(precision)
    return tf.convert_to_tensor(truth), tf.convert_to_tensor(np.asarray(y_pred).astype(precision))


def same(a: float, b: float, tolerance: float = SAME) -> bool:
    """Whether two single numbers are equal up to this relative difference; ``nan`` equals itself."""
    return bool(np.isclose(a, b, rtol=tolerance, atol=1e-6, equal_nan=True))


Graph = Callable[[np.ndarray, np.ndarray, Optional[float]], Optional[tuple[float, np.ndarray]]]
"""(y_true, y_pred, steepness) to the scalar and the unreduced value; ``None`` for what it cannot
take."""


@dataclass(frozen=True, eq=False)
class Objective:
    """The scalar that training would lower, as a function of targets and predictions.

    Compared by identity: what is traced of one holds for it alone.
    ``value`` and ``slope`` raise whatever the loss raises.
    """

    candidate: Candidate
    loss: Any
    """What ``compile(loss=...)`` makes of the candidate."""
    precision: str = "float32"
    direct: bool = False
    """Whether the author's function is called itself, because it does not run as Keras calls it
    (float labels), and its value averaged."""
    arrays: bool = False
    """Whether it is called directly on float64 NumPy arrays, because it does not run on tensors:
    an oracle of values alone."""
    steepness: Optional[float] = None
    """The one that it was built at by ``at``."""
    graph: Optional[Graph] = None
    """Gives the values faster than calls do (``traced.traced``)."""

    def value(self, y_true: np.ndarray, y_pred: np.ndarray) -> float:
        """The scalar value."""
        seen = self.graph(y_true, y_pred, self.steepness) if self.graph else None
        if seen is not None:
            return seen[0]
        with self.in_precision():
            return float(np.asarray(self.scalar(*self.tensors(y_true, y_pred))))

    def slope(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[float, Optional[np.ndarray]]:
        """The scalar value and its gradient with respect to y_pred, of y_pred's shape.

        ``None`` in place of the gradient where autodiff finds no path to y_pred.
        """
        with self.in_precision():
            truth, pred = self.tensors(y_true, y_pred)
            with tf.GradientTape() as tape:
                tape.watch(pred)
                value = self.scalar(truth, pred)
            if not isinstance(value, tf.Tensor):
                return float(np.asarray(value)), None
            gradient = tape.gradient(value, pred)
            if gradient is None:
                return float(value), None
            return float(value), np.asarray(tf.convert_to_tensor(gradient), np.float64)

    def unreduced(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """The value as the author's function returns it, before any reduction."""
        seen = self.graph(y_true, y_pred, self.steepness) if self.graph else None
        if seen is not None:
            return seen[1]
        with self.in_precision():
            value: np.ndarray = np.asarray(self.elements(*self.tensors(y_true, y_pred)))
            return value

    def elements(self, truth: Any, pred: Any) -> Any:
        """The same of tensors."""
        return (self.loss if _calls_itself(self.candidate) else self.candidate.call)(truth, pred)

    def tensors(self, y_true: np.ndarray, y_pred: np.ndarray) -> tuple[Any, Any]:
        """Both as tensors; floats in this objective's precision, integer labels as they are."""
        if self.arrays:
            return np.array(y_true), np.array(y_pred)
        return as_tensors(y_true, y_pred, self.precision)

    def at(self, steepness: Any) -> Union[Objective, Failure]:
        """The same at another steepness: a number, or a scalar tensor within a graph."""
        with self.in_precision():
            built = self.candidate.at(steepness)
            if isinstance(built, Failure):
                return built
            return replace(self, candidate=built, loss=built.wrapped(), steepness=steepness)

    def scalar(self, truth: Any, pred: Any) -> Any:
        """The scalar value of tensors, as a tensor where the loss gives one."""
        value = (self.candidate.call if self.direct else self.loss)(truth, pred)
        if isinstance(value, tf.Tensor):
            return tf.reduce_mean(value) if value.shape.rank != 0 else value
        return np.mean(value)

    def in_precision(self) -> AbstractContextManager[None]:
        """Within, Keras computes in this objective's precision."""
        return lifted() if self.precision == "float64" else nullcontext()


@dataclass(frozen=True)
class Side:
    """One candidate in float32 and, where it could be lifted, in float64."""

    plain: Objective
    wide: Optional[Objective] = None

    @property
    def best(self) -> Objective:
        """The more precise one."""
        return self.wide or self.plain

    def beside(self, after: Side) -> tuple[Objective, Objective]:
        """This one and a rewrite of it in the same precision, called in the same way."""
        if self.plain.arrays:
            return replace(self.plain, precision=after.best.precision), after.best
        if self.wide and after.wide:
            return self.wide, after.wide
        return self.plain, after.plain

    def ran_into(self, error: BaseException) -> bool:
        """Whether the error passed through the candidate's own code."""
        return any(
            each is not None and each.candidate.raised(error) for each in (self.plain, self.wide)
        )

    def at(self, steepness: float) -> Union[Side, Failure]:
        """Both at another steepness."""
        plain = self.plain.at(steepness)
        if isinstance(plain, Failure):
            return plain
        wide = self.wide.at(steepness) if self.wide else None
        return Side(plain, None if isinstance(wide, Failure) else wide)


def objective(candidate: Candidate, direct: bool = False, arrays: bool = False) -> Objective:
    """The objective of a candidate in float32, as it would be trained (or see ``Objective``)."""
    return Objective(candidate, candidate.wrapped(), "float32", direct or arrays, arrays)


def _calls_itself(candidate: Candidate) -> bool:
    """Whether a ``Loss`` overrides ``__call__``, with which Keras then calls it."""
    return candidate.is_loss and not type(candidate.target).__call__.__module__.startswith(
        ("keras", "tf_keras", "tensorflow")
    )


def lift(
    subject: SubjectSource, directory: str, filename: str, plain: Objective, batch: Batch
) -> Optional[Objective]:
    """The float64 twin of ``plain``, or ``None`` where it cannot be built or does not agree.

    The subject is loaded a second time with stand-ins for its imports. It must give float64, the
    same value as in float32 (see ``AGREEMENT``), and tell inputs apart that differ by 1e-9.
    """
    with lifted():
        own = plain.candidate
        candidate = load(subject, directory, filename, own.shimmed, calling=own.calling)
        if isinstance(candidate, Failure):
            return None
        wide = Objective(candidate, candidate.wrapped(), "float64", plain.direct)
    try:
        single = plain.value(batch.y_true, batch.y_pred)
        double = wide.value(batch.y_true, batch.y_pred)
        if not abs(double - single) <= AGREEMENT * (1.0 + abs(single)):
            return None
        return wide if _smooth_to_rounding(wide, batch, double) else None
    except Exception:
        return None


def _smooth_to_rounding(wide: Objective, batch: Batch, middle: float) -> bool:
    """Whether tiny steps away from ``batch``, where the value is ``middle``, change that by tiny amounts:
    a float32 left inside would round.

    Second differences over steps of 1e-9 are rounding alone; float32 leaves some 1e-8, float64
    1e-16. The median over directions ignores the rare gate that lies in between.
    """
    rng = np.random.default_rng(0)
    noise = []
    for _ in range(3):
        step = 1e-9 * rng.choice([-1.0, 1.0], batch.y_pred.shape)
        low, high = (wide.value(batch.y_true, batch.y_pred + each) for each in (-step, step))
        noise.append(abs(high - 2.0 * middle + low) / (abs(middle) + 1e-3))
    return float(np.median(noise)) < 1e-10


Slope = Callable[[np.ndarray, np.ndarray], tuple[float, Optional[np.ndarray]]]


def fast_slope(objective: Objective, batch: Batch) -> Slope:
    """``objective.slope`` for many calls on inputs of ``batch``'s trailing shapes.

    Traced into a graph once (about a third of the cost per call) where that gives the same numbers,
    else the eager one.
    """
    if objective.arrays:
        return objective.slope
    try:
        slope = graph_slope(objective, batch)
        seen = slope(batch.y_true, batch.y_pred)
        if _same_slope(seen, objective.slope(batch.y_true, batch.y_pred)):
            return slope
    except Exception:  # whatever does not trace is measured as it runs
        pass
    return objective.slope


def graph_slope(objective: Objective, batch: Batch) -> Slope:
    """``objective.slope`` in the graph of ``as_in_fit``, which is traced if it was not yet."""
    graph = as_in_fit(objective, batch)

    def slope(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[float, Optional[np.ndarray]]:
        value, gradient = graph(*objective.tensors(y_true, y_pred))
        return float(value), None if gradient is None else np.asarray(gradient, np.float64)

    return slope


def as_in_fit(objective: Objective, batch: Batch) -> Callable[..., Any]:
    """Two tensors of ``batch``'s trailing shapes to the value and its gradient, in a graph for any number of
    rows that is traced as ``fit`` traces it. Raises what the loss raises there.

    Keras turns AutoGraph off there, so ``if tensor:`` raises where a ``tf.function`` of the user's own
    would run.
    """
    both = objective.tensors(batch.y_true, batch.y_pred)
    found = _traced(objective, *(tf.TensorSpec([None, *t.shape[1:]], t.dtype) for t in both))
    if isinstance(found, Exception):
        raise found
    return found


@functools.lru_cache(maxsize=64)
def _traced(objective: Objective, *signature: Any) -> Union[Callable[..., Any], Exception]:
    """The graph, or what the loss raised while it was traced: what fails is not tried again either."""

    def train_step(y_true: Any, y_pred: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = objective.scalar(y_true, y_pred)
        return value, tape.gradient(value, y_pred)

    try:
        with objective.in_precision():
            graph = tf.function(train_step, autograph=False)
            return graph.get_concrete_function(*signature)  # type: ignore[no-any-return]
    except Exception as error:
        return error.with_traceback(None)


def _same_slope(
    one: tuple[float, Optional[np.ndarray]], other: tuple[float, Optional[np.ndarray]]
) -> bool:
    if not np.isclose(one[0], other[0], rtol=1e-5, equal_nan=True):
        return False
    if one[1] is None or other[1] is None:
        return one[1] is other[1]
    return bool(np.allclose(one[1], other[1], rtol=1e-3, atol=1e-7, equal_nan=True))
