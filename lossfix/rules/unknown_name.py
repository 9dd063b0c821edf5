"""A loss reads a name that nothing binds

## What it does

Reports names that a loss reads and that its file neither imports nor assigns, such as a `K` in a file that
has no more than `from keras.losses import *`, and variables that a loss reads before it sets them: `margin =
margin`, or `recall = recall(y_true, y_pred)` where `recall` is a function of the module.

## Why is this bad

The file can be imported, and `compile` takes the loss: it raises `NameError` at the first batch. What
`import *` brings is what a module offers, and the backend that the modules of Keras 2 used themselves is no
longer among it: of `keras.losses`, `keras.layers`, `keras.models` and `keras.optimizers` none brings `K`,
`tf` or `np`, and `keras.backend` brings no more than 13 names (measured on Keras 3.15). A name that a
function assigns anywhere is its own throughout, whatever the module calls so: read before, it raises
`UnboundLocalError`.

## Example

```python
from keras.losses import *
import tensorflow as tf


class GapLoss(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        return K.mean(K.abs(y_true - y_pred), axis=-1)
```

## Use instead

```python
from keras.losses import *
import tensorflow as tf
from tensorflow.keras import backend as K


class GapLoss(tf.keras.losses.Loss):
    def call(self, y_true, y_pred):
        return K.mean(K.abs(y_true - y_pred), axis=-1)
```

## Fix safety

There is no rewrite: what the name was to stand for is not in the file. Nothing is said of a file that takes
in names unseen: by `import *` from a module that is not known, by `exec` or `globals()`, or by lines of a
notebook that are no Python.

## References

- https://docs.python.org/3/reference/executionmodel.html#resolution-of-names
- https://docs.python.org/3/reference/simple_stmts.html#the-import-statement
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.early import read_too_early
from lossfix.losses.discovery.unbound import taken_whole, unbound_names
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import below
from lossfix.syntax.scope import Definition

_CURES = {
    "K": "`from tensorflow.keras import backend as K`",
    "np": "`import numpy as np`",
    "tf": "`import tensorflow as tf`",
}


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    yield from _too_early(wiring)
    missing = unbound_names(wiring.module) if wiring.candidates else ()
    if not missing:
        return
    taken = taken_whole(wiring.module)
    told: set[tuple[str, str]] = set()
    for candidate in wiring.candidates:
        if not 0 <= candidate.number < len(wiring.functions):
            continue
        inside = _run(wiring.functions[candidate.number][1])
        for name in missing:
            if name not in inside or wiring.is_provided_for(name):
                continue
            if (candidate.name, name.id) not in told:
                told.add((candidate.name, name.id))
                yield Misuse(name, _message(name.id, taken), _cure(name.id), loss=candidate.name)


def _too_early(wiring: Wiring) -> Iterator[Misuse]:
    for candidate in wiring.candidates:
        if not 0 <= candidate.number < len(wiring.functions):
            continue
        definition = wiring.functions[candidate.number][1]
        inside = definition.body if isinstance(definition, ast.ClassDef) else [definition]
        for function in (each for each in inside if isinstance(each, ast.FunctionDef)):
            for name in read_too_early(function):
                yield Misuse(
                    name,
                    f"`{name.id}` is read before `{function.name}` sets it: the loss raises "
                    "UnboundLocalError",
                    "give one of them another name, or make it a parameter",
                    loss=candidate.name,
                )


def _message(name: str, taken: frozenset[str]) -> str:
    brought = ", ".join(f"`from {each} import *`" for each in sorted(taken))
    unless = f", and {brought} does not bring it" if taken else ""
    return f"nothing in this file binds `{name}`{unless}: the loss raises NameError"


def _cure(name: str) -> str:
    return (
        f"{_CURES[name]} is what it is mostly bound to" if name in _CURES else "bind or import it"
    )


def _run(definition: Definition) -> frozenset[ast.AST]:
    """What runs of a loss: its statements, of which annotations are none."""
    found = {part for statement in definition.body for part in below(statement)}
    notes = [
        note
        for each in found
        for note in (getattr(each, "annotation", None), getattr(each, "returns", None))
        if isinstance(note, ast.AST)
    ]
    return frozenset(found.difference(part for note in notes for part in below(note)))


RULE = Rule("LF408", Safety.MANUAL, Severity.ERROR, no_match, no_rewrite, __doc__, __name__, wiring)
