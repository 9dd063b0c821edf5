"""The checks that need a model: ``compile`` and ``fit``, saving and loading.

One model of a single dense layer stands in for the user's: its inputs hold the targets, so any loss
that can be trained at all falls within one epoch, and its bias starts at the mean prediction of the
family, inside the domain.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .families import Batch, one_hot
from .gradient import raised
from .subject import Candidate

BATCH_SIZE = 10
"""Divides no batch of the descent's 192 rows: the last batch of an epoch is smaller, so Keras traces
with an unknown batch size."""

_RATE = 0.05
_COLUMNS = 64
"""Inputs of the model that is trained, at most: they only have to tell the rows apart."""
_SETTLED = 1e-3
"""A loss that starts this close to where it ends, as a share of its size, has nothing to learn."""


@dataclass(frozen=True)
class Fitted:
    """A model after one epoch, or what went wrong."""

    failure: str
    detail: str = ""
    model: Any = None


def fit(candidate: Candidate, original: Candidate, batch: Batch, seed: int = 0) -> Fitted:
    """Compiles and fits a small model with ``candidate``; never raises.

    ``batch`` has some hundred rows. Fails where ``fit`` raises, no weight moves, a value stops
    being finite, or the candidate's or the original's value (where it can be evaluated) does not
    fall.
    """
    try:
        model = build(batch, seed)
        optimizer = keras.optimizers.Adam(_RATE)
        model.compile(optimizer=optimizer, loss=candidate.target, jit_compile=False)
        # Built beforehand: variables made while tracing would have TensorFlow trace twice.
        model.optimizer.build(model.trainable_variables)
        inputs, targets = features(batch), np.asarray(batch.y_true)
        weights = [np.array(weight) for weight in model.get_weights()]
        start = model(inputs)
        model.fit(inputs, targets, batch_size=BATCH_SIZE, epochs=1, verbose=0, shuffle=False)
        end = model(inputs)
        moved = any(not np.array_equal(old, new) for old, new in zip(weights, model.get_weights()))
        ours = candidate.mean(targets, start), candidate.mean(targets, end)
    except Exception as error:
        # Whatever fit raises is what is asked for here.
        return Fitted(raised(error))
    detail = f"loss {ours[0]:.3g} → {ours[1]:.3g}"
    if not moved:
        return Fitted("no weight moves", detail)
    if not np.all(np.isfinite(ours)) or not all(
        np.all(np.isfinite(weight)) for weight in model.get_weights()
    ):
        return Fitted("the loss or the weights are no longer finite", detail)
    if not _fell(*ours):
        return Fitted("its value does not fall", detail)
    try:
        theirs = original.mean(targets, start), original.mean(targets, end)
    except Exception:
        # Many an original raises; then its own value cannot be asked for.
        return Fitted("", detail, model)
    detail += f", original {theirs[0]:.3g} → {theirs[1]:.3g}"
    if np.all(np.isfinite(theirs)) and not _fell(*theirs):
        return Fitted("the original's value does not fall", detail)
    return Fitted("", detail, model)


def features(batch: Batch) -> Any:
    """The inputs of the model, float32 of shape (rows, n): the targets, one-hot where they are
    class indices, each brought to mean 0 and deviation 1, with gaps filled by 0; of large ones the
    means of neighbours."""
    targets = np.asarray(batch.y_true)
    if np.issubdtype(targets.dtype, np.integer):
        targets = one_hot(targets, np.shape(batch.y_pred)[-1])
    columns = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
    spread = np.nanstd(columns, axis=0)
    columns = (columns - np.nanmean(columns, axis=0)) / np.where(spread > 0, spread, 1.0)
    columns = np.nan_to_num(columns)
    if columns.shape[1] > _COLUMNS:
        parts = np.array_split(np.arange(columns.shape[1]), _COLUMNS)
        columns = np.stack([columns[:, part].mean(-1) for part in parts], axis=-1)
        columns = columns / np.maximum(columns.std(axis=0), 1e-12)
    return columns.astype(np.float32)


def build(batch: Batch, seed: int) -> Any:
    """A model from ``features`` to predictions of the batch's shape and domain."""
    shape = np.shape(batch.y_pred)[1:]
    units = int(np.prod(shape, dtype=int))
    inputs = features(batch)
    dense = keras.layers.Dense(units)
    layers = [keras.Input((inputs.shape[1],)), dense, keras.layers.Reshape(shape)]
    layers.append(keras.layers.Activation(batch.activation))
    if (batch.scale, batch.offset) != (1.0, 0.0):
        layers.append(keras.layers.Rescaling(batch.scale, batch.offset))
    model = keras.Sequential(layers)
    kernel = np.random.default_rng(seed).normal(0.0, 0.05, (inputs.shape[1], units))
    mean = (np.mean(batch.y_pred, axis=0) - batch.offset) / batch.scale
    dense.set_weights([kernel, np.reshape(_before_activation(mean, batch.activation), (units,))])
    return model


def saved_configuration(loss: Any) -> str:
    """The configuration of a loss as JSON, which has no tuples: ``axis=(1, 2)`` comes back as a list."""
    return json.dumps(keras.saving.serialize_keras_object(loss.get_config()))


def save_and_load(candidate: Candidate, fitted: Any, batch: Batch, directory: str) -> str:
    """Saves a compiled model as ``.keras`` and loads it without ``custom_objects``; ``""`` where
    the loss comes back with its value and its configuration, else what failed."""
    path = os.path.join(directory, "saved.keras")
    try:
        fitted.save(path)
        loaded = keras.models.load_model(path)
    except Exception as error:
        return f"saving or loading a model: {raised(error)}"
    finally:
        if os.path.exists(path):
            os.remove(path)
    if not candidate.is_loss or not isinstance(loaded.loss, keras.losses.Loss):
        return ""
    if saved_configuration(loaded.loss) != saved_configuration(candidate.target):
        return "a loaded model has the loss with another configuration"
    targets, predictions = np.asarray(batch.y_true), tf.cast(batch.y_pred, tf.float32)
    before = float(np.mean(candidate.target(targets, predictions)))
    after = float(np.mean(loaded.loss(targets, predictions)))
    return "" if np.isclose(before, after, rtol=1e-6) else "a loaded model has another loss value"


def _fell(start: float, end: float) -> bool:
    return end < start or abs(end - start) <= _SETTLED * abs(start)


def _before_activation(mean: Any, activation: str) -> Any:
    """The number that ``activation`` maps to ``mean``."""
    if activation == "sigmoid":
        mean = np.clip(mean, 0.01, 0.99)
        return np.log(mean / (1 - mean))
    if activation == "tanh":
        return np.arctanh(np.clip(mean, -0.99, 0.99))
    if activation == "softplus":
        return np.log(np.expm1(np.maximum(mean, 0.01)))
    if activation == "softmax":
        return np.log(np.maximum(mean, 0.01))
    return mean
