"""The losses that a configuration names, held against those that are there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from lossfix import source
from lossfix.config import Config, ConfigError
from lossfix.config.settings import closest
from lossfix.syntax.quiet import NOT_PYTHON, parsed
from lossfix.syntax.scope import definitions, scope_of_module


def check_losses(config: Config, paths: Iterable[Path]) -> None:
    """Look for each loss of ``[tool.lossfix.verify.loss]`` in ``paths`` and in the project's own files.

    Only the names of files are looked at, but for those that a configured loss should be in.

    Raises:
        ConfigError: there is no such loss.
    """
    wanted = {each.name for each in config.verify.loss}
    modules: dict[str, Path] = {}
    for path in chain(paths, source.find([config.root], config)) if wanted else ():
        module = source.dotted_name(path)
        modules[module] = path
        wanted -= _defined(module, path, {name for name in wanted if name.startswith(f"{module}.")})
        if not wanted:
            return
    for name in sorted(wanted):
        where = dict(config.origins).get(f"verify.loss.{name}", "verify.loss")
        raise ConfigError(f"{where}: no loss {name!r}{closest(name, _like(name, modules))}")


def _defined(module: str, path: Path, names: Collection[str]) -> set[str]:
    """Those of ``names`` that a file defines. One that cannot be read may define any of them; that it
    cannot be read is told when it is looked at."""
    there = _names(path) if names else frozenset()
    return {each for each in names if there is None or each.removeprefix(f"{module}.") in there}


def _like(name: str, modules: Mapping[str, Path]) -> Iterator[str]:
    """What the modules define whose names are like that of the module of a loss."""
    for module in get_close_matches(name.rpartition(".")[0], modules, n=5, cutoff=0.4):
        yield from (f"{module}.{each}" for each in _names(modules[module]) or ())


def _names(path: Path) -> frozenset[str] | None:
    """What a file defines, at any depth, and what else it binds: a function that became a class goes on
    as a variable. ``None`` where it cannot be read, or does not parse."""
    try:
        module = parsed(source.read(path).source.text)
    except (source.Unreadable, *NOT_PYTHON):
        return None
    defined = (".".join(path) for path, _ in definitions(module.body))
    return scope_of_module(module).everything() | frozenset(defined)
