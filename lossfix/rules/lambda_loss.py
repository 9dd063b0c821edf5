"""A lambda or a partial application is compiled as a loss

## What it does

Gives a name to losses that have none: a lambda, by itself or wrapped in `tf.function`, and a function that is
applied partially by position (`partial(quantile_loss, 0.9)`). Each becomes a function, which then is mended
and made a class like any other. A name that the module gives it is kept. One that hands on the
predictions as they are (`lambda y_true, y_pred: y_pred`) stands for a loss that the model computes
itself, as with CTC: it is left alone.

## Why is this bad

It trains, and its gradient is that of any function. But a model that was compiled with a lambda cannot be
loaded: Keras saves its bytes and refuses to read them (measured on Keras 3.15: `Requested the deserialization
of a Python lambda`). One that was compiled with a partial application cannot even be saved. A lambda that is
wrapped in `tf.function` does not run: `fit` raises `ValueError: '<lambda>' is not a valid scope name`.

## Example

```python
import tensorflow as tf


def build(model):
    model.compile(loss=lambda y_true, y_pred: tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1))
```

## Use instead

```python
import tensorflow as tf


def custom_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model):
    model.compile(loss=custom_loss)
```

## Fix safety

Exact: what is computed is the same expression. The function is called after the output that it is for, or
after the function that it calls, where there is one; constants that it hands a function of the project become
parameters, called as that calls them (`gamma=2.0`). What uses names of the function around it is
left alone, with the reason: a function of the module does not see them. So is a lambda that hands targets and
predictions to one function and does nothing else: that function can be compiled itself.

## References

- https://keras.io/guides/serialization_and_saving/#custom-objects
- https://www.tensorflow.org/api_docs/python/tf/function
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.named_constants import with_parameters
from lossfix.losses.discovery.outline import expressions_of
from lossfix.losses.discovery.unnamed import Unnamed, captured
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import Replacement
from lossfix.syntax.tree import dotted

_ADVICE = "give a class of losses a parameter for it"


def match(loss: Loss) -> Iterator[Match]:
    if loss.is_of_deepxde:
        return
    match loss.expression:
        case cst.Lambda() as node:
            message, severity = "the loss is a lambda: a saved model cannot load it", Severity.INFO
        case cst.Call(args=[cst.Arg(value=cst.Lambda() as node), *_]):
            message, severity = "`tf.function` cannot trace a lambda in fit", Severity.ERROR
        case cst.Call() as node:
            message = "the loss is a partial application: the model cannot be saved"
            severity = Severity.INFO
        case _:
            return
    yield Match(node, message, _obstacle(loss), severity)


def _obstacle(loss: Loss) -> str:
    """Why the expression stays one; empty where it can be a function."""
    params = loss.function.params
    if loss.candidate.metric:
        return "it is a metric too, which the history would call by another name"
    same = _all_that_it_calls(loss)
    if same is not None:
        return f"`{loss.tree.code(same)}` takes and gives the same: name it in place of the lambda"
    if (
        isinstance(params.star_arg, cst.Param)
        or params.star_kwarg is not None
        or params.kwonly_params
    ):
        return "it takes more than targets and predictions: write it as a function with a name"
    for each in (*params.posonly_params, *params.params)[2:]:
        if not isinstance(each.default, cst.BaseNumber | cst.SimpleString):
            return f"`{each.name.value}` is set where it stands: {_ADVICE}"
    if _is_returned(loss):
        return ""
    name = captured(loss.tree.outline, _unnamed(loss))
    return f"it uses `{name}`, which is set around it: {_ADVICE}" if name else ""


def _all_that_it_calls(loss: Loss) -> cst.BaseExpression | None:
    """The function of a name that the lambda hands its two parameters to, and nothing else."""
    match loss.expression:
        case cst.Lambda(
            params=cst.Parameters(
                params=[cst.Param(name=first, default=None), cst.Param(name=second, default=None)]
            ),
            body=cst.Call(
                func=cst.Name() | cst.Attribute() as function,
                args=[
                    cst.Arg(value=one, keyword=None, star=""),
                    cst.Arg(value=two, keyword=None, star=""),
                ],
            ),
        ) if (
            dotted(function) and one.deep_equals(first) and two.deep_equals(second)
        ):
            return function
    return None


def _is_returned(loss: Loss) -> bool:
    """Whether a factory returns it: a function inside of that sees what it sees."""
    return len(loss.candidate.path) > 1


def _unnamed(loss: Loss) -> Unnamed:
    found = expressions_of(loss.tree.outline, loss.project)
    return next(each for each in found if each.path == loss.candidate.path)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    expression = loss.expression
    if expression is None:
        return None
    name = cst.Name(loss.candidate.path[-1])
    if not _is_returned(loss) and _unnamed(loss).assigned is None:
        above = with_parameters(loss).with_changes(leading_lines=_blank(2))
        return Edit({expression: name}, call_sites=(expression,), before=(above,))
    statement = next(
        (e for e in loss.tree.ancestors(expression) if isinstance(e, cst.SimpleStatementLine)), None
    )
    if statement is None or len(statement.body) != 1:
        return None
    if _is_returned(loss):
        function = loss.function.with_changes(leading_lines=statement.leading_lines)
        line = statement.with_changes(body=[cst.Return(name)], leading_lines=_blank(1))
        return Edit({statement: [function, line]}, call_sites=(statement,))
    replace = _in_place(loss, statement)
    return Edit(replace, call_sites=tuple(replace))


def _in_place(loss: Loss, statement: cst.SimpleStatementLine) -> dict[cst.CSTNode, Replacement]:
    """The function where the line stood that gave the loss its name, with the blank lines around it."""
    body = loss.tree.module.body
    at = next(number for number, each in enumerate(body) if each is statement)
    named = with_parameters(loss)
    (line,) = named.body.body
    assert isinstance(line, cst.SimpleStatementLine)
    line = line.with_changes(trailing_whitespace=statement.trailing_whitespace)
    function = named.with_changes(
        body=cst.IndentedBlock([line]),
        leading_lines=_apart(statement.leading_lines) if at else statement.leading_lines,
    )
    replace: dict[cst.CSTNode, Replacement] = {statement: function}
    if at + 1 < len(body):
        replace[body[at + 1]] = _moved_apart
    return replace


def _moved_apart(node: cst.CSTNode) -> cst.CSTNode:
    return node.with_changes(leading_lines=_apart(node.leading_lines))  # type: ignore[attr-defined]


def _apart(lines: Sequence[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """The lines above a statement with the two blank ones that stand beside a function of a module."""
    blank = next((n for n, each in enumerate(lines) if each.comment is not None), len(lines))
    return [*_blank(2 - blank), *lines]


def _blank(count: int) -> list[cst.EmptyLine]:
    return [cst.EmptyLine(indent=False)] * count


RULE = Rule(
    "LF318",
    Safety.EXACT,
    Severity.INFO,
    match,
    rewrite,
    __doc__,
    __name__,
    of_expressions=True,
)
