"""Which names and attributes a file calls as a loss is called: with targets and predictions."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from lossfix.losses.discovery.assigned import assignments_of, references
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import dotted, parameters


@remembered(4)
def called_with_two(module: ast.Module, apart: Collection[str] = frozenset()) -> Mapping[str, int]:
    """The last parts of what is called with two arguments or more, each with the line of the first call.

    What a name was set to counts with it: in ``self.fn = loss`` and ``self.fn(a, b)``, ``loss`` is called. So
    does what is called for it: ``pick`` of ``model.pick()(a, b)``.

    Args:
        apart: names of which no attribute is meant, such as those of libraries.
    """
    found: dict[str, int] = {}
    assigned = assignments_of(module)
    for node in every(module, ast.Call):
        assert isinstance(node, ast.Call)
        several = len(node.args) + len(node.keywords) > 1
        if not several and not any(isinstance(each, ast.Starred) for each in node.args):
            continue
        if (dotted(node.func) or "").partition(".")[0] in apart:
            continue
        for name in (*_last(node.func), *(name for name, _ in references(node.func, assigned))):
            found.setdefault(name, node.lineno)
    return found


def compiles_by_itself(module: ast.Module) -> int:
    """The line at which a model of the file calls the ``loss`` that its own ``compile`` takes; 0: nowhere.

    Keras averages what a loss gives for each sample. A training loop of one's own gets that of a function,
    and of an instance one number.
    """
    takes = any(
        "loss" in parameters(each)
        for owner in every(module, ast.ClassDef)
        for each in owner.body
        if isinstance(each, ast.FunctionDef) and each.name == "compile"
    )
    return called_with_two(module).get("loss", 0) if takes else 0


def _last(function: ast.expr) -> Iterator[str]:
    while isinstance(function, ast.Call | ast.Subscript):
        function = function.func if isinstance(function, ast.Call) else function.value
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
