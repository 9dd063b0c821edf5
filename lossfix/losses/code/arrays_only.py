"""What only runs where a function is handed an array, a list or a number, and no tensor.

A loss that also serves to evaluate asks for what it has: ``if not tf.is_tensor(y_pred):``. ``fit`` hands
it tensors, so that what runs otherwise cuts no gradient off.
"""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.syntax.tree import walk

_ASKS = frozenset({"is_tensor", "is_keras_tensor", "is_tf_type", "is_symbolic_tensor"})
_ASKS_FOR_A_PLACEHOLDER = "is_keras_tensor"
"""Of a tensor it was true in Keras 1 alone: today it is of what a functional model is built of."""
_TENSOR = "tensorflow.Tensor"
"""What predictions and targets are in ``fit``: symbolic ones too are instances of it."""
_ARRAYS = frozenset({"numpy.ndarray", "numpy.generic", "numpy.number", "pandas.Series"})
_PLAIN = frozenset({"bool", "float", "int", "list", "str", "tuple"})
_LEAVING = (cst.Return, cst.Raise)


def is_for_arrays(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether ``node`` runs only where what was asked about is no tensor."""
    inner = node
    for above in loss.tree.ancestors(node):
        match above:
            case cst.If(test=test, body=body, orelse=orelse) | cst.IfExp(
                test=test, body=body, orelse=orelse
            ):
                if inner is body and _holds_for_arrays(loss, test):
                    return True
                if inner is orelse and _holds_for_tensors(loss, test):
                    return True
            case cst.IndentedBlock(body=lines):
                if any(_tensors_left(loss, line) for line in lines[: lines.index(inner)]):
                    return True
        inner = above
    return False


def mistaken_question(loss: Loss, node: cst.CSTNode) -> cst.Call | None:
    """The ``K.is_keras_tensor(x)`` that is to keep tensors away from ``node`` and does not: it holds for
    none that ``fit`` hands over."""
    inner = node
    for above in loss.tree.ancestors(node):
        match above:
            case cst.If(test=test, body=body) | cst.IfExp(test=test, body=body) if inner is body:
                asked = [each for each in walk(test, cst.Call) if _called(each) in _ASKS]
                if [_called(each) for each in asked] == [_ASKS_FOR_A_PLACEHOLDER]:
                    return asked[0]
        inner = above
    return None


def _called(node: cst.Call) -> str:
    match node.func:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
    return ""


def _tensors_left(loss: Loss, line: cst.CSTNode) -> bool:
    """Whether no tensor comes past ``line``: ``if tf.is_tensor(x): return x``."""
    match line:
        case cst.If(test=test, body=cst.IndentedBlock(body=[*_, last]), orelse=None):
            leaves = isinstance(last, cst.SimpleStatementLine) and any(
                isinstance(each, _LEAVING) for each in last.body
            )
            return leaves and _holds_for_tensors(loss, test)
    return False


def _holds_for_arrays(loss: Loss, test: cst.BaseExpression) -> bool:
    """Whether ``test`` holds for nothing but arrays, lists and numbers."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _holds_for_tensors(loss, inner)
        case cst.BooleanOperation(operator=cst.And(), left=left, right=right):
            return _holds_for_arrays(loss, left) or _holds_for_arrays(loss, right)
        case cst.BooleanOperation(operator=cst.Or(), left=left, right=right):
            return _holds_for_arrays(loss, left) and _holds_for_arrays(loss, right)
    types = _types_asked_for(loss, test)
    return bool(types) and types <= _ARRAYS | _PLAIN


def _holds_for_tensors(loss: Loss, test: cst.BaseExpression) -> bool:
    """Whether ``test`` holds for every tensor that ``fit`` hands over."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _holds_for_arrays(loss, inner)
        case cst.BooleanOperation(operator=cst.And(), left=left, right=right):
            return _holds_for_tensors(loss, left) and _holds_for_tensors(loss, right)
        case cst.BooleanOperation(operator=cst.Or(), left=left, right=right):
            return _holds_for_tensors(loss, left) or _holds_for_tensors(loss, right)
        case cst.Call() if _called(test) in _ASKS:
            return True
    return _TENSOR in _types_asked_for(loss, test)


def _types_asked_for(loss: Loss, test: cst.BaseExpression) -> frozenset[str]:
    """The classes of ``isinstance(x, classes)``; empty for any other test, or where one is not known."""
    match test:
        case cst.Call(func=cst.Name(value="isinstance"), args=[_, cst.Arg(value=given)]):
            classes = (
                [each.value for each in given.elements] if isinstance(given, cst.Tuple) else [given]
            )
            names = [
                loss.qualified(each) or (each.value if isinstance(each, cst.Name) else "")
                for each in classes
            ]
            return frozenset(names) if all(names) else frozenset()
    return frozenset()
