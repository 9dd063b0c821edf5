"""What an expression certainly is: a tensor, a boolean one, one without axes, a number of elements.

`Loss.is_tensor` says what may depend on the targets or the predictions, which lists of tensors,
distributions and other objects do as well. Here "yes" can be relied on; of `may_be_tensor`, "no".
"""

from __future__ import annotations

from itertools import takewhile

import libcst as cst

from lossfix.losses.code.asked_once import asked_once
from lossfix.losses.code.conditions import comparison, connective, named_value
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.several import is_handed_several
from lossfix.losses.code.subclass import is_of_keras_2
from lossfix.losses.discovery.outline import trained_by_keras
from lossfix.losses.discovery.reached import loops
from lossfix.losses.operations.gradients import ELEMENTWISE, REDUCTIONS
from lossfix.losses.operations.translations import ATTRIBUTES, METHODS
from lossfix.syntax.flow import Binding
from lossfix.syntax.tree import dotted, walk

_FAMILIES = ("tf.", "np.", "math.", "keras.ops.", "keras.backend.", "keras.activations.")
_SEVERAL = frozenset(
    {
        "tf.split",
        "tf.unstack",
        "tf.nn.moments",
        "tf.meshgrid",
        "tf.dynamic_partition",
        "keras.ops.split",
        "keras.ops.unstack",
        "np.split",
    }
)
"""Operations that give a list or tuple of tensors."""
_OBJECTS = frozenset(
    {
        "tf.py_function",
        "tf.numpy_function",
        "tf.map_fn",
        "tf.while_loop",
        "tf.case",
        "tf.nest.map_structure",
        "tf.nn.top_k",
        "tf.math.top_k",
        "keras.ops.top_k",
        "tf.linalg.svd",
        "tf.linalg.eigh",
        "tf.unique",
    }
)
"""Operations whose result may be something else than one tensor."""
_BUILTINS = frozenset({"abs", "pow", "float", "max", "min", "sum", "round", "sorted"})
_TESTS = frozenset({"tf.reduce_any", "tf.reduce_all", "np.any", "np.all"})
_CHECKS = ("tf.math.is_", "np.isnan", "np.isinf", "np.isfinite")
_RESHAPES = frozenset(
    {"tf.reshape", "tf.expand_dims", "tf.squeeze", "tf.transpose", "keras.backend.flatten"}
)
_COUNTS = frozenset({"tf.size", "tf.rank"})
_WHOLE_NUMBERS = (cst.Add, cst.Subtract, cst.Multiply, cst.FloorDivide)


def is_array(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` is certainly one tensor, or a NumPy array computed from one."""
    return _is_array(loss, node, frozenset())


def _is_array(loss: Loss, node: cst.CSTNode, seen: frozenset[str]) -> bool:
    if not loss.is_tensor(node):
        return False
    match node:
        case cst.Name(value=name):
            if name in seen:
                # `error = 2 * error`: the other assignments decide.
                return True
            return _is_array_name(loss, name, seen | {name})
        case cst.BinaryOperation(left=left, right=right):
            return _is_array(loss, left, seen) or _is_array(loss, right, seen)
        case cst.BooleanOperation(left=left, right=right):
            # `names = names or ...` says nothing about what the names were.
            return any(
                dotted(each) not in seen and _is_array(loss, each, seen) for each in (left, right)
            )
        case cst.UnaryOperation(expression=inner):
            return _is_array(loss, inner, seen)
        case cst.Comparison(left=left, comparisons=targets):
            if any(isinstance(each.operator, cst.In | cst.NotIn) for each in targets):
                return False
            sides = (left, *(each.comparator for each in targets))
            return any(_is_array(loss, each, seen) for each in sides)
        case cst.Subscript(value=value):
            return _is_array(loss, value, seen)
        case cst.Attribute(value=value, attr=cst.Name(value=attribute)):
            return attribute in ATTRIBUTES and _is_array(loss, value, seen)
        case cst.IfExp(body=body, orelse=orelse):
            return _is_array(loss, body, seen) and _is_array(loss, orelse, seen)
        case cst.Call():
            return _is_array_call(loss, node, seen)
    return False


def _is_array_name(loss: Loss, name: str, seen: frozenset[str]) -> bool:
    # `e[mask] = 0` says nothing about what `e` is.
    known = [each for each in loss.flow.values(name) if not _sets_an_item(each)]
    if not known:
        is_handed = name == loss.y_true or name in loss.predictions
        return is_handed and not is_handed_several(loss)
    # `total = 0.0` becomes a tensor by what is added to it.
    arrays = [each for each in known if not isinstance(each.value, cst.BaseNumber)]
    return bool(arrays) and all(_binds_an_array(loss, each, seen) for each in arrays)


def _sets_an_item(binding: Binding) -> bool:
    match binding.node:
        case cst.Assign(targets=targets):
            return all(isinstance(each.target, cst.Subscript) for each in targets)
        case cst.AugAssign(target=target):
            return isinstance(target, cst.Subscript)
    return False


def _binds_an_array(loss: Loss, binding: Binding, seen: frozenset[str]) -> bool:
    value = binding.value
    match binding.node:
        case cst.For(iter=cst.Call(func=cst.Name(value="zip"), args=args)):
            return all(_is_array(loss, each.value, seen) for each in args)
        case cst.For():
            return _is_array(loss, value, seen)
        case cst.AugAssign():
            return _is_array(loss, value, seen) or isinstance(value, cst.BaseNumber)
        case cst.Assign() if not binding.whole:
            several = isinstance(value, cst.Call) and loss.operation(value) in _SEVERAL
            return several and loss.is_tensor(value)
    return binding.whole and _is_array(loss, value, seen)


def _is_array_call(loss: Loss, node: cst.Call, seen: frozenset[str]) -> bool:
    operation = loss.operation(node)
    if operation is not None:
        last = operation.rpartition(".")[2]
        if operation in _SEVERAL | _OBJECTS or not (last[:1].islower() or last[:1] == "_"):
            return False
        if last.startswith("is_") and not operation.startswith(_CHECKS):
            # `tf.debugging.is_numeric_tensor` and its like look at the object, not at its values.
            return False
        return operation.startswith(_FAMILIES) or operation.startswith("keras.losses.")
    match node.func:
        case cst.Name(value=name):
            values = [each.value for each in node.args]
            return (
                name in _BUILTINS
                and not loss.scope.binds(name)
                and any(_is_array(loss, each, seen) for each in values)
            )
        case cst.Attribute(value=value, attr=cst.Name(value=method)):
            return method in METHODS and _is_array(loss, value, seen)
    return False


@asked_once(unsure=False)
def may_be_tensor(loss: Loss, node: cst.CSTNode) -> bool:
    """`Loss.is_tensor` at its place: a name is what it was last set to above, where that is sure.

    ``weights = weights / np.sum(weights)`` is about numbers where only a line below makes tensors of them.
    """
    if not loss.is_tensor(node):
        return False
    names = [each for each in walk(node, cst.Name) if loss.is_tensor(each)]
    before = [loss.last_set(each) for each in names]
    return not names or any(each is None or may_be_tensor(loss, each) for each in before)


@asked_once(unsure=False)
def is_boolean(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` is a comparison, or conditions joined, also by ``and``, ``or`` and ``not``."""
    match node:
        case cst.Comparison():
            return True
        case cst.BooleanOperation(left=left, right=right):
            return is_boolean(loss, left) and is_boolean(loss, right)
        case cst.UnaryOperation(operator=cst.Not()):
            return True
        case cst.Call():
            operation = loss.operation(node) or ""
            if operation in _TESTS or operation.startswith(_CHECKS):
                return True
            if operation in _RESHAPES and node.args:
                return is_boolean(loss, node.args[0].value)
    if comparison(loss, node) is not None:
        return True
    joined = connective(loss, node)
    if joined is not None:
        return all(is_boolean(loss, each) for each in joined[1])
    value = named_value(loss, node)
    return value is not None and is_boolean(loss, value)


@asked_once(unsure=False)
def is_single(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` certainly has no axes: a reduction over all of them, and what is made of those."""
    if is_count(loss, _uncast(loss, node)):
        return True
    if not loss.is_tensor(node):
        return isinstance(node, cst.BaseNumber | cst.Name | cst.Attribute | cst.UnaryOperation)
    match node:
        case cst.BinaryOperation(left=left, right=right):
            return is_single(loss, left) and is_single(loss, right)
        case cst.BooleanOperation(left=left, right=right):
            return is_single(loss, left) and is_single(loss, right)
        case cst.UnaryOperation(expression=inner):
            return is_single(loss, inner)
        case cst.Comparison(left=left, comparisons=targets):
            sides = (left, *(each.comparator for each in targets))
            return all(is_single(loss, each) for each in sides)
        case cst.Call(args=args):
            operation = loss.operation(node)
            if operation in REDUCTIONS:
                return len(args) == 1 and args[0].keyword is None
            if operation in ELEMENTWISE:
                values = [each.value for each in args if each.keyword is None]
                return all(is_single(loss, each) for each in values)
            return False
    value = named_value(loss, node)
    return value is not None and is_single(loss, value)


def _uncast(loss: Loss, node: cst.CSTNode) -> cst.CSTNode:
    match node:
        case cst.Call(args=[cst.Arg(value=inner, star=""), *_]) if (
            loss.operation(node) == "tf.cast"
        ):
            return inner
    return node


@asked_once(unsure=False)
def is_count(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` is an integer tensor that counts elements: ``tf.shape(x)[0]``, ``tf.size(x)``."""
    match node:
        case cst.Subscript(value=cst.Call() as call):
            return loss.operation(call) == "tf.shape"
        case cst.Call(args=[cst.Arg(keyword=None)]):
            return loss.operation(node) in _COUNTS
        case cst.Call(args=[cst.Arg(value=cst.Subscript() as inner)]):
            return loss.operation(node) in ("tf.reduce_prod",) and is_count(loss, inner)
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            sides = [left, right]
            return (
                isinstance(operator, _WHOLE_NUMBERS)
                and any(is_count(loss, each) for each in sides)
                and all(is_count(loss, each) or isinstance(each, cst.Integer) for each in sides)
            )
    value = named_value(loss, node)
    return value is not None and is_count(loss, value)


def converted_by_autograph(loss: Loss) -> bool:
    """Whether ``tf.function`` turns the loss's control flow into operations, if anything traces it.

    Keras leaves AutoGraph off when it traces a loss, or a ``train_step``; ``tf.function`` on the loss
    turns it on again, for all that it calls, and so does one around a training loop of one's own.
    """
    if _makes_a_graph(loss, loss.function):
        return True
    if isinstance(loss.definition, cst.ClassDef):
        # Keras 2 converts the `call` of its losses, which Keras 3 does not.
        return is_of_keras_2(loss)
    own_loop = loss.candidate.own_loop if loss.only_reached else loops(loss.candidate.evidence)
    return own_loop and not trained_by_keras(loss.tree.outline)


def stands_in_a_graph_function(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether a function within the loss, around ``node``, has a ``tf.function`` of its own."""
    within = takewhile(lambda each: each is not loss.function, loss.tree.ancestors(node))
    return any(isinstance(each, cst.FunctionDef) and _makes_a_graph(loss, each) for each in within)


def _makes_a_graph(loss: Loss, function: cst.FunctionDef) -> bool:
    return any(loss.operation(each.decorator) == "tf.function" for each in function.decorators)


def called_builtin(loss: Loss, node: cst.CSTNode) -> str | None:
    """The name of the builtin that a call calls, ``None`` where it calls anything else."""
    match node:
        case cst.Call(func=cst.Name(value=name)) if not loss.scope.binds(name):
            return name
    return None


def batch_of(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The tensor whose static batch size ``node`` reads: ``y_pred`` of ``y_pred.shape[0]``."""
    match node:
        case cst.Subscript(
            value=value,
            slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value="0")))],
        ):
            return shape_of(loss, value)
        case cst.Attribute(value=inner, attr=cst.Name(value="value")):
            return batch_of(loss, inner)
        case cst.Name():
            return _unpacked_first(loss, node)
        case cst.Call(args=[cst.Arg(value=inner, keyword=None)]) if (
            called_builtin(loss, node) == "len"
        ):
            return inner if is_array(loss, inner) else None
    return None


def _unpacked_first(loss: Loss, node: cst.Name) -> cst.BaseExpression | None:
    """The tensor whose shape is taken apart: of ``batch`` in ``batch, width = y_pred.shape``."""
    match [each.node for each in loss.flow.values(node.value)]:
        case [
            cst.Assign(
                targets=[
                    cst.AssignTarget(
                        target=cst.Tuple(elements=[cst.Element(value=cst.Name(value=first)), *_])
                    )
                ],
                value=value,
            )
        ] if (
            first == node.value
        ):
            return shape_of(loss, value)
    return None


def is_static_size(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` is a whole number that is written out, or a size of a tensor: ``y_pred.shape[1]``."""
    match node:
        case cst.Integer():
            return True
        case cst.Subscript(
            value=value, slice=[cst.SubscriptElement(slice=cst.Index(value=cst.BaseExpression()))]
        ):
            return shape_of(loss, value) is not None
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return is_static_size(loss, left) and is_static_size(loss, right)
    return False


def shape_of(loss: Loss, node: cst.CSTNode) -> cst.BaseExpression | None:
    """The tensor whose static shape ``node`` is: ``y_pred`` of ``y_pred.shape``."""
    match node:
        case cst.Attribute(value=inner, attr=cst.Name(value="shape")):
            return inner if is_array(loss, inner) else None
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="get_shape")), args=[]):
            return inner if is_array(loss, inner) else None
        case cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="as_list")), args=[]):
            return shape_of(loss, inner)
        case cst.Call(args=[cst.Arg(value=inner, keyword=None)]):
            known = loss.operation(node) == "keras.backend.int_shape"
            return inner if known and is_array(loss, inner) else None
    value = named_value(loss, node)
    return None if value is None or dotted(node) is None else shape_of(loss, value)
