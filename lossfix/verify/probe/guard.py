"""Whether the measured code replaced what it is measured with.

A module that patches ``tf.GradientTape`` or NumPy when it is imported has its gradients told by its own
patch. Comparing before and after finds what was left in place; it does not find an attack that undoes
itself.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

Snapshot = dict[str, Any]
"""Name to object; what is the same is the same object."""

_TENSORFLOW = (
    "GradientTape cast constant convert_to_tensor custom_gradient function map_fn reduce_mean "
    "reduce_sum stop_gradient while_loop zeros_like"
).split()


def snapshot() -> Snapshot:
    """The functions and classes on which a measurement rests."""
    return dict(_watched())


def replaced(before: Snapshot) -> tuple[str, ...]:
    """The names of what is something else now."""
    after = snapshot()
    return tuple(sorted(name for name, value in before.items() if after.get(name) is not value))


def _watched() -> Iterator[tuple[str, Any]]:
    package = __name__.rpartition(".")[0]
    for name, module in list(sys.modules.items()):
        if module is not None and name.rpartition(".")[0] == package:
            yield from _of(name.rpartition(".")[2], module)
    for name in _TENSORFLOW:
        yield f"tf.{name}", getattr(tf, name, None)
    yield from _of("tf.GradientTape", tf.GradientTape)
    yield from _of("keras.losses.Loss", keras.losses.Loss)
    # Types alone are often given their old names again: np.bool = bool.
    yield from ((name, value) for name, value in _of("np", np) if not isinstance(value, type))
    yield from _of("builtins", builtins)


def _of(owner: str, holder: Any) -> Iterator[tuple[str, Any]]:
    for name, value in list(vars(holder).items()):
        if callable(value) and (not name.startswith("__") or name in ("__call__", "__import__")):
            yield f"{owner}.{name}", value
