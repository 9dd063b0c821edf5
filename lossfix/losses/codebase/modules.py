"""The files of a run as modules: by their paths, and by the last part of their names.

Of a file that holds no loss its path is all that is kept, as a plain string and as it was written: there are
many of them, and few are ever asked for. What they are looked up by is built when the first import has to be
followed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path


class Located:
    """Numbered files: first those that are open, then those of which nothing but the path is known."""

    def __init__(self, opened: Sequence[Path], closed: Sequence[str]) -> None:
        """
        Args:
            opened: absolute paths.
            closed: paths as they were written; they are made absolute when they are asked for.
        """
        self._opened = opened
        self._closed = closed
        self._modules = [_module_of(path) for path in opened]
        self._known: dict[int, tuple[str, ...]] = {}

    def path(self, number: int) -> Path:
        """Where a file is."""
        known = len(self._opened)
        if number < known:
            return self._opened[number]
        return Path(os.path.abspath(self._closed[number - known]))

    def module(self, number: int) -> tuple[str, ...]:
        """The path of a file as a module's: without its suffix, and a package is its folder."""
        if number < len(self._opened):
            return self._modules[number]
        # Those that an import was found to end in the name of: few, and asked for again and again.
        if number not in self._known:
            self._known[number] = _module_of(self.path(number))
        return self._known[number]

    def ending_in(self, name: str) -> Sequence[int]:
        """The files whose modules have this last name."""
        return self._by_last.get(name, ())

    def exactly(self, module: tuple[str, ...]) -> int | None:
        """The file that is this module."""
        if module in self._exact or not module:
            return self._exact.get(module)
        where = os.path.join(*module)
        for file in (os.path.join(where, "__init__.py"), f"{where}.py"):
            if file in self._by_path:
                return self._by_path[file]
        return None

    @cached_property
    def _exact(self) -> Mapping[tuple[str, ...], int]:
        exact: dict[tuple[str, ...], int] = {}
        for number, module in enumerate(self._modules):
            exact.setdefault(module, number)
        return exact

    @cached_property
    def _by_path(self) -> Mapping[str, int]:
        absolute = map(os.path.abspath, self._closed)
        return {path: number for number, path in enumerate(absolute, len(self._opened))}

    @cached_property
    def _by_last(self) -> Mapping[str, Sequence[int]]:
        found: dict[str, list[int]] = {}
        for number, module in enumerate(self._modules):
            found.setdefault(module[-1] if module else "", []).append(number)
        for number, path in enumerate(self._closed, len(self._opened)):
            found.setdefault(_last(path), []).append(number)
        return found


def _module_of(path: Path) -> tuple[str, ...]:
    if path.suffix != ".py":
        return ()
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _last(path: str) -> str:
    folder, name = os.path.split(path)
    if not name.endswith(".py"):
        return ""
    # A package is called as its folder, which `__init__.py` alone does not tell.
    return os.path.basename(os.path.abspath(folder)) if name == "__init__.py" else name[:-3]
