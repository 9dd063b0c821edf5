"""A TOML file that knows on which line its keys stand."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lossfix.config.settings import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_KEY = re.compile(
    r"""\s*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*="""
)


@dataclass(frozen=True)
class TomlFile:
    """A file, and the part of it that is ours."""

    path: Path
    text: str
    prefix: tuple[str, ...]
    """The path of our table: ``("tool", "lossfix")`` in ``pyproject.toml``."""
    table: dict[str, Any]

    def place(self, *keys: str) -> str:
        """``FILE:LINE`` of a key within our table, or of the nearest key around it."""
        wanted = (*self.prefix, *keys)
        line, best = 1, 0
        for number, path in _keys(self.text):
            shared = sum(1 for _ in _shared(wanted, path))
            if shared > best:
                line, best = number, shared
        return f"{shown(self.path)}:{line}"


def nearest(start: Path) -> TomlFile | None:
    """The configuration of the nearest folder from ``start`` up that has one.

    Raises:
        ConfigError: A file on the way is not TOML.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        for name in ("lossfix.toml", "pyproject.toml"):
            found = read(folder / name) if (folder / name).is_file() else None
            if found:
                return found
    return None


def read(path: Path) -> TomlFile | None:
    """The configuration in a file; ``None`` for a ``pyproject.toml`` that does not mention lossfix.

    Raises:
        ConfigError: The file cannot be read, or is not TOML.
    """
    prefix = ("tool", "lossfix") if path.name == "pyproject.toml" else ()
    try:
        text = path.read_text("utf-8-sig")
        table: Any = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{shown(path)}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{shown(path)}:{line}: not TOML: it is not UTF-8") from error
    except ValueError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        raise ConfigError(f"{shown(path)}:{line}: not TOML: {error}") from error
    for depth, key in enumerate(prefix, start=1):
        table = table.get(key) if isinstance(table, dict) else None
        if table is None:
            return None
        if not isinstance(table, dict):
            where = TomlFile(path, text, prefix[:depth], {}).place()
            raise ConfigError(f"{where}: {'.'.join(prefix[:depth])} must be a table")
    if not prefix and isinstance(table.get("tool"), dict) and "lossfix" in table["tool"]:
        where = TomlFile(path, text, ("tool", "lossfix"), {}).place()
        raise ConfigError(
            f"{where}: [tool.lossfix] is for pyproject.toml; in this file the keys stand without it, "
            "and [tool.lossfix.verify] is [verify]"
        )
    return TomlFile(path, text, prefix, table)


def shown(path: Path) -> str:
    """The path relative to the working directory where below it, with slashes."""
    absolute = Path.cwd() / path
    within = absolute.is_relative_to(Path.cwd())
    return (absolute.relative_to(Path.cwd()) if within else absolute).as_posix()


def _keys(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The lines on which a table or a key begins, and its whole path.

    Lines inside a string or list of several lines may look like keys; as they stand after the key
    that they belong to, they are never taken for it.
    """
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if line.lstrip().startswith("["):
            path = _path(line)
            if path:
                table = path
                yield number, table
        elif match := _KEY.match(line):
            yield number, (*table, *_path(f"{match[1]} = 0"))


def _path(line: str) -> tuple[str, ...]:
    """The keys on the one way into what a line of TOML defines; none where it is no TOML."""
    try:
        value: Any = tomllib.loads(line)
    except ValueError:
        return ()
    keys: list[str] = []
    while isinstance(value, dict | list) and value:
        if isinstance(value, list):
            value = value[0]
            continue
        (key,) = value
        keys.append(key)
        value = value[key]
    return tuple(keys)


def _shared(first: tuple[str, ...], second: tuple[str, ...]) -> Iterator[str]:
    for one, other in zip(first, second, strict=False):
        if one != other:
            return
        yield one
