"""The modules of the project around a file, as its import statements name them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from lossfix.losses.probing.module import Module, ReadModule
from lossfix.source.document import read
from lossfix.source.error import SourceError, Unreadable
from lossfix.syntax.frameworks import FRAMEWORKS, OTHER_FRAMEWORKS

_ABOVE = 4
"""Folders above a file from which its absolute imports may start."""
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_LIBRARIES = sys.stdlib_module_names | {*FRAMEWORKS, *OTHER_FRAMEWORKS, "numpy"}
"""What is installed, though a folder of the project may be called so: ``kit/torch`` beside ``kit/keras``."""


def module_reader(path: Path, changed: Mapping[Path, str]) -> ReadModule:
    """Reads modules of the project around the file at ``path``; installed ones are none of them.

    Args:
        changed: the texts of files that are to be other than they are, by their resolved paths.
    """
    folder = path.resolve().parent

    def read_module(name: str) -> Module | None:
        for file in _files(folder, name):
            if not file.is_file() or _INSTALLED.intersection(file.parts):
                continue
            try:
                text = changed[file] if file in changed else read(file).source.text
            except (SourceError, Unreadable):
                return None
            return Module(str(file), text, module_reader(file, changed))
        return None

    return read_module


def _files(folder: Path, name: str) -> Iterator[Path]:
    """Where a module may lie, the likeliest place first."""
    level = len(name) - len(name.lstrip("."))
    parts = [part for part in name[level:].split(".") if part]
    if level:
        tops = [folder, *folder.parents][level - 1 : level]
    elif parts and parts[0] not in _LIBRARIES:
        tops = [folder, *folder.parents][: _ABOVE + 1]
    else:
        tops = []
    for top in tops:
        place = top.joinpath(*parts)
        if parts:
            yield place.with_name(f"{place.name}.py")
        yield place / "__init__.py"
