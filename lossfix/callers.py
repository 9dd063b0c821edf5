"""Which of the files that a scan skipped may call a loss.

A scan skips what mentions no framework, and a script may call a loss all the same. Such files are found by
the names by which they can have it, and say then what keeps a function from becoming a class.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from lossfix import scan
from lossfix.cache import FORGETFUL, Cache
from lossfix.losses.codebase.handing import handed_on_as
from lossfix.losses.codebase.places import Place
from lossfix.losses.discovery.candidate import Candidate, Project, Settings
from lossfix.losses.discovery.glance import (
    may_import,
    may_look_anywhere,
    may_look_up,
    mentions,
)
from lossfix.model import Form
from lossfix.pool import ALONE, Pool
from lossfix.scan import Opened
from lossfix.settings_files import named_in

_CALLS = "calls a loss"
"""What a skipped file is read for."""


@dataclass(frozen=True)
class _Sought:
    """By what a file can come by a loss: one of its names, or a module in which it looks names up."""

    names: frozenset[bytes] = frozenset()
    modules: frozenset[bytes] = frozenset()
    anywhere: bool = False
    """Whether it is enough that a file looks names up in a module that is not written out."""

    def concerns(self, data: bytes) -> bool:
        """Whether a file may do so."""
        if mentions(data, self.names):
            return True
        return may_look_up(data) and (
            may_import(data, self.modules) or (self.anywhere and may_look_anywhere(data))
        )


def with_callers(
    files: Opened,
    settings: Settings,
    pool: Pool = ALONE,
    cache: Cache = FORGETFUL,
    among: Mapping[str, Collection[str]] | None = None,
) -> Opened:
    """The same with those of the skipped files that may come by a function of which a loss may be made.

    Args:
        among: of each path the functions that are asked for, where not all are.
    """
    asked = _Sought()
    known: dict[str, tuple[Project, list[Place]]] = {}
    for number in count():
        if not files.skipped and not files.settings:
            break
        _look_for_losses(files, settings, known, pool, cache)
        losses = [
            place
            for path, (_, places) in known.items()
            for place in places
            if among is None or place.name in among.get(path, ())
        ]
        sought = _sought(files, losses)
        if sought.names <= asked.names and sought.modules <= asked.modules:
            break
        asked = sought
        # Of each question a cache keeps one answer, and each round asks for more.
        names = frozenset(each.decode() for each in sought.names)
        files = replace(files, named=named_in(files, names, cache, number))
        sought = replace(sought, anywhere=any(shared.named for _, shared in files.named))
        callers = _callers(files, sought, cache, f"{_CALLS}, round {number}")
        # A file that was opened may hand losses on by other names.
        files = scan.with_paths(files, callers, settings, pool, cache)
    return files


def _sought(files: Opened, losses: Sequence[Place]) -> _Sought:
    names = handed_on_as(files.modules, losses)
    handing = {
        number
        for number, reading in enumerate(files.readings)
        if reading.shared.stars or any(name in names for name, _ in reading.shared.imports)
    }
    modules = (
        _module_name(files.documents[number].source.path)
        for number in {place.file for place in losses} | handing
    )
    return _Sought(
        frozenset(name.encode() for name in names), frozenset(os.fsencode(each) for each in modules)
    )


def _look_for_losses(
    files: Opened,
    settings: Settings,
    known: dict[str, tuple[Project, list[Place]]],
    pool: Pool,
    cache: Cache,
) -> None:
    """Bring what is known of the losses of each document up to what the others say of it by now."""
    changed: list[int] = []
    for number, document in enumerate(files.documents):
        path, said = document.source.path, files.project(document)
        if path in known and known[path][0] == said:
            continue
        losses = files.losses(document)
        known[path] = said, _functions(number, losses or ())
        if losses is None:
            changed.append(number)
    rows = [
        (files.documents[n].source.text, settings, files.project(files.documents[n]))
        for n in changed
    ]

    def find(numbers: Iterable[int]) -> Iterator[tuple[Candidate, ...]]:
        return pool.map(_losses_of, (rows[n] for n in numbers), lambda row: len(row[0]))

    for number, losses in zip(changed, cache.through("losses", rows, find), strict=True):
        document = files.documents[number]
        known[document.source.path] = files.project(document), _functions(number, losses)


def _functions(number: int, losses: Sequence[Candidate]) -> list[Place]:
    """Those of the losses of a document that are functions: a class stays what it is, whoever calls it."""
    return [
        Place(number, each.path[0])
        for each in losses
        if each.form not in (Form.SUBCLASS, Form.WRAPPER)
    ]


def _losses_of(text: str, settings: Settings, project: Project) -> tuple[Candidate, ...]:
    # Loaded here: a run that finds out nothing new needs no rules.
    from lossfix.checking import Options, candidates_in
    from lossfix.syntax.parsing import Unparsable

    try:
        return candidates_in(text, Options((), settings=settings, project=project))
    except Unparsable:
        return ()


def _callers(files: Opened, sought: _Sought, cache: Cache, question: str) -> Sequence[str]:
    """The skipped files that may come by a loss."""
    found = list[str]()
    is_dull = cache.dull(question, sought)
    for path in files.skipped:
        if is_dull(path):
            continue
        try:
            with open(path, "rb") as file:
                stat = os.fstat(file.fileno())
                data = file.read()
        except OSError:
            continue
        if sought.concerns(data):
            found.append(path)
        else:
            cache.found_dull(question, sought, path, stat)
    return found


def _module_name(path: str) -> str:
    """The last part of what an import of a file says."""
    name = Path(os.path.abspath(path)).with_suffix("")
    return name.parent.name if name.name == "__init__" else name.name
