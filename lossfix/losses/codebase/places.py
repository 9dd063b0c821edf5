"""Where a name leads that a file imports: the definitions that it may mean, in whatever file of the run.

Each file was read once, alone (``shared.py``). ``Modules`` follows an import through re-exports and star
imports to the definitions at its end. Of closed files nothing but the path is known: those on the way to a
loss are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lossfix.losses.codebase.modules import Located
from lossfix.losses.codebase.said import Reference, Shared, joined
from lossfix.losses.discovery.lookups import EVERY


@dataclass(frozen=True)
class Place:
    """A name in a file of the run."""

    file: int
    name: str


class Modules:
    """The files of a run, as their import statements see one another."""

    def __init__(
        self,
        files: Sequence[tuple[Path, str, Shared]],
        closed: Sequence[str] = (),
        line_of: Callable[[int, int], str] = lambda file, line: str(line),
    ) -> None:
        """
        Args:
            files: of each its absolute path, its name for people, and what it says.
            closed: the paths of further files, of which nothing is known yet.
            line_of: writes a line of a file, by its number, for people: of a notebook with the cell.
        """
        self.files = files
        self._line_of = line_of
        self.links = [dict(shared.links) for _, _, shared in files]
        """Of each file what its other names stand for."""
        self._imports = [dict(shared.imports) for _, _, shared in files]
        self._located = Located([path for path, _, _ in files], closed)
        self._needed: set[int] = set()
        self._followed: dict[tuple[int, str, bool], tuple[tuple[Place, ...], bool]] = {}
        """What was found by now."""
        self._lent: set[Place] = set()
        """Names that files were found to have by way of others."""

    def shown(self, file: int, line: int) -> str:
        """A place in a file, for people."""
        return f"{self.files[file][1]}:{self._line_of(file, line)}"

    @property
    def needed(self) -> tuple[Path, ...]:
        """The closed files that a loss or a metric was found to lie behind, by now."""
        return tuple(self._located.path(number) for number in sorted(self._needed))

    def places(
        self, file: int, origin: str, leading: bool = False
    ) -> tuple[tuple[Place, ...], bool]:
        """What a file means by an import: definitions, and whether it was followed to its end.

        With ``leading`` a closed file on the way is needed.
        """
        asked = (file, origin, leading)
        if asked not in self._followed:
            found: dict[Place, None] = {}
            complete = self._follow_origin(file, origin, found, frozenset(), leading)
            self._followed[asked] = tuple(found), complete
        return self._followed[asked]

    def _follow_origin(
        self,
        file: int,
        origin: str,
        found: dict[Place, None],
        seen: frozenset[tuple[int, str]],
        leading: bool,
    ) -> bool:
        if (file, origin) in seen:
            return False
        seen = seen | {(file, origin)}
        complete = False
        for module, rest in self.resolve(file, origin):
            if not rest:
                complete = True
            elif module < len(self.files):
                complete |= self._follow(module, rest, found, seen, leading)
            elif leading:
                self._needed.add(module)
        return complete

    def _follow(
        self,
        file: int,
        rest: tuple[str, ...],
        found: dict[Place, None],
        seen: frozenset[tuple[int, str]],
        leading: bool,
    ) -> bool:
        name, *attributes = rest
        shared = self.files[file][2]
        if rest == (EVERY,):
            found.update((Place(file, each), None) for each in sorted(shared.defined))
            origins = [each for _, imported in self._imports[file].items() for each in imported]
            for origin in (*origins, *(joined(star, EVERY) for star in shared.stars)):
                self._follow_origin(file, origin, found, seen, leading)
            return True
        if name in shared.defined or name in self.links[file]:
            whole = ".".join(rest)
            known = not attributes or whole in shared.methods or whole in self.links[file]
            if known:
                found[Place(file, whole)] = None
            return known
        origins = list(self._imports[file].get(name, ()))
        if not origins and rest == (name,) and name in shared.variables:
            found[Place(file, name)] = None
            return True
        self._lent.add(Place(file, name))
        if not origins:
            origins = [joined(star, name) for star in shared.stars]
        followed = [
            self._follow_origin(file, ".".join((origin, *attributes)), found, seen, leading)
            for origin in origins
        ]
        return any(followed)

    def follow_all(self) -> None:
        """Follow every import of every file: ``lent`` knows them all after that."""
        for number, (_, _, shared) in enumerate(self.files):
            for _, origins in shared.imports:
                for origin in origins:
                    self.places(number, origin)
            for star in shared.stars:
                for module, rest in self.resolve(number, star):
                    if not rest:
                        self._lent.add(Place(module, "*"))

    def lent(self, file: int) -> frozenset[str]:
        """The names that others import from a file, which imports them itself; ``*`` for all of them."""
        return frozenset(place.name for place in self._lent if place.file == file)

    def meant(self, file: int, reference: Reference) -> tuple[Place, ...]:
        """What a name of a file stands for, be it imported or its own."""
        if reference.imported:
            return self.places(file, reference.name)[0]
        return (Place(file, reference.name),)

    def named(self, name: str) -> Iterator[Place]:
        """Every definition of that name."""
        return (Place(number, name) for number in self._defining.get(name, ()))

    @cached_property
    def _defining(self) -> dict[str, list[int]]:
        """The files that define each name."""
        found: dict[str, list[int]] = {}
        for number, (_, _, shared) in enumerate(self.files):
            for name in shared.defined:
                found.setdefault(name, []).append(number)
        return found

    def resolve(self, file: int, origin: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The modules that an origin may start with, the longest first, with what is left of it."""
        level = len(origin) - len(origin.lstrip("."))
        parts = tuple(part for part in origin[level:].split(".") if part)
        if level:
            folder = self._located.path(file).parent.parts
            package = folder[: len(folder) - (level - 1)]
            for end in range(len(parts), -1, -1):
                number = self._located.exactly((*package, *parts[:end]))
                if number is not None:
                    yield number, parts[end:]
                    return
            return
        for end in range(len(parts), 0, -1):
            tail = parts[:end]
            numbers = [
                number
                for number in self._located.ending_in(tail[-1])
                if self._located.module(number)[-end:] == tail and number != file
            ]
            if numbers:
                near = [self._nearness(file, number) for number in numbers]
                for number, each in zip(numbers, near, strict=True):
                    if each == max(near):
                        yield number, parts[end:]
                return

    def importable(self, file: int, origin: str, other: int) -> str:
        """What ``file`` would write to import from ``other``, in the manner of an import that it has."""
        target = self._located.module(other)
        if origin.startswith("."):
            folder = self._located.path(file).parent.parts
            for level in range(len(folder)):
                top = folder[: len(folder) - level]
                if target[: len(top)] == top:
                    return "." * (level + 1) + ".".join(target[len(top) :])
            return ""
        parts = origin.split(".")
        for module, rest in self.resolve(file, origin):
            known = self._located.module(module)
            top = known[: len(known) - (len(parts) - len(rest))]
            if target[: len(top)] == top:
                return ".".join(target[len(top) :])
        return ""

    def _nearness(self, file: int, other: int) -> int:
        """How many folders two files share."""
        one, two = self._located.path(file).parent.parts, self._located.path(other).parent.parts
        same = 0
        for left, right in zip(one, two, strict=False):
            if left != right:
                break
            same += 1
        return same
