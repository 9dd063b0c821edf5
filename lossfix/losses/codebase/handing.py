"""The names by which definitions are handed on: aliases, registries, selectors, re-exports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lossfix.losses.codebase.kept import registries
from lossfix.losses.codebase.places import Modules, Place


def handed_on_as(modules: Modules, definitions: Iterable[Place]) -> frozenset[str]:
    """All names by which files of a run may come by some definitions, their own among them."""
    leading: dict[Place, list[Place]] = {}
    for place, name in _links(modules):
        leading.setdefault(place, []).append(name)
    seen = set(definitions)
    queue = list(seen)
    while queue:
        for place in leading.get(queue.pop(), ()):
            if place not in seen:
                seen.add(place)
                queue.append(place)
    return frozenset(place.name.rpartition(".")[2] for place in seen)


def _links(modules: Modules) -> Iterator[tuple[Place, Place]]:
    """Each name that stands for something, and what it stands for before it."""
    for number, (_, _, shared) in enumerate(modules.files):
        for name, references in shared.links:
            for reference in references:
                for place in modules.meant(number, reference):
                    yield place, Place(number, name.removesuffix("()"))
        for name, origins in shared.imports:
            for origin in origins:
                if origin.rpartition(".")[2] != name:
                    for place in modules.places(number, origin)[0]:
                        yield place, Place(number, name)
    for holder, values in registries(modules).kept.items():
        for number, reference in values:
            for place in modules.meant(number, reference):
                yield place, holder
