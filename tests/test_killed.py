"""A fix that is killed at any moment leaves each file old or new, and nothing in the way of the next."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from program import ROOT, lossfix

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are not forked")

LOSS = '''\
"""Costs, number {number}."""
import tensorflow as tf

LIMIT = {number}.5


def cost_{number}(y_true, y_pred):
    """A round trip."""
    return tf.reduce_mean(tf.abs(y_true - LIMIT * y_pred.numpy()), axis=-1)  # kept
'''
FILES = 8
FIX = ("fix", "--no-verify", "--no-cache", "-q", "--select", "LF101", ".")


def fix(folder: Path) -> None:
    lossfix(*FIX, at=folder)


def killed(folder: Path, after: float, writing: bool) -> None:
    """A run of the whole program, killed so many seconds after its start, or after it began to write."""
    process = multiprocessing.get_context("fork").Process(target=fix, args=(folder,))
    process.start()
    if writing:
        undo = folder / ".lossfix" / "undo"
        while process.is_alive() and not any(each.stat().st_size for each in undo.glob("*.patch")):
            time.sleep(0.0002)
    process.join(after)
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.py"))}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a loss to mend in each of its files."""
    folder = tmp_path_factory.mktemp("before")
    for number in range(FILES):
        (folder / f"cost_{number:02}.py").write_text(LOSS.format(number=number), "utf-8")
    return folder


@pytest.fixture(scope="module")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What a run makes of it that is left alone, and how many seconds that takes."""
    folder = tmp_path_factory.mktemp("after")
    shutil.copytree(before, folder, dirs_exist_ok=True)
    fix(folder)
    shutil.copytree(before, folder, dirs_exist_ok=True)
    start = time.perf_counter()
    fix(folder)
    return contents(folder), time.perf_counter() - start


def writing_points() -> list[tuple[float, bool]]:
    """Moments after the first byte was written, in seconds."""
    return [(0.0, True), (0.002, True), (0.01, True)]


def random_points() -> list[tuple[float, bool]]:
    """Shares of a whole run, and further moments of its writing."""
    moments = random.Random(19)
    anywhere = [(moments.uniform(0.0, 1.0), False) for _ in range(30)]
    return anywhere + [(moments.uniform(0.0, 0.03), True) for _ in range(30)]


@pytest.mark.parametrize(
    "points",
    [
        pytest.param(writing_points(), id="while it writes"),
        pytest.param(random_points(), id="anywhere", marks=pytest.mark.slow),
    ],
)
def test_each_file_is_old_or_new_and_the_next_run_goes_on(
    before: Path,
    after: tuple[dict[str, bytes], float],
    points: list[tuple[float, bool]],
    tmp_path: Path,
) -> None:
    old, (new, seconds) = contents(before), after
    assert all(new[name] != old[name] for name in old)
    for number, (delay, writing) in enumerate(points):
        folder = tmp_path / str(number)
        shutil.copytree(before, folder)
        killed(folder, delay if writing else delay * seconds, writing)
        found = contents(folder)
        assert found.keys() == old.keys()
        assert all(found[name] in (old[name], new[name]) for name in old), delay
        if found != old:
            # The record was there before the first file was written.
            back = tmp_path / f"{number}-back"
            shutil.copytree(folder, back)
            assert lossfix("undo", at=back).code == 0
            assert contents(back) == old
        fix(folder)
        assert contents(folder) == new


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_what_ends_a_job_is_an_interrupt(name: str, tmp_path: Path) -> None:
    code = f"""
import os, signal
from lossfix import run
from lossfix.__main__ import main
run.check = lambda *_: os.kill(os.getpid(), signal.{name})
main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", code, "check"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        check=False,
    )
    assert ended.returncode == 130
    assert ended.stderr.strip() == b"lossfix: interrupted"


def test_an_editor_can_end_its_server_with_a_signal() -> None:
    pytest.importorskip("pygls")
    code = """
import os, signal
from lossfix import lsp
from lossfix.__main__ import main
lsp.serve = lambda: os.kill(os.getpid(), signal.SIGTERM)
main()
"""
    ended = subprocess.run([sys.executable, "-c", code, "lsp"], cwd=ROOT, check=False)
    assert ended.returncode == -signal.SIGTERM
