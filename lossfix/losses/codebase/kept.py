"""What files put into the dictionaries and lists of others: ``LOSSES["dice"] = dice``, ``@register``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lossfix.losses.codebase.places import Modules, Place
from lossfix.losses.codebase.said import Argument, Kept, Reference

_By = tuple[int, Reference]
"""A file, and a name of it."""


@dataclass(frozen=True)
class Registries:
    """What keeps what, over all files."""

    kept: Mapping[Place, list[_By]] = field(default_factory=dict)
    """Of what keeps anything, what other files have put there."""
    keeping: frozenset[tuple[Place, str]] = frozenset()
    """Functions and those of their parameters that they put somewhere."""
    lost: tuple[tuple[int, Kept], ...] = ()
    """What is put where no file of the run keeps it, by the file that does so."""


def registries(modules: Modules) -> Registries:
    """What the files of a run put into dictionaries and lists of one another."""
    decorators: dict[tuple[Place, bool], list[Place]] = {}
    arguments: dict[tuple[Place, str], list[Place]] = {}
    for number, (_, _, shared) in enumerate(modules.files):
        for keeper in shared.keepers:
            function = Place(number, keeper.function)
            holders = [place for each in keeper.holders for place in modules.meant(number, each)]
            decorators.setdefault((function, keeper.is_returned), []).extend(holders)
            if not keeper.is_returned:
                arguments.setdefault((function, keeper.parameter), []).extend(holders)
    kept: dict[Place, list[_By]] = {}
    lost: list[tuple[int, Kept]] = []
    for number, (_, _, shared) in enumerate(modules.files):
        for each in shared.kept:
            places, complete = modules.places(number, each.origin, leading=True)
            if each.decorated is not None:
                places = tuple(
                    holder
                    for place in places
                    for holder in decorators.get((place, each.decorated), ())
                )
            elif not complete:
                lost.append((number, each))
            for place in places:
                kept.setdefault(place, []).extend((number, value) for value in each.values)
        for place, values in _passed(modules, number, arguments):
            kept.setdefault(place, []).extend((number, value) for value in values)
    return Registries(kept, frozenset(arguments), tuple(lost))


def _passed(
    modules: Modules, number: int, arguments: Mapping[tuple[Place, str], list[Place]]
) -> Iterator[tuple[Place, tuple[Reference, ...]]]:
    """What a file hands to functions that keep it: ``register("dice", dice)``."""
    for each in modules.files[number][2].passed if arguments else ():
        filled = parameter(modules, number, each.to) if each.values else None
        for place in arguments.get(filled, ()) if filled is not None else ():
            yield place, each.values


def parameter(modules: Modules, file: int, to: Argument) -> tuple[Place, str] | None:
    """The parameter that an argument fills; ``None`` where that is not known."""
    places = modules.meant(file, to.function)
    if len(places) != 1:
        return None
    listed = dict(modules.files[places[0].file][2].parameters).get(places[0].name, ())
    if isinstance(to.key, str):
        return places[0], to.key
    return (places[0], listed[to.key]) if to.key < len(listed) else None
