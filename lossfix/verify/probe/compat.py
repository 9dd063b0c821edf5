"""Stand-ins for names that newer releases of TensorFlow and Keras removed.

A loss that calls ``K.mean`` under Keras 3 raises, and so cannot say which values it meant. Under
these stand-ins it can: they give the old names their old meaning while they are in place, and are
taken away afterwards, so that a rewrite which still relies on a removed name is found out.
"""

from __future__ import annotations

import functools
import importlib
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Callable

import keras
import tensorflow as tf
from tensorflow.python.framework import ops

WIDER_SIGNATURES = (
    *(f"reduce_{name}" for name in ("sum", "mean", "max", "min", "prod", "any", "all")),
    "reduce_logsumexp",
    "argmax",
    "argmin",
    "expand_dims",
    "squeeze",
    "name_scope",
    "cond",
)
"""TensorFlow 1's forms of these take what today's take and the old arguments (``keep_dims``,
``reduction_indices``, ``dimension``, ``dim``, ``squeeze_dims``, ``default_name``, ``strict``) as well."""


class _Reduction:
    """Keras 2's enumeration, in which ``AUTO`` meant what is today's default."""

    AUTO = "sum_over_batch_size"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


def _losses_utils() -> types.ModuleType:
    module = types.ModuleType("keras.utils.losses_utils")
    module.Reduction = module.ReductionV2 = _Reduction  # type: ignore[attr-defined]
    return module


_LOSSES_UTILS = _losses_utils()


def _contrib() -> types.ModuleType:
    module = types.ModuleType("tensorflow.contrib")
    module.keras = tf.keras  # type: ignore[attr-defined]
    return module


def _api() -> types.ModuleType:
    module = types.ModuleType("keras.api._v2")
    module.keras = tf.keras  # type: ignore[attr-defined]
    return module


RENAMED_MODULES = {
    "keras.api": keras,
    "keras.api._v2": _api(),
    "keras.api._v2.keras": tf.keras,
    "keras.api.backend": keras.backend,
    "keras.api.losses": keras.losses,
    "keras.api.ops": keras.ops,
    "keras.backend.tensorflow_backend": keras.backend,
    "keras.objectives": keras.losses,
    "keras.utils.generic_utils": keras.utils,
    "keras.utils.losses_utils": _LOSSES_UTILS,
    "keras.src.utils.losses_utils": _LOSSES_UTILS,
    "keras.src.losses.losses_utils": _LOSSES_UTILS,
    "tensorflow.contrib": _contrib(),
    "tensorflow.contrib.keras": tf.keras,
    "tensorflow.contrib.keras.backend": tf.keras.backend,
    "tensorflow.contrib.keras.losses": tf.keras.losses,
}
"""Modules of other times, and the ones in which their names are found under the stand-ins."""

_V1_KEYWORDS = {"labels", "predictions", "weights", "scope", "loss_collection", "reduction"}

NEVER_THERE = {
    **{name: f"reduce_{name}" for name in ("all", "any", "max", "mean", "min", "prod", "sum")},
    "absolute": "abs",
    "clip": "clip_by_value",
    "concatenate": "concat",
    "power": "pow",
    "relu": "nn.relu",
    "softmax": "nn.softmax",
    "std": "math.reduce_std",
    "var": "math.reduce_variance",
    "variance": "math.reduce_variance",
}
"""Names that ``tf``, or ``tf.math``, never had and that are written all the same, and what is meant."""

MOVED = ("convert_to_tensor_v2", "convert_to_tensor_v2_with_dispatch")
"""What losses import from a private module of TensorFlow that has it no more."""

_OLD_NAMES = {
    "cosine_proximity": "cosine_similarity",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
}
"""Functions of losses and metrics that were renamed since Keras 2, and their names of today."""

REDUCTIONS = ("auto", "none", "sum", "sum_over_batch_size")


def within(shims: Callable[[], Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """``function``, with the stand-ins in place whenever it runs."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with shims():
            return function(*args, **kwargs)

    return call


@contextmanager
def removed_names() -> Iterator[None]:
    """Puts the stand-ins in place and takes them away again.

    Covered: TensorFlow 1's functions under ``tf``, ``tf.math``, ``tf.nn`` and ``tf.losses``, the
    functions of ``keras.backend`` that Keras 3 dropped, the names that ``keras.losses`` and
    ``tf.keras.losses`` no longer share, `MOVED`, ``LossFunctionWrapper``, ``losses.Reduction`` with ``AUTO``,
    the arguments of Keras 2's ``Loss.__init__``, and the modules of `RENAMED_MODULES`.
    """
    replaced: list[tuple[Any, str, Any]] = []
    added = [name for name in RENAMED_MODULES if name not in sys.modules]
    try:
        for name in added:
            sys.modules[name] = RENAMED_MODULES[name]
        for owner, name, stand_in in _shims():
            replaced.append((owner, name, vars(owner).get(name, replaced)))
            setattr(owner, name, stand_in)
        yield
    finally:
        for owner, name, original in reversed(replaced):
            if original is replaced:
                # A module that is loaded lazily may have begun anew in between, without the stand-in.
                with suppress(AttributeError):
                    delattr(owner, name)
            else:
                setattr(owner, name, original)
        for name in added:
            del sys.modules[name]


_Shim = tuple[Any, str, Any]
"""A module or class, a name of it, and what stands in for that."""


@functools.lru_cache(maxsize=1)
def _shims() -> tuple[_Shim, ...]:
    """All of them, found once per process."""
    return (*_of_tensorflow(), *_of_backends(), *_of_losses_and_metrics())


def _of_tensorflow() -> Iterator[_Shim]:
    v1 = tf.compat.v1
    for name in WIDER_SIGNATURES:
        yield tf, name, getattr(v1, name)
    for name in ("softmax", "log_softmax"):
        yield tf.nn, name, getattr(v1.nn, name)
    yield tf, "norm", v1.norm
    if not hasattr(tf, "GraphKeys"):
        yield tf, "GraphKeys", v1.GraphKeys
    for name in MOVED:
        if not hasattr(ops, name):
            yield ops, name, tf.convert_to_tensor
    for new, old in ((tf, v1), (tf.math, v1), (tf.math, v1.math), (tf.nn, v1.nn)):
        for name, function in _missing(old, new):
            yield new, name, function
    for name, function in _missing(v1.losses, tf.losses):
        yield tf.losses, name, function
    for module in (tf, tf.math):
        for name, meant in NEVER_THERE.items():
            if not hasattr(module, name):
                yield module, name, functools.reduce(getattr, meant.split("."), tf)
    if not hasattr(tf, "to_float"):
        yield tf, "to_float", _to_float


def _of_backends() -> Iterator[_Shim]:
    legacy = tf.keras.backend
    for backend in _distinct(keras.backend, legacy):
        missing = dict(_missing(legacy, backend))
        if backend is keras.backend and not hasattr(backend, "binary_crossentropy"):
            # Releases of Keras 2 differed by an epsilon within the logarithm: 2.0 to 2.3 had none, nor
            # has today's.
            missing["binary_crossentropy"] = keras.ops.binary_crossentropy
        for name, function in missing.items():
            yield backend, name, function
        yield backend, "dot", functools.partial(_dot, legacy.dot)
        if not hasattr(backend, "logsumexp"):
            yield backend, "logsumexp", tf.compat.v1.reduce_logsumexp
        for name in ("identity", "is_tensor", "slice"):
            if not hasattr(backend, name):
                yield backend, name, getattr(tf, name)
        yield backend, "tf", tf
    yield keras.backend, "tensorflow_backend", keras.backend


def _of_losses_and_metrics() -> Iterator[_Shim]:
    for kind in ("losses", "metrics"):
        modules = _modules(kind)
        for mine in modules:
            union = {
                name: function for other in modules for name, function in _missing(other, mine)
            }
            older = vars(tf.compat.v1.losses) if mine is tf.losses else {}
            for name, function in union.items():
                yield mine, name, _of_either(function, older[name]) if name in older else function
            for old, new in _OLD_NAMES.items():
                renamed = getattr(mine, new, union.get(new))
                if not hasattr(mine, old) and renamed is not None:
                    yield mine, old, renamed
    wrapper = tf.keras.losses.MeanSquaredError.__bases__[0]
    for losses in _distinct(*_modules("losses"), tf.losses):
        yield losses, "Reduction", _Reduction
        if not hasattr(losses, "LossFunctionWrapper"):
            yield losses, "LossFunctionWrapper", wrapper
    for loss in _distinct(keras.losses.Loss, tf.keras.losses.Loss):
        yield loss, "__init__", _accepting_old_arguments(loss.__init__)


def _dot(of_tensorflow: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """Keras' product of matrices; with Theano it took two vectors as well, as in NumPy."""
    if len(x.shape) == len(y.shape) == 1:
        return tf.tensordot(x, y, axes=1)
    return of_tensorflow(x, y)


def _to_float(x: Any, name: str = "ToFloat") -> Any:
    """TensorFlow 1's cast to float32, which follows where the loss is computed in float64."""
    return tf.cast(x, keras.config.floatx(), name=name)


def _of_either(keras_2: Callable[..., Any], tensorflow_1: Callable[..., Any]) -> Callable[..., Any]:
    """What was TensorFlow 1's function and then Keras 2's: they name what they take differently."""

    @functools.wraps(keras_2)
    def either(*args: Any, **kwargs: Any) -> Any:
        return (tensorflow_1 if _V1_KEYWORDS & kwargs.keys() else keras_2)(*args, **kwargs)

    return either


def _accepting_old_arguments(init: Callable[..., None]) -> Callable[..., None]:
    """``Loss.__init__`` that also takes ``(reduction, name)`` by position, and ``"auto"``."""

    @functools.wraps(init)
    def shimmed(self: Any, *args: Any, **kwargs: Any) -> None:
        if args and args[0] in REDUCTIONS:
            kwargs.update(zip(("reduction", "name"), args))
            args = ()
        if kwargs.get("reduction") == "auto":
            kwargs["reduction"] = _Reduction.AUTO
        init(self, *args, **kwargs)

    return shimmed


def _modules(kind: str) -> list[Any]:
    """``keras.losses``, ``tf.keras.losses``, ``tf.losses``, and what ``from tensorflow.keras.losses import``
    reads: modules of their own where ``tf.keras`` is loaded lazily."""
    imported = importlib.import_module(f"tensorflow.keras.{kind}")
    return _distinct(getattr(keras, kind), getattr(tf.keras, kind), getattr(tf, kind), imported)


def _missing(old: Any, new: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public functions of ``old`` that ``new`` lacks."""
    for name in dir(old):
        if name.startswith("_") or hasattr(new, name):
            continue
        function = getattr(old, name)
        if callable(function) and not isinstance(function, type):
            yield name, function


def _distinct(*objects: Any) -> list[Any]:
    return list({id(item): item for item in objects}.values())
