"""However the work is spread, the result is the same."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from program import lossfix

from lossfix import pool as pools
from lossfix.failure import Failure
from lossfix.pool import Pool
from lossfix.terminal import working

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures" / "article"


def slowly(number: int, seconds: float) -> tuple[int, int]:
    """The number and the process that worked on it."""
    time.sleep(seconds)
    return number, os.getpid()


def test_results_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "WORTHWHILE", 0)
    monkeypatch.setattr(pools, "CHUNK", 1)
    rows = [(number, 0.05 * (3 - number)) for number in range(4)]
    with Pool(2) as pool:
        results = list(pool.map(slowly, [(n, max(0.0, s)) for n, s in rows], lambda row: 1))
    assert [number for number, _ in results] == [0, 1, 2, 3]
    assert os.getpid() not in {process for _, process in results}


def test_the_first_rows_are_worked_on_while_others_are_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pools, "WORTHWHILE", 2)
    monkeypatch.setattr(pools, "CHUNK", 1)
    files = [tmp_path / name for name in "abc"]

    def rows() -> Iterator[tuple[Path]]:
        yield (files[0],)
        yield (files[1],)
        # Nobody would write the first before all rows are there, were they sent together.
        deadline = time.monotonic() + 60
        while not files[0].exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert files[0].exists()
        yield (files[2],)

    with Pool(2) as pool:
        assert list(pool.map(Path.touch, rows(), lambda row: 1)) == [None] * 3
    assert all(file.exists() for file in files)


def test_little_work_stays_in_this_process() -> None:
    with Pool(2) as pool:
        assert list(pool.map(slowly, [(1, 0.0)], lambda row: 1)) == [(1, os.getpid())]


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not killed there")
def test_no_process_outlives_the_one_that_started_it() -> None:
    code = """
import os, time
from lossfix import pool as pools
pools.WORTHWHILE, pools.CHUNK = 0, 1
def work(number):
    # In one piece: both processes say it at once.
    os.write(1, b"at work\\n")
    time.sleep(60)
list(pools.Pool(2).map(work, [(0,), (1,)], lambda row: 1))
"""
    started = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert started.stdout is not None
    assert started.stdout.readline() == b"at work\n"
    started.kill()
    # The pipe ends once every process that was handed it has ended.
    started.communicate(timeout=30)


def test_more_processes_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "WORTHWHILE", 0)
    monkeypatch.setattr(pools, "CHUNK", 1)
    one = lossfix("check", "--no-cache", FIXTURES, at=ROOT)
    two = lossfix("check", "--no-cache", "-j", "2", FIXTURES, at=ROOT)
    assert two.code == one.code == 1
    assert two.out == one.out


def test_a_cluster_that_is_not_there_is_named() -> None:
    ended = lossfix("check", "--cluster", "tcp://127.0.0.1:9", FIXTURES, at=ROOT)
    assert ended.code == 2
    assert "--cluster tcp://127.0.0.1:9: no scheduler answers" in ended.err


def said(process: subprocess.Popen[bytes], words: str) -> str:
    """What follows ``words`` once the process has logged them."""
    assert process.stderr is not None
    for line in process.stderr:
        _, found, after = line.decode().partition(words)
        if found:
            return after.strip()
    raise AssertionError(f"{process.args} ended without {words}")


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler on the loopback interface, its worker processes, and its own at the end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}

    def started(*command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            (sys.executable, "-m", "distributed.cli." + command[0], *command[1:]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=environment,
        )

    scheduler = started("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    address = said(scheduler, "Scheduler at:")
    ends = [
        started("dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        for _ in range(workers)
    ]
    for worker in ends:
        said(worker, "Registered to:")
    try:
        yield address, [*ends, scheduler]
    finally:
        for process in (*ends, scheduler):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()


def test_a_worker_that_is_lost_halfway_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(pools, "CHUNK", 1)
    with cluster(2) as (address, workers), Pool(cluster=address) as pool:
        rows = [(number, 0.2) for number in range(20)]
        results = []
        for result in pool.map(slowly, rows, lambda row: 1):
            results.append(result)
            if len(results) == 4:
                workers[0].send_signal(signal.SIGKILL)
    assert [number for number, _ in results] == list(range(20))


def end_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed() -> None:
    with working({}), Pool(2) as pool:
        list(pool.map(end_oneself, [()] * 8, lambda row: 1))


def left_alone(address: str, scheduler: subprocess.Popen[bytes]) -> None:
    with working({}), Pool(cluster=address) as pool:
        executor = pool.executor
        assert executor is not None
        future = executor.submit(time.sleep, 60)
        scheduler.kill()
        future.result()


def test_work_that_is_lost_for_good_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "CHUNK", 1)
    with pytest.raises(Failure, match="a process of this run was killed"):
        killed()
    pytest.importorskip("distributed")
    with cluster(1) as (address, ends), pytest.raises(Failure, match="the cluster was lost"):
        left_alone(address, ends[-1])


def test_a_cluster_finds_the_same_as_this_machine() -> None:
    pytest.importorskip("distributed")
    here = lossfix("check", "--no-cache", FIXTURES, at=ROOT)
    with cluster(2) as (address, _):
        there = lossfix("check", "--no-cache", "--cluster", address, FIXTURES, at=ROOT)
    assert there.code == here.code
    assert there.out == here.out


def kill_once_it_verifies(worker: subprocess.Popen[bytes]) -> threading.Thread:
    """Kills a worker as soon as it has started a process of its own, which measures losses."""

    def watch() -> None:
        while worker.poll() is None:
            done = subprocess.run(
                ["ps", "-o", "pid=", "--ppid", str(worker.pid)], capture_output=True
            )
            if done.stdout.strip():
                worker.kill()
            time.sleep(0.2)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks ps for the children of a worker")
def test_a_cluster_verifies_the_same_though_a_worker_is_lost() -> None:
    pytest.importorskip("distributed")
    losses = FIXTURES / "bare_function.py"
    command = ("fix", "--diff", "-q", "--no-cache", "--python", sys.executable)
    here = lossfix(*command, losses, at=ROOT)
    assert here.out.startswith(b"diff --git"), here.err
    with cluster(2) as (address, workers):
        watching = kill_once_it_verifies(workers[0])
        there = lossfix(*command, "--cluster", address, losses, at=ROOT)
        watching.join(5)
        assert workers[0].poll() is not None, "the worker was not lost"
    assert there.code == here.code
    assert there.out == here.out
