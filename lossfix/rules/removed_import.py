"""An import that fails

## What it does

Finds import statements that a loss depends on and that fail, or reach into private modules, and imports
today's name under the old one; where there is none, it rewrites all uses in the file and drops the import.
Beside a loss it reports other imports of Keras 2 and of TensorFlow 1 that fail, too.

## Why is this bad

`from keras.backend import mean` raises `ImportError` (measured on Keras 3.15), so not one line of the file
runs, the loss included, and there is no gradient to speak of.
What is imported from `tensorflow.python` still works and may be gone with the next release; its Keras is
version 2, whose objects Keras 3 does not accept.

## Example

```python
from keras.backend import epsilon, mean, square
from keras.losses import mse, Loss


class RelativeLoss(Loss):
    def call(self, y_true, y_pred):
        relative = (y_true - y_pred) / (y_true + epsilon())
        return mse(y_true, y_pred) + mean(square(relative), axis=-1)
```

## Use instead

```python
import tensorflow as tf
from keras.backend import epsilon
from keras.losses import mean_squared_error as mse, Loss


class RelativeLoss(Loss):
    def call(self, y_true, y_pred):
        relative = (y_true - y_pred) / (y_true + epsilon())
        return mse(y_true, y_pred) + tf.reduce_mean(tf.square(relative), axis=-1)
```

## Fix safety

Exact. All uses in the file are rewritten, or none: where one of them has no counterpart, the import is
reported with the line of that use. An import that no loss depends on is only reported, and one that stands
in a `try` or under a condition is left as it is. What comes out of TensorFlow's private modules works today:
it is told where all that the loss takes from there has a public name, and then replaced. A base class such as
`LossFunctionWrapper` is reported: its function belongs into `call`.

## References

- https://keras.io/guides/migrating_to_keras_3/
- https://www.tensorflow.org/guide/versions#what_is_covered
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.calls.failing_imports import (
    PRIVATE,
    Failing,
    failing_imports,
    failing_imports_of_the_file,
    plan,
    replacements,
)
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.reach import references
from lossfix.losses.discovery.apart import computes_a_loss_apart
from lossfix.losses.discovery.imported import failing_imports as imports_that_fail
from lossfix.losses.discovery.wiring import Misuse, Wiring
from lossfix.losses.operations.keras_names import WRAPPER
from lossfix.losses.operations.names import canonical
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule


def match(loss: Loss) -> Iterator[Match]:
    failures = [*failing_imports(loss)]
    private = (each for each in failures if each.only_private)
    # Who needs one of a file's private imports has chosen so.
    is_chosen = any(isinstance(plan(loss, each), str) for each in private)
    of_the_file = failing_imports_of_the_file(loss) if failures else ()
    staying = next((each for each in of_the_file if _stays_with_keras_2(loss, each)), None)
    for failing in failures:
        if is_chosen and failing.only_private and not failing.of_keras_2:
            continue
        if _is_told_of_the_classes(loss, failing):
            continue
        names = ", ".join(f"`{origin}`" for origin in sorted(failing.gone.values()))
        how = plan(loss, failing)
        if staying is not None and failing.only_private and failing.of_keras_2:
            how = how if isinstance(how, str) else _beside(staying)
        message = _message(names)
        severity = None
        if failing.only_private and failing.of_keras_2:
            message = f"{names}: `{PRIVATE}` is private, and its Keras is version 2"
            severity = Severity.WARNING
        elif failing.only_private:
            message = f"{names}: `{PRIVATE}` is private, and any release may move what is in it"
            severity = Severity.INFO
        yield Match(failing.line, message, how if isinstance(how, str) else "", severity)


def _message(names: str) -> str:
    return f"{names} cannot be imported any more: nothing in this file runs"


def _stays_with_keras_2(loss: Loss, failing: Failing) -> bool:
    """Whether an import of the private Keras 2 has to stay as it is."""
    if not failing.only_private or not failing.of_keras_2:
        return False
    return not _is_told_of_the_classes(loss, failing) and isinstance(plan(loss, failing), str)


def _beside(staying: Failing) -> str:
    names = ", ".join(f"`{origin}`" for origin in sorted(staying.gone.values()))
    return f"{names} has to stay, and is of another Keras than what would be written"


def _is_told_of_the_classes(loss: Loss, failing: Failing) -> bool:
    """Whether only parents of classes are imported that LF406 speaks of, and mends before the import."""
    uses = [
        use.node
        for name, origin in failing.gone.items()
        if canonical(origin) == WRAPPER
        for use in references(loss, name, origin)
    ]
    if not uses or any(canonical(origin) != WRAPPER for origin in failing.gone.values()):
        return False
    above = loss.tree.parents
    return all(isinstance(above.get(above[node]), cst.ClassDef) for node in uses)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    for failing in failing_imports(loss):
        how = plan(loss, failing)
        if failing.line is match.node and not isinstance(how, str):
            replace = replacements(loss, failing, how)
            return Edit(replace, call_sites=tuple(replace))
    return None


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    if not wiring.candidates and not computes_a_loss_apart(wiring.module):
        return
    for node, origins, cure in imports_that_fail(wiring.module):
        names = ", ".join(f"`{origin}`" for origin in sorted(origins))
        yield Misuse(node, _message(names), cure)


RULE = Rule("LF405", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__, wiring)
