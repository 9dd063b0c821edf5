"""What the losses of a run call in other files, through any number of functions, and what reads that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from lossfix.losses.codebase.places import Modules, Place
from lossfix.losses.codebase.said import Read
from lossfix.losses.discovery.candidate import Elsewhere, Helper, Parts, Roles
from lossfix.losses.discovery.handed import Given, roles_of


@dataclass(frozen=True)
class Helpers:
    """Of each file, as ``Project`` has them."""

    parts: Sequence[Parts]
    helpers: Sequence[tuple[Helper, ...]]


def helpers_of(modules: Modules, losses: Iterable[Place], loops: Set[Place]) -> Helpers:
    """What ``losses`` call in other files; where that is anything, every import of the run is followed.

    Args:
        loops: those of the losses that nothing but a training loop of one's own calls.
    """
    start = tuple(losses)
    found = _followed(modules, start)
    called, roles = found.called, found.roles
    reached = sorted(
        {place for each in called for place, _ in each.values()}, key=lambda place: place.name
    )
    traced = _closure((place for place in start if place not in loops), found.calls)
    readers = _readers(modules, reached)
    if reached:
        modules.follow_all()
    files = range(len(modules.files))
    of_file = [[place for place in reached if place.file == number] for number in files]
    return Helpers(
        parts=[
            Parts(
                reached=frozenset(place.name for place in those),
                handed=tuple((place.name, roles[place]) for place in those if place in roles),
                weighs=frozenset(place.name for place in those if place in found.weighs),
                own_loop=frozenset(place.name for place in those if place not in traced),
                readers=tuple((place.name, each) for place in those for each in readers[place]),
            )
            for those in of_file
        ],
        helpers=[
            tuple(
                _helper(modules, number, written, origin, place)
                for written, (place, origin) in sorted(called[number].items())
            )
            for number in files
        ],
    )


_Called = list[dict[str, tuple[Place, str]]]
"""For each file: what its losses call in others, as it writes that, with the definition and the origin."""


@dataclass(frozen=True)
class _Followed:
    """What was found on the way from the losses of a run through all that they call."""

    called: _Called
    roles: dict[Place, Roles]
    """Of losses, and of the parts that are handed predictions."""
    calls: dict[Place, list[Place]] = field(default_factory=dict)
    weighs: set[Place] = field(default_factory=set)


def _followed(modules: Modules, losses: Iterable[Place]) -> _Followed:
    """What is called from ``losses``, through any number of functions."""
    reads = _reads_by_definition(modules)
    called: _Called = [{} for _ in modules.files]
    roles = {
        Place(number, each.name): each.roles
        for number, (_, _, shared) in enumerate(modules.files)
        for each in shared.losses
    }
    found = _Followed(called, roles)
    queue = list(losses)
    seen = set(queue)
    while queue:
        place = queue.pop()
        for read in reads[place.file].get(place.name, ()):
            if not read.called:
                continue
            target = Place(place.file, read.reference.name)
            if read.reference.imported:
                places, _ = modules.places(place.file, read.reference.name, leading=True)
                # A method of another file has its class around it, and is mended with that alone.
                if len(places) != 1 or places[0].file == place.file or "." in places[0].name:
                    continue
                target = places[0]
                called[place.file][read.written] = (target, read.reference.name)
            found.calls.setdefault(place, []).append(target)
            if place in roles and not read.beside.isdisjoint(_predictions(roles[place])):
                found.weighs.add(target)
            handed = _handed(modules, place, read, target, roles)
            if target not in seen or (handed is not None and target not in roles):
                if handed is not None:
                    roles.setdefault(target, handed)
                seen.add(target)
                queue.append(target)
    return found


def _reads_by_definition(modules: Modules) -> list[dict[str, list[Read]]]:
    """For each file: what each definition of it reads, and what the definitions within it read."""
    reads: list[dict[str, list[Read]]] = [{} for _ in modules.files]
    for number, (_, _, shared) in enumerate(modules.files):
        for read in shared.reads:
            for around in _around(read.by):
                reads[number].setdefault(around, []).append(read)
    return reads


def _readers(modules: Modules, reached: Iterable[Place]) -> Mapping[Place, Iterable[Elsewhere]]:
    """Of each definition what reads it in other files."""
    readers: dict[Place, dict[Elsewhere, None]] = {place: {} for place in reached}
    for number, (_, shown, shared) in enumerate(modules.files) if readers else ():
        for read in shared.reads:
            if read.reference.imported:
                for place in modules.places(number, read.reference.name)[0]:
                    if place in readers:
                        readers[place][Elsewhere(shown, read.by)] = None
    return readers


def _closure(start: Iterable[Place], calls: Mapping[Place, Sequence[Place]]) -> set[Place]:
    """What is called by ``start``, through any number of functions, and ``start`` itself."""
    seen = set(start)
    queue = list(seen)
    while queue:
        for place in calls.get(queue.pop(), ()):
            if place not in seen:
                seen.add(place)
                queue.append(place)
    return seen


def _around(name: str) -> Iterator[str]:
    """A definition and those around it, by their dotted names."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(len(parts), 0, -1))


def _handed(
    modules: Modules,
    place: Place,
    read: Read,
    target: Place,
    roles: Mapping[Place, Roles],
) -> Roles | None:
    """The parameters of ``target`` that a call hands targets and predictions; ``None`` for neither."""
    if place not in roles or read.by not in (place.name, f"{place.name}.call"):
        return None
    own = roles[place]
    predictions = _predictions(own)
    listed = dict(modules.files[target.file][2].parameters).get(target.name, ())
    return roles_of(
        {
            listed[key] if isinstance(key, int) else key: Given(
                own.y_true in depends, not predictions.isdisjoint(depends)
            )
            for key, depends in read.given
            if not isinstance(key, int) or key < len(listed)
        }
    )


def _predictions(roles: Roles) -> frozenset[str]:
    return frozenset((roles.y_pred, *roles.also))


def _helper(modules: Modules, file: int, written: str, origin: str, place: Place) -> Helper:
    first = next(modules.resolve(file, origin), None)
    direct = first is not None and first[0] == place.file and len(first[1]) == 1
    module = modules.importable(file, origin, place.file)
    return Helper(written, modules.files[place.file][1], place.name, module, direct)
