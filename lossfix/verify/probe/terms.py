"""The additive terms of a loss, and whether a gradient reaches each of them.

``mse + w * mean(sign(t) != sign(p))`` trains, and its second term does nothing: the sum has a
gradient, so only the terms tell. They are found by following the value back through the operations
that made it, for as long as these add, average, scale or reshape.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np
import tensorflow as tf

try:
    from tensorflow.python.framework import op_callbacks as _callbacks
except ImportError:  # pragma: no cover - a TensorFlow without the hook
    _callbacks = None

from .facts import TermFacts
from .families import Batch
from .numeric import Objective

_SUMS = frozenset({"Add", "AddV2", "Sub", "AddN"})
_SHAPES = frozenset(
    {"Mean", "Sum", "Neg", "Identity", "Reshape", "Squeeze", "ExpandDims", "BroadcastTo", "Cast"}
)
_SCALES = frozenset({"Mul", "RealDiv", "DivNoNan"})
MOST = 12
"""More terms than these are elements of something else, such as a loop over the batch."""


@dataclass
class _Made:
    """What the operations of one run made of y_pred."""

    path: str
    pred: Any
    tape: Any
    by_output: dict[int, tuple[str, Any, int]] = field(default_factory=dict)
    """id of a tensor that depends on y_pred: (operation, inputs, line)."""
    kept: list[Any] = field(default_factory=list)
    """Tensors are told apart by id(), so none may be freed before the run is over."""

    def depends(self, tensor: Any) -> bool:
        return tensor is self.pred or id(tensor) in self.by_output

    def note(
        self, op: Any, inputs: Any, attrs: Any, outputs: Any, name: Any = None, graph: Any = None
    ) -> None:
        """The op callback; operations on TensorFlow's quick path come as bytes."""
        op = op.decode() if isinstance(op, bytes) else op
        if graph is not None or not any(self.depends(x) for x in inputs):
            return
        self.kept.extend((*inputs, *outputs))
        for output in outputs:
            self.by_output[id(output)] = (op, tuple(inputs), self._line())
            if output.dtype.is_floating:
                # So that the value's slope along a term is known where none leads on to y_pred.
                self.tape.watch(output)

    def _line(self) -> int:
        frame: Any = sys._getframe(2)
        while frame is not None:
            if frame.f_code.co_filename == self.path:
                return int(frame.f_lineno)
            frame = frame.f_back
        return 0

    def terms(self, value: Any) -> list[Any]:
        """The tensors that ``value`` is a weighted sum of, in the order in which they stand."""
        if value is self.pred or not self.depends(value):
            return []
        op, inputs, _ = self.by_output[id(value)]
        dependent = [x for x in inputs if self.depends(x)]
        scaled = op in _SCALES and len(dependent) == 1 and dependent[0] is inputs[0]
        scaled = scaled or (op == "Mul" and len(dependent) == 1)
        if op in _SHAPES and not dependent[0].dtype.is_floating:
            return [value]
        if not (op in _SUMS or op in _SHAPES or scaled):
            return [value]
        if any(x is self.pred for x in dependent):
            return [value]
        return [term for x in dependent for term in self.terms(x)]


def find_terms(objective: Objective, batches: Sequence[Batch]) -> tuple[TermFacts, ...]:
    """The terms of the scalar value; empty where there is one only, or where it cannot be traced.

    ``share`` is by the standard deviations over ``batches``; the state is ``none`` or ``zero``
    where that holds on all of them.
    """
    if _callbacks is None:
        return ()
    runs = []
    for batch in batches:
        try:
            runs.append(_run(objective, batch))
        except Exception:
            # What it raises is told by the facts of the gradient.
            return ()
    count = len(runs[0])
    if not 2 <= count <= MOST or any(len(run) != count for run in runs):
        return ()
    deviations = [float(np.std([run[i][2] for run in runs])) for i in range(count)]
    total = sum(deviations) or 1.0
    found = []
    for index, deviation in enumerate(deviations):
        line, op, _, _ = runs[0][index]
        states = {run[index][3] for run in runs}
        state = "alive" if "alive" in states else sorted(states)[0]
        found.append(TermFacts(line, op, deviation / total, state))
    return tuple(found)


def _run(objective: Objective, batch: Batch) -> list[tuple[int, str, float, str]]:
    """(line, operation, contribution to the value, state of its gradient) of every term."""
    truth, pred = objective.tensors(batch.y_true, batch.y_pred)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(pred)
        made = _Made(objective.candidate.path, pred, tape)
        _callbacks.add_op_callback(made.note)
        try:
            value = objective.scalar(truth, pred)
        finally:
            _callbacks.remove_op_callback(made.note)
    found = []
    for term in made.terms(value):
        op, _, line = made.by_output[id(term)]
        along = tape.gradient(value, term) if term.dtype.is_floating else None
        if along is None:
            found.append((line, op, 0.0, "none"))
            continue
        gradient = tape.gradient(term, pred, output_gradients=along)
        found.append((line, op, float(tf.reduce_sum(along * term)), _state(gradient)))
    return found


def _state(gradient: Optional[Any]) -> str:
    if gradient is None:
        return "none"
    values = np.asarray(tf.convert_to_tensor(gradient))
    if not np.all(np.isfinite(values)):
        return "not finite"
    return "alive" if np.any(values) else "zero"
