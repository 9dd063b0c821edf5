"""What Keras and its users expect of a loss besides a good gradient.

Every check runs on the rewrite; where the rewrite fails it runs on the original too, because only
what the original could do can be lost. Checks that are statements about values compare a candidate
with itself (aligned and not aligned, eager and compiled, before and after a round trip), so that
they hold for exact rewrites and for smoothed ones alike.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional

import keras
import numpy as np
import tensorflow as tf

from .emptiness import check_empty_batch
from .facts import Check, ContractFacts
from .families import ROWS, Batch
from .gradient import raised
from .job import CHECKS
from .names import check_name, stands_for_its_class
from .numeric import SAME, as_tensors, same
from .parameters import unsaved
from .ranks import check_flat_targets, check_masks_without_channel
from .subject import Candidate, Failure
from .training import Fitted, fit, save_and_load, saved_configuration

_HALF = 3e-2
"""``SAME`` for float16 and bfloat16 inputs, which keep 11 and 8 bits."""
_OTHER_STEEPNESS = 1.7
"""A steepness that no default equals: this times the one in the code."""


@dataclass(frozen=True)
class _Setting:
    """What all checks of one job share."""

    small: Batch
    edges: Sequence[tuple[str, Batch]]
    original: Candidate
    directory: str
    steepness: Optional[float]
    trained: Callable[[Candidate], Fitted]
    saves_models: bool


_Run = Callable[[Candidate, _Setting], tuple[Optional[str], str]]
"""A check: (``""`` passed, a text what failed, ``None`` does not apply; numbers behind it)."""


def contract(
    before: Candidate,
    after: Candidate,
    batch: Batch,
    directory: str,
    edges: Sequence[tuple[str, Batch]] = (),
    steepness: Optional[float] = None,
    checks: Sequence[str] = CHECKS,
    seed: int = 0,
    rows: int = ROWS,
) -> ContractFacts:
    """Runs ``checks`` (names out of ``job.CHECKS``) and never raises.

    ``batch`` has some hundred rows of the family that the loss was measured on; ``edges`` are named
    batches at which losses break; ``steepness`` is the one in the rewrite's code, ``None`` where
    nothing was smoothed. Saved models go to ``directory`` and are removed. ``rows`` are those of the
    batches that the original accepts.
    """
    setting = _Setting(
        small=_rows(batch, rows),
        edges=edges,
        original=before,
        directory=directory,
        steepness=steepness,
        trained=_trainer(before, batch, seed),
        saves_models="fit" in checks,
    )
    weighting = ("", "")
    if "weights" in checks:
        weighting = _weighting(before, setting), _weighting(after, setting)
    results = tuple(
        _weights(*weighting) if name == "weights" else _checked(name, before, after, setting)
        for name in checks
    )
    return ContractFacts(results, *weighting)


def _trainer(before: Candidate, batch: Batch, seed: int) -> Callable[[Candidate], Fitted]:
    """What fits a model to a candidate, once: the checks of training and of saving share it."""
    fitted: dict[int, Fitted] = {}

    def trained(candidate: Candidate) -> Fitted:
        if id(candidate) not in fitted:
            fitted[id(candidate)] = fit(candidate, before, batch, seed)
        return fitted[id(candidate)]

    return trained


def _checked(name: str, before: Candidate, after: Candidate, setting: _Setting) -> Check:
    if name == "name":
        return check_name(before, after)
    if name == "empty batch":
        return check_empty_batch(before, after, setting.small)
    if name == "steepness":
        return _own_steepness(after, setting)
    if name == "serialisation" and stands_for_its_class(before, after):
        # The class is the same, and was saved no better when it could not run.
        return Check(name, "", "")
    return _both(name, _RUNS[name], before, after, setting)


def _both(name: str, run: _Run, before: Candidate, after: Candidate, setting: _Setting) -> Check:
    failure, detail = _guarded(run, after, setting)
    # A loss that fails under XLA alone, or on other batch sizes, is mended where the rewrite does not.
    asked_of_both = name in ("xla", "dynamic batch")
    theirs = _guarded(run, before, setting)[0] if failure or asked_of_both else None
    return Check(name, theirs, failure, detail)


def _guarded(run: _Run, candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    try:
        return run(candidate, setting)
    except Exception as error:
        # What a candidate raises is the result of its check.
        return raised(error), ""


def _rows(batch: Batch, count: int) -> Batch:
    return replace(batch, y_true=batch.y_true[:count], y_pred=batch.y_pred[:count])


def _tensors(batch: Batch) -> tuple[Any, Any]:
    return as_tensors(batch.y_true, batch.y_pred)


def _value_and_gradient(candidate: Candidate, y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = tf.reduce_mean(candidate.wrapped()(y_true, y_pred))
    gradient = tape.gradient(value, y_pred)
    return value, tf.zeros_like(y_pred) if gradient is None else tf.convert_to_tensor(gradient)


def _edges(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    """Where the original's value is finite, so are the candidate's value and gradient."""
    for name, batch in setting.edges:
        y_true, y_pred = _tensors(batch)
        try:
            finite = np.isfinite(setting.original.mean(y_true, y_pred))
        except Exception:
            # An original that raises here promises nothing here.
            continue
        if not finite:
            continue
        value, gradient = _value_and_gradient(candidate, y_true, y_pred)
        if not np.isfinite(float(value)):
            return f"the value at {name} is {float(value)}", ""
        if not np.all(np.isfinite(gradient.numpy())):
            return f"the gradient at {name} is not finite", ""
    return "", ""


def _weighting(candidate: Candidate, setting: _Setting) -> str:
    """``per sample`` where rows of weight 0 change nothing, ``global`` where they do, ``ignored`` where no
    weights change anything, ``""`` where that cannot be told (it raises, or does not depend on its
    predictions at all)."""
    y_true, y_pred = _tensors(setting.small)
    rows = len(setting.small.y_pred)
    weights = tf.constant([1.0, 0.0] * rows)[:rows]
    ignored = tf.reshape(weights == 0, [rows] + [1] * (len(y_pred.shape) - 1))
    try:
        value = candidate.mean(y_true, y_pred, sample_weight=weights)
        for shift in (2, 1, 3):
            # What is rounded may come out the same for one exchange of the ignored rows.
            rolled = tf.roll(y_pred, shift, axis=0)
            mixed = tf.where(ignored, rolled, y_pred)
            if value != candidate.mean(y_true, mixed, sample_weight=weights):
                twice = candidate.mean(y_true, y_pred, sample_weight=2.0 * weights)
                return "ignored" if value == twice != 0.0 else "global"
        rolled = tf.roll(y_pred, 2, axis=0)
        other = candidate.mean(y_true, tf.where(ignored, y_pred, rolled), sample_weight=weights)
        return "per sample" if value != other else ""
    except Exception:
        # Most losses that reject weights do so by raising: no weighting to compare.
        return ""


def _weights(before: str, after: str) -> Check:
    # A scalar takes weights of any shape; one value per pixel takes no weight per image.
    lost = (before == "per sample" and after != "per sample") or (before and not after)
    lost = lost or (before == "global" and after == "ignored")
    ends = {
        "global": "rows of weight 0 count",
        "ignored": "sample weights are ignored",
        "": "sample weights are refused or ignored",
    }
    detail = f"{before or 'unknown'} → {after or 'unknown'}"
    told = "" if before == "per sample" or lost else None
    return Check("weights", told, ends[after] if lost else "", detail)


def _rank(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    return check_flat_targets(candidate, setting.original, setting.small), ""


def _trailing_axis(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    return check_masks_without_channel(candidate, setting.small), ""


def _batch_of_one(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    """A batch of one row has a finite value and a finite gradient."""
    value, gradient = _value_and_gradient(candidate, *_tensors(_rows(setting.small, 1)))
    if not np.isfinite(float(value)):
        return f"the value is {float(value)}", ""
    if not np.all(np.isfinite(gradient.numpy())):
        return "the gradient is not finite", ""
    return "", ""


def _dynamic_batch(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    """One graph with an unknown batch size gives what eager calls give for two sizes."""
    y_true, y_pred = _tensors(setting.small)
    wrapped = candidate.wrapped()
    # Keras traces its train step without AutoGraph.
    traced = tf.function(
        lambda t, p: tf.reduce_mean(wrapped(t, p)),
        autograph=False,
        input_signature=[tf.TensorSpec([None, *x.shape[1:]], x.dtype) for x in (y_true, y_pred)],
    )
    for rows in (len(y_pred), 3):
        eager = candidate.mean(y_true[:rows], y_pred[:rows])
        graph = float(traced(y_true[:rows], y_pred[:rows]))
        if not same(eager, graph):
            return f"{rows} rows give {graph:.4g} in a graph, {eager:.4g} eagerly", ""
    return "", ""


def _xla(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    """Compiled by XLA, which Keras asks for on a GPU, value and gradient stay the same."""
    y_true, y_pred = _tensors(setting.small)
    compiled = tf.function(
        lambda t, p: _value_and_gradient(candidate, t, p), autograph=False, jit_compile=True
    )
    eager, graph = _value_and_gradient(candidate, y_true, y_pred), compiled(y_true, y_pred)
    for name, one, other in zip(("value", "gradient"), eager, graph):
        one, other = one.numpy(), other.numpy()
        size = float(np.max(np.abs(one), initial=0.0)) + 1e-6
        if not np.allclose(one, other, rtol=SAME, atol=SAME * size, equal_nan=True):
            return f"another {name} under XLA", ""
    return "", ""


def _fits(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    """A small model is fitted to it as to the original."""
    result = setting.trained(candidate)
    return result.failure, result.detail


def _serialises(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    """The loss can be saved and loaded, alone and with a model that was trained with it."""
    failure, detail = _serialisation(candidate, setting)
    if failure == "" and setting.saves_models:
        model = setting.trained(candidate).model
        if model is not None:
            failure = save_and_load(candidate, model, setting.small, setting.directory)
    return failure, detail


def _serialisation(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    """Through ``serialize``, JSON text and ``deserialize``, at a steepness that is no default."""
    detail = ""
    if setting.steepness is not None and candidate.subject.steepened:
        other = candidate.at(_OTHER_STEEPNESS * setting.steepness)
        if isinstance(other, Failure):
            return f"at another steepness: {other}", ""
        candidate, detail = other, f"steepness {_OTHER_STEEPNESS * setting.steepness:g}"
    loss = candidate.target
    text = json.dumps(keras.losses.serialize(loss))
    # An instance that runs under stand-ins alone is called by a function around it.
    made = inspect.unwrap(loss) if inspect.isroutine(loss) else loss
    if inspect.isroutine(made):
        # A plain function is saved by its name alone and needs custom_objects, as ever.
        return None, detail
    registered = keras.saving.get_registered_name(type(made))
    if keras.saving.get_registered_object(registered) is None:
        return "its class is not registered: loading needs custom_objects", detail
    if not candidate.is_loss:
        return None, detail
    # The registry may hold a copy of the class from another import of the same source.
    with keras.saving.CustomObjectScope({registered: type(loss)}):
        copy = keras.losses.deserialize(json.loads(text))
    if saved_configuration(copy) != saved_configuration(loss):
        return "another configuration after the round trip", detail
    y_true, y_pred = _tensors(setting.small)
    one, two = (float(np.mean(each(y_true, y_pred))) for each in (loss, copy))
    return ("" if same(one, two) else f"{one:.4g} became {two:.4g}"), detail


def _parameters(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
    """Every parameter of its constructor acts and is saved."""
    return unsaved(candidate, *_tensors(setting.small)), ""


def _own_steepness(candidate: Candidate, setting: _Setting) -> Check:
    """The steepness, which the original has not, is in the configuration that is saved: asked of
    the rewrite alone."""
    if setting.steepness is None or not candidate.is_loss:
        return Check("steepness")
    other = candidate.at(_OTHER_STEEPNESS * setting.steepness)
    if isinstance(other, Failure):
        return Check("steepness", None, str(other))
    try:
        configs = [each.target.get_config() for each in (candidate, other)]
    except Exception as error:
        return Check("steepness", None, raised(error))
    return Check("steepness", None, "is not saved" if configs[0] == configs[1] else "")


def _mixed(half: str) -> _Run:
    """Predictions in half precision, as layers give them under ``mixed_float16`` or
    ``mixed_bfloat16``, are accepted, give about the same value, and a gradient where float32 has
    one."""

    def run(candidate: Candidate, setting: _Setting) -> tuple[Optional[str], str]:
        y_true, y_pred = _tensors(setting.small)
        rounded = tf.cast(y_pred, half)
        full, slope = _value_and_gradient(candidate, y_true, tf.cast(rounded, tf.float32))
        policy = keras.config.dtype_policy()
        try:
            keras.config.set_dtype_policy(f"mixed_{half}")
            value, gradient = _value_and_gradient(candidate, y_true, rounded)
        finally:
            keras.config.set_dtype_policy(policy)
        if not same(float(full), float(value), _HALF):
            return f"{float(value):.4g} in {half}, {float(full):.4g} in float32", ""
        gradient = tf.cast(gradient, tf.float32).numpy()
        if not np.all(np.isfinite(gradient)):
            return f"the gradient is not finite in {half}", ""
        if np.any(slope.numpy()) and not np.any(gradient):
            return f"the gradient is lost in {half}", ""
        return "", ""

    return run


_RUNS: dict[str, _Run] = {
    "edges": _edges,
    "rank": _rank,
    "trailing axis": _trailing_axis,
    "batch of one": _batch_of_one,
    "dynamic batch": _dynamic_batch,
    "fit": _fits,
    "xla": _xla,
    "serialisation": _serialises,
    "parameters": _parameters,
    "mixed_float16": _mixed("float16"),
    "mixed_bfloat16": _mixed("bfloat16"),
}
"""The checks of a rewrite that its original is asked, too, by the names in ``job.CHECKS``."""
