"""What the files of settings of a run say: which losses they train with, and which functions they name.

What they train with is a loss though no line of Python may say so, and is asked for before losses are looked
for. What else they name matters for what was found by then, and keeps that a function.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from lossfix import scan
from lossfix.cache import FORGETFUL, Cache
from lossfix.losses.codebase.said import Shared
from lossfix.losses.codebase.settings import (
    LARGEST,
    may_train,
    said_by_settings,
    trained_by_settings,
)
from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.discovery.glance import holds_any
from lossfix.pool import ALONE, Pool
from lossfix.scan import Opened

_TRAINS = "trains with a loss"
_NAMES = "names a loss"
"""What such a file is read for."""


def with_settings(
    files: Opened,
    settings: Iterable[str],
    naming: Settings,
    pool: Pool = ALONE,
    cache: Cache = FORGETFUL,
) -> Opened:
    """The same with the paths of files of settings, and with the files that define what these train with."""
    files = replace(files, settings=tuple(settings))
    if not files.documents:
        # Nothing here trains a model of Keras.
        return files
    trained = tuple(_saying(files.settings, may_train, trained_by_settings, cache, _TRAINS, ""))
    return scan.with_trained(files, trained, naming, pool, cache) if trained else files


def named_in(
    files: Opened, names: Collection[str], cache: Cache, number: int
) -> tuple[tuple[str, Shared], ...]:
    """The files of settings that hold one of ``names``, each with what it says of that.

    Args:
        number: of this question among those of a run, of each of which a cache keeps one answer.
    """
    if not names:
        return ()
    written = frozenset(name.encode() for name in names)

    def holds(path: str, data: bytes) -> bool:
        return holds_any(data, written)

    def said(path: str, text: str) -> Shared:
        return said_by_settings(text, names)

    question = f"{_NAMES}, round {number}"
    return tuple(_saying(files.settings, holds, said, cache, question, frozenset(names)))


def _saying(
    paths: Iterable[str],
    may_say: Callable[[str, bytes], bool],
    said_by: Callable[[str, str], Shared],
    cache: Cache,
    question: str,
    asked: object,
) -> Iterator[tuple[str, Shared]]:
    """The files that have something to say to a question, each with that."""
    is_dull = cache.dull(question, asked)
    for path in sorted(paths):
        if is_dull(path):
            continue
        try:
            with open(path, "rb") as file:
                stat = os.fstat(file.fileno())
                data = file.read() if stat.st_size <= LARGEST else b""
        except OSError:
            continue
        said = Shared()
        if b"\0" not in data and not _is_ours(path) and may_say(path, data):
            said = said_by(path, data.decode("utf-8", "replace"))
        if said.uses or said.named:
            yield path, said
        else:
            cache.found_dull(question, asked, path, stat)


def _is_ours(path: str) -> bool:
    return os.path.basename(path) == "lossfix.toml"
