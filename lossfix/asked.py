"""What the flags of a command ask for: its configuration, its files, and what does its work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lossfix.failure import Failure

if TYPE_CHECKING:
    from lossfix.cache import Cache
    from lossfix.config import Config
    from lossfix.losses.candidate import Settings
    from lossfix.pool import Pool
    from lossfix.progress import Progress
    from lossfix.run import Request
    from lossfix.scan import Opened
    from lossfix.verify.client import Verifier


def config_of(flags: dict[str, Any]) -> Config:
    from lossfix import config

    wanted: dict[str, Any] = {
        name: flags[name] or None
        for name in (
            "select",
            "ignore",
            "extend_select",
            "include",
            "exclude",
            "extend_exclude",
            "force_exclude",
            "exact_only",
            "gate",
            "python",
            "timeout",
            "memory",
            "seed",
        )
        if name in flags
    }
    if flags.get("steepness") is not None:
        wanted["steepness"] = _steepness(flags["steepness"])
    for name in ("select", "ignore", "extend_select"):
        if wanted.get(name):
            wanted[name] = tuple(part for each in wanted[name] for part in each.split(",") if part)
    try:
        file = Path(flags["config_file"]) if flags.get("config_file") else None
        loaded = config.load(Path.cwd(), wanted, file=file)
        if loaded.select or loaded.ignore or loaded.extend_select or loaded.per_file_ignores:
            # Loaded here: the rules cost more than a small scan does.
            from lossfix.pages import known_pairs

            config.check_rules(loaded, known_pairs())
        if loaded.verify.loss:
            from lossfix.report.inputs import WORDS

            config.check_families(loaded, WORDS)
    except config.ConfigError as error:
        raise Failure(str(error)) from error
    return loaded


def _steepness(text: str) -> float | str:
    try:
        value = text if text == "auto" else float(text)
    except ValueError:
        value = 0.0
    if value != "auto" and not 0 < float(value) < float("inf"):
        raise Failure(f"--steepness {text}: must be 'auto' or a number above 0")
    return value


def from_stdin(flags: dict[str, Any]) -> bool:
    return "-" in flags["paths"]


def opened(flags: dict[str, Any]) -> tuple[Request, Opened]:
    from lossfix import run, scan, source
    from lossfix.config import ConfigError
    from lossfix.configured import check_losses

    config = config_of(flags)
    try:
        changed = (
            source.changed_since(flags["diff_base"], Path.cwd()) if flags["diff_base"] else None
        )
        request = run.Request(
            config=config,
            gate=config.gate,
            steepness=config.steepness,
            exact_only=config.exact_only,
            lines=source.parse_lines(flags["lines"]),
            changed=None if changed is None else dict(changed),
            baseline=source.read_baseline(flags["baseline"]) if flags["baseline"] else None,
            arguments=tuple(sys.argv[1:]),
            progress=flags["progress"],
            pool=pool_of(flags),
            cache=cache_of(config, flags),
        )
        if from_stdin(flags):
            if len(flags["paths"]) > 1 or flags["files_from"]:
                raise Failure("- stands for one source on stdin, and no path can stand beside it")
            flags["stdin"] = sys.stdin.buffer.read()
            check_losses(config, ())
            return request, _sent(flags, config.naming)
        if flags["stdin_filename"]:
            raise Failure("--stdin-filename names what - reads; give - as the path")
        paths: Sequence[Path] = [Path(each) for each in flags["paths"]]
        if flags["files_from"]:
            paths = [*paths, *source.listed(flags["files_from"])]
        elif not paths:
            paths = [Path()]
        locked: list[source.Unreadable] = []
        found = _counted(source.find(paths, config, locked.append), request.progress)
        files = scan.open_all(found, config.naming, request.pool, request.cache)
        check_losses(config, [document.path for document in files.documents])
        return request, replace(files, unreadable=(*files.unreadable, *locked))
    except (ConfigError, source.SourceError) as error:
        raise Failure(str(error)) from error


def _sent(flags: dict[str, Any], settings: Settings) -> Opened:
    """The source on stdin, under the name that it was given."""
    from lossfix import scan, source

    name = Path(flags["stdin_filename"] or "stdin.py")
    try:
        return scan.opened([source.decode(name, flags["stdin"])], settings)
    except source.Unreadable as error:
        return scan.Opened((), (), 1, (error,))


def _counted(paths: Iterable[Path], progress: Progress) -> Iterator[Path]:
    """The same paths; how many they were is told now and then."""
    for number, path in enumerate(paths, start=1):
        if number % 100 == 0:
            progress.tick(f"Looking at files: {number}")
        yield path


def pool_of(flags: dict[str, Any]) -> Pool:
    """The pool of this run, which ends with it."""
    from lossfix.pool import Pool

    if "pool" not in flags:
        flags["pool"] = Pool(flags.get("jobs") or 1, flags.get("cluster") or "")
        click.get_current_context().call_on_close(flags["pool"].close)
    pool: Pool = flags["pool"]
    return pool


def cache_of(config: Config, flags: dict[str, Any]) -> Cache:
    """The project's cache, written when this run ends."""
    from lossfix.cache import FORGETFUL, Cache, place

    if "cache" not in flags:
        forgets = flags.get("no_cache", True)
        flags["cache"] = FORGETFUL if forgets else Cache(place(config.root))
        click.get_current_context().call_on_close(flags["cache"].close)
    cache: Cache = flags["cache"]
    return cache


def starter(config: Config, flags: dict[str, Any]) -> Callable[[], Verifier]:
    def start() -> Verifier:
        from lossfix.verify import interpreter

        found = interpreter.find(
            flags["python"], configured=config.verify.python or None, project=config.root
        )
        versions = (found.python, found.tensorflow, found.keras, found.numpy)
        return verifier_of(config, found.path, flags, versions)

    return start


def _workers() -> int:
    """How many losses are measured at a time where nobody says: each worker holds a TensorFlow."""
    return min(4, os.cpu_count() or 1)


def verifier_of(
    config: Config, python: str, flags: dict[str, Any], versions: tuple[str, ...] = ()
) -> Verifier:
    from lossfix.verify.client import Verifier

    limits, pool = config.verify, pool_of(flags)
    executor = pool.executor  # which tells how many losses a cluster measures at a time
    return Verifier(
        python,
        jobs=pool.jobs if executor is not None or flags.get("jobs") else _workers(),
        executor=executor,
        known=cache_of(config, flags) if versions else None,
        versions=versions,
        timeout=limits.timeout,
        memory=limits.memory,
        seed=limits.seed,
    )
