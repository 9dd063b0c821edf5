"""What the losses of a run call in other files, through any number of functions, and what reads that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lossfix.losses.candidate import Elsewhere, Helper
from lossfix.losses.places import Modules, Place
from lossfix.losses.said import Read


@dataclass(frozen=True)
class Helpers:
    """Of each file, as ``Project`` has them."""

    handed: Sequence[tuple[tuple[str, str, str], ...]]
    reached: Sequence[frozenset[str]]
    readers: Sequence[tuple[tuple[str, Elsewhere], ...]]
    helpers: Sequence[tuple[Helper, ...]]


def helpers_of(modules: Modules, losses: Iterable[Place]) -> Helpers:
    """What ``losses`` call in other files; where that is anything, every import of the run is followed."""
    called, roles = _followed(modules, losses)
    reached = sorted(
        {place for each in called for place, _ in each.values()}, key=lambda place: place.name
    )
    readers = _readers(modules, reached)
    if reached:
        modules.follow_all()
    files = range(len(modules.files))
    of_file = [[place for place in reached if place.file == number] for number in files]
    return Helpers(
        handed=[
            tuple((place.name, *roles[place]) for place in of_file[number] if place in roles)
            for number in files
        ],
        reached=[frozenset(place.name for place in of_file[number]) for number in files],
        readers=[
            tuple((place.name, each) for place in of_file[number] for each in readers[place])
            for number in files
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
_Roles = dict[Place, tuple[str, str]]
"""What losses, and the parts that are handed both, call targets and predictions."""


def _followed(modules: Modules, losses: Iterable[Place]) -> tuple[_Called, _Roles]:
    """What is called in other files from ``losses``, through any number of functions."""
    reads = _reads_by_definition(modules)
    called: _Called = [{} for _ in modules.files]
    roles: _Roles = {
        Place(number, name): (y_true, y_pred)
        for number, (_, _, shared) in enumerate(modules.files)
        for name, y_true, y_pred in shared.losses
    }
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
                if len(places) != 1 or places[0].file == place.file:
                    continue
                target = places[0]
                called[place.file][read.written] = (target, read.reference.name)
            handed = _handed(modules, place, read, target, roles)
            if target not in seen or (handed is not None and target not in roles):
                if handed is not None:
                    roles.setdefault(target, handed)
                seen.add(target)
                queue.append(target)
    return called, roles


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


def _around(name: str) -> Iterator[str]:
    """A definition and those around it, by their dotted names."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(len(parts), 0, -1))


def _handed(
    modules: Modules,
    place: Place,
    read: Read,
    target: Place,
    roles: Mapping[Place, tuple[str, str]],
) -> tuple[str, str] | None:
    """The parameters of ``target`` that a call hands targets and predictions; ``None`` for neither."""
    if place not in roles or read.by not in (place.name, f"{place.name}.call"):
        return None
    y_true, y_pred = roles[place]
    listed = dict(modules.files[target.file][2].parameters).get(target.name, ())
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


def _helper(modules: Modules, file: int, written: str, origin: str, place: Place) -> Helper:
    first = next(modules.resolve(file, origin), None)
    direct = first is not None and first[0] == place.file and len(first[1]) == 1
    module = modules.importable(file, origin, place.file)
    return Helper(written, modules.files[place.file][1], place.name, module, direct)
