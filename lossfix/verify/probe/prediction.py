"""What a whole model predicts inside of a loss, without the machinery that ``predict`` sets up each time."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

_SAYS_NOTHING = frozenset({"batch_size", "verbose"})
"""Arguments on which the values do not depend."""


@contextmanager
def at_once() -> Iterator[None]:
    """Has ``Model.predict`` call the model where it is called eagerly, with one array.

    It makes a data set of its argument, and takes a tenth of a second for what takes a thousandth; a loss is
    called hundreds of times. In a graph it raises as ever.
    """
    original = keras.Model.predict

    @functools.wraps(original)
    def predict(self: Any, x: Any, *args: Any, **options: Any) -> Any:
        plain = (
            isinstance(x, (np.ndarray, tf.Tensor)) and not args and options.keys() <= _SAYS_NOTHING
        )
        if not plain or not tf.executing_eagerly():
            return original(self, x, *args, **options)
        return tf.nest.map_structure(np.asarray, self(x, training=False))

    keras.Model.predict = predict
    try:
        yield
    finally:
        keras.Model.predict = original
