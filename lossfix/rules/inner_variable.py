"""A variable is made inside of a loss

## What it does

Finds `tf.Variable(...)` in the body of a loss, and makes a tensor of it where the loss only computes with it.
Reports those that the constructor of a class of losses makes with `trainable=True`.

## Why is this bad

The body runs when the graph is traced. `fit` traces it more than once, and a variable can only be made the
first time: `ValueError: tf.function only supports singleton tf.Variables created on the first call`. One that
starts from the predictions cannot be made there at all, since their values are not known yet (measured on
Keras 3.15). With `run_eagerly=True` the loss runs, and what depends on the predictions has no gradient: a
variable keeps a value, and not where it came from. A variable that the constructor makes stays what it is
throughout `fit` (measured): Keras trains the variables of the model, and asks no loss for its own.

## Example

```python
import tensorflow as tf


def channel_loss(y_true, y_pred):
    weights = tf.Variable([1.0, 2.0, 4.0])
    return tf.reduce_mean(weights * tf.abs(y_true - y_pred), axis=-1)
```

## Use instead

```python
import tensorflow as tf


def channel_loss(y_true, y_pred):
    weights = tf.convert_to_tensor([1.0, 2.0, 4.0])
    return tf.reduce_mean(weights * tf.abs(y_true - y_pred), axis=-1)
```

## Fix safety

Exact: the values are those that the variable was to start from. One to which something is assigned is
reported and left alone: `tf.tensor_scatter_nd_update` and its like give a new tensor. Not said of losses
that only a training loop of one's own calls, of parts of losses, and of what is made under an `if`. What
is to be trained belongs to a layer of the model; nothing is said of it beside a tape, or where something sets
it.

## References

- https://www.tensorflow.org/guide/function#creating_tfvariables
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.surroundings import value_around
from lossfix.losses.discovery.reached import loops
from lossfix.losses.operations.gradients import ELEMENTWISE, REDUCTIONS
from lossfix.model import Form, Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.tree import walk

_VARIABLES = ("tf.Variable", "keras.backend.variable")
_MADE_ONCE = (*_VARIABLES, "keras.Variable")
_TRAINS = ("GradientTape", "trainable_variables", "trainable_weights", "set_value")
"""What may train a variable, or set it."""
_DROPPED = frozenset({"trainable", "constraint", "validate_shape"})
_KEPT = frozenset({"dtype", "name"})
_ASSIGNED = "something is assigned to it: operations such as `tf.tensor_scatter_nd_update` give a new tensor"


def match(loss: Loss) -> Iterator[Match]:
    # What calls a part may see to it that it runs only once, and a training loop may run eagerly.
    if loss.only_reached or loops(loss.candidate.evidence):
        return
    yield from _never_trained(loss)
    for node in walk(loss.function.body, cst.Call):
        if loss.operation(node) not in _VARIABLES:
            continue
        if node.args and not _is_made_once(loss, node):
            code = loss.tree.line(node, 60)
            reason = "" if _is_only_computed_with(loss, node) else _ASSIGNED
            yield Match(
                node,
                f"`{code}` makes a variable each time that the loss is traced: fit raises",
                reason if _has_a_counterpart(node) else "its arguments are not the usual ones",
            )


def _never_trained(loss: Loss) -> Iterator[Match]:
    """Variables of a class of losses that are to be trained, in a file in which nothing does."""
    if loss.form is not Form.SUBCLASS or any(word in loss.tree.text for word in _TRAINS):
        return
    told: set[str] = set()
    for node in walk(loss.function.body, cst.Attribute):
        made = value_around(loss, node)
        name = node.attr.value
        if not isinstance(made, cst.Call) or loss.operation(made) not in _MADE_ONCE or name in told:
            continue
        told.add(name)
        if _is_to_be_trained(made) and _is_read_here_alone(loss, name):
            yield Match(
                node,
                f"nothing trains `self.{name}`: a model trains the variables of its layers, and those of a "
                "loss stay what they are",
                "make it a weight of a layer of the model",
                Severity.WARNING,
            )


def _is_to_be_trained(made: cst.Call) -> bool:
    said = [each.value for each in made.args if each.keyword and each.keyword.value == "trainable"]
    return any(isinstance(each, cst.Name) and each.value == "True" for each in said)


def _is_read_here_alone(loss: Loss, name: str) -> bool:
    """Whether an attribute is one of `self` wherever it is named, and nothing is assigned to its value."""
    for node in walk(loss.tree.module, cst.Attribute):
        if node.attr.value == name:
            above = loss.tree.parents.get(node)
            of_self = isinstance(node.value, cst.Name) and node.value.value == "self"
            if not of_self or (isinstance(above, cst.Attribute) and "assign" in above.attr.value):
                return False
    return True


def _is_made_once(loss: Loss, node: cst.Call) -> bool:
    """``if self.seen is None: self.seen = tf.Variable(...)``: fit traces the first call for that."""
    return any(isinstance(each, cst.If) for each in loss.tree.ancestors(node))


def _has_a_counterpart(node: cst.Call) -> bool:
    first, *rest = node.args
    named = {each.keyword.value for each in rest if each.keyword is not None}
    return first.keyword is None and len(named) == len(rest) and named <= _DROPPED | _KEPT


def _is_only_computed_with(loss: Loss, node: cst.Call) -> bool:
    """Whether all that is done with the variable is arithmetic, as with a tensor."""
    above = loss.tree.parents.get(node)
    match above:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            uses = [each for each in walk(loss.function, cst.Name) if each.value == name]
            reads = [each for each in uses if not _is_bound(loss, each)]
            return len(uses) == len(reads) + 1 and all(_is_computed(loss, each) for each in reads)
    return _is_computed(loss, node)


def _is_bound(loss: Loss, name: cst.Name) -> bool:
    return isinstance(loss.tree.parents.get(name), cst.AssignTarget)


def _is_computed(loss: Loss, node: cst.BaseExpression) -> bool:
    above = loss.tree.parents.get(node)
    if isinstance(above, cst.Arg):
        call = loss.tree.parents.get(above)
        computing = isinstance(call, cst.Call) and loss.operation(call)
        return computing in ELEMENTWISE or computing in REDUCTIONS
    return isinstance(above, cst.BinaryOperation | cst.UnaryOperation | cst.Comparison)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    node = match.node
    assert isinstance(node, cst.Call)
    kept = [each for each in node.args if each.keyword is None or each.keyword.value in _KEPT]
    named = {each.keyword.value for each in kept if each.keyword is not None}
    args = [each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in kept]
    if loss.operation(node) == "keras.backend.variable" and "dtype" not in named:
        floatx = cst.parse_expression(f"{loss.spell('keras.backend.floatx')}()")
        no_space = cst.SimpleWhitespace("")
        equal = cst.AssignEqual(no_space, no_space)
        args.append(cst.Arg(floatx, keyword=cst.Name("dtype"), equal=equal))
    tensor = cst.parse_expression(loss.spell("tf.convert_to_tensor"))
    return Edit({node: node.with_changes(func=tensor, args=args)})


RULE = Rule("LF116", Safety.EXACT, Severity.ERROR, match, rewrite, __doc__, __name__)
