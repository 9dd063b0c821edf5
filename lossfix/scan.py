"""Which files of a run may hold a loss, and what each of them says about the others.

A file is read, glanced at, and in nearly all cases done with. What is left is parsed once by Python's own
parser; only what holds a loss then goes on to the engine.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from lossfix import source
from lossfix.cache import FORGETFUL, Cache
from lossfix.losses.codebase.places import Modules
from lossfix.losses.codebase.project import Resolved, resolve
from lossfix.losses.codebase.said import Reading, Shared
from lossfix.losses.discovery.candidate import Candidate, Project, Settings
from lossfix.losses.discovery.glance import (
    may_concern_a_loss,
    mentions_a_framework,
)
from lossfix.losses.discovery.wording import names_losses
from lossfix.pool import ALONE, Pool
from lossfix.registration import packages_for
from lossfix.source import Document, Unreadable

_HOLDS = "holds a loss"
"""What a file is first read for."""


@dataclass(frozen=True)
class Opened:
    """The documents of a run that may hold a loss, and what could not be read."""

    documents: tuple[Document, ...]
    readings: tuple[Reading, ...]
    checked: int
    unreadable: tuple[Unreadable, ...]
    skipped: tuple[str, ...] = ()
    """The paths of files that hold no loss, by their bytes alone; they may still call one."""
    settings: tuple[str, ...] = ()
    """The paths of files of settings, which may name one."""
    named: tuple[tuple[str, Shared], ...] = ()
    """Those of them that do, each with what it says."""
    trained: tuple[tuple[str, Shared], ...] = ()
    """Those that say which losses a model is trained with, each with that."""

    @cached_property
    def modules(self) -> Modules:
        """How the documents see one another."""
        return Modules(
            [
                (_absolute(document.path), document.source.path, reading.shared)
                for document, reading in zip(self.documents, self.readings, strict=True)
            ]
            + [
                (_absolute(Path(path)), path, shared)
                for path, shared in (*self.trained, *self.named)
            ],
            self.skipped,
            self._line_of,
        )

    def _line_of(self, file: int, line: int) -> str:
        if file >= len(self.documents):
            return str(line)
        return source.place_of_line(self.documents[file].source, line)

    @cached_property
    def resolved(self) -> Resolved:
        """What the documents say about one another's names."""
        return resolve(self.modules)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Where each document stands, by its path for people."""
        return {document.source.path: n for n, document in enumerate(self.documents)}

    @cached_property
    def registered(self) -> tuple[str, ...]:
        """The package under which the losses of each document are registered."""
        return packages_for(
            self.documents,
            [
                frozenset(each.path[0] for each in reading.losses or ()) | said.used.compiled
                # Files of settings follow the documents there, and hold no losses.
                for reading, said in zip(self.readings, self.resolved.projects, strict=False)
            ],
        )

    def package(self, document: Document) -> str:
        """The package under which the losses of a document are registered."""
        return self.registered[self.numbers[document.source.path]]

    def project(self, document: Document) -> Project:
        """What the other files say about the names of a document."""
        return self.resolved.projects[self.numbers[document.source.path]]

    def losses(self, document: Document) -> tuple[Candidate, ...] | None:
        """The losses of a document, where other files change nothing about them; else ``None``."""
        reading, said = self.readings[self.numbers[document.source.path]], self.project(document)
        known = not said.decides and (reading.shared.framework or not said.framework)
        return reading.losses if known else None

    def wires_a_loss(self, document: Document) -> bool:
        """Whether a rule may have something to say on how a document wires losses, its own or others."""
        reading = self.readings[self.numbers[document.source.path]]
        return reading.wires or self.losses(document) != ()

    def may_hold_a_loss(self, document: Document) -> bool:
        """Whether it is worth a look: it holds a loss by its own word or another file's."""
        reading = self.readings[self.numbers[document.source.path]]
        said = self.project(document)
        used = said.used
        named = used.compiled | used.built | used.differentiated | said.parts.reached | said.bases
        return reading.holds or said.of_losses or bool(named)


def open_all(
    paths: Iterable[str | Path], settings: Settings, pool: Pool = ALONE, cache: Cache = FORGETFUL
) -> Opened:
    """Read the files, and parse those that may hold a loss or use one.

    Only the bytes of the latter are kept.

    Raises:
        SourceError: a path that was named does not exist or cannot be read.
        PoolError: the cluster that was to parse them is gone.
    """
    sifted = _Sifted()
    readings = _readings(sifted.documents_among(paths, settings, cache), settings, pool, cache)
    files = Opened(
        tuple(sifted.documents),
        readings,
        sifted.checked,
        tuple(sifted.unreadable),
        tuple(sifted.skipped),
    )
    return _followed(files, settings, pool, cache)


@dataclass
class _Sifted:
    """What became of files so far."""

    documents: list[Document] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    checked: int = 0

    def documents_among(
        self, paths: Iterable[str | Path], settings: Settings, cache: Cache
    ) -> Iterator[Document]:
        """Those of the files that are worth parsing, as soon as each is read."""
        is_dull = cache.dull(_HOLDS, settings)
        for path in paths:
            self.checked += 1
            written = str(path)
            if is_dull(written):
                self.skipped.append(written)
                continue
            try:
                with open(path, "rb") as file:
                    stat = os.fstat(file.fileno())
                    data = file.read()
            except OSError as error:
                self.unreadable.append(source.closed(path, error))
                continue
            try:
                document = _interesting(Path(path), data, settings)
            except Unreadable as error:
                self.unreadable.append(error)
                continue
            if document is None:
                self.skipped.append(written)
                cache.found_dull(_HOLDS, settings, written, stat)
            else:
                self.documents.append(document)
                yield document


def opened(
    documents: Sequence[Document],
    settings: Settings,
    pool: Pool = ALONE,
    cache: Cache = FORGETFUL,
) -> Opened:
    """The same for documents that were read elsewhere, such as from stdin."""
    readings = _readings(documents, settings, pool, cache)
    return Opened(tuple(documents), readings, len(documents), ())


def _readings(
    documents: Iterable[Document], settings: Settings, pool: Pool, cache: Cache
) -> tuple[Reading, ...]:
    """What a parse of each document says; the first are parsed while others are still looked for."""
    rows: list[tuple[str, Settings, str]] = []

    def asked() -> Iterator[tuple[str, Settings, str]]:
        for each in documents:
            rows.append((each.source.text, settings, _unread(each)))
            yield rows[-1]

    def read_those(numbers: Iterable[int]) -> Iterator[Reading]:
        return pool.map(_read, (rows[n] for n in numbers), lambda row: len(row[0]))

    return tuple(cache.through("reading", asked(), read_those))


def with_paths(
    files: Opened,
    paths: Sequence[str],
    settings: Settings,
    pool: Pool = ALONE,
    cache: Cache = FORGETFUL,
) -> Opened:
    """The same with some of the skipped files opened, too, and those through which they reach a loss."""
    return _followed(_with_paths(files, paths, settings, pool, cache), settings, pool, cache)


def with_trained(
    files: Opened,
    trained: Sequence[tuple[str, Shared]],
    settings: Settings,
    pool: Pool = ALONE,
    cache: Cache = FORGETFUL,
) -> Opened:
    """The same with those of the skipped files opened that hold what files of settings train with."""
    return _followed(replace(files, trained=tuple(trained)), settings, pool, cache)


def with_named(
    files: Opened,
    named: Iterable[str],
    settings: Settings,
    pool: Pool = ALONE,
    cache: Cache = FORGETFUL,
) -> Opened:
    """The same with those of the skipped files parsed that were named one by one and mention Keras.

    Whoever names a file wants to hear that it is not Python, which its bytes alone do not tell.
    """
    skipped = frozenset(files.skipped)
    paths = [
        path for path in named if path in skipped and mentions_a_framework(Path(path).read_bytes())
    ]
    return with_paths(files, paths, settings, pool, cache) if paths else files


def with_buffers(files: Opened, buffers: Sequence[Document], settings: Settings) -> Opened:
    """The same with some files as an editor holds them, saved or not, old or new."""
    held = {os.path.abspath(each.path) for each in buffers}
    kept = [
        (document, reading)
        for document, reading in zip(files.documents, files.readings, strict=True)
        if os.path.abspath(document.path) not in held
    ]
    for each in buffers:
        reading = _read_once(each.source.text, settings)
        # What a run would not open may still be a loss by another file's word.
        holds = reading.holds and _is_worth_reading(each, settings)
        kept.append((each, replace(reading, holds=holds)))
    kept.sort(key=lambda pair: _absolute(pair[0].path))
    merged = replace(
        files,
        documents=tuple(document for document, _ in kept),
        readings=tuple(reading for _, reading in kept),
        skipped=tuple(path for path in files.skipped if os.path.abspath(path) not in held),
    )
    return _followed(merged, settings)


def _absolutes() -> Callable[[str], tuple[str, str]]:
    """What tells the absolute folders of many files, of each folder only once, and their names."""
    folders: dict[str, str] = {}

    def absolute_of(path: str) -> tuple[str, str]:
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.abspath(folder)
        return folders[folder], name

    return absolute_of


def _read(text: str, settings: Settings, unread: str = "") -> Reading:
    # Loaded here: a run that finds nothing new has nothing to parse.
    from lossfix.losses.codebase.reading import read

    return read(text, settings, unread, _is_miswired)


_read_once = lru_cache(maxsize=64)(_read)
"""For what is looked at again and again, unchanged."""


def _is_miswired(module: ast.Module) -> bool:
    # Loaded here: the rules and LibCST take longer than to read a hundred files that wire nothing.
    from lossfix.checking import is_miswired

    return is_miswired(module)


def _is_worth_reading(buffer: Document, settings: Settings) -> bool:
    try:
        return _interesting(buffer.path, buffer.data, settings) is not None
    except Unreadable:
        # What it declares as its encoding counts when it is saved.
        return True


def _interesting(path: Path, data: bytes, settings: Settings) -> Document | None:
    """The document of a file that is worth parsing."""
    if path.suffix == ".ipynb":
        # What a notebook holds is escaped: only its text can be glanced at.
        if not (b"tensorflow" in data or b"keras" in data):
            return None
        document = source.decode(path, data)
        glanced = document.source.text.encode("utf-8", "surrogatepass")
        if _is_interesting(glanced, settings) or document.unparsed:
            return document
        return None
    if names_losses(path.parts) or _is_interesting(data, settings):
        return source.decode(path, data)
    return None


def _is_interesting(data: bytes, settings: Settings) -> bool:
    # A comment that silences is looked at even where it has nothing left to silence.
    return b"lossfix:" in data or may_concern_a_loss(data, settings)


def _followed(
    files: Opened, settings: Settings, pool: Pool = ALONE, cache: Cache = FORGETFUL
) -> Opened:
    """The same with those of the skipped files through which others reach a loss or a metric."""
    while files.resolved.needed:
        needed, absolute_of = frozenset(map(str, files.resolved.needed)), _absolutes()
        paths = [path for path in files.skipped if os.path.join(*absolute_of(path)) in needed]
        files = _with_paths(files, paths, settings, pool, cache)
    return files


def _with_paths(
    files: Opened,
    paths: Sequence[str],
    settings: Settings,
    pool: Pool,
    cache: Cache,
) -> Opened:
    documents, unreadable = [], []
    for path in paths:
        try:
            documents.append(source.read(path))
        except Unreadable as error:
            unreadable.append(error)
    more = opened(documents, settings, pool, cache)
    taken = frozenset(paths)
    return replace(
        files,
        documents=(*files.documents, *more.documents),
        readings=(*files.readings, *more.readings),
        unreadable=(*files.unreadable, *unreadable),
        skipped=tuple(path for path in files.skipped if path not in taken),
    )


def _unread(document: Document) -> str:
    return "\n".join(source.unparsed_texts(document))


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))
