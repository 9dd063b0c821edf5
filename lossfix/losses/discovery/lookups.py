"""Where a file looks up functions by a name that is not written out, and so may mean any of a module.

``getattr(losses, name)``, ``globals()[name]``, ``vars(losses)``, ``eval(name)``: none of them says which
function is called in the end. What only ever ends in ``compile`` is left out: an instance will do there.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lossfix.losses.discovery.holders import only_compared, only_tells, outermost
from lossfix.losses.discovery.uses import takes_losses, uses_of
from lossfix.syntax.nodes import below, every, parents
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import dotted, last_part

EVERY = "*"
"""All that a module holds, where a name of it stands otherwise: ``losses.*``."""

_Parents = Mapping[ast.AST, ast.AST]
_Imported = Mapping[str, Sequence[ast.expr]]
"""Variables that are modules, each with what these are found by."""
_IMPORTS = ("import_module", "__import__")
_OF_MODULES = ("__dict__", "__name__", "__file__", "__path__", "__version__", "__doc__", "__spec__")
_OF_ONE_NAME = ("get", "setdefault", "pop", "__getitem__")
"""The methods of a namespace that are asked for one name."""
_NOT_READ = ("update", "clear", "__setitem__", "keys")


@dataclass(frozen=True, eq=False)
class Lookup:
    """An expression that may stand for any function of a module."""

    node: ast.expr
    module: str
    """As the file writes it, or names it in a string; empty for the file's own, ``*`` for any."""
    named: bool = False
    """Whether the module is named in a string, as ``import_module("losses")`` does."""
    evaluated: bool = False
    """Whether it is source, which may mean what the file's modules hold as well."""
    name: str = ""
    """What is looked up, where that alone is written out."""

    @property
    def anywhere(self) -> bool:
        """Whether neither the module nor the name is written out."""
        return self.module == EVERY and not self.name


@remembered(4)
def lookups_in(module: ast.Module) -> tuple[Lookup, ...]:
    """The look-ups of a file by a name that is not written out, but for those that only Keras gets."""
    found = list(_all(module))
    if not found:
        return ()
    above, passed_on = parents(module), uses_of(module).passed_on
    return tuple(
        each
        for each in (_widened(one, above) for one in found)
        if each is not None and not _ends_in_compile(each.node, above, passed_on)
    )


def _all(module: ast.Module) -> Iterator[Lookup]:
    imported = _imported_by_name(module)
    for node in every(module, ast.Call, ast.Attribute):
        match node:
            case ast.Call(
                func=ast.Name(id="getattr"), args=[holder, ast.Constant(value=str(name)), *_]
            ) | ast.Attribute(value=holder, attr=name) if (name not in _OF_MODULES):
                for key in _keys(holder, imported):
                    if not _is_known(key):
                        assert isinstance(node, ast.expr)
                        yield Lookup(node, EVERY, name=name)
                continue
            case ast.Call(func=ast.Name(id="getattr"), args=[holder, name, *_]) if not isinstance(
                name, ast.Constant
            ):
                pass
            case ast.Call(func=ast.Name(id="vars"), args=[holder]):
                pass
            case ast.Call(func=function, args=[holder, *_]) if last_part(function) == "getmembers":
                pass
            case ast.Attribute(attr="__dict__", value=holder):
                pass
            case ast.Call(func=ast.Name(id=("globals" | "locals" | "vars")), args=[]):
                yield Lookup(node, "")
                continue
            case ast.Call(func=ast.Name(id="eval"), args=[text, *_]) if not isinstance(
                text, ast.Constant
            ):
                yield Lookup(node, "", evaluated=True)
                continue
            case _:
                continue
        assert isinstance(node, ast.expr)
        yield from _of_module(node, holder, imported)


def _of_module(node: ast.expr, holder: ast.expr, imported: _Imported) -> Iterator[Lookup]:
    keys = [*_keys(holder, imported)]
    if not keys and (written := dotted(holder)) is not None:
        yield Lookup(node, written)
    for key in keys:
        match key:
            case ast.Name(id="__name__"):
                yield Lookup(node, "")
            case ast.Constant(value=str(name)):
                yield Lookup(node, name, named=True)
            case _:
                yield Lookup(node, EVERY)


def _is_known(key: ast.expr) -> bool:
    return isinstance(key, ast.Constant) or (isinstance(key, ast.Name) and key.id == "__name__")


def _keys(holder: ast.expr, imported: _Imported) -> Iterator[ast.expr]:
    """By what an expression, or what a name was set to, has Python find a module."""
    match holder:
        case ast.Name(id=name):
            yield from imported.get(name, ())
        case ast.Subscript(value=modules, slice=key) if dotted(modules) == "sys.modules":
            yield key
        case ast.Call(func=function, args=[key, *_]) if last_part(function) in _IMPORTS:
            yield key


def _imported_by_name(module: ast.Module) -> _Imported:
    """The variables of a file, in whatever function, that are set to such a module."""
    found: dict[str, list[ast.expr]] = {}
    for node in every(module, ast.Assign):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call() | ast.Subscript() as value
            ):
                for key in _keys(value, {}):
                    found.setdefault(name, []).append(key)
    return found


def _widened(lookup: Lookup, above: _Parents) -> Lookup | None:
    """The same with what is taken out of the namespace; ``None`` where no function is, or a known one."""
    node = lookup.node
    match node:
        case ast.Call(func=ast.Name(id=("getattr" | "eval"))):
            return lookup
        case ast.Attribute() if lookup.name:
            return lookup
        case ast.Call(func=function) if last_part(function) == "getmembers":
            return lookup
        case ast.Call(func=ast.Name(id=("locals" | "vars")), args=[]) if not isinstance(
            _around(node, above), ast.Module
        ):
            return None
    outer = above.get(node)
    match outer:
        case ast.Compare() | ast.Subscript(slice=ast.Constant()):
            return None
        case ast.Subscript(ctx=ast.Load()):
            return replace(lookup, node=outer)
        case ast.Subscript():
            return None
        case ast.Attribute(attr=method) if isinstance(call := above.get(outer), ast.Call):
            if method in _NOT_READ:
                return None
            if method in _OF_ONE_NAME and call.args[:1]:
                known = isinstance(call.args[0], ast.Constant)
                return None if known else replace(lookup, node=call)
    _, names_alone = outermost(node, above)
    return None if names_alone else lookup


def _ends_in_compile(
    node: ast.expr, above: _Parents, passed_on: Collection[str], seen: frozenset[str] = frozenset()
) -> bool:
    """Whether what is looked up, under the names that it is given, is only ever a loss of ``compile``.

    What is only printed, or compared with nothing, is not called either.
    """
    whole, _ = outermost(node, above)
    if any(isinstance(each, ast.NamedExpr) for each in below(whole)):
        return False
    outer = above.get(whole)
    match outer:
        case ast.Call() if outer.func is not whole:
            return only_tells(outer) or takes_losses(passed_on, outer, None)
        case ast.keyword(arg=keyword) if isinstance(call := above.get(outer), ast.Call):
            return takes_losses(passed_on, call, keyword)
        case ast.Assign(targets=[ast.Name(id=name)]):
            if name in seen:
                return True
            around = _around(node, above)
            reads = [
                each
                for each in below(around)
                if isinstance(each, ast.Name) and each.id == name and isinstance(each.ctx, ast.Load)
            ]
            # What a module sets and never reads is there for others.
            is_for_others = isinstance(around, ast.Module) and not reads
            return not is_for_others and all(
                _ends_in_compile(each, above, passed_on, seen | {name}) for each in reads
            )
        case ast.Compare():
            return only_compared(outer, whole)
    return False


def _around(node: ast.AST, above: _Parents) -> ast.AST:
    """The function around a node, or the file."""
    while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
        node = above[node]
    return node
