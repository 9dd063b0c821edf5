"""Whether the bytes of a file may compute a loss in a step, take its gradients or add it to a model."""

from __future__ import annotations

import re

from lossfix.losses.discovery.heads import GAP, has, named_losses
from lossfix.losses.discovery.wording import names_a_test

_STEP = re.compile(rb"def (?:(?:train|test)_step|compute_loss)\(")
_ADDED = re.compile(rb"(?<!self)\.add_loss\(")
_TAKEN = re.compile(
    rb"\.(?:gradient|jacobian|minimize)\(%(gap)s(?:target\s*=\s*)?"
    rb"(?:[\w.]*(?:loss|cost|objective|criterion)|(?:tf|K|keras)\.|float\(|[\w.]*\.(?:numpy|item)\(|\w+%(gap)s[,)])"
    % {b"gap": GAP},
    re.IGNORECASE,
)
_TRAINED = (b"trainable", b"optimizer", b"apply_gradients", b"minimize(", b"assign")
"""Where gradients are for: one of these moves weights by them, or names the weights that are moved."""
_OF_WHAT_LOST_NAMES = re.compile(
    rb"keras\.backend|\bfrom\s+keras\s+import\b|\bkeras\s+as\b|\bimport\b[^\n]*\btensorflow\b"
)
"""How a file comes by what was in Keras' backend or in TensorFlow 1."""


def may_wire_a_loss(data: bytes) -> bool:
    """Whether a file that mentions a framework may wire a loss, or compute one with names that are gone."""
    return (
        (has(data, (b"_step(", b"compute_loss(")) and _STEP.search(data) is not None)
        or (b"GradientTape" in data and _takes_a_gradient(data))
        or (b".add_loss(" in data and _ADDED.search(data) is not None)
        or (has(data, (b"backend", b"tensorflow")) and _may_use_what_is_gone(data))
    )


def _takes_a_gradient(data: bytes) -> bool:
    # Of what a gradient is for its own sake, in tests of operations mostly, no loss is made.
    return has(data, _TRAINED) and _TAKEN.search(data) is not None


def _may_use_what_is_gone(data: bytes) -> bool:
    named = b"ctc_batch_cost" in data or not all(map(_is_a_test, named_losses(data)))
    return named and _OF_WHAT_LOST_NAMES.search(data) is not None


def _is_a_test(name: bytes) -> bool:
    return names_a_test(name.decode("utf-8", "replace"))
