"""A loss reads a name that nothing binds

## What it does

Reports names that a loss reads and that its file neither imports nor assigns, such as a `K` in a file that
has no more than `from keras.losses import *`.

## Why is this bad

The file can be imported, and `compile` takes the loss: it raises `NameError` at the first batch. What
`import *` brings is what a module offers, and the backend that the modules of Keras 2 used themselves is no
longer among it: of `keras.losses`, `keras.layers`, `keras.models` and `keras.optimizers` none brings `K`,
`tf` or `np`, and `keras.backend` brings no more than 13 names (measured on Keras 3.15).

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

from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.operations.removed import removed
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import below, every
from lossfix.syntax.scope import Definition, unbound_reads

_OF_KERAS = ("keras.", "tensorflow.keras.")
_BACKEND = "keras.backend"
_NEVER_BROUGHT = frozenset({"K", "np", "tf"})
"""By no module of Keras 3 through ``import *``."""
_BINDS_UNSEEN = frozenset({"exec", "globals", "execfile", "get_ipython", "vars"})
_CURES = {
    "K": "`from tensorflow.keras import backend as K`",
    "np": "`import numpy as np`",
    "tf": "`import tensorflow as tf`",
}


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    if not wiring.candidates or _binds_unseen(wiring.module):
        return
    taken = _taken_whole(wiring.module)
    missing = [each for each in unbound_reads(wiring.module) if _is_missing(each.id, taken)]
    if not missing:
        return
    made_global = {name for each in every(wiring.module, ast.Global) for name in each.names}
    told: set[tuple[str, str]] = set()
    for candidate in wiring.candidates:
        if not 0 <= candidate.number < len(wiring.functions):
            continue
        inside = _run(wiring.functions[candidate.number][1])
        for name in missing:
            if name not in inside or name.id in made_global or wiring.is_provided_for(name):
                continue
            if (candidate.name, name.id) not in told:
                told.add((candidate.name, name.id))
                yield Misuse(name, _message(name.id, taken), _cure(name.id), loss=candidate.name)


def _message(name: str, taken: frozenset[str]) -> str:
    brought = ", ".join(f"`from {each} import *`" for each in sorted(taken))
    unless = f", and {brought} does not bring it" if taken else ""
    return f"nothing in this file binds `{name}`{unless}: the loss raises NameError"


def _cure(name: str) -> str:
    return (
        f"{_CURES[name]} is what it is mostly bound to" if name in _CURES else "bind or import it"
    )


def _is_missing(name: str, taken: frozenset[str]) -> bool:
    """Whether a name that the file does not bind itself surely comes from no ``import *`` either."""
    if name.startswith("__"):
        return False
    return all(
        each.startswith(_OF_KERAS)
        and (name in _NEVER_BROUGHT or (each == _BACKEND and removed(f"{each}.{name}") is not None))
        for each in taken
    )


def _taken_whole(module: ast.Module) -> frozenset[str]:
    """The modules of which a file takes all names, dots of relative ones in front."""
    return frozenset(
        "." * each.level + (each.module or "")
        for each in every(module, ast.ImportFrom)
        if any(name.name == "*" for name in each.names)
    )


def _binds_unseen(module: ast.Module) -> bool:
    # A bare `pass` between definitions is what a line of a notebook that is no Python reads as.
    if any(isinstance(each, ast.Pass) for each in module.body):
        return True
    return any(
        isinstance(each.func, ast.Name) and each.func.id in _BINDS_UNSEEN
        for each in every(module, ast.Call)
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
