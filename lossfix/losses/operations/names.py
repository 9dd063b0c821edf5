"""One spelling per operation: ``tf.where``, ``keras.ops.where`` and ``K.switch`` are the same thing.

A rule resolves a name through the file's imports (``tensorflow.keras.backend.mean``) and asks for
``canonical(name) == "tf.reduce_mean"``. The canonical spelling is the one a TensorFlow 2 author
writes, and it names the operation, not its argument list: keywords and defaults may differ between
spellings (``K.argmax`` reduces over the last axis, ``tf.argmax`` over the first), and `keyword`
translates the former. Two spellings share a name only if their positional arguments agree.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lossfix.losses.operations.keras_names import LOSS_ALIASES, LOSS_FUNCTIONS
from lossfix.losses.operations.names_table import (
    ALIAS_MODULES,
    HEADS,
    KERAS,
    MODULES,
    NUMPY_ALIASES,
    TF_ALIASES,
    TOP_LEVEL,
)
from lossfix.losses.operations.words import words

_KEYWORDS = {
    "tf.clip_by_value": {
        **dict.fromkeys(("x", "a", "t"), "t"),
        **dict.fromkeys(("min_value", "x_min", "a_min", "min"), "clip_value_min"),
        **dict.fromkeys(("max_value", "x_max", "a_max", "max"), "clip_value_max"),
    },
    "tf.where": {
        **dict.fromkeys(("x1", "then_expression"), "x"),
        **dict.fromkeys(("x2", "else_expression"), "y"),
    },
    "tf.one_hot": {"num_classes": "depth", "x": "indices"},
    "tf.pow": {"a": "x", "x1": "x", "x2": "y"},
    "tf.concat": {"tensors": "values", "xs": "values"},
}
_BORROWED = re.compile(
    r"(?!tensorflow\.|keras\.|tf_keras\.)"
    r"(?:(?:.*\.)?(?:backend|compat|\*)\.(?P<name>keras|tf|K|np)(?=\.)"
    r"|.*\.keras(?=\.(?:losses|backend)\.))"
)
"""A project's own ``from .backend import keras``, or ``..keras.losses``, stands for Keras, and so does
``keras`` where a star brings it: ``..imports.*.keras``."""
_LENT = {"keras": "keras", "tf": "tensorflow", "K": "keras.backend", "np": "numpy"}
_BINARY = {"x1": "x", "x2": "y"}
_REDUCED = {
    "x": "input_tensor",
    "a": "input_tensor",
    "reduction_indices": "axis",
    "keep_dims": "keepdims",
}
_BINARY_OPERATIONS = words("""
    tf.add tf.subtract tf.multiply tf.divide tf.maximum tf.minimum tf.greater tf.greater_equal
    tf.less tf.less_equal tf.equal tf.not_equal tf.logical_and tf.logical_or tf.math.logical_xor
    tf.math.floordiv tf.math.floormod
    """)


def borrowed(qualified: str) -> str | None:
    """What a name means that comes from a module of the project's own, called like Keras or TensorFlow."""
    match = _BORROWED.match(qualified)
    return None if match is None else _LENT[match["name"] or "keras"] + qualified[match.end() :]


@lru_cache(maxsize=4096)
def canonical(qualified: str) -> str:
    """The one spelling of a resolved dotted name.

    ``tensorflow.math.reduce_mean``, ``keras.backend.mean`` and ``keras.ops.mean`` are all
    ``tf.reduce_mean``; ``numpy.absolute`` is ``np.abs``; every way to reach Keras' loss class is
    ``keras.losses.Loss``. An unknown name keeps its spelling after the head (``tensorflow`` becomes
    ``tf``, ``numpy`` becomes ``np``). A canonical name is its own canonical name.
    """
    if qualified.startswith("tf.") or qualified == "tf":
        qualified = "tensorflow" + qualified[2:]
    elif qualified.startswith("np.") or qualified == "np":
        qualified = "numpy" + qualified[2:]
    name = _with_short_head(borrowed(qualified) or qualified)
    if name.startswith("np."):
        return NUMPY_ALIASES.get(name, name)
    if name.startswith("keras."):
        name = _keras(name)
    for module, names in MODULES.items():
        if name.startswith(module):
            return names.get(name[len(module) :], name)
    if name.startswith(ALIAS_MODULES):
        bare = name.rpartition(".")[2]
        if bare in TOP_LEVEL and name.count(".") == 2:
            return "tf." + bare
    return TF_ALIASES.get(name, name)


def _with_short_head(qualified: str) -> str:
    for head, short in HEADS:
        if qualified == head or qualified.startswith(head + "."):
            return short + qualified[len(head) :]
    return qualified


def _keras(name: str) -> str:
    if name in KERAS:
        return KERAS[name]
    module, _, bare = name.rpartition(".")
    if module in ("keras.losses", "keras.losses.losses", "keras.objectives"):
        return "keras.losses." + LOSS_ALIASES.get(bare, bare)
    if module.startswith("keras.metrics"):
        bare = LOSS_ALIASES.get(bare, bare)
        if bare == "cosine_similarity":
            # Once a metric of the opposite sign: no other spelling of the loss.
            return "keras.metrics." + bare
        loss = "keras.losses." + bare
        return loss if loss in LOSS_FUNCTIONS else "keras.metrics." + bare
    if module in (
        "keras.legacy.backend",
        "keras.backend.tensorflow_backend",
        "keras.backend.common",
    ):
        return "keras.backend." + bare
    return name


def keyword(operation: str, name: str) -> str:
    """What ``tf`` calls the parameter that another spelling of a canonical ``operation`` calls ``name``.

    ``keyword("tf.clip_by_value", "min_value")`` is ``"clip_value_min"``, as ``K.clip`` and
    ``tf.clip_by_value`` differ there; a name that is already ``tf``'s, or unknown, comes back as it is.
    """
    if operation in _BINARY_OPERATIONS:
        return _BINARY.get(name, name)
    if operation.startswith(("tf.reduce_", "tf.math.reduce_")):
        return _REDUCED.get(name, name)
    return _KEYWORDS.get(operation, {}).get(name, name)
