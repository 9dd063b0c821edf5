"""A tensor is turned into a NumPy array or a Python number

## What it does

Finds `.numpy()`, `.item()`, `np.array(...)`, `float(...)`, `K.eval(...)` and `tf.constant(...)` of
something that depends on the targets or the predictions, and drops the conversion. One that is to run for
arrays alone stays, and what it asks is mended: `K.is_keras_tensor(y_pred)` holds for no tensor of a batch.

## Why is this bad

A NumPy array has no history: no gradient reaches the model (measured: `None` in an eager
`GradientTape`), and `fit` raises, as a symbolic tensor has no `.numpy()`. Wrapping the result with
`tf.constant` makes it a tensor again, but not a differentiable one.

## Example

```python
import tensorflow as tf


def absolute_loss(y_true, y_pred):
    error = y_true.numpy() - y_pred.numpy()
    return tf.reduce_mean(tf.abs(error))
```

## Use instead

```python
import tensorflow as tf


def absolute_loss(y_true, y_pred):
    error = y_true - y_pred
    return tf.reduce_mean(tf.abs(error))
```

## Fix safety

Exact: a conversion changes no value. NumPy may have computed in double precision what is now computed
in the dtype of the predictions, so that the last digits can differ.

## References

- https://www.tensorflow.org/guide/autodiff#3_took_gradients_through_an_integer_or_string
- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.arrays_only import is_for_arrays, mistaken_question
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import converted_by_autograph, is_array, may_be_tensor
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import comments, expression
from lossfix.syntax.tree import walk

_METHODS = frozenset({"numpy", "item", "tolist", "eval"})
_WRAPS = frozenset(
    {
        "np.array",
        "np.asarray",
        "np.asanyarray",
        "np.float32",
        "np.float64",
        "tf.constant",
        "tf.Variable",
        "keras.Variable",
        "keras.backend.variable",
        "keras.backend.eval",
        "keras.backend.get_value",
        "keras.ops.convert_to_numpy",
    }
)


def match(loss: Loss) -> Iterator[Match]:
    for node in walk(loss.function.body, cst.Call):
        if (inner := _converted(loss, node)) is not None:
            if is_for_arrays(loss, node) and mistaken_question(loss, node) is None:
                continue
            text = loss.tree.code(node)
            short = text if len(text) <= 40 else f"{text[:37]}..."
            consequence = (
                "no gradient reaches the model"
                if loss.predicts(inner)
                else "it raises in fit, where targets are symbolic"
            )
            yield Match(
                node,
                f"`{' '.join(short.split())}` leaves the graph: {consequence}",
                (
                    "`in` does not look into tensors: write it with `tf.reduce_any`"
                    if _is_looked_into(loss, node)
                    else ""
                ),
            )


def _converted(loss: Loss, node: cst.Call) -> cst.BaseExpression | None:
    """What is converted, where ``node`` is a conversion of a tensor."""
    match node:
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=method)), args=[]) if (
            method in _METHODS
        ):
            return value if may_be_tensor(loss, value) else None
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value="eval")), args=[_]) if (
            loss.operation(node) is None
        ):
            # Of TensorFlow 1: `eval(session=...)`, and the session where it is taken for what to feed.
            return value if may_be_tensor(loss, value) else None
        case cst.Call(func=cst.Name(value="float"), args=[cst.Arg(value=value, keyword=None)]):
            # What is computed from lengths and shapes may be a number of Python's own.
            if loss.scope.binds("float") or not is_array(loss, value):
                return None
            detaches = loss.predicts(value) or not converted_by_autograph(loss)
            return value if detaches else None
        case cst.Call(args=[cst.Arg(value=value, keyword=None, star=""), *rest]):
            if loss.operation(node) not in _WRAPS or not may_be_tensor(loss, value):
                return None
            named = all(
                each.keyword and each.keyword.value in ("dtype", "name", "trainable")
                for each in rest
            )
            return (
                value
                if named and not isinstance(value, cst.List | cst.Tuple | cst.BaseComp)
                else None
            )
    return None


def _is_looked_into(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether Python looks for something in it: ``True in mask.numpy()``."""
    match loss.tree.parents.get(node):
        case cst.ComparisonTarget(operator=cst.In() | cst.NotIn(), comparator=comparator):
            return comparator is node
    return False


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    assert isinstance(node, cst.Call)
    inner = _converted(loss, node)
    if inner is None:
        return None
    if (question := mistaken_question(loss, node)) is not None:
        return Edit({question.func: expression(loss.spell("tf.is_tensor"))})
    dtypes = [each.value for each in node.args if each.keyword and each.keyword.value == "dtype"]
    operation = loss.operation(node) or ""
    if dtypes and operation.startswith(("tf.", "keras.")):
        return Edit(
            {node: expression(f"{loss.spell('tf.cast')}({{x}}, {{t}})", x=inner, t=dtypes[0])}
        )
    line = _assigns_to_itself(loss, node, inner)
    return Edit({node: inner}) if line is None else Edit({line: []})


def _assigns_to_itself(
    loss: Loss, node: cst.Call, inner: cst.BaseExpression
) -> cst.SimpleStatementLine | cst.If | None:
    """The line of ``y_pred = np.array(y_pred)``, of which nothing is left without the conversion.

    Where that is all that an ``if`` does, the whole ``if``: it asks what kind of object it has.
    """
    assignment = loss.tree.parents[node]
    line = loss.tree.parents[assignment]
    match assignment:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)]):
            if (
                target.deep_equals(inner)
                and isinstance(line, cst.SimpleStatementLine)
                and len(line.body) == 1
                and not comments(line)
            ):
                return line if _has_more(loss, line) else _asking(loss, line)
    return None


def _asking(loss: Loss, line: cst.SimpleStatementLine) -> cst.If | None:
    """The ``if`` of which ``line`` is all, without comments, where its test is of no value."""
    block = loss.tree.parents[line]
    match loss.tree.parents.get(block):
        case cst.If(test=test, orelse=None) as branch if (
            not isinstance(loss.tree.parents[branch], cst.If)
            and not loss.is_tensor(test)
            and not comments(branch)
            and _has_more(loss, branch)
        ):
            return branch
    return None


def _has_more(loss: Loss, line: cst.CSTNode) -> bool:
    """Whether the block around ``line`` would not be empty without it."""
    block = loss.tree.parents[line]
    return isinstance(block, cst.IndentedBlock) and len(block.body) > 1


RULE = Rule("LF101", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
