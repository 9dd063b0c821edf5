"""Whether some operation that a loss runs is fed what is asked for."""

from __future__ import annotations

from typing import Any, Callable, Sequence

try:
    from tensorflow.python.framework import op_callbacks as _callbacks
except ImportError:  # pragma: no cover - a TensorFlow without the hook
    _callbacks = None

from .families import Batch
from .numeric import Objective


def runs(objective: Objective, batch: Batch, asked: Callable[[str, Sequence[Any]], bool]) -> bool:
    """Whether ``asked`` is true of an operation's type and inputs in a call on ``batch``; false where that
    cannot be watched, or where the loss raises."""
    if _callbacks is None or objective.arrays:
        return False
    found: list[bool] = []

    def note(
        op: Any, inputs: Any, attrs: Any, outputs: Any, name: Any = None, graph: Any = None
    ) -> None:
        if graph is None and not any(found):
            found.append(asked(op if isinstance(op, str) else op.decode(), inputs))

    _callbacks.add_op_callback(note)
    try:
        objective.value(batch.y_true, batch.y_pred)
    except Exception:  # told where the values are compared
        return False
    finally:
        _callbacks.remove_op_callback(note)
    return any(found)
