"""Connectionist losses: labels, predictions per step, and how many there are of both."""

from __future__ import annotations

from .demands import Known, Shape, Value, View
from .sizes import Call, Sizes

_CTC = (8, 3, 6)
"""Steps, labels and classes (the blank is the last) where a connectionist loss is computed."""


def ctc(sizes: Sizes, call: Call) -> Value:
    """The connectionist loss of the backend, which takes four tensors."""
    if len(call.arguments) == 4:
        _connectionist(sizes, call.arguments)
    return None


def ctc_loss(sizes: Sizes, call: Call) -> Value:
    """The connectionist loss of TensorFlow, whose first two tensors may be named."""
    given = dict(zip(("labels", "logits"), call.arguments)) | call.named
    if call.named.get("logits_time_major") == Known(False):
        _connectionist(sizes, [given.get("labels"), given.get("logits")])
    return None


def _connectionist(sizes: Sizes, arguments: list[Value]) -> None:
    """Labels, predictions per step, and how long each of both is."""
    steps, labels, classes = _CTC
    shapes: tuple[Shape, ...] = ((labels,), (steps, classes), (1,), (1,))
    for each, shape in zip(arguments, shapes):
        if isinstance(each, View) and each.whole:
            sizes.demands.at(each.path).tail = shape
    if isinstance(arguments[0], View):
        sizes.demands.at(arguments[0].path).classes = classes - 1
    for each, length in zip(arguments[2:], (steps, labels)):
        if isinstance(each, View) and each.whole:
            sizes.demands.at(each.path).fixed = length
