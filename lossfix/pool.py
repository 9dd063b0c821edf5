"""Work spread over processes of this machine, or over the workers of a Dask scheduler.

Whatever runs elsewhere is a function of a module and plain data: both are sent by value, so a worker needs
lossfix installed and no file of the project. Results come back in the order of what was sent.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from itertools import chain, islice, starmap
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from lossfix import __version__

if TYPE_CHECKING:
    from concurrent.futures import Executor

Result = TypeVar("Result")

CHUNK = 50_000
"""Characters of source that are sent at a time: enough to hide what sending costs, and few to repeat."""

WORTHWHILE = 6
"""Chunks from which local processes repay their start (measured: see docs/scale.md)."""

RETRIES = 3
"""How often work is done again whose worker was lost."""


class PoolError(Exception):
    """There is no cluster at the address, or its workers cannot do the work."""


def lost(error: Exception) -> str:
    """What to say of an error that means that whoever did the work is gone; empty of any other."""
    from concurrent.futures import BrokenExecutor, CancelledError

    if isinstance(error, BrokenExecutor):
        return "a process of this run was killed; where memory is short, -j 1 takes the least"
    if isinstance(error, CancelledError) or type(error).__name__ == "KilledWorker":
        return "the cluster was lost: its scheduler is gone, or its workers are, again and again"
    return ""


class Pool:
    """Runs functions here, in ``jobs`` processes, or on the ``cluster`` of a Dask scheduler's address."""

    def __init__(self, jobs: int = 1, cluster: str = "", loads: Sequence[str] = ()) -> None:
        """``loads`` names the modules that most work needs: loaded once, before processes are forked."""
        self.jobs = jobs
        self._cluster = cluster
        self._loads = loads
        self._client: Any = None
        self._executor: Executor | None = None

    @property
    def executor(self) -> Executor | None:
        """The cluster's; ``None`` without one. Raises ``PoolError`` where it cannot be reached."""
        return self._started() if self._cluster else None

    def map(
        self,
        function: Callable[..., Result],
        rows: Iterable[tuple[Any, ...]],
        size: Callable[[tuple[Any, ...]], int],
    ) -> Iterator[Result]:
        """What ``function`` returns for each row of arguments, in order.

        Rows are sent as they come: whatever yields them goes on while the first are worked on.

        Args:
            size: of a row, in characters of source: rows are sent in chunks of about one size.

        Raises:
            PoolError: the cluster cannot be reached, or lost a chunk more than ``RETRIES`` times.
        """
        if self.jobs == 1 and not self._cluster:
            yield from starmap(function, rows)
            return
        chunks = _chunks(rows, size)
        if not self._cluster:
            first = [*islice(chunks, WORTHWHILE)]
            if len(first) < WORTHWHILE:
                yield from starmap(function, chain.from_iterable(first))
                return
            chunks = chain(first, chunks)
        executor = self._started()
        futures = [executor.submit(_apply, function, chunk) for chunk in chunks]
        for number, future in enumerate(futures):
            try:
                yield from future.result()
            except OSError as error:
                raise PoolError(f"the workers were lost: {error}") from error
            futures[number] = None  # type: ignore[call-overload]

    def close(self) -> None:
        """Ends what was started here; a cluster stays as it was found."""
        if self._client is not None:
            with suppress(Exception):
                self._client.close()  # which gives up what is still to be done
        elif self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
        self._executor = self._client = None

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _started(self) -> Executor:
        if self._executor is None:
            self._executor = self._on_cluster() if self._cluster else _local(self.jobs, self._loads)
        return self._executor

    def _on_cluster(self) -> Executor:
        try:
            from distributed import Client
        except ImportError as error:
            raise PoolError(
                "--cluster needs Dask: install it with pip install 'lossfix[cluster]'"
            ) from error
        # What goes wrong is told once, and in a line.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self._client = cast(Any, Client)(self._cluster, timeout=5)
        except (OSError, ValueError) as error:
            raise PoolError(f"--cluster {self._cluster}: no scheduler answers: {error}") from error
        try:
            self._client.wait_for_workers(1, timeout=10)
        except TimeoutError:
            raise PoolError(f"--cluster {self._cluster}: the scheduler has no workers") from None
        versions: dict[str, object] = self._client.run(_edition, on_error="return")
        for worker, version in sorted(versions.items()):
            if version != _edition():
                raise PoolError(
                    f"--cluster {self._cluster}: the worker {worker} has {version}, and here is "
                    f"{_edition()}: install the same there"
                )
        self.jobs = sum(self._client.nthreads().values())
        executor: Executor = self._client.get_executor(retries=RETRIES)
        return executor


ALONE = Pool()
"""No pool: one thing after another."""


def _edition() -> str:
    return f"lossfix {__version__} on Python {sys.version_info[0]}.{sys.version_info[1]}"


def _local(jobs: int, loads: Sequence[str]) -> Executor:
    # Loaded here: most runs have no use for it, and it takes longer to load than a small scan.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Forked children have loaded what they need; nothing here has threads when they are forked.
    method = "fork" if sys.platform == "linux" else "spawn"
    if method == "fork":
        for each in loads:
            import_module(each)
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(jobs, context, initializer=_end_with_parent)


def _end_with_parent() -> None:
    """Have this process end when the one that started it is gone, and leave Ctrl-C to that one.

    Nobody else would tell it to end: its siblings hold the other end of the pipe that brings its work, so
    that pipe never closes.
    """
    import multiprocessing
    import signal
    from multiprocessing.connection import wait
    from threading import Thread

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _apply(function: Callable[..., Result], rows: Sequence[tuple[Any, ...]]) -> list[Result]:
    return [function(*row) for row in rows]


def _chunks(
    rows: Iterable[tuple[Any, ...]], size: Callable[[tuple[Any, ...]], int]
) -> Iterator[list[tuple[Any, ...]]]:
    chunk, length = list[tuple[Any, ...]](), 0
    for row in rows:
        chunk.append(row)
        length += size(row)
        if length >= CHUNK:
            yield chunk
            chunk, length = [], 0
    if chunk:
        yield chunk
