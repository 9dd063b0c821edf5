"""A class that stands in a function, moved to where an excerpt can take it from."""

from __future__ import annotations

import ast
import textwrap

from lossfix.losses.discovery.constants import problem_of
from lossfix.losses.probing.bound import bound
from lossfix.losses.probing.building import TOO_DEEP
from lossfix.losses.probing.excerpt import Hole
from lossfix.losses.probing.module import source_of
from lossfix.syntax.quiet import parsed
from lossfix.syntax.scope import definitions, parameters, scope_of_module, statements


def lifted(text: str, path: tuple[str, ...]) -> str:
    """``text`` with the class at ``path`` once more at its end, and above that what it uses of the functions
    around it.

    Raises:
        Hole: it stands in a class, another of its name is at the top already, or it uses what is neither
            an import, a definition nor a constant.
    """
    module = parsed(text)
    listed = dict(definitions(module.body))
    if path[-1:] in listed:
        raise Hole(TOO_DEEP)
    itself = bound(listed[path])
    free = set(itself.reads | itself.annotates)
    pieces = [source_of(text, listed[path])]
    resolve = scope_of_module(module).resolve
    for end in range(len(path) - 1, 0, -1):
        outer = listed[path[:end]]
        if not isinstance(outer, ast.FunctionDef):
            raise Hole(TOO_DEEP)
        for name in sorted(free.intersection(parameters(outer))):
            raise Hole(f"it captures `{name}`, a parameter of `{outer.name}`")
        before = []
        for statement in statements(outer.body):
            found = bound(statement)
            used = sorted(found.binds & free)
            if statement is listed[path[: end + 1]] or not used:
                continue
            if problem := problem_of(statement, resolve):
                raise Hole(f"it captures `{used[0]}` of `{outer.name}`, bound by {problem}")
            before.append(source_of(text, statement))
            free |= found.reads | found.annotates
        pieces = [*before, *pieces]
    return "\n\n\n".join([text.rstrip("\n"), *map(textwrap.dedent, pieces)])
