"""What the files of a project say about one another's names.

Each file was read once, alone (``shared.py``). ``Modules`` follows each use through imports, re-exports,
star imports, aliases, dictionaries and factories to the definition that it means. An import that leads
to no file of the run is taken to mean every definition of that name: cautious, since such a use may keep
a function a function and never has a caller rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lossfix.losses.candidate import Elsewhere, Helper, Project
from lossfix.losses.modules import Located
from lossfix.losses.said import Argument, Read, Reference, Role, Shared
from lossfix.losses.uses import ANY_STRING
from lossfix.losses.wording import names_losses

_LEADING = frozenset({Role.COMPILED, Role.BUILT, Role.METRIC, Role.DIFFERENTIATED})
"""What makes a definition a loss or a metric, wherever it stands."""


@dataclass(frozen=True)
class Place:
    """A name in a file of the run."""

    file: int
    name: str


class Modules:
    """The files of a run, as their import statements see one another."""

    def __init__(
        self, files: Sequence[tuple[Path, str, Shared]], closed: Sequence[str] = ()
    ) -> None:
        """
        Args:
            files: of each its absolute path, its name for people, and what it says.
            closed: the absolute paths of further files, of which nothing is known yet.
        """
        self._files = files
        self._links = [dict(shared.links) for _, _, shared in files]
        self._imports = [dict(shared.imports) for _, _, shared in files]
        self._located = Located([path for path, _, _ in files], closed)
        self._needed: set[int] = set()
        self._lent: set[Place] = set()
        """Names that files were found to have by way of others."""

    @property
    def needed(self) -> tuple[Path, ...]:
        """The closed files through which a loss or a metric is reached."""
        assert len(self.projects) == len(self._files)
        return tuple(self._located.path(number) for number in sorted(self._needed))

    def places(
        self, file: int, origin: str, leading: bool = False
    ) -> tuple[tuple[Place, ...], bool]:
        """What a file means by an import: definitions, and whether it was followed to its end.

        With ``leading`` a closed file on the way is needed.
        """
        found: dict[Place, None] = {}
        complete = self._follow_origin(file, origin, found, frozenset(), leading)
        return tuple(found), complete

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
        for module, rest in self._resolve(file, origin):
            if not rest:
                complete = True
            elif module < len(self._files):
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
        shared = self._files[file][2]
        if name in shared.defined or name in self._links[file]:
            if not attributes:
                found[Place(file, name)] = None
            return not attributes
        self._lent.add(Place(file, name))
        origins = list(self._imports[file].get(name, ()))
        if not origins:
            origins = [f"{star}{'' if star.endswith('.') else '.'}{name}" for star in shared.stars]
        followed = [
            self._follow_origin(file, ".".join((origin, *attributes)), found, seen, leading)
            for origin in origins
        ]
        return any(followed)

    def _resolve(self, file: int, origin: str) -> Iterator[tuple[int, tuple[str, ...]]]:
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

    def _nearness(self, file: int, other: int) -> int:
        """How many folders two files share."""
        one, two = self._located.path(file).parent.parts, self._located.path(other).parent.parts
        same = 0
        for left, right in zip(one, two, strict=False):
            if left != right:
                break
            same += 1
        return same

    @cached_property
    def projects(self) -> tuple[Project, ...]:
        """For each file what all the others say about its names, whether it is exported apart."""
        said: list[dict[Role, dict[str, str]]] = [{} for _ in self._files]
        keras = [False for _ in self._files]
        done: set[tuple[Place, Role]] = set()
        queue: list[tuple[Place, Role, str]] = list(self._compiled_elsewhere())
        for place, _, _ in queue:
            keras[place.file] = True
        for number, (_, shown, shared) in enumerate(self._files):
            for use in shared.uses:
                places, complete = self.places(number, use.name, use.role in _LEADING)
                role = use.role
                if use.to is not None and self._compiles(number, use.to):
                    role = Role.COMPILED
                reason = f"{shown}:{use.line} {use.reason}"
                if not complete and role is not Role.ATTRIBUTE:
                    last = use.name.rpartition(".")[2]
                    places = tuple(self._named(last))
                    if role is Role.CALLED:
                        role = Role.FUNCTION
                        reason = (
                            f"{shown}:{use.line} calls it, imported in a way that is not followed"
                        )
                if role is Role.ATTRIBUTE:
                    role = Role.FUNCTION
                if role is Role.CALLED and len(places) > 1:
                    role, reason = Role.FUNCTION, f"{shown}:{use.line} calls it or another function"
                queue += [(place, role, reason) for place in places]
                if role in _LEADING and shared.framework:
                    for place in places:
                        keras[place.file] = True
        queue += self._by_string()
        while queue:
            place, role, reason = queue.pop(0)
            if (place, role) in done:
                continue
            done.add((place, role))
            said[place.file].setdefault(role, {})[place.name] = reason
            passed_on = list(self._passed_on(place, role))
            queue += [(*each, reason) for each in passed_on]
            if keras[place.file] and role in _LEADING:
                for each, _ in passed_on:
                    keras[each.file] = True
        bases, classes = self._bases()
        parts = self._parts(said, classes)
        return tuple(
            replace(
                _project(each),
                path=shown,
                compiling=frozenset(self._compiling(number)),
                bases=frozenset(bases[number]),
                of_losses=names_losses(path.parts),
                reached=parts.reached[number],
                handed=parts.handed[number],
                readers=parts.readers[number],
                helpers=parts.helpers[number],
                lent=self._lent_by(number) if parts.helpers[number] else frozenset(),
                framework=keras[number] or bool(parts.reached[number] or bases[number]),
            )
            for number, (each, (path, shown, _)) in enumerate(zip(said, self._files, strict=True))
        )

    @cached_property
    def _compilers(self) -> frozenset[tuple[Place, str]]:
        """Functions and those of their parameters that end in ``compile``, in whatever file."""
        found = {
            (Place(number, name), parameter)
            for number, (_, _, shared) in enumerate(self._files)
            for name, parameter in shared.compiles
        }
        waiting = [
            (number, each, each.parameter)
            for number, (_, _, shared) in enumerate(self._files)
            for each in shared.passed
            if each.parameter is not None
        ]
        while found:
            more = {
                (Place(number, function), parameter)
                for number, each, (function, parameter) in waiting
                if self._parameter(number, each.to) in found
            }
            if more <= found:
                break
            found |= more
        return frozenset(found)

    def _parameter(self, file: int, to: Argument) -> tuple[Place, str] | None:
        """The parameter that an argument fills; ``None`` where that is not known."""
        places = self._places_of(file, to.function)
        if len(places) != 1:
            return None
        listed = dict(self._files[places[0].file][2].parameters).get(places[0].name, ())
        if isinstance(to.key, str):
            return places[0], to.key
        return (places[0], listed[to.key]) if to.key < len(listed) else None

    def _places_of(self, file: int, reference: Reference) -> tuple[Place, ...]:
        if reference.imported:
            return self.places(file, reference.name)[0]
        return (Place(file, reference.name),)

    def _compiles(self, file: int, to: Argument) -> bool:
        return bool(self._compilers) and self._parameter(file, to) in self._compilers

    def _compiled_elsewhere(self) -> Iterator[tuple[Place, Role, str]]:
        """What is passed to a function that compiles a model with it."""
        for number, (_, _, shared) in enumerate(self._files) if self._compilers else ():
            for each in shared.passed:
                if each.values and self._compiles(number, each.to):
                    for reference in each.values:
                        for place, role in self._each(number, reference, Role.COMPILED):
                            yield place, role, ""

    def _compiling(self, file: int) -> Iterator[tuple[str, int | str]]:
        """The functions of other files that compile what they are given, as this file writes them."""
        for each in self._files[file][2].passed if self._compilers else ():
            if each.to.function.imported and self._compiles(file, each.to):
                yield each.to.function.name, each.to.key

    def _bases(self) -> tuple[list[set[str]], set[Place]]:
        """Of each file the origins of its loss classes' bases in others, and all loss classes."""
        origins: list[set[str]] = [set() for _ in self._files]
        known = {
            Place(number, name)
            for number, (_, _, shared) in enumerate(self._files)
            for name in shared.loss_classes
        }
        while True:
            grew = False
            for number, (_, _, shared) in enumerate(self._files):
                for name, bases in shared.classes:
                    for base in bases:
                        places: tuple[Place, ...] = (Place(number, base.name),)
                        if base.imported:
                            places, _ = self.places(number, base.name, leading=True)
                        if len(places) == 1 and places[0] in known:
                            grew |= Place(number, name) not in known
                            known.add(Place(number, name))
                            if base.imported:
                                origins[number].add(base.name)
            if not grew:
                return origins, known

    def _parts(
        self, said: Sequence[Mapping[Role, Mapping[str, str]]], classes: Iterable[Place]
    ) -> _Parts:
        """What losses call in other files, through any number of functions, and what reads that."""
        reads: list[dict[str, list[Read]]] = [{} for _ in self._files]
        for number, (_, _, shared) in enumerate(self._files):
            for read in shared.reads:
                for around in _around(read.by):
                    reads[number].setdefault(around, []).append(read)
        helpers: list[dict[str, tuple[Place, str]]] = [{} for _ in self._files]
        queue = [
            place for number in range(len(self._files)) for place in self._losses(number, said)
        ]
        queue += classes
        seen = set(queue)
        known = {
            Place(number, name): (y_true, y_pred)
            for number, (_, _, shared) in enumerate(self._files)
            for name, y_true, y_pred in shared.losses
        }
        while queue:
            place = queue.pop()
            for read in reads[place.file].get(place.name, ()):
                if not read.called:
                    continue
                target = Place(place.file, read.reference.name)
                if read.reference.imported:
                    places, _ = self.places(place.file, read.reference.name, leading=True)
                    if len(places) != 1 or places[0].file == place.file:
                        continue
                    target = places[0]
                    helpers[place.file][read.written] = (target, read.reference.name)
                roles = self._handed(place, read, target, known)
                if target not in seen or (roles is not None and target not in known):
                    if roles is not None:
                        known.setdefault(target, roles)
                    seen.add(target)
                    queue.append(target)
        reached = {place for each in helpers for place, _ in each.values()}
        readers: dict[Place, dict[Elsewhere, None]] = {place: {} for place in reached}
        for number, (_, shown, shared) in enumerate(self._files) if reached else ():
            for read in shared.reads:
                if read.reference.imported:
                    for place in self.places(number, read.reference.name)[0]:
                        if place in readers:
                            readers[place][Elsewhere(shown, read.by)] = None
        for number, (_, _, shared) in enumerate(self._files) if reached else ():
            for _, origins in shared.imports:
                for origin in origins:
                    self.places(number, origin)
            for star in shared.stars:
                for module, rest in self._resolve(number, star):
                    if not rest:
                        self._lent.add(Place(module, "*"))
        handed: list[list[tuple[str, str, str]]] = [[] for _ in self._files]
        for place in sorted(reached & known.keys(), key=lambda each: each.name):
            handed[place.file].append((place.name, *known[place]))
        return _Parts(
            [tuple(each) for each in handed],
            [
                frozenset(place.name for place in reached if place.file == number)
                for number in range(len(self._files))
            ],
            [
                tuple(
                    (place.name, each)
                    for place in sorted(reached, key=lambda place: place.name)
                    if place.file == number
                    for each in readers[place]
                )
                for number in range(len(self._files))
            ],
            [
                tuple(
                    self._helper(number, written, origin, place)
                    for written, (place, origin) in sorted(each.items())
                )
                for number, each in enumerate(helpers)
            ],
        )

    def _helper(self, file: int, written: str, origin: str, place: Place) -> Helper:
        first = next(self._resolve(file, origin), None)
        direct = first is not None and first[0] == place.file and len(first[1]) == 1
        module = self._importable(file, origin, place.file)
        return Helper(written, self._files[place.file][1], place.name, module, direct)

    def _importable(self, file: int, origin: str, other: int) -> str:
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
        for module, rest in self._resolve(file, origin):
            known = self._located.module(module)
            top = known[: len(known) - (len(parts) - len(rest))]
            if target[: len(top)] == top:
                return ".".join(target[len(top) :])
        return ""

    def _handed(
        self, place: Place, read: Read, target: Place, known: Mapping[Place, tuple[str, str]]
    ) -> tuple[str, str] | None:
        """The parameters of ``target`` that a call hands targets and predictions; ``None`` for neither."""
        if place not in known or read.by not in (place.name, f"{place.name}.call"):
            return None
        y_true, y_pred = known[place]
        listed = dict(self._files[target.file][2].parameters).get(target.name, ())
        given = {
            listed[key] if isinstance(key, int) else key: depends
            for key, depends in read.given
            if not isinstance(key, int) or key < len(listed)
        }
        predicted = [name for name, depends in given.items() if y_pred in depends]
        if not predicted:
            return None
        labels = [name for name, depends in given.items() if depends == {y_true}]
        return [*labels, predicted[0]][0], predicted[0]

    def _lent_by(self, file: int) -> frozenset[str]:
        return frozenset(place.name for place in self._lent if place.file == file)

    def _losses(
        self, number: int, said: Sequence[Mapping[Role, Mapping[str, str]]]
    ) -> Iterator[Place]:
        """The losses of a file, by its own word or another's."""
        shared, roles = self._files[number][2], said[number]
        names = {name for name, _, _ in shared.losses}
        for role in (Role.COMPILED, Role.BUILT, Role.DIFFERENTIATED):
            names |= roles.get(role, {}).keys() & shared.defined
        return (Place(number, name) for name in sorted(names))

    def _by_string(self) -> Iterator[tuple[Place, Role, str]]:
        strings = frozenset().union(*(shared.strings for _, _, shared in self._files))
        for number, (_, _, shared) in enumerate(self._files):
            for name, stands_for in shared.registered:
                if name in strings or ANY_STRING in strings:
                    for reference in stands_for:
                        for place, role in self._each(number, reference, Role.COMPILED):
                            yield place, role, ""

    def _named(self, name: str) -> Iterator[Place]:
        return (
            Place(number, name)
            for number, (_, _, shared) in enumerate(self._files)
            if name in shared.defined
        )

    def _passed_on(self, place: Place, role: Role) -> Iterator[tuple[Place, Role]]:
        """What a use of a name says about what it stands for."""
        if role in (Role.BUILT, Role.RESULT):
            key = f"{place.name}()"
            for reference in self._links[place.file].get(key, ()):
                returned = Role.COMPILED if role is Role.BUILT else Role.FUNCTION
                yield from self._each(place.file, reference, returned)
        if place.name in self._files[place.file][2].defined:
            return
        for reference in self._links[place.file].get(place.name, ()):
            # An alias, or an entry of a dictionary, is called under another name.
            yield from self._each(
                place.file, reference, Role.FUNCTION if role is Role.CALLED else role
            )

    def _each(self, file: int, reference: Reference, role: Role) -> Iterator[tuple[Place, Role]]:
        if not reference.direct:
            changed = {Role.COMPILED: Role.BUILT, Role.FUNCTION: Role.RESULT}
            role = changed.get(role, role)
        if reference.imported:
            for place in self.places(file, reference.name, role in _LEADING)[0]:
                yield place, role
        else:
            yield Place(file, reference.name), role


def _around(name: str) -> Iterator[str]:
    """A definition and those around it, by their dotted names."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(len(parts), 0, -1))


@dataclass(frozen=True)
class _Parts:
    """Of each file, as ``Project`` has them."""

    handed: Sequence[tuple[tuple[str, str, str], ...]]
    reached: Sequence[frozenset[str]]
    readers: Sequence[tuple[tuple[str, Elsewhere], ...]]
    helpers: Sequence[tuple[Helper, ...]]


def _project(said: Mapping[Role, Mapping[str, str]]) -> Project:
    def names(role: Role) -> frozenset[str]:
        return frozenset(said.get(role, {}))

    def reasons(role: Role) -> tuple[tuple[str, str], ...]:
        return tuple(sorted(said.get(role, {}).items()))

    return Project(
        compiled=names(Role.COMPILED),
        built=names(Role.BUILT),
        metrics=names(Role.METRIC),
        differentiated=names(Role.DIFFERENTIATED),
        called=names(Role.CALLED),
        functions=reasons(Role.FUNCTION),
        results=reasons(Role.RESULT),
    )
