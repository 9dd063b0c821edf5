"""Watches a loss run eagerly, one operation at a time, without touching its source.

TensorFlow's op callbacks (the hook on which ``tf.debugging.enable_check_numerics`` is built) see
every operation with its inputs and outputs, and the Python stack says where it stands. From that
come the hard operations on the way from y_pred to the value, what they were fed, and what became of
their outputs. The hook is private: where it is missing, ``AVAILABLE`` is false, a trace still gives
the value but no gates, and whoever asks has to rely on the numbers alone.

Two taints are followed. A tensor *depends* on y_pred (or y_true) when its value does; it is *live*
when a gradient can flow through it. A comparison of a live tensor depends and is not live.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from .kinds import (
    ADDITIVE,
    COMPARISONS,
    CONSTANT,
    ELEMENTWISE,
    FINITENESS,
    LINEAR,
    PRODUCTS,
    ROUNDING,
    SELECTS,
    SINGULAR,
    SORTS,
    UNGRADED,
    margin_of,
)

try:
    from tensorflow.python.framework import op_callbacks as _callbacks
except ImportError:  # pragma: no cover - a TensorFlow without the hook
    _callbacks = None

AVAILABLE = _callbacks is not None
"""Whether this TensorFlow has op callbacks."""

Call = Callable[[Any, Any], Any]
"""A loss: (y_true, y_pred) to an unreduced or scalar value."""

Place = tuple[int, int, int, int]
"""Line, column, end line, end column, all from 1, the end exclusive; zeros where unknown."""


@dataclass
class Hit:
    """One run of one hard operation."""

    key: tuple[Place, str, int]
    """Its place, its operation, and its turn among those of the same place and operation."""
    sides: Any
    """What it decided, as an array: truth values, or the rounded or chosen values."""
    margin: Any
    """Signed distance to the boundary in units of the gated quantity, elementwise; ``None`` where
    it has none."""
    depends: bool
    """Whether it depends on y_pred; otherwise on y_true alone."""
    threshold: Optional[float] = None
    computed: bool = False
    weighs: bool = False
    """Whether its outcome multiplies, selects or bends something live."""
    guards: bool = False
    """Whether it kept a value out of a singularity."""
    detached: bool = False
    """Whether it stands under ``stop_gradient`` or inside ``custom_gradient``: on purpose."""
    used: bool = True
    """Whether anything asked for its outcome: of ``top_k`` only the indices are hard."""
    arrives: bool = False
    """Whether its outcome is in the value by data flow; else it chose what Python runs."""


@dataclass
class Run:
    """One evaluation of a loss."""

    value: Any
    """The unreduced value as a NumPy array, float64."""
    hits: list[Hit] = field(default_factory=list)
    leaks: list[Place] = field(default_factory=list)
    """Where a live tensor was turned into a NumPy array or a Python number."""


@dataclass(frozen=True)
class _Taint:
    pred: bool = False
    true: bool = False
    live: bool = False
    plain: bool = True
    """Made of elementwise operations alone."""
    carried: frozenset[int] = frozenset()
    """The hits whose outcome is in the value but not in its gradient."""
    hidden: Any = None
    """For the output of a select: the value of the branch that was not taken, elementwise."""
    choice: frozenset[int] = frozenset()
    """For the output of a select: the hits that chose."""


_CLEAN = _Taint()


def watch(call: Call, y_true: Any, y_pred: Any, path: str) -> Run:
    """Runs ``call`` eagerly on two tensors and records what it did in the file ``path``.

    ``y_true`` and ``y_pred`` are what ``tf.convert_to_tensor`` takes. ``tf.function``s inside run
    eagerly. Whatever ``call`` raises is raised.
    """
    true, pred = tf.identity(y_true), tf.identity(y_pred)
    if not AVAILABLE:
        return Run(np.asarray(call(true, pred), dtype=np.float64))
    watcher = _Watcher(path, true, pred)
    with watcher.installed():
        value = call(true, pred)
    watcher.conclude(value)
    hits = [hit for hit in watcher.hits if hit.used]
    return Run(np.asarray(value, dtype=np.float64), hits, watcher.leaks)


class _Watcher:
    """The taints and hits of one run."""

    def __init__(self, path: str, y_true: Any, y_pred: Any) -> None:
        self.hits: list[Hit] = []
        self.leaks: list[Place] = []
        self._path = path
        self._turns: dict[tuple[Place, str], int] = {}
        self._looking = False
        # Tensors are told apart by id(), so none may be freed before the run is over.
        self._kept: list[Any] = [y_true, y_pred]
        self._taints: dict[int, _Taint] = {
            id(y_true): _Taint(true=True),
            id(y_pred): _Taint(pred=True, live=True),
        }

    @contextmanager
    def installed(self) -> Iterator[None]:
        eagerly = tf.config.functions_run_eagerly()
        tf.config.run_functions_eagerly(True)
        _callbacks.add_op_callback(self._on_op)
        kind = next(k for k in type(self._kept[0]).__mro__ if "numpy" in vars(k))
        originals = {
            name: getattr(kind, name)
            for name in ("numpy", "__bool__", "__float__", "__int__", "__array__")
            if name in vars(kind)
        }
        for name, original in originals.items():
            setattr(kind, name, self._noting(original, name))
        try:
            yield
        finally:
            for name, original in originals.items():
                setattr(kind, name, original)
            _callbacks.remove_op_callback(self._on_op)
            tf.config.run_functions_eagerly(eagerly)

    def conclude(self, value: Any) -> None:
        """Marks the hits whose outcome is in ``value``."""
        for number in self._taints.get(id(value), _CLEAN).carried:
            self.hits[number].arrives = True

    def _use(self, taint: _Taint) -> None:
        for number in taint.carried:
            self.hits[number].used = True

    def _noting(self, original: Any, name: str) -> Any:
        def noting(tensor: Any, *arguments: Any, **options: Any) -> Any:
            taint = self._taints.get(id(tensor), _CLEAN)
            if taint.pred and not self._looking:
                self._use(taint)
                place, _ = self._place()
                if taint.live and place[0] and place not in self.leaks:
                    self.leaks.append(place)
            return original(tensor, *arguments, **options)

        return noting

    def _on_op(
        self,
        op: Any,
        inputs: Any,
        attributes: Any,
        outputs: Any,
        op_name: Any = None,
        graph: Any = None,
    ) -> None:
        op = op.decode() if isinstance(op, bytes) else op
        if graph is not None or op in CONSTANT:
            return
        taints = [self._taints.get(id(x), _CLEAN) for x in inputs]
        if not any(t.pred or t.true for t in taints):
            return
        self._kept.extend(outputs)
        self._kept.extend(inputs)
        self._looking = True
        try:
            self._follow(op, inputs, taints, outputs)
        finally:
            self._looking = False

    def _follow(self, op: str, inputs: Any, taints: list[_Taint], outputs: Any) -> None:
        self._note_use(op, inputs, taints)
        hit = self._hit(op, inputs, taints, outputs)
        live = any(t.live for t in (taints[1:] if op in SELECTS else taints))
        passed_on = frozenset().union(*(t.carried for t in taints))
        plain = op in ELEMENTWISE | COMPARISONS and all(t.plain for t in taints)
        hidden, choice = self._unselected(op, inputs, taints)
        for index, output in enumerate(outputs):
            graded = output.dtype.is_floating and op not in UNGRADED
            carried = passed_on
            if hit is not None and (op not in SORTS or index == 1):
                carried = passed_on | {hit}
            self._taints[id(output)] = _Taint(
                pred=any(t.pred for t in taints),
                true=any(t.true for t in taints),
                live=live and graded,
                plain=plain,
                carried=carried,
                hidden=hidden,
                choice=choice,
            )

    def _note_use(self, op: str, inputs: Any, taints: list[_Taint]) -> None:
        """What this operation tells of the gates whose outcome it is fed."""
        for index, taint in enumerate(taints):
            self._use(taint)
            if op == "StopGradient":
                for number in taint.carried:
                    self.hits[number].detached = True
            if taint.hidden is not None and op in SINGULAR:
                singular = SINGULAR[op]
            elif taint.hidden is not None and op in ("RealDiv", "Div") and index == 1:
                singular = SINGULAR["Reciprocal"]
            else:
                singular = None
            if singular is not None and np.any(singular(taint.hidden)):
                for number in taint.choice:
                    self.hits[number].guards = True
            if not taint.carried or op in ADDITIVE:
                continue
            others = [t for i, t in enumerate(taints) if i != index]
            beside_live = any(t.live for t in others) and (op not in SELECTS or index == 0)
            bent = taint.live and op not in LINEAR | PRODUCTS | SELECTS
            if beside_live or bent:
                for number in taint.carried:
                    self.hits[number].weighs = True

    def _unselected(self, op: str, inputs: Any, taints: list[_Taint]) -> tuple[Any, frozenset[int]]:
        if op not in SELECTS or not taints[0].carried:
            return None, frozenset()
        condition, first, second = (x.numpy() for x in inputs)
        condition = _broadcastable(condition, np.ndim(first))
        hidden = np.where(condition, second, first)
        if np.issubdtype(hidden.dtype, np.floating) and not np.all(np.isfinite(hidden)):
            for number in taints[0].carried:
                self.hits[number].guards = True
        return hidden, taints[0].carried

    def _hit(self, op: str, inputs: Any, taints: list[_Taint], outputs: Any) -> Optional[int]:
        live = any(t.live for t in taints)
        chooses = op in COMPARISONS or op in FINITENESS
        # Whatever turns numbers into truth values, indices, classes or counts.
        discrete = bool(outputs) and not any(output.dtype.is_floating for output in outputs)
        pred = any(t.pred for t in taints)
        hard = chooses or discrete or op in ROUNDING | SORTS
        if not hard or (pred and not live) or (not pred and not chooses):
            return None
        place, detached = self._place()
        if not place[0]:
            return None
        turn = self._turns.get((place, op), 0)
        self._turns[(place, op)] = turn + 1
        arrays = [x.numpy() for x in inputs]
        self.hits.append(
            Hit(
                key=(place, op, turn),
                sides=outputs[-1].numpy(),
                margin=margin_of(op, arrays),
                depends=pred,
                threshold=_threshold(op, arrays, taints),
                computed=not all(t.plain for t in taints),
                guards=op in FINITENESS,
                detached=detached,
                used=op not in SORTS,
            )
        )
        return len(self.hits) - 1

    def _place(self) -> tuple[Place, bool]:
        """Where in the watched file the interpreter is, and whether ``custom_gradient`` called it."""
        frame: Any = sys._getframe(2)
        place: Place = (0, 0, 0, 0)
        while frame is not None:
            name = frame.f_code.co_filename
            if not place[0]:
                if name == self._path:
                    place = _span(frame.f_code, frame.f_lasti, frame.f_lineno)
            elif name.endswith("custom_gradient.py"):
                return place, True
            frame = frame.f_back
        return place, False


_positions: dict[CodeType, list[Any]] = {}


def _span(code: CodeType, instruction: int, line: int) -> Place:
    # Columns came with Python 3.11; before, the line has to do.
    positions = getattr(code, "co_positions", None)
    if positions is None:
        return line, 0, 0, 0
    if code not in _positions:
        _positions[code] = list(positions())
    start, end, column, end_column = _positions[code][instruction // 2]
    if start is None or column is None:
        return line, 0, 0, 0
    return start, column + 1, end, end_column + 1


def _threshold(op: str, inputs: list[Any], taints: list[_Taint]) -> Optional[float]:
    """The constant on one side of a comparison."""
    if op not in COMPARISONS:
        return None
    for array, taint in zip(inputs, taints):
        values: Any = [] if taint.pred or taint.true else np.unique(array)
        if len(values) == 1:
            # A constant of single precision stands in the code with at most 7 digits.
            return float(f"{values[0]:.7g}")
    return None


def _broadcastable(condition: Any, rank: int) -> Any:
    # The v1 ``Select`` takes a vector that picks whole rows.
    if condition.ndim == 1 and rank > 1:
        return condition.reshape([-1] + [1] * (rank - 1))
    return condition
