"""A backend of Keras that a project hands its losses, instead of importing it.

``backend = kwargs["backend"]``, ``self.backend`` and a parameter called ``backend`` stand for
``keras.backend``, whichever Keras that is: what its functions mean is known, what it has today is not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import dotted, statements

BACKEND = "keras.backend"
NEED_NOT_BE_TENSORFLOW = "its backend is handed to it, and may be another than TensorFlow"
_NAMES = frozenset({"backend", "_backend"})
_HELD = tuple(f"self.{name}" for name in sorted(_NAMES))
_SEVERAL = "self.submodules"
_OTHERS = frozenset({"torch", "jax", "mxnet", "paddle", "mindspore", "theano"})


@remembered(4)
def is_handed_a_backend(module: ast.Module) -> bool:
    """Whether something in a file takes its backend from whoever calls it."""
    imported = {
        name.partition(".")[0]
        for node in every(module, ast.Import, ast.ImportFrom)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [getattr(node, "module", None) or ""]
        )
    }
    if imported & _OTHERS:
        return False
    nodes = every(module, ast.Subscript, ast.Attribute, ast.arg)
    return any(_is_one(node) for node in nodes)


def injected_in(function: ast.FunctionDef) -> frozenset[str]:
    """The dotted names that stand for such a backend in a function."""
    return frozenset((*_HELD, *_local(function)))


def _local(function: ast.FunctionDef) -> Iterator[str]:
    arguments = function.args
    for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if each.arg == "backend":
            yield each.arg
    for statement in statements(function.body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _stands_for_one(value):
                yield name


def _is_one(node: ast.AST) -> bool:
    match node:
        case ast.arg(arg=name):
            return name == "backend"
        case ast.Attribute():
            return dotted(node) in (*_HELD, _SEVERAL)
        case ast.Subscript():
            return _stands_for_one(node)
    return False


def _stands_for_one(value: ast.expr) -> bool:
    match value:
        case ast.Subscript(slice=ast.Constant(value="backend")):
            return True
        case ast.Call(
            func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value="backend"), *_]
        ):
            return True
    return dotted(value) in _HELD
