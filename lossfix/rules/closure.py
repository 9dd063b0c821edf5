"""A loss is a closure that a factory returns

## What it does

Turns a factory, `def make_loss(alpha): def loss(y_true, y_pred): ...; return loss`, into a subclass of
`keras.losses.Loss` whose constructor takes the factory's parameters. The factory's name stays bound, to
the class, so that `make_loss(0.7)` gives an instance.

## Why is this bad

It trains, and its gradient is that of any function. But a model that was saved with it can only be loaded
with the inner function under its inner name, and the parameters are not saved at all (measured on Keras
3.15).

## Example

```python
import keras
import tensorflow as tf


def scaled_loss(alpha=2.0):
    def loss(y_true, y_pred):
        return alpha * keras.losses.mean_squared_error(y_true, y_pred)

    return loss


def build(model):
    model.compile(loss=scaled_loss(3.0))
```

## Use instead

```python
import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="custom")
class ScaledLoss(keras.losses.Loss):
    def __init__(
        self, alpha=2.0, reduction="sum_over_batch_size", name="loss", dtype=None
    ):
        super().__init__(reduction=reduction, name=name, dtype=dtype)
        self.alpha = alpha

    def call(self, y_true, y_pred):
        return self.alpha * keras.losses.mean_squared_error(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}


scaled_loss = ScaledLoss


def build(model):
    model.compile(loss=scaled_loss(3.0))
```

## Fix safety

Exact: `compile`, `fit` and `evaluate` give the same values. A variable that the factory makes of a
parameter (`weights = K.variable(weights)`) and nothing assigns to becomes a constant. Where what the factory
returns is called directly it stays as it is, since an instance gives the reduced value. The loss keeps the
inner function's name, on which history keys depend. A factory that the file gives a variable or a tensor
(`beta = tf.Variable(0.1)`) stays one: an `.h5` file cannot hold either, and saving would raise.
An array is saved as a list: a `.keras` file would give a dictionary back in its place, and no loss computes
with that.

## References

- https://keras.io/guides/serialization_and_saving/#custom-objects
- https://keras.io/api/losses/#creating-custom-losses
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.symbolic import symbolic_arguments
from lossfix.losses.discovery.unsavable import unsavable
from lossfix.losses.discovery.wiring import Wiring
from lossfix.losses.probing.assumed import tensors_of
from lossfix.losses.subclassing.classes import (
    Parts,
    build_class,
    class_name,
    docstring_line,
)
from lossfix.losses.subclassing.docstrings import of_class
from lossfix.losses.subclassing.obstacles import constructor_parameters, obstacle
from lossfix.losses.subclassing.same_rank import rank_function_definition
from lossfix.losses.subclassing.sites import call_sites
from lossfix.model import Form, Safety, Severity
from lossfix.rules.bare_function import is_wanted, other_files
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.scope import definitions
from lossfix.syntax.tree import names_below, walk

_PURE = ("tf.", "np.", "math.", "keras.losses.", "keras.ops.", "keras.backend.")
_IMPURE = (
    "Variable",
    "variable",
    "function",
    "random",
    "load",
    "file",
    "read",
    "save",
    "print",
    "data",
    "train",
    ".io.",
)
"""Parts of the names of what must not be run again for every batch."""
_VARIABLES = frozenset({"tf.Variable", "keras.backend.variable"})
_OF_VARIABLES = frozenset({"dtype", "name", "trainable"})


def match(loss: Loss) -> Iterator[Match]:
    if loss.form is not Form.CLOSURE or loss.factory is None or len(loss.candidate.path) != 2:
        return
    if loss.candidate.metric or not is_wanted(loss):
        return
    reason = (
        obstacle(loss) or _shape(loss, loss.factory) or other_files(loss) or call_sites(loss).reason
    )
    yield Match(
        loss.factory.name,
        f"`{loss.factory.name.value}` returns a closure: a saved model cannot load it, "
        "and its parameters are not saved",
        reason,
    )


def _shape(loss: Loss, factory: cst.FunctionDef) -> str:
    """Why a factory is more than a parametrised loss; empty where it is not."""
    if not isinstance(factory.body, cst.IndentedBlock):
        return "its body stands on the line of its def"
    *before, last = factory.body.body
    if _name_given(loss, before):
        del before[-1]
    match last:
        case cst.SimpleStatementLine(body=[cst.Return(value=cst.Name(value=name))]) if (
            name == loss.function.name.value
        ):
            pass
        case _:
            return "it does more than return its inner function"
    if loss.function not in before or before[-1] is not loss.function:
        return "something stands between its inner function and the return"
    listed = dict(definitions(loss.tree.outline.body))
    node = listed.get(loss.candidate.path[:-1])
    for name in _tensors(loss.tree.outline, node) if isinstance(node, ast.FunctionDef) else ():
        return f"`{name}` is a tensor of a model, which no configuration can hold"
    if isinstance(node, ast.FunctionDef):
        for name, kind in unsavable(loss.tree.outline, node.name, node):
            return f"`{name}` is given a {kind}, which a saved configuration cannot hold in every format"
    for statement in before[:-1]:
        if not _is_prelude(loss, statement):
            # The comments above a statement are no part of what is quoted.
            bare = statement.with_changes(leading_lines=())
            return f"`{loss.tree.line(bare, 40)}` may not be run for every batch"
        if not isinstance(statement, cst.FunctionDef) and (
            {loss.y_true, loss.y_pred} & names_below(statement)
        ):
            return f"it uses `{loss.y_true}` or `{loss.y_pred}` for something else"
    return ""


def _name_given(loss: Loss, statements: Sequence[cst.BaseStatement]) -> str:
    """The name that the last of the statements gives the inner function: ``loss.__name__ = "dice"``."""
    match statements[-1:]:
        case [
            cst.SimpleStatementLine(
                body=[
                    cst.Assign(
                        targets=[
                            cst.AssignTarget(
                                target=cst.Attribute(
                                    value=cst.Name(value=function), attr=cst.Name(value="__name__")
                                )
                            )
                        ],
                        value=cst.SimpleString(evaluated_value=str() as name),
                    )
                ]
            )
        ] if (
            function == loss.function.name.value and name.isidentifier()
        ):
            return name
    return ""


def _tensors(module: ast.Module, factory: ast.FunctionDef) -> Iterator[str]:
    """The parameters that are tensors of a model, by what the code does with them or by what it passes."""
    yield from tensors_of(module, factory)
    yield from (name for name, _ in symbolic_arguments(Wiring(module), factory))


def _is_prelude(loss: Loss, statement: cst.CSTNode) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]):
            return True
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name())])]
        ):
            made = _only_read(loss, statement)
            return all(node is made or _is_pure(loss, node) for node in walk(statement, cst.Call))
        case cst.SimpleStatementLine(body=[cst.Assert()]):
            return True
        case cst.FunctionDef():
            return _is_a_part(loss, statement)
    return False


def _is_a_part(loss: Loss, function: cst.FunctionDef) -> bool:
    """Whether a function beside the inner one can be defined anew for every batch.

    A name of its own that is one of the factory's parameters, too, would be taken for that.
    """
    own = {each.name.value for each in constructor_parameters(loss)}
    taken = own & loss.tree.scope(function).everything()
    plain = not function.decorators and not function.asynchronous and not taken
    return plain and not any(True for _ in walk(function, cst.Global, cst.Nonlocal))


def _only_read(loss: Loss, statement: cst.CSTNode) -> cst.Call | None:
    """The variable that a statement makes and gives a name, where nothing ever assigns to it."""
    match statement:
        case cst.SimpleStatementLine(
            body=[
                cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Name(value=name))],
                    value=cst.Call(args=[cst.Arg(keyword=None, star=""), *rest]) as call,
                )
            ]
        ) if (
            loss.operation(call) in _VARIABLES
        ):
            known = all(each.keyword and each.keyword.value in _OF_VARIABLES for each in rest)
            uses = [
                loss.tree.parents.get(node)
                for node in walk(loss.function, cst.Name)
                if node.value == name
            ]
            # `w.assign_add(1)`, `K.update(w, 1)`, `return w`: more than a number that is computed with.
            computed = all(isinstance(above, cst.BinaryOperation) for above in uses)
            return call if known and computed else None
    return None


def _as_constant(loss: Loss, statement: cst.BaseStatement) -> cst.BaseStatement:
    """The statement with a constant in place of a variable that nothing assigns to."""
    call = _only_read(loss, statement)
    if call is None:
        return statement
    kept = [each for each in call.args if each.keyword is None or each.keyword.value == "dtype"]
    code = f"{loss.spell('tf.constant')}({{value}}"
    holes = {"value": kept[0].value}
    if len(kept) > 1:
        code, holes["dtype"] = f"{code}, dtype={{dtype}}", kept[1].value
    elif loss.operation(call) == "keras.backend.variable":
        code = f"{code}, dtype={loss.spell('keras.backend.floatx')}()"
    changed = statement.deep_replace(call, expression(f"{code})", **holes))
    assert isinstance(changed, cst.BaseStatement)
    return changed


def _is_pure(loss: Loss, node: cst.Call) -> bool:
    operation = loss.operation(node)
    if operation is None:
        return isinstance(node.func, cst.Name) and node.func.value in ("float", "int", "len")
    return operation.startswith(_PURE) and not any(each in operation for each in _IMPURE)


def rewrite(loss: Loss, match: Match) -> Edit | None:
    factory = loss.factory
    if factory is None or not isinstance(factory.body, cst.IndentedBlock):
        return None
    docstring = docstring_line(factory)
    before = factory.body.body[:-1]
    name_given = _name_given(loss, before)
    function = before.index(loss.function)
    head = [_as_constant(loss, each) for each in before[:function] if each is not docstring]
    name = factory.name.value
    parts = Parts(
        name=class_name(loss),
        docstring=docstring and of_class(docstring),
        parameters=constructor_parameters(loss),
        registered_name=name_given or loss.function.name.value,
        head=tuple(head),
        leading_lines=factory.leading_lines,
        remarks=[
            each
            for lines in (
                loss.function.leading_lines,
                *map(_comments, factory.body.body[function + 1 :]),
            )
            for each in lines
            if each.comment is not None
        ],
    )
    alias = cst.SimpleStatementLine(
        [cst.Assign([cst.AssignTarget(cst.Name(name))], cst.Name(parts.name))],
        leading_lines=[cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)],
    )
    return Edit(
        {factory: [build_class(loss, parts), alias]},
        becomes=parts.name,
        before=rank_function_definition(loss),
    )


def _comments(line: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    """The comments above and behind the ``return``, and what gives a name, which go."""
    assert isinstance(line, cst.SimpleStatementLine)
    behind = line.trailing_whitespace.comment
    return (*line.leading_lines, *([cst.EmptyLine(comment=behind)] if behind else []))


RULE = Rule("LF302", Safety.EXACT, Severity.INFO, match, rewrite, __doc__, __name__)
