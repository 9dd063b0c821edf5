"""One job in one child, without TensorFlow: what is left of it, and who is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux only")

ROOT = Path(__file__).resolve().parents[2]

PRELUDE = """
import ctypes, os, sys, tempfile, threading, time
sys.path.insert(0, {root!r})
from lossfix.verify.probe import sandbox, supervise
from lossfix.verify.probe.facts import Facts

libc = ctypes.CDLL(None)
scratch = tempfile.mkdtemp(dir={scratch!r})
asker, client = os.pipe()
sandbox.become_subreaper()

def run(work, seconds=20.0):
    return supervise.run(work, scratch, sandbox.Limits(seconds, 512), asker, (client,))

def leave_many_behind(directory):
    for _ in range(5):
        if libc.fork() == 0:
            libc.setsid()
            libc.fork()
            while True:
                time.sleep(1)
    return Facts("left them")
"""


def output(tmp_path: Path, program: str) -> str:
    """What a program that runs jobs prints. It has a process of its own, as a worker has."""
    text = PRELUDE.format(root=str(ROOT), scratch=str(tmp_path)) + dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("namespaces", [True, False])
def test_no_process_is_left_with_or_without_namespaces(tmp_path: Path, namespaces: bool) -> None:
    said = output(
        tmp_path,
        f"""
        if not {namespaces}:
            supervise.leave_namespaces = lambda: []
        ending = run(leave_many_behind)
        print(ending.kind, ending.facts.name, supervise._descendants(os.getpid()))
        print([name for name in os.listdir(scratch) if name != "job.log"])
        """,
    )
    assert said == "answered left them []\n[]"


def test_a_job_ends_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    said = output(
        tmp_path,
        """
        threading.Timer(0.3, os.close, [client]).start()
        try:
            run(lambda directory: time.sleep(60), seconds=60.0)
        except supervise.Abandoned:
            print("abandoned", supervise._descendants(os.getpid()))
        """,
    )
    assert said == "abandoned []"


def test_a_job_ends_with_the_worker_that_started_it(tmp_path: Path) -> None:
    said = output(
        tmp_path,
        """
        worker = os.fork()
        if worker == 0:
            run(lambda directory: time.sleep(60), seconds=60.0)
        while len(supervise._descendants(os.getpid())) < 3:
            time.sleep(0.01)
        os.kill(worker, 9)
        os.waitpid(worker, 0)
        patience = time.monotonic() + 5
        while supervise._resident(os.getpid()) and time.monotonic() < patience:
            alive = [pid for pid in supervise._descendants(os.getpid()) if supervise._resident(pid)]
            if not alive:
                break
            time.sleep(0.01)
        print(alive)
        """,
    )
    assert said == "[]"


def test_an_error_of_our_own_is_told_with_its_traceback(tmp_path: Path) -> None:
    said = output(
        tmp_path,
        """
        def work(directory):
            raise LookupError("our own")
        ending = run(work)
        print(ending.kind, "in work" in ending.detail, ending.detail.splitlines()[-1])
        """,
    )
    assert said == "failed True LookupError: our own"


def test_a_job_that_takes_too_long_is_told_apart_from_one_that_crashed(tmp_path: Path) -> None:
    said = output(
        tmp_path,
        """
        for work in (lambda directory: time.sleep(60), lambda directory: os.abort()):
            ending = run(work, seconds=0.5)
            print(ending.kind, ending.detail)
        """,
    )
    assert said.splitlines()[0] == "timeout it took longer than 0.5 s"
    assert said.splitlines()[1].startswith("crashed its process ")
