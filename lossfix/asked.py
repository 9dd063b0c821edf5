"""What the flags of a command ask for: its configuration, its files, and what does its work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from lossfix.failure import Failure

if TYPE_CHECKING:
    from lossfix.cache import Cache
    from lossfix.config import Config
    from lossfix.losses.discovery.candidate import Settings
    from lossfix.pool import Pool
    from lossfix.progress import Progress
    from lossfix.run import Request
    from lossfix.scan import Opened
    from lossfix.verify.client import Verifier

_POOL, _CACHE, _STDIN = "lossfix.pool", "lossfix.cache", "lossfix.stdin"
"""What is kept in the context of a command under these names, as long as it runs."""


def config_of(flags: Mapping[str, Any]) -> Config:
    """The configuration of the working directory, with what flags say on top.

    Raises:
        Failure: it cannot be meant.
    """
    from lossfix import codes, config

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
        loaded = config.load(_here(), wanted, file=file)
        if loaded.select or loaded.ignore or loaded.extend_select or loaded.per_file_ignores:
            config.check_rules(loaded, codes.known())
        if loaded.verify.loss:
            from lossfix.report.inputs import WORDS

            config.check_families(loaded, WORDS)
    except config.ConfigError as error:
        raise Failure(str(error)) from error
    return loaded


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise Failure("the working directory is gone; change to one that exists") from error


def _steepness(text: str) -> float | str:
    try:
        value = text if text == "auto" else float(text)
    except ValueError:
        value = 0.0
    if value != "auto" and not 0 < float(value) < float("inf"):
        raise Failure(f"--steepness {text}: must be 'auto' or a number above 0")
    return value


def from_stdin(flags: Mapping[str, Any]) -> bool:
    """Whether the source is read from stdin."""
    return "-" in flags["paths"]


def sent() -> bytes:
    """The source on stdin, which is read once."""
    kept = click.get_current_context().meta
    if _STDIN not in kept:
        kept[_STDIN] = sys.stdin.buffer.read()
    data: bytes = kept[_STDIN]
    return data


def was_sent() -> bool:
    """Whether the source on stdin has been read."""
    return _STDIN in click.get_current_context().meta


def opened(flags: Mapping[str, Any], progress: Progress) -> tuple[Request, Opened]:
    """What is asked of a run, and the files that it is asked of."""
    from lossfix import run, scan, source
    from lossfix.config import ConfigError
    from lossfix.configured import check_losses
    from lossfix.losses.codebase.settings import SUFFIXES
    from lossfix.settings_files import with_settings

    config = config_of(flags)
    try:
        paths = [] if from_stdin(flags) else _named(flags)
        base = flags["diff_base"]
        changed = source.changed_since(base, Path.cwd(), paths) if base else None
        request = run.Request(
            config=config,
            gate=config.gate,
            steepness=config.steepness,
            exact_only=config.exact_only,
            writes=flags.get("diff") is False and not from_stdin(flags),
            lines=source.parse_lines(flags["lines"]),
            changed=None if changed is None else dict(changed),
            baseline=source.read_baseline(flags["baseline"]) if flags["baseline"] else None,
            arguments=tuple(sys.argv[1:]),
            progress=progress,
            pool=pool_of(flags),
            cache=cache_of(config, flags),
        )
        if from_stdin(flags):
            if len(flags["paths"]) > 1 or flags["files_from"]:
                raise Failure("- stands for one source on stdin, and no path can stand beside it")
            sent()
            check_losses(config, ())
            return request, _from_stdin(flags, config.naming)
        if flags["stdin_filename"]:
            raise Failure("--stdin-filename names what - reads; give - as the path")
        locked: list[source.Unreadable] = []
        settings = list[str]()
        aside = source.Aside(SUFFIXES, settings.append)
        found = _counted(source.walked(paths, config, locked.append, aside), request.progress)
        files = scan.open_all(found, config.naming, request.pool, request.cache)
        named = map(str, paths)
        files = scan.with_named(files, named, config.naming, request.pool, request.cache)
        files = with_settings(files, settings, config.naming, request.pool, request.cache)
        check_losses(config, [document.path for document in files.documents])
        if locked:
            files = replace(
                files,
                unreadable=(*files.unreadable, *locked),
                checked=files.checked + len(locked),
            )
        return request, files
    except (ConfigError, source.SourceError) as error:
        raise Failure(str(error)) from error


def _named(flags: Mapping[str, Any]) -> list[Path]:
    """The files and folders that were named one way or another; by default the working directory."""
    from lossfix import source

    paths = [Path(each) for each in flags["paths"]]
    if flags["files_from"]:
        return [*paths, *source.listed(flags["files_from"])]
    return paths or [Path()]


def _from_stdin(flags: Mapping[str, Any], settings: Settings) -> Opened:
    """The source on stdin, under the name that it was given."""
    from lossfix import scan, source

    name = Path(flags["stdin_filename"] or "stdin.py")
    try:
        return scan.opened([source.decode(name, sent())], settings)
    except source.Unreadable as error:
        return scan.Opened((), (), 1, (error,))


def _counted(paths: Iterable[str], progress: Progress) -> Iterator[str]:
    """The same paths; how many they were is told now and then."""
    for number, path in enumerate(paths, start=1):
        if number % 100 == 0:
            progress.tick(f"Looking at files: {number}")
        yield path


def pool_of(flags: Mapping[str, Any]) -> Pool:
    """The pool of this run, which ends with it."""
    from lossfix.pool import Pool

    jobs, cluster = flags.get("jobs") or _cores(), flags.get("cluster") or ""
    return _once(_POOL, lambda: Pool(jobs, cluster, loads=("lossfix.checking",)))


def cache_of(config: Config, flags: Mapping[str, Any]) -> Cache:
    """The project's cache, written when this run ends."""
    from lossfix.cache import FORGETFUL, Cache, place

    forgets = flags.get("no_cache", True)
    return _once(_CACHE, lambda: FORGETFUL if forgets else Cache(place(config.root)))


class _Closed(Protocol):
    def close(self) -> None: ...


_Held = TypeVar("_Held", bound=_Closed)


def _once(name: str, make: Callable[[], _Held]) -> _Held:
    """What a command needs one of: made when it is first asked for, and closed when the command ends."""
    context = click.get_current_context()
    if name not in context.meta:
        context.meta[name] = make()
        context.call_on_close(context.meta[name].close)
    held: _Held = context.meta[name]
    return held


def starter(config: Config, flags: Mapping[str, Any]) -> Callable[[], Verifier]:
    """What starts the verifier, once there is something to measure.

    It raises ``InterpreterError`` where no interpreter has TensorFlow.
    """

    def start() -> Verifier:
        from lossfix.verify import interpreter

        found = interpreter.find(
            flags["python"], configured=config.verify.python or None, project=config.root
        )
        versions = (found.python, found.tensorflow, found.keras, found.numpy)
        return verifier_of(config, found.path, flags, versions)

    return start


def _cores() -> int:
    """How many processes can run at a time, as far as this one may use the machine's cores."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return len(allowed) or os.cpu_count() or 1


def _workers() -> int:
    """How many losses are measured at a time where nobody says: each worker holds a TensorFlow."""
    return min(4, _cores())


def verifier_of(
    config: Config, python: str, flags: Mapping[str, Any], versions: tuple[str, ...] = ()
) -> Verifier:
    """A verifier in the interpreter ``python``, which closes its workers when it is closed.

    Args:
        versions: of the interpreter's packages, under which verdicts are remembered; empty: they are not.
    """
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
