"""A loss is computed outside of the tape

## What it does

Reports `tape.gradient(loss, ...)` and `optimizer.minimize(loss, ..., tape=tape)` where what is differentiated
was computed below the `with` of the tape, or was turned into a Python number. The same is told of a model
that is called above the `with`, and of outputs that reach the loss only as numbers, rounded or as an index.

## Why is this bad

A tape knows of what ran inside of its `with` alone. Of anything that is computed below it the gradient is
`None` for every variable (measured: also of `tf.reduce_mean(loss)`, of `loss_a + loss_b` and of
`sum(losses)`, whose parts were taped), and no weight moves. Of `float(loss)` and `loss.numpy()` there is no
gradient at all: `tape.gradient` raises.

## Example

```python
import tensorflow as tf


def step(model, optimizer, x, y):
    with tf.GradientTape() as tape:
        outputs = model(x, training=True)
    value = tf.reduce_mean(tf.square(y - outputs))
    gradients = tape.gradient(value, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return value
```

## Use instead

```python
import tensorflow as tf


def step(model, optimizer, x, y):
    with tf.GradientTape() as tape:
        outputs = model(x, training=True)
        value = tf.reduce_mean(tf.square(y - outputs))
    gradients = tape.gradient(value, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return value
```

## Fix safety

There is no rewrite: what has to move into the `with` may be several lines, some of which are better left out
of the tape. Nothing trained before, so there is no old behaviour to keep.

## References

- https://www.tensorflow.org/guide/autodiff
- https://www.tensorflow.org/api_docs/python/tf/GradientTape
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.discovery.taping import severed
from lossfix.losses.discovery.wiring import STEPS, Misuse, Owner, Wiring
from lossfix.losses.discovery.wording import names_a_loss
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Rule, no_match, no_rewrite
from lossfix.syntax.nodes import below, every
from lossfix.syntax.scope import Definition, dotted, statements

_PASSED = frozenset({"tf.cast", "tf.convert_to_tensor"})
"""What gives back a tensor that needs no change as it is, and with it its gradient."""


def wiring(wiring: Wiring) -> Iterator[Misuse]:
    for call in every(wiring.module, ast.Call):
        asked = _differentiated(call)
        if asked is None:
            continue
        tape, target = asked
        owner = wiring.owner(call)
        taped = _taped(wiring, owner, tape)
        value = _value(owner, target, call, taped)
        if not taped or call in taped or value is None:
            continue
        if value in taped:
            yield from _severed(wiring, owner, tape, taped, value, call)
            continue
        shown = " ".join(ast.unparse(target).split())
        if _is_number(value):
            message = f"`{ast.unparse(value)}` is a number: `{tape}` has no gradient for it"
            yield Misuse(target, message, "hand the tensor itself to the tape")
        elif _computes(wiring, value) and _reads(value) & _bound(taped):
            message = f"`{shown}` is computed outside of `{tape}`: every gradient is None"
            yield Misuse(target, message, "it has to be computed inside of the `with`")


def _severed(
    wiring: Wiring,
    owner: Owner,
    tape: str,
    taped: frozenset[ast.AST],
    value: ast.expr,
    call: ast.Call,
) -> Iterator[Misuse]:
    sources = wiring.value(_sources(call))
    cut = None if sources is None else severed(wiring, owner, taped, value, sources)
    if cut is None or (_is_a_step(owner) and _predicts(cut.node)):
        # Within `fit`, what predicts raises: that is told of it elsewhere.
        return
    shown = " ".join(ast.unparse(cut.node).split())
    if cut.outside:
        message = f"`{shown}` is computed outside of `{tape}`: every gradient is None"
        yield Misuse(call, message, "call the model inside of the `with`")
    else:
        message = f"`{shown}` passes no gradient on: every gradient of `{tape}` is None"
        yield Misuse(cut.node, message, "compute the loss of the tensors as the model gives them")


def _is_a_step(owner: Owner) -> bool:
    return isinstance(owner, ast.FunctionDef) and owner.name in STEPS


def _predicts(node: ast.expr) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return isinstance(function, ast.Attribute) and function.attr.startswith("predict")


def _sources(call: ast.Call) -> ast.expr | None:
    """What the gradient is taken for."""
    given = call.args[1:2] + [k.value for k in call.keywords if k.arg in ("sources", "var_list")]
    return given[0] if given else None


def _differentiated(call: ast.Call) -> tuple[str, ast.expr] | None:
    """The name of a tape, and what its gradient is taken of."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=tape), attr=("gradient" | "jacobian")):
            given = call.args[:1] or [k.value for k in call.keywords if k.arg == "target"]
            return (tape, given[0]) if given else None
        case ast.Attribute(attr="minimize"):
            tapes = [k.value for k in call.keywords if k.arg == "tape"]
            match tapes, call.args[:1]:
                case [ast.Name(id=tape)], [target]:
                    return tape, target
    return None


def _taped(wiring: Wiring, owner: Owner, tape: str) -> frozenset[ast.AST]:
    """All that runs under a tape of this name in a function or module."""
    found: set[ast.AST] = set()
    for each in statements(owner.body):
        if not isinstance(each, ast.With):
            continue
        if any(_enters(wiring, item, tape) for item in each.items):
            found.update(part for line in each.body for part in below(line))
    return frozenset(found)


def _enters(wiring: Wiring, item: ast.withitem, tape: str) -> bool:
    """Whether a ``with`` makes the tape, or goes on with one that was made above."""
    if isinstance(item.context_expr, ast.Name):
        return item.context_expr.id == tape
    named = isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == tape
    return named and wiring.operation(item.context_expr) == "tf.GradientTape"


def _value(
    owner: Owner, target: ast.expr, call: ast.Call, taped: frozenset[ast.AST]
) -> ast.expr | None:
    """What is differentiated: the last that was assigned above ``call`` where it has a name."""
    if not isinstance(target, ast.Name):
        return target
    found = None
    for each in statements(owner.body):
        if each.lineno >= call.lineno or isinstance(each, Definition):
            continue
        match each:
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(one, ast.Name) and one.id == target.id for one in targets):
                    found = value
                elif any(target.id in _reads(one) for one in targets):
                    found = None
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if name == target.id:
                found = value
            case ast.AugAssign(target=ast.Name(id=name) as one) if name == target.id:
                # What is added below the tape makes a new tensor of the one that was taped.
                found = each.value if each in taped else ast.BinOp(one, each.op, each.value)
    return found


def _is_number(value: ast.expr) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="float"), args=[_]):
            return True
        case ast.Call(func=ast.Attribute(attr=("numpy" | "item")), args=[]):
            return True
    return False


def _computes(wiring: Wiring, value: ast.expr) -> bool:
    """Whether an expression certainly runs an operation, rather than looking something up."""
    match value:
        case ast.BinOp():
            return True
        case ast.Call(func=function):
            operation = wiring.operation(value)
            if operation is not None:
                return operation.startswith(("tf.", "keras.")) and operation not in _PASSED
            name = dotted(function) or ""
            own = {path for path, _ in wiring.functions}
            return (name,) in own or name == "sum" or names_a_loss(name.rpartition(".")[2])
    return False


def _reads(value: ast.expr) -> frozenset[str]:
    return frozenset(each.id for each in below(value) if isinstance(each, ast.Name))


def _bound(taped: frozenset[ast.AST]) -> frozenset[str]:
    return frozenset(
        each.id for each in taped if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    )


RULE = Rule("LF114", Safety.MANUAL, Severity.ERROR, no_match, no_rewrite, __doc__, __name__, wiring)
