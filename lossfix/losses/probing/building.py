"""How a loss is built of its definition: the call of its factory, of its class, or its name alone."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from lossfix.losses.discovery.candidate import Candidate
from lossfix.losses.discovery.uses import uses_of
from lossfix.losses.probing.assumed import assumed
from lossfix.losses.probing.pared import family_of, instance_of
from lossfix.losses.probing.unsaid import unsaid
from lossfix.model import Form
from lossfix.syntax.scope import (
    Definition,
    defaults,
    definitions,
    dotted,
    last_part,
    parameters,
    statements,
)

MAKER = "make_the_loss"
"""What makes a loss that is an expression, in its excerpt."""

Built = tuple[str, tuple[str, ...], str]
"""How to build something, what had to be assumed for that, and why it cannot be built."""

_Listed = Mapping[tuple[str, ...], Definition]
TOO_DEEP = "it is nested too deeply to be taken out of its file"


def expression_of(
    module: ast.Module, candidate: Candidate, arguments: tuple[str, ...] | None
) -> Built:
    """How to build a loss.

    Args:
        arguments: of its factory or its class, instead of what their calls say.
    """
    listed: _Listed = dict(definitions(module.body))
    path = candidate.path
    given = candidate.arguments if arguments is None else arguments
    match candidate.form:
        case Form.LAMBDA if len(path) == 1:
            return f"{MAKER}()", (), ""
        case Form.FUNCTION | Form.NESTED:
            return path[-1], (), ""
        case Form.CLOSURE | Form.LAMBDA if len(path) == 2:
            factory = _function(listed[path[:-1]])
            built, told, failure = _call(module, path[0], factory, given)
            return built + _taken_out(factory, path[1]), told, failure
        case Form.SUBCLASS if len(path) == 1 and _lacks_self(listed[path], candidate):
            # As a function of its class it runs, and says what it was meant to compute.
            return f"{path[0]}.call", (), ""
        case Form.SUBCLASS | Form.WRAPPER if len(path) == 1:
            name = _concrete(listed, path[0])
            if name == path[0]:
                return _call(module, name, _constructor(listed, listed[path]), given)
            built, _, failure = _heir(module, listed, name)
            return built, (built,), failure
        case Form.CLOSURE if len(path) == 3 and _in_classes(listed, path[:1]):
            return _made_by_a_method(module, listed, path, given)
        case Form.METHOD if _in_classes(listed, path[:-1]):
            holder, told, failure = _holder(module, listed, path, given, candidate)
            return f"{holder}.{path[-1]}", told, failure
    return "", (), TOO_DEEP


def _taken_out(factory: ast.FunctionDef | None, name: str) -> str:
    """How a function is had of what its factory returns, where that is a dictionary or a list of several."""
    returned = [
        each.value
        for each in statements(factory.body if factory is not None else [])
        if isinstance(each, ast.Return)
    ]
    match returned:
        case [ast.Dict(keys=keys, values=values)]:
            taken = [
                ast.unparse(key)
                for key, each in zip(keys, values, strict=True)
                if key and _is(each, name)
            ]
        case [ast.Tuple(elts=parts) | ast.List(elts=parts)]:
            taken = [str(place) for place, each in enumerate(parts) if _is(each, name)]
        case _:
            taken = []
    return f"[{taken[0]}]" if taken else ""


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def instance(module: ast.Module, name: str) -> Built:
    """How to build an instance of a class of the module."""
    listed: _Listed = dict(definitions(module.body))
    given = uses_of(module).arguments(name)
    return _call(module, name, _constructor(listed, listed[(name,)]), given)


def _heir(module: ast.Module, listed: _Listed, name: str) -> Built:
    """How to build an instance of a class that stands in for the one that it extends: what is gone from its
    own defaults, as ``Reduction.AUTO`` is, says nothing of that one."""
    constructor = _constructor(listed, listed[(name,)])
    given = uses_of(module).arguments(name)
    if given or constructor is None:
        return _call(module, name, constructor, given)
    reduced = [n for n, default in defaults(constructor.args) if _is_automatic(default)]
    built, told, failure = _call(module, name, constructor, ())
    for each in reduced:
        start, _, _ = built.rpartition(")")
        built = f"{start}{'' if start.endswith('(') else ', '}{each}='sum_over_batch_size')"
    return built, told, failure


def _is_automatic(default: ast.expr | None) -> bool:
    """Whether a default is the reduction that Keras 3 has no more."""
    if isinstance(default, ast.Constant):
        return bool(default.value == "auto")
    return default is not None and (dotted(default) or "").endswith(
        ("Reduction.AUTO", "ReductionV2.AUTO")
    )


def _made_by_a_method(
    module: ast.Module, listed: _Listed, path: tuple[str, ...], given: tuple[str, ...]
) -> Built:
    """What a factory returns that is a method."""
    method = _function(listed[path[:2]])
    assert method is not None
    holder, told, failure = (path[0], (), "") if _is_bound(method) else instance(module, path[0])
    if any(dotted(each) == "property" for each in method.decorator_list):
        return f"{holder}.{path[1]}", told, failure
    made, assumptions, _ = _call(module, path[1], method, given, skipped=bool(instance_of(method)))
    return f"{holder}.{made}", (*told, *assumptions), failure


def _holder(
    module: ast.Module,
    listed: _Listed,
    path: tuple[str, ...],
    given: tuple[str, ...],
    candidate: Candidate,
) -> Built:
    """What a method is an attribute of: an instance of its class, or the class where that will do."""
    owner = listed[path[:-1]]
    method = _function(listed[path])
    assert method is not None
    names = parameters(method)[:1]
    if _is_bound(method) or names == [candidate.y_true] or names == [candidate.y_pred]:
        return ".".join(path[:-1]), (), ""
    return _call(module, ".".join(path[:-1]), _constructor(listed, owner), given)


def _is_bound(method: ast.FunctionDef) -> bool:
    """Whether a method needs no instance."""
    return any(dotted(e) in ("staticmethod", "classmethod") for e in method.decorator_list)


def _concrete(listed: _Listed, name: str) -> str:
    """The class itself or, where methods of it are abstract, the first class of the file that has them."""
    classes = _classes(listed)
    if name not in classes:
        return name
    heirs = [each for each, node in classes.items() if classes[name] in family_of(node, classes)]
    found = (each for each in (name, *heirs) if not _is_abstract(classes[each], classes))
    return next(found, name)


def _is_abstract(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> bool:
    """Whether a method of a class is left to those that extend it."""
    left: dict[str, bool] = {}
    for owner in family_of(node, classes):
        for each in owner.body:
            if isinstance(each, ast.FunctionDef):
                marks = [last_part(mark) for mark in each.decorator_list]
                left.setdefault(each.name, "abstractmethod" in marks)
    return any(left.values())


def _classes(listed: _Listed) -> dict[str, ast.ClassDef]:
    """The classes of the module, by their names."""
    return {
        path[0]: each
        for path, each in listed.items()
        if len(path) == 1 and isinstance(each, ast.ClassDef)
    }


def _in_classes(listed: _Listed, path: tuple[str, ...]) -> bool:
    """Whether all that is around a definition are classes, down from the module."""
    starts = (path[:end] for end in range(1, len(path) + 1))
    return bool(path) and all(isinstance(listed.get(each), ast.ClassDef) for each in starts)


def _function(node: Definition) -> ast.FunctionDef | None:
    return node if isinstance(node, ast.FunctionDef) else None


def _lacks_self(node: Definition, candidate: Candidate) -> bool:
    if not isinstance(node, ast.ClassDef):
        return False
    pair = {candidate.y_true, candidate.y_pred}
    return any(
        isinstance(each, ast.FunctionDef)
        and each.name == "call"
        and not each.decorator_list
        and set(parameters(each)[:2]) == pair
        for each in node.body
    )


def _constructor(listed: _Listed, node: Definition) -> ast.FunctionDef | None:
    """The constructor of a class of the file, its own or the one that it inherits there."""
    if not isinstance(node, ast.ClassDef):
        return None
    found = (
        each
        for owner in family_of(node, _classes(listed))
        for each in owner.body
        if isinstance(each, ast.FunctionDef) and each.name == "__init__"
    )
    return next(found, None)


def _call(
    module: ast.Module,
    name: str,
    holder: ast.FunctionDef | None,
    given: tuple[str, ...],
    skipped: bool = False,
) -> Built:
    """The call of a factory, or of the class whose constructor is ``holder``.

    Args:
        skipped: the first parameter is the instance, and no argument.
    """
    if given:
        return f"{name}({', '.join(given)})", (), ""
    constructs = holder is not None and holder.name == "__init__"
    missing = () if holder is None else unsaid(module, holder, skipped or constructs)
    values = [f"{each}={assumed(module, whose, each)}" for whose, each in missing]
    built = f"{name}({', '.join(values)})"
    return built, ((built,) if values else ()), ""
