"""What some names of a module reach, in that module and in others of its project, and nothing else.

The user's modules never run: of each of them those statements are taken that define what is reached. An
import of another module of the project becomes one of what is taken of that module, so that every name
means what it means in its own file. A name that anything but an import, a definition or a constant binds
(``args.alpha``, ``1 / frame.groupby(...)``) is a ``Hole``.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from lossfix.losses.discovery.constants import problem_of
from lossfix.losses.discovery.patched import attribute_set
from lossfix.losses.probing.module import Part, ReadModule
from lossfix.syntax.quiet import NOT_PYTHON, parsed
from lossfix.syntax.scope import Definition, statements


@dataclass(frozen=True)
class Excerpt:
    """Source that stands on its own, with the modules that it imports."""

    source: str
    modules: tuple[tuple[str, str], ...]
    """Their names and sources, each behind those that it imports itself."""


class Hole(Exception):
    """A name that is needed and that no definition, constant or import binds; says which and where."""


def excerpt(text: str, wanted: Iterable[str], read_module: ReadModule, extra: str = "") -> Excerpt:
    """The source of everything that ``wanted`` reaches, in the order of the file, and then ``extra``.

    Args:
        text: a whole module that parses.

    Raises:
        Hole: where something has to run that is no definition.
    """
    whole = Part("", "", text, parsed(text), read_module)
    taken = _Taken(whole)
    for name in sorted(wanted):
        taken.take(whole, name)
    taken.take_attributes()
    while taken.take_patches():
        taken.take_attributes()
    modules = tuple((part.name, part.source()) for part in taken.in_order())
    return Excerpt(whole.source(extra), modules)


class _Taken:
    """The parts of all modules that are reached, so far."""

    def __init__(self, whole: Part) -> None:
        self._whole = whole
        self._others: dict[str, Part] = {}

    def take(self, part: Part, name: str) -> None:
        """Take whatever binds ``name``, and what that reads."""
        if name in part.seen:
            return
        part.seen.add(name)
        binding = [number for number, each in enumerate(part.bounds) if name in each.binds]
        for number in binding:
            self._keep(part, number, name)
        if not binding and not hasattr(builtins, name):
            self._take_from_stars(part, name)

    def take_attributes(self) -> None:
        """Take what is asked of modules by a dot."""
        done: set[tuple[Part, str, str]] = set()
        while True:
            wanted = {
                (part, name, attribute)
                for part in (self._whole, *self._others.values())
                for name in part.whole
                for attribute in _attributes(part, name)
            }
            if wanted <= done:
                return
            for part, name, attribute in sorted(
                wanted - done, key=lambda each: (each[0].name, *each[1:])
            ):
                self._take_defined(part.whole[name], attribute, part.whole[name].name)
            done |= wanted

    def take_patches(self) -> bool:
        """Take what sets an attribute that is asked for (``K.where = where``, ``tf.math.pi = 3.1``); whether
        there was any."""
        parts = (self._whole, *self._others.values())
        asked = {
            node.attr
            for part in parts
            for number in part.kept
            for node in ast.walk(part.bounds[number].node)
            if isinstance(node, ast.Attribute)
        }
        found = [
            (part, number, name)
            for part in parts
            for number, each in enumerate(part.bounds)
            for holder, attribute in (attribute_set(each.node) or ("", ""),)
            for name in (holder.partition(".")[0],)
            if name in part.seen and attribute in asked and number not in part.kept
            if not problem_of(each.node, part.resolve)
        ]
        for part, number, name in found:
            self._keep(part, number, name)
        return bool(found)

    def in_order(self) -> list[Part]:
        """The other parts, each behind those that it imports."""
        order: list[Part] = []

        def visit(part: Part, above: tuple[Part, ...]) -> None:
            for each in part.needs:
                if each in (*above, part):
                    raise Hole(f"it needs `{part.module}`, which imports it back")
                if each not in order:
                    visit(each, (*above, part))
            if part is not self._whole:
                order.append(part)

        visit(self._whole, ())
        return order

    def _keep(self, part: Part, number: int, name: str) -> None:
        node = part.bounds[number].node
        problem = problem_of(node, part.resolve)
        if problem:
            raise Hole(
                f"it needs `{name}`, which {part.line(node)} binds by {problem}: that is not run here"
            )
        if isinstance(node, ast.Assign | ast.AnnAssign):
            self._must_be_bound(part, number, name)
        first = number not in part.kept
        part.kept.add(number)
        for each in ast.walk(node):
            if isinstance(each, ast.Import | ast.ImportFrom):
                inside = isinstance(node, Definition)
                self._link(part, each, None if inside else name, isinstance(node, ast.Try))
        if first:
            for read in sorted(part.reads(number)):
                self.take(part, read)

    def _must_be_bound(self, part: Part, number: int, name: str) -> None:
        """An assignment is computed at once, from what it reads; a definition may never get there."""
        node = part.bounds[number].node
        own = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
        for read in sorted(part.bounds[number].reads - own):
            known = read in part.binds or hasattr(builtins, read) or read.startswith("__")
            if not known and not part.stars:
                raise Hole(
                    f"it needs `{name}`, which {part.line(node)} computes from `{read}`: "
                    "nothing in the file binds that"
                )

    def _link(
        self, part: Part, node: ast.Import | ast.ImportFrom, wanted: str | None, may_fail: bool
    ) -> None:
        """Have an import of the project import from what is taken of it.

        Args:
            wanted: the one name that is needed of it; ``None`` for all.
        """
        for entry in node.names:
            plain = entry.asname or entry.name.split(".")[0]
            if entry.name == "*" or (wanted is not None and plain != wanted):
                continue
            if isinstance(node, ast.Import):
                line = self._whole_module(part, entry)
            else:
                line = self._name_of_module(part, node, entry, plain, may_fail)
            if line:
                part.imports.setdefault(node, {})[plain] = line

    def _whole_module(self, part: Part, entry: ast.alias) -> str:
        other = self._open(part, entry.name)
        if other is None:
            return ""
        if entry.asname is None and "." in entry.name:
            raise Hole(f"it needs the module `{entry.name}` of this project as a whole")
        part.whole[entry.asname or entry.name] = other
        part.needs[other] = None
        return f"import {other.name} as {entry.asname or entry.name}"

    def _name_of_module(
        self, part: Part, node: ast.ImportFrom, entry: ast.alias, name: str, may_fail: bool
    ) -> str:
        origin = "." * node.level + (node.module or "")
        other = self._open(part, origin)
        path = f"{origin}{'' if origin.endswith('.') else '.'}{entry.name}"
        # A package that imports its own module under its name has nothing else of that name.
        itself = other is not None and (
            other.scope.imports.get(entry.name) in (f".{entry.name}", path)
            and part.read(path) is not None
        )
        if other is not None and not itself and (entry.name in other.binds or other.stars):
            part.needs[other] = None
            self._take_defined(other, entry.name, origin)
            return f"from {other.name} import {entry.name} as {name}"
        inner = self._open(part, path)
        if inner is not None:
            part.whole[name] = inner
            part.needs[inner] = None
            return f"import {inner.name} as {name}"
        if other is not None:
            raise Hole(f"it needs `{entry.name}` from `{origin}`, which does not define it")
        if node.level and not may_fail:
            raise Hole(f"it needs `{entry.name}` from `{origin}`, which was not found")
        return ""

    def _take_defined(self, part: Part, name: str, origin: str) -> None:
        self.take(part, name)
        if name not in part.binds and hasattr(builtins, name):
            # `K.sum` is none of Python's own.
            self._take_from_stars(part, name)
        if name not in part.binds and name not in part.starred:
            raise Hole(
                f"it needs `{name}` from `{part.module or origin}`, which does not define it"
            )

    def _take_from_stars(self, part: Part, name: str) -> None:
        for number, each in enumerate(part.bounds):
            node = each.node
            if isinstance(node, ast.If | ast.Try) and _has_stars_of_libraries(node):
                # Which of them is imported is decided as in the file itself.
                self._keep(part, number, name)
                part.starred.add(name)
            if not isinstance(node, ast.ImportFrom) or node.names[0].name != "*":
                continue
            origin = "." * node.level + (node.module or "")
            other = self._open(part, origin)
            if other is None and not node.level:
                # A library's: whether it has the name is found out when it is imported.
                part.kept.add(number)
                part.starred.add(name)
            elif other is not None and (name in other.binds or other.stars):
                self.take(other, name)
                if name in other.binds or name in other.starred:
                    part.kept.add(number)
                    part.starred.add(name)
                    part.needs[other] = None
                    line = f"from {other.name} import {name}"
                    part.imports.setdefault(node, {})[name] = line

    def _open(self, part: Part, origin: str) -> Part | None:
        module = part.read(origin)
        if module is None:
            return None
        if module.path not in self._others:
            try:
                tree = parsed(module.text)
            except NOT_PYTHON:
                raise Hole(f"it needs `{origin}`, which does not parse") from None
            # The same module after a repair is another one: both may be imported side by side.
            digest = sha256(module.text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
            words = "".join(each if each.isalnum() else "_" for each in origin.strip("."))
            name = f"project_{words}_{len(self._others) + 1}_{digest}"
            self._others[module.path] = Part(name, origin, module.text, tree, module.read)
        return self._others[module.path]


def _has_stars_of_libraries(node: ast.stmt) -> bool:
    stars = [
        each
        for each in statements([node])
        if isinstance(each, ast.ImportFrom) and each.names[0].name == "*"
    ]
    return bool(stars) and not any(each.level for each in stars)


def _attributes(part: Part, name: str) -> Iterator[str]:
    """What is taken of a module by a dot.

    Raises:
        Hole: where it is used in another way.
    """
    for number in sorted(part.kept):
        node = part.bounds[number].node
        bases = set()
        for each in ast.walk(node):
            match each:
                case ast.Attribute(value=ast.Name(id=base) as value, attr=attribute) if (
                    base == name
                ):
                    bases.add(value)
                    yield attribute
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and each.id == name and each not in bases:
                raise Hole(f"it needs the module `{part.whole[name].module}` as a whole")
