"""Temporary folders: each is gone once the process is that it was for, however that ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lossfix.verify import scratch, workers
from lossfix.verify.scratch import Scratch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal
from lossfix.verify.scratch import Scratch
folder = Scratch().path
os.mkdir(folder + "/job")
open(folder + "/job/full", "w").close()
os.chmod(folder + "/job", 0)
print(folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files; nothing is left in it that this test did not put there."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(scratch, "_looked", set())
    return place


def killed() -> Path:
    """The folder of a process that was killed."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    return Path(done.stdout.strip())


def test_a_later_process_deletes_what_one_that_was_killed_has_left(place: Path):
    left = killed()
    assert left.parent == place
    assert left.is_dir()
    with Scratch() as folder:
        assert [str(each) for each in place.iterdir()] == [folder]
    assert [*place.iterdir()] == []


def test_nothing_else_is_deleted(place: Path, monkeypatch: pytest.MonkeyPatch):
    alive = Scratch()
    without, other, elsewhere = place / "lossfix-ours", place / "other", place.parent / "elsewhere"
    for folder in (without, other, elsewhere):
        folder.mkdir()
    for folder in (other, elsewhere):
        (folder / "lock").touch()
    link = place / "lossfix-link"
    link.symlink_to(elsewhere)
    (place / "lossfix-file").touch()
    linked = place / "lossfix-lock"
    linked.mkdir()
    (linked / "lock").symlink_to(other / "lock")
    before = {*place.iterdir()}
    monkeypatch.setattr(scratch, "_looked", set())
    with Scratch():
        pass
    assert {*place.iterdir()} == before
    assert Path(alive.path) in before
    alive.delete()
    assert {*place.iterdir()} == before - {Path(alive.path)}
    assert (elsewhere / "lock").exists()


def test_the_folder_of_another_user_is_left(place: Path, monkeypatch: pytest.MonkeyPatch):
    left = killed()
    monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
    with Scratch():
        pass
    assert left.is_dir()


@pytest.mark.parametrize("said", [b"", b"\x00"], ids=["nothing", "half of a message"])
def test_a_worker_that_nobody_waits_for_deletes_its_folder(said: bytes, place: Path):
    folder = place / "worker"
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-B", str(workers._PROBE)], cwd=folder, input=said, timeout=60, check=False
    )
    assert not folder.exists()


@pytest.mark.parametrize("ending", ["SIGKILL", "SIGTERM"])
def test_a_program_that_is_ended_while_its_worker_starts_leaves_nothing(ending: str, place: Path):
    loss = place.parent / "loss.py"
    loss.write_text(
        "import tensorflow as tf\n\n\ndef cost(y_true, y_pred):\n    return tf.abs(y_true - y_pred.numpy())\n"
    )
    program = subprocess.Popen(
        [sys.executable, "-m", "lossfix", "fix", "--no-cache", str(loss)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: any(place.glob("lossfix-*/worker.log")))
    program.send_signal(getattr(signal, ending))
    program.wait(120)
    until(lambda: not any(place.iterdir()))


def until(holds: Callable[[], bool]) -> None:
    """Waits for it, and not forever."""
    patience = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < patience
        time.sleep(0.01)
