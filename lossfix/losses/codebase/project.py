"""What the files of a project say about one another's names.

Each file was read once, alone (``shared.py``). Each use of a name is followed through imports
(``places.py``), aliases, dictionaries and factories to the definition that it means, and gives that a
role. An import that leads to no file of the run is taken to mean every definition of that name:
cautious, since such a use may keep a function a function and never has a caller rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lossfix.losses.codebase.helpers import helpers_of
from lossfix.losses.codebase.kept import parameter, registries
from lossfix.losses.codebase.places import Modules, Place
from lossfix.losses.codebase.said import (
    COMPILE,
    GIVEN_BACK,
    THROUGH,
    Argument,
    Reference,
    Role,
    Use,
)
from lossfix.losses.discovery.assigned import ANY_STRING
from lossfix.losses.discovery.candidate import Called, Project, Used
from lossfix.losses.discovery.lookups import EVERY
from lossfix.losses.discovery.uses import TAKEN
from lossfix.losses.discovery.wording import names_losses

_LEADING = frozenset({Role.COMPILED, Role.BUILT, Role.METRIC, Role.DIFFERENTIATED})
"""What makes a definition a loss or a metric, wherever it stands."""

_OF_KERAS = (Role.COMPILED, Role.BUILT)
_MADE = {Role.BUILT: Role.COMPILED, Role.RESULT: Role.FUNCTION}
"""What a use of what a call gives says of that itself."""
_Said = Mapping[Role, Mapping[str, str]]
"""What others say about the names of a file: for each role those that have it, with a reason."""


@dataclass(frozen=True)
class Resolved:
    """What the files of a run say about one another, as far as they are open."""

    projects: tuple[Project, ...]
    """For each file what all the others say about its names, whether it is exported apart."""
    needed: tuple[Path, ...]
    """The closed files through which a loss or a metric is reached: opened, they may say more."""


def resolve(modules: Modules) -> Resolved:
    """What the files of a run say about one another's names."""
    projects = _Roles(modules).projects()
    return Resolved(projects, modules.needed)


class _Roles:
    """The roles of definitions, from what any file does with what it imports."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._registries = registries(modules)

    def projects(self) -> tuple[Project, ...]:
        """What all the others say about the names of each file."""
        said, keras = self._said()
        bases, classes = self._bases()
        losses = [place for number, each in enumerate(said) for place in self._losses(number, each)]
        loops = {
            Place(number, each.name)
            for number, (_, _, shared) in enumerate(self._modules.files)
            for each in shared.losses
            if each.own_loop
            and not any(each.name in said[number].get(role, {}) for role in _OF_KERAS)
        }
        helpers = helpers_of(self._modules, [*losses, *classes], loops)
        return tuple(
            replace(
                _project(each),
                path=shown,
                compiling=frozenset(self._compiling(number)),
                bases=frozenset(bases[number]),
                of_losses=names_losses(path.parts),
                parts=helpers.parts[number],
                helpers=helpers.helpers[number],
                lent=self._modules.lent(number) if helpers.helpers[number] else frozenset(),
                framework=number in keras or bool(helpers.parts[number].reached or bases[number]),
            )
            for number, (each, (path, shown, _)) in enumerate(
                zip(said, self._modules.files, strict=True)
            )
        )

    def _said(self) -> tuple[Sequence[_Said], frozenset[int]]:
        """What is said about the names of each file, and the files of which one with Keras says so."""
        said: list[dict[Role, dict[str, str]]] = [{} for _ in self._modules.files]
        queue: list[tuple[Place, Role, str]] = list(self._compiled_elsewhere())
        keras = {place.file for place, _, _ in queue}
        for number, (_, _, shared) in enumerate(self._modules.files):
            for use in shared.uses:
                used = [*self._used(number, use)]
                queue += used
                if shared.framework:
                    keras |= {place.file for place, role, _ in used if role in _LEADING}
        queue += self._by_string()
        queue += self._by_settings()
        queue += self._lost()
        queue += self._by_attribute()
        done: set[tuple[Place, Role]] = set()
        while queue:
            place, role, reason = queue.pop(0)
            if (place, role) in done:
                continue
            done.add((place, role))
            said[place.file].setdefault(role, {})[place.name] = reason
            passed_on = list(self._passed_on(place, role))
            if role is Role.RESULT:
                reason = reason.replace(GIVEN_BACK, THROUGH)
            queue += [(*each, reason) for each in passed_on]
            if place.file in keras and role in _LEADING:
                keras |= {each.file for each, _ in passed_on}
        return said, frozenset(keras)

    def _used(self, file: int, use: Use) -> Iterator[tuple[Place, Role, str]]:
        """The definitions that a use may mean, each with the role that it has by that, and the reason."""
        places, complete = self._modules.places(file, use.name, use.role in _LEADING)
        role, where = use.role, self._modules.shown(file, use.line)
        reason = f"{where} {use.reason}"
        if use.to == COMPILE:
            if not self._compiling_by_itself:
                return
            reason = (
                f"{reason}, and {self._compiling_by_itself} calls what a model is compiled with"
            )
        elif use.to is not None and self._compiles(file, use.to):
            if use.name.endswith(f".{EVERY}"):
                # Any of them may be the loss, which makes none of them one.
                return
            role = Role.BUILT if role is Role.RESULT else Role.COMPILED
        elif use.to is not None and (self._keeps(file, use.to) or self._leaves(file, use.to)):
            return
        if role in _MADE and not complete and (built := self._built_by(file, use.name)):
            places, complete, role = built, True, _MADE[role]
        if use.exact and not complete:
            places = ()
        elif not complete and role is not Role.ATTRIBUTE:
            name = use.name.rpartition(".")[2]
            places = tuple(self._modules.named(name))
            if places and name in self._lead_to_losses:
                # Opened, the files on the way may say which of them is meant.
                self._modules.places(file, use.name, leading=True)
            if role is Role.CALLED:
                role = Role.FUNCTION
                reason = f"{where} calls it, imported in a way that is not followed"
        if role is Role.ATTRIBUTE:
            role = Role.FUNCTION
        if role is Role.CALLED and len(places) > 1:
            role, reason = Role.FUNCTION, f"{where} calls it or another function"
        yield from ((place, role, reason) for place in places)

    @cached_property
    def _lead_to_losses(self) -> frozenset[str]:
        """The last names by which files speak of losses and metrics."""
        own = (each.name for _, _, shared in self._modules.files for each in shared.losses)
        used = (
            use.name.rpartition(".")[2]
            for _, _, shared in self._modules.files
            for use in shared.uses
            if use.role in _LEADING
        )
        return frozenset((*own, *used))

    def _built_by(self, file: int, origin: str) -> tuple[Place, ...]:
        """The registries of which a method gives what they keep: ``LOSSES`` of ``LOSSES.build(settings)``."""
        holder = origin.rpartition(".")[0]
        if not self._registries.kept or not holder.strip("."):
            return ()
        places, _ = self._modules.places(file, holder, leading=True)
        return tuple(each for each in places if each in self._registries.kept)

    @cached_property
    def _compilers(self) -> frozenset[tuple[Place, str]]:
        """Functions and those of their parameters that end in ``compile``, in whatever file."""
        found = {
            (Place(number, name), each)
            for number, (_, _, shared) in enumerate(self._modules.files)
            for name, each in shared.compiles
        }
        waiting = [
            (number, each, each.parameter)
            for number, (_, _, shared) in enumerate(self._modules.files)
            for each in shared.passed
            if each.parameter is not None
        ]
        while found:
            more = {
                (Place(number, function), own)
                for number, each, (function, own) in waiting
                if parameter(self._modules, number, each.to) in found
            }
            if more <= found:
                break
            found |= more
        return frozenset(found)

    def _compiles(self, file: int, to: Argument) -> bool:
        return bool(self._compilers) and parameter(self._modules, file, to) in self._compilers

    def _keeps(self, file: int, to: Argument) -> bool:
        keeping = self._registries.keeping
        return bool(keeping) and parameter(self._modules, file, to) in keeping

    @cached_property
    def _compiling_by_itself(self) -> str:
        """Where a model calls the loss that its own ``compile`` takes; empty where none does."""
        found = (
            self._modules.shown(number, shared.compiles_by_itself)
            for number, (_, _, shared) in enumerate(self._modules.files)
            if shared.compiles_by_itself
        )
        return next(found, "")

    def _leaves(self, file: int, to: Argument) -> bool:
        """Whether what a function or class takes as ``loss`` is nowhere called in its file."""
        files = {place.file for place in self._modules.meant(file, to.function)}
        return to.key in TAKEN and not any(to.key in self._called[each] for each in files)

    @cached_property
    def _called(self) -> Sequence[Mapping[str, int]]:
        """Of each file all that it calls with two arguments or more, with the lines."""
        return [dict(shared.calls) for _, _, shared in self._modules.files]

    def _by_attribute(self) -> Iterator[tuple[Place, Role, str]]:
        """What an attribute stands for, where another file calls an attribute of that name."""
        callers: dict[str, list[int]] = {}
        for number, called in enumerate(self._called):
            for name in called:
                callers.setdefault(name, []).append(number)
        for number, (_, shown, shared) in enumerate(self._modules.files):
            for name, stands_for in shared.attributes:
                # What its own file makes of an attribute is known there, but for what is made with `loss=`.
                others = (e for e in callers.get(name, ()) if e != number or name in TAKEN)
                other = next(others, None)
                if other is None:
                    continue
                where = self._modules.shown(other, self._called[other][name])
                reason = f"{where} calls `{name}`, and {shown} has an attribute of that name for it"
                for reference in stands_for:
                    for place, role in self._each(number, reference, Role.FUNCTION):
                        yield place, role, reason

    def _compiled_elsewhere(self) -> Iterator[tuple[Place, Role, str]]:
        """What is passed to a function that compiles a model with it."""
        for number, (_, _, shared) in enumerate(self._modules.files) if self._compilers else ():
            for each in shared.passed:
                if each.values and self._compiles(number, each.to):
                    for reference in each.values:
                        for place, role in self._each(number, reference, Role.COMPILED):
                            yield place, role, ""

    def _compiling(self, file: int) -> Iterator[tuple[str, int | str]]:
        """The functions of other files that compile or keep what they are given, as this file writes them."""
        for each in self._modules.files[file][2].passed:
            compiles = self._compiles(file, each.to) or self._keeps(file, each.to)
            if each.to.function.imported and compiles:
                yield each.to.function.name, each.to.key

    def _bases(self) -> tuple[list[set[str]], set[Place]]:
        """Of each file the origins of its loss classes' bases in others, and all loss classes."""
        origins: list[set[str]] = [set() for _ in self._modules.files]
        known = {
            Place(number, name)
            for number, (_, _, shared) in enumerate(self._modules.files)
            for name in shared.loss_classes
        }
        while True:
            grew = False
            for number, (_, _, shared) in enumerate(self._modules.files):
                for name, bases in shared.classes:
                    for base in bases:
                        places: tuple[Place, ...] = (Place(number, base.name),)
                        if base.imported:
                            places, _ = self._modules.places(number, base.name, leading=True)
                        if len(places) == 1 and places[0] in known:
                            grew |= Place(number, name) not in known
                            known.add(Place(number, name))
                            if base.imported:
                                origins[number].add(base.name)
            if not grew:
                return origins, known

    def _losses(self, number: int, said: _Said) -> Iterator[Place]:
        """The losses of a file, by its own word or another's."""
        shared = self._modules.files[number][2]
        names = {each.name for each in shared.losses}
        for role in (Role.COMPILED, Role.BUILT, Role.DIFFERENTIATED):
            names |= said.get(role, {}).keys() & (shared.defined | shared.methods)
        return (Place(number, name) for name in sorted(names))

    def _by_string(self) -> Iterator[tuple[Place, Role, str]]:
        strings = frozenset().union(*(shared.strings for _, _, shared in self._modules.files))
        for number, (_, _, shared) in enumerate(self._modules.files):
            for name, stands_for in shared.registered:
                if name in strings or ANY_STRING in strings:
                    for reference in stands_for:
                        for place, role in self._each(number, reference, Role.COMPILED):
                            yield place, role, ""

    def _by_settings(self) -> Iterator[tuple[Place, Role, str]]:
        """What a file of settings names, where some file looks such names up in any module."""
        looking = (
            self._modules.shown(number, shared.looks_anywhere)
            for number, (_, _, shared) in enumerate(self._modules.files)
            if shared.looks_anywhere
        )
        where = next(looking, None)
        for _, shown, shared in self._modules.files if where else ():
            for each in shared.named:
                reason = (
                    f"{shown}:{each.line} names it, and {where} looks functions up in any module"
                )
                for place in self._modules.named(each.name):
                    for role in (Role.FUNCTION, Role.RESULT):
                        yield place, role, reason

    def _lost(self) -> Iterator[tuple[Place, Role, str]]:
        """What is put where nobody knows who takes it out."""
        for number, kept in self._registries.lost:
            for reference in kept.values:
                for place, role in self._each(number, reference, Role.FUNCTION):
                    reason = (
                        f"keeps it in `{kept.origin.lstrip('.')}`, which no file of the run defines"
                    )
                    yield place, role, f"{self._modules.shown(number, kept.line)} {reason}"

    def _passed_on(self, place: Place, role: Role) -> Iterator[tuple[Place, Role]]:
        """What a use of a name says about what it stands for."""
        shared = self._modules.files[place.file][2]
        if role is Role.LISTED and place.name in shared.dictionaries:
            return
        if role in (Role.BUILT, Role.RESULT):
            key = f"{place.name}()"
            for reference in self._modules.links[place.file].get(key, ()):
                returned = Role.COMPILED if role is Role.BUILT else Role.FUNCTION
                yield from self._each(place.file, reference, returned)
        if place.name in shared.defined:
            return
        # An alias, or an entry of a dictionary, is called under another name.
        role = Role.FUNCTION if role is Role.CALLED else role
        for reference in self._modules.links[place.file].get(place.name, ()):
            yield from self._each(place.file, reference, role)
        for file, reference in self._registries.kept.get(place, ()):
            yield from self._each(file, reference, role)

    def _each(self, file: int, reference: Reference, role: Role) -> Iterator[tuple[Place, Role]]:
        if not reference.direct:
            changed = {Role.COMPILED: Role.BUILT, Role.FUNCTION: Role.RESULT}
            role = changed.get(role, role)
        if reference.imported:
            for place in self._modules.places(file, reference.name, role in _LEADING)[0]:
                yield place, role
        else:
            yield Place(file, reference.name), role


def _project(said: _Said) -> Project:
    def names(role: Role) -> frozenset[str]:
        return frozenset(said.get(role, {}))

    def reasons(*roles: Role) -> tuple[tuple[str, str], ...]:
        return tuple(
            sorted({k: why for role in roles for k, why in said.get(role, {}).items()}.items())
        )

    return Project(
        used=Used(
            names(Role.COMPILED),
            names(Role.BUILT),
            names(Role.METRIC),
            names(Role.DIFFERENTIATED),
        ),
        called=Called(
            names(Role.CALLED), reasons(Role.LISTED, Role.FUNCTION), reasons(Role.RESULT)
        ),
    )
