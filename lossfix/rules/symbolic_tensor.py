"""A loss holds on to a symbolic tensor of a model

## What it does

Reports losses that read an input, an output or a layer's output of a functional model from outside: as a
name of the file, or handed to the factory that makes the loss. Reports, too, what asks the targets or the
predictions for the layer that made them, `y_pred._keras_history`.

## Why is this bad

Such a tensor stands for a shape and has no values; the loss runs on the values of a batch. `fit` raises `A
KerasTensor cannot be used as input to a TensorFlow function` (measured on Keras 3.15, with `keras.ops` and
`run_eagerly=True` too): the loss does not train at all. Code of the time of TensorFlow 1, where a model and
its loss shared one graph, is full of it; variational autoencoders are the commonest case, and losses of
conditional random fields that look for their layer, which raise `AttributeError`.

## Example

```python
import tensorflow as tf
from tensorflow import keras

inputs = keras.Input((4,))
code = keras.layers.Dense(2)(inputs)
model = keras.Model(inputs, keras.layers.Dense(4)(code))


def code_loss(y_true, y_pred):
    error = tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)
    return error + 0.01 * tf.reduce_mean(tf.square(code), axis=-1)


model.compile(optimizer="adam", loss=code_loss)
```

## Use instead

```python
import tensorflow as tf
from tensorflow import keras


class Penalised(keras.layers.Layer):
    def call(self, inputs):
        self.add_loss(0.01 * tf.reduce_mean(tf.square(inputs)))
        return inputs


inputs = keras.Input((4,))
code = Penalised()(keras.layers.Dense(2)(inputs))
model = keras.Model(inputs, keras.layers.Dense(4)(code))
model.compile(optimizer="adam", loss="mean_squared_error")
```

## Fix safety

There is no rewrite: the part of the loss that needs the tensor belongs into a layer that calls
`self.add_loss`, or the tensor becomes a further output of the model, and both change the model. Before, the
loss did not run, so there is no old behaviour to keep; a tensor that is meant as a constant is one if it is
computed from data, with `model.predict`, before the loss is made.

## References

- https://keras.io/api/losses/#the-addloss-api
- https://keras.io/guides/functional_api/
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.candidate import Candidate
from lossfix.losses.discovery.symbolic import (
    is_asked_its_shape,
    is_symbolic,
    symbolic_arguments,
)
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import below
from lossfix.syntax.scope import last_part

_BUILDERS = frozenset({"Model", "function"})
_HISTORY = frozenset({"_keras_history", "_keras_shape"})
_REASON = "compute that part in a layer and hand it to `self.add_loss`, or make it an output"


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    for candidate in wiring.candidates:
        if candidate.form is Form.LAMBDA:
            continue
        node = wiring.functions[candidate.number][1]
        if not isinstance(node, ast.FunctionDef):
            continue
        yield from _read(wiring, candidate, node)
        yield from _asked_for_their_layer(wiring, candidate, node)
        if candidate.form is Form.CLOSURE:
            yield from _handed_over(wiring, candidate)


def _read(wiring: Wiring, candidate: Candidate, node: ast.FunctionDef) -> Iterator[Misuse]:
    """Symbolic tensors that the loss reads by their names in the file or in the function around it."""
    own = wiring.bindings(node)
    told: set[str] = set()
    for part in sorted(_names(node), key=lambda each: (each.lineno, each.col_offset)):
        match part:
            case ast.Name(id=name) if name in own or is_asked_its_shape(wiring, part):
                continue
        code = ast.unparse(part)
        if code not in told and is_symbolic(wiring, part):
            told.add(code)
            yield _misuse(part, code, candidate)


def _names(node: ast.AST) -> Iterator[ast.Name | ast.Attribute]:
    built = _parts_of_models(node)
    for each in below(node):
        if each in built or not isinstance(each, ast.Name | ast.Attribute):
            continue
        if isinstance(each.ctx, ast.Load):
            yield each


def _parts_of_models(node: ast.AST) -> set[ast.AST]:
    """What models are built from within a function, also under names that are read for nothing else."""
    parts = below(node)
    built = {part for each in parts for part in _built_from(each)}
    reads: dict[str, list[ast.AST]] = {}
    for each in parts:
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            reads.setdefault(each.id, []).append(each)
    # A name may be set to what another one is made of, which stands above it.
    for line in reversed([each for each in parts if isinstance(each, ast.Assign)]):
        names = {each.id for each in line.targets if isinstance(each, ast.Name)}
        read = [each for name in names for each in reads.get(name, ())]
        if read and built.issuperset(read):
            built |= set(ast.walk(line.value))
    return built


def _built_from(node: ast.AST) -> Iterator[ast.AST]:
    """What a model is built from, ``Model(inputs=vgg.input, ...)``, for which symbolic tensors are made."""
    if isinstance(node, ast.Call) and last_part(node.func) in _BUILDERS:
        for each in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from ast.walk(each)


def _handed_over(wiring: Wiring, candidate: Candidate) -> Iterator[Misuse]:
    """Symbolic tensors that the factory is called with, and that the loss computes with."""
    inner = wiring.functions[candidate.number][1]
    factory = wiring.owner(inner)
    if not isinstance(factory, ast.FunctionDef):
        return
    used = {each.id for each in below(inner) if isinstance(each, ast.Name)}
    for name, value in symbolic_arguments(wiring, factory):
        if name in used:
            yield _misuse(value, " ".join(ast.unparse(value).split()), candidate)


def _asked_for_their_layer(
    wiring: Wiring, candidate: Candidate, node: ast.FunctionDef
) -> Iterator[Misuse]:
    """What TensorFlow's values have no attribute for: the layer that made a symbolic tensor."""
    for part in sorted(below(node), key=_place):
        match part:
            case ast.Attribute(
                value=ast.Name(id=name), attr=attribute
            ) if attribute in _HISTORY and name in (candidate.y_true, candidate.y_pred):
                if wiring.bindings(node)[name] != (None,) or wiring.is_provided_for(part):
                    return
                message = (
                    f"`{name}.{attribute}` is there for symbolic tensors alone: a loss is given values,"
                    " and fit raises"
                )
                reason = "give the loss its layer, or let the layer compute it with `self.add_loss`"
                yield Misuse(part, message, reason, loss=candidate.name)
                return


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _misuse(node: ast.expr, code: str, candidate: Candidate) -> Misuse:
    return Misuse(
        node,
        f"`{code}` is a symbolic tensor of a model: it has no values when the loss runs, and fit raises",
        _REASON,
        loss=candidate.name,
    )


RULE = Rule("LF115", Safety.MANUAL, Severity.ERROR, no_match, no_rewrite, __doc__, __name__, wiring)
