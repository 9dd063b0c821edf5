"""Functions that were added to a module which had the same function already, under another name.

Several losses may need the same copy of a helper. Each is mended on its own, and brings a copy along; what
differs from a function that stood there before in nothing but its name is given up for that one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set

import libcst as cst

from lossfix.syntax.imports import is_import


def without_twins(
    before: Mapping[str, str],
    after: Mapping[str, str],
    new: Set[tuple[str, str]],
    given: str = "",
) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """The texts of ``after`` without the twins among ``new``, and what those are called that stay.

    Args:
        before: the texts of the same files as they were.
        new: the paths and names of functions of modules that are in ``after`` alone. No file had their
            names before, so that whatever has one of them there means the function.
        given: how parameters end that every call gives, so that their defaults say nothing.
    """
    texts, instead, old = dict(after), dict[tuple[str, str], str](), dict[str, dict[str, str]]()
    for path in {path for path, _ in new}:
        functions = list(_functions(cst.parse_module(before[path])))
        often = Counter(name for name, _ in functions)
        old[path] = {_code(each, given): name for name, each in functions if often[name] == 1}
    while (found := next(_twins(old, texts, new, given), None)) is not None:
        (path, name), stays = found
        instead[path, name] = stays
        texts = {each: _given_up(text, name, stays) for each, text in texts.items()}
    return texts, instead


def _twins(
    old: Mapping[str, Mapping[str, str]],
    texts: Mapping[str, str],
    new: Set[tuple[str, str]],
    given: str,
) -> Iterator[tuple[tuple[str, str], str]]:
    for path, functions in old.items():
        for name, function in _functions(cst.parse_module(texts[path])):
            stays = functions.get(_code(function, given))
            if (path, name) in new and stays is not None:
                yield (path, name), stays


def _functions(module: cst.Module) -> Iterator[tuple[str, cst.FunctionDef]]:
    return ((each.name.value, each) for each in module.body if isinstance(each, cst.FunctionDef))


def _code(function: cst.FunctionDef, given: str) -> str:
    """The text of a function but for its name, defaults that say nothing, and what stands above it."""
    params = [
        each.with_changes(default=cst.Ellipsis()) if given and _is_given(each, given) else each
        for each in function.params.params
    ]
    nameless = function.with_changes(
        name=cst.Name("_"), leading_lines=(), params=function.params.with_changes(params=params)
    )
    return cst.Module([nameless]).code


def _is_given(parameter: cst.Param, given: str) -> bool:
    return parameter.default is not None and parameter.name.value.endswith(given)


def _given_up(text: str, name: str, stays: str) -> str:
    """``text`` without the function ``name``, of which ``stays`` takes the place."""
    if name not in text:
        return text
    module = cst.parse_module(text)
    body = [
        each
        for each in module.body
        if not isinstance(each, cst.FunctionDef) or each.name.value != name
    ]
    renamed = module.with_changes(body=body).visit(_Renaming(name, stays))
    assert isinstance(renamed, cst.Module)
    return _without_repeated_imports(renamed).code


class _Renaming(cst.CSTTransformer):
    """Renames a function wherever it is named, and imports it once a statement."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self._old, self._new = old, new

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        if updated_node.value != self._old:
            return updated_node
        return updated_node.with_changes(value=self._new)

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom:
        if isinstance(updated_node.names, cst.ImportStar):
            return updated_node
        once = {
            (each.evaluated_name, each.evaluated_alias): each
            for each in reversed(updated_node.names)
        }
        if len(once) == len(updated_node.names):
            return updated_node
        *first, last = reversed(once.values())
        last = last.with_changes(comma=updated_node.names[-1].comma)
        return updated_node.with_changes(names=[*first, last])


def _without_repeated_imports(module: cst.Module) -> cst.Module:
    """``module`` without the import statements that stand there a second time."""
    seen: set[str] = set()
    body = []
    for each in module.body:
        if isinstance(each, cst.SimpleStatementLine) and is_import(each):
            code = module.code_for_node(each)
            if code in seen:
                continue
            seen.add(code)
        body.append(each)
    return module.with_changes(body=body)
