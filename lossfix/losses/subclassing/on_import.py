"""What a class does when its file is imported, and a function does not.

It asks for its base, keeps what is around it as it is then, and is registered.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.syntax.frameworks import FRAMEWORKS
from lossfix.syntax.tree import dotted, names_below, walk

_REGISTERS = "register_keras_serializable"
_ENDS = frozenset({"exit", "_exit", "skip", "importorskip"})
_FORGIVEN = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def keeps_a_function(loss: Loss) -> str:
    """Why a class cannot stand where the function or factory does; empty where it can."""
    if _is_at_the_top(loss) and _does_without(loss):
        return "without TensorFlow this file is imported all the same, and a class of losses would not be"
    name = next(_set_by_a_loop(loss), None)
    if name is not None:
        return f"it reads `{name}`, which the loop around it sets: give it a parameter for that"
    other = next(_namesakes(loss), None)
    if other is not None:
        return f"`{other}` is registered by the same name: a saved model would load the later of the two"
    return ""


def _is_at_the_top(loss: Loss) -> bool:
    return loss.tree.parents.get(_outermost(loss)) is loss.tree.module


def _outermost(loss: Loss) -> cst.FunctionDef:
    return loss.factory or loss.function


def _does_without(loss: Loss) -> bool:
    """Whether a file imports its framework within a ``try`` that goes on without it, and nowhere else, or
    leaves that to the loss, which does so each time that it is called."""
    # In a function or a method, whoever calls it needs the framework, and not the file.
    imports = [
        statement
        for statement in loss.tree.module.body
        if not isinstance(statement, cst.FunctionDef | cst.ClassDef)
        and _imports_a_framework(statement)
    ]
    if not imports:
        return _imports_a_framework(_outermost(loss).body)
    return all(isinstance(each, cst.Try) and _goes_on_without(each) for each in imports)


def _imports_a_framework(node: cst.CSTNode) -> bool:
    modules = [
        each.module
        for each in walk(node, cst.ImportFrom)
        if each.module is not None and not each.relative
    ]
    imported = [name.name for each in walk(node, cst.Import) for name in each.names]
    return any(
        (dotted(each) or "").partition(".")[0] in FRAMEWORKS for each in (*modules, *imported)
    )


def _goes_on_without(statement: cst.Try) -> bool:
    """Whether a failing import of a framework neither ends the file nor is made up for."""
    handlers = [each for each in statement.handlers if _forgives(each)]
    return (
        _imports_a_framework(statement.body)
        and bool(handlers)
        and all(map(_makes_up_for_nothing, handlers))
    )


def _forgives(handler: cst.ExceptHandler) -> bool:
    return handler.type is None or not _FORGIVEN.isdisjoint(names_below(handler.type))


def _makes_up_for_nothing(handler: cst.ExceptHandler) -> bool:
    ends = any(True for _ in walk(handler, cst.Raise, cst.Import, cst.ImportFrom))
    called = {(dotted(each.func) or "").rpartition(".")[2] for each in walk(handler, cst.Call)}
    return not ends and called.isdisjoint(_ENDS)


def _set_by_a_loop(loss: Loss) -> Iterator[str]:
    """The names that a loss reads and a loop of the module around it sets anew."""
    around = loss.tree.parents.get(_outermost(loss))
    read = names_below(_outermost(loss).body)
    own = loss.tree.scope(_outermost(loss)).everything()
    while around is not None and not isinstance(around, cst.FunctionDef | cst.ClassDef):
        if isinstance(around, cst.For | cst.While):
            yield from sorted((frozenset(_bound_by(loss, around)) & read) - own)
        around = loss.tree.parents.get(around)


def _bound_by(loss: Loss, loop: cst.For | cst.While) -> Iterator[str]:
    if isinstance(loop, cst.For):
        yield from _names_of(loop.target)
    targets: list[cst.AssignTarget | cst.AugAssign | cst.AnnAssign] = [
        *walk(loop.body, cst.AssignTarget),
        *walk(loop.body, cst.AugAssign),
        *walk(loop.body, cst.AnnAssign),
    ]
    for each in targets:
        above = loss.tree.parents[each]
        while above is not loop and not isinstance(above, cst.FunctionDef | cst.ClassDef):
            above = loss.tree.parents[above]
        if above is loop:
            yield from _names_of(each.target)


def _names_of(target: cst.CSTNode) -> Iterator[str]:
    match target:
        case cst.Name(value=name):
            yield name
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for each in elements:
                yield from _names_of(each.value)


def _namesakes(loss: Loss) -> Iterator[str]:
    """Other definitions of the file that Keras would keep under the name of this one."""
    key = _registered(loss, loss.function)
    for path, node in loss.tree.definitions:
        if node is not loss.function and key is not None and _registered(loss, node) == key:
            yield ".".join(path)


def _registered(loss: Loss, node: cst.FunctionDef | cst.ClassDef) -> tuple[str, str] | None:
    """The package and the name by which a definition is registered, where it is and they are written out."""
    for decorator in node.decorators:
        called = decorator.decorator
        if not (loss.operation(called) or "").endswith(_REGISTERS):
            continue
        said = {"package": "Custom", "name": node.name.value}
        if isinstance(called, cst.Call):
            for place, each in zip(("package", "name"), called.args, strict=False):
                keyword = place if each.keyword is None else each.keyword.value
                if isinstance(each.value, cst.SimpleString):
                    said[keyword] = str(each.value.evaluated_value)
                elif dotted(each.value) != "None":
                    return None
        return said["package"], said["name"]
    return None
