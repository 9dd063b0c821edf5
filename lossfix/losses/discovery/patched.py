"""What a file gives a module that it imports: ``K.where = where``, ``tf.log = tf.math.log``.

Such a name is there, whatever the module itself has lost.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import dotted, scope_of_module


@remembered(16)
def patched(module: ast.Module) -> frozenset[str]:
    """The names that a file sets on what it imports, as they resolve through its imports."""
    scope = scope_of_module(module)
    names = (scope.resolve(written) for written in _set_attributes(module))
    return frozenset(name for name in names if name is not None)


def is_patched(module: ast.Module, qualified: str) -> bool:
    """Whether a file gives a module the name ``qualified``, or what that stands in, itself."""
    given = patched(module)
    return any(qualified == each or qualified.startswith(f"{each}.") for each in given)


def attribute_set(node: ast.AST) -> tuple[str, str] | None:
    """``K`` and ``where`` of the statement ``K.where = where``; ``None`` for any other."""
    match node:
        case (
            ast.Assign(targets=[ast.Attribute(value=holder, attr=attribute)])
            | ast.AnnAssign(target=ast.Attribute(value=holder, attr=attribute), value=ast.expr())
            | ast.Expr(
                value=ast.Call(
                    func=ast.Name(id="setattr"), args=[holder, ast.Constant(value=attribute), _]
                )
            )
        ):
            name = dotted(holder)
            return (name, attribute) if name is not None and isinstance(attribute, str) else None
    return None


def _set_attributes(module: ast.Module) -> Iterator[str]:
    for node in every(module, ast.Assign, ast.AnnAssign, ast.Expr):
        found = attribute_set(node)
        if found is not None:
            yield ".".join(found)
