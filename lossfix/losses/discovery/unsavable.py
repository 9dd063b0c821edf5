"""What the calls of a factory or a class hand over that no saved configuration can hold.

Keras writes the configuration of a loss into every model that is saved. Into an ``.h5`` file it writes JSON
and fails there for variables and tensors, while it keeps a closure by its name alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.losses.operations.names import canonical
from lossfix.losses.operations.words import words
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import Scope, dotted, parameters, scope_of_module

_VARIABLES = words("tf.Variable keras.Variable keras.backend.variable tf.compat.v1.get_variable")
_TENSORS = words("""
    tf.constant tf.convert_to_tensor tf.cast tf.stack tf.zeros tf.ones keras.backend.constant
    keras.ops.convert_to_tensor keras.ops.array
    """)


def unsavable(module: ast.Module, name: str, holder: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """The parameters that calls of ``name`` give a variable or a tensor, each with which of them it is.

    Args:
        holder: the factory of that name, or the constructor of the class.
    """
    scope = scope_of_module(module)
    names = [each for each in parameters(holder) if each != "self"]
    for call in every(module, ast.Call):
        if dotted(call.func) != name:
            continue
        given = [*zip(names, call.args, strict=False)]
        given += [(each.arg, each.value) for each in call.keywords if each.arg is not None]
        for parameter, value in given:
            kind = _kind(module, scope, value, frozenset())
            if kind:
                yield parameter, kind


def _kind(module: ast.Module, scope: Scope, node: ast.expr, seen: frozenset[str]) -> str:
    match node:
        case ast.Call(func=function):
            operation = canonical(scope.resolve(dotted(function) or "") or "")
            if operation in _VARIABLES:
                return "variable"
            return "tensor" if operation in _TENSORS else ""
        case ast.Name() | ast.Attribute():
            read = dotted(node)
            if read is None or read in seen:
                return ""
            kinds = (
                _kind(module, scope, each.value, seen | {read})
                for each in every(module, ast.Assign)
                if any(dotted(target) == read for target in each.targets)
            )
            return next(filter(None, kinds), "")
    return ""
