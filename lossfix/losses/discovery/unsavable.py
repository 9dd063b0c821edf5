"""What the calls of a factory or a class hand over that no saved configuration can hold.

Keras writes the configuration of a loss into every model that is saved. Into an ``.h5`` file it writes JSON
and fails there for variables and tensors, while it keeps a closure by its name alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.operations.names import canonical
from lossfix.losses.operations.words import words
from lossfix.syntax.nodes import below, every
from lossfix.syntax.scope import dotted, parameters, scope_of_module

_VARIABLES = words("tf.Variable keras.Variable keras.backend.variable tf.compat.v1.get_variable")
_TENSORS = words("""
    tf.constant tf.convert_to_tensor tf.cast tf.stack tf.zeros tf.ones keras.backend.constant
    keras.ops.convert_to_tensor keras.ops.array
    """)
_ARRAYS = words("""
    np.array np.asarray np.ones np.zeros np.full np.ones_like np.zeros_like np.full_like np.linspace
    np.arange np.bincount np.load sklearn.utils.class_weight.compute_class_weight
    """)
_ARRAY_METHODS = frozenset({"astype", "copy", "reshape", "flatten"})


def unsavable(module: ast.Module, name: str, holder: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """The parameters that calls of ``name`` give a variable or a tensor, each with which of them it is.

    Args:
        holder: the factory of that name, or the constructor of the class.
    """
    names = _Names(module, holder)
    for parameter, value in _given(module, name, holder):
        kind = _kind(names, value, frozenset())
        if kind:
            yield parameter, kind


def given_arrays(module: ast.Module, name: str, holder: ast.FunctionDef) -> frozenset[str]:
    """The parameters that calls of ``name`` give NumPy arrays: a ``.keras`` file gives none of them back."""
    names = _Names(module, holder)
    return frozenset(
        parameter
        for parameter, value in _given(module, name, holder)
        if _is_array(names, value, frozenset())
    )


class _Names:
    """What the names of a file stand for where ``holder`` is called: what it sets itself is its own."""

    def __init__(self, module: ast.Module, holder: ast.FunctionDef) -> None:
        own = {id(each) for each in below(holder)}
        self._assigned = [each for each in every(module, ast.Assign) if id(each) not in own]
        self._scope = scope_of_module(module)

    def operation(self, function: ast.expr) -> str:
        return canonical(self._scope.resolve(dotted(function) or "") or "")

    def values(self, read: str) -> Iterator[ast.expr]:
        for each in self._assigned:
            if any(dotted(target) == read for target in each.targets):
                yield each.value


def _given(
    module: ast.Module, name: str, holder: ast.FunctionDef
) -> Iterator[tuple[str, ast.expr]]:
    names = [each for each in parameters(holder) if each != "self"]
    for call in every(module, ast.Call):
        if dotted(call.func) == name:
            yield from zip(names, call.args, strict=False)
            yield from ((each.arg, each.value) for each in call.keywords if each.arg is not None)


def _is_array(names: _Names, node: ast.expr, seen: frozenset[str]) -> bool:
    match node:
        case ast.BinOp(left=left, right=right):
            return any(_is_array(names, each, seen) for each in (left, right))
        case ast.Call(func=function):
            if names.operation(function) in _ARRAYS:
                return True
            return (
                isinstance(function, ast.Attribute)
                and function.attr in _ARRAY_METHODS
                and _is_array(names, function.value, seen)
            )
        case ast.Name(id=read) if read not in seen:
            return any(_is_array(names, each, seen | {read}) for each in names.values(read))
    return False


def _kind(names: _Names, node: ast.expr, seen: frozenset[str]) -> str:
    match node:
        case ast.Call(func=function):
            operation = names.operation(function)
            if operation in _VARIABLES:
                return "variable"
            return "tensor" if operation in _TENSORS else ""
        case ast.Name() | ast.Attribute():
            read = dotted(node)
            if read is None or read in seen:
                return ""
            kinds = (_kind(names, each, seen | {read}) for each in names.values(read))
            return next(filter(None, kinds), "")
    return ""
