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
    reads: list[dict[str, list[Read]]] = [{} for _ in modules.files]
    for number, (_, _, shared) in enumerate(modules.files):
        for read in shared.reads:
            for around in _around(read.by):
                reads[number].setdefault(around, []).append(read)
    helpers: list[dict[str, tuple[Place, str]]] = [{} for _ in modules.files]
    queue = list(losses)
    seen = set(queue)
    known = {
        Place(number, name): (y_true, y_pred)
        for number, (_, _, shared) in enumerate(modules.files)
        for name, y_true, y_pred in shared.losses
    }
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
                helpers[place.file][read.written] = (target, read.reference.name)
            roles = _handed(modules, place, read, target, known)
            if target not in seen or (roles is not None and target not in known):
                if roles is not None:
                    known.setdefault(target, roles)
                seen.add(target)
                queue.append(target)
    reached = {place for each in helpers for place, _ in each.values()}
    readers: dict[Place, dict[Elsewhere, None]] = {place: {} for place in reached}
    for number, (_, shown, shared) in enumerate(modules.files) if reached else ():
        for read in shared.reads:
            if read.reference.imported:
                for place in modules.places(number, read.reference.name)[0]:
                    if place in readers:
                        readers[place][Elsewhere(shown, read.by)] = None
    if reached:
        modules.follow_all()
    handed: list[list[tuple[str, str, str]]] = [[] for _ in modules.files]
    for place in sorted(reached & known.keys(), key=lambda each: each.name):
        handed[place.file].append((place.name, *known[place]))
    return Helpers(
        [tuple(each) for each in handed],
        [
            frozenset(place.name for place in reached if place.file == number)
            for number in range(len(modules.files))
        ],
        [
            tuple(
                (place.name, each)
                for place in sorted(reached, key=lambda place: place.name)
                if place.file == number
                for each in readers[place]
            )
            for number in range(len(modules.files))
        ],
        [
            tuple(
                _helper(modules, number, written, origin, place)
                for written, (place, origin) in sorted(each.items())
            )
            for number, each in enumerate(helpers)
        ],
    )


def _around(name: str) -> Iterator[str]:
    """A definition and those around it, by their dotted names."""
    parts = name.split(".")
    return (".".join(parts[:end]) for end in range(len(parts), 0, -1))


def _handed(
    modules: Modules,
    place: Place,
    read: Read,
    target: Place,
    known: Mapping[Place, tuple[str, str]],
) -> tuple[str, str] | None:
    """The parameters of ``target`` that a call hands targets and predictions; ``None`` for neither."""
    if place not in known or read.by not in (place.name, f"{place.name}.call"):
        return None
    y_true, y_pred = known[place]
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
