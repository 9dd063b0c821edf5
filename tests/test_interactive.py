"""``fix -i`` in a terminal: what is asked, what is shown, and what is written."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from program import Ended, lossfix

TWO = """\
import tensorflow as tf


def first(y_true, y_pred):
    return tf.reduce_mean(tf.abs(tf.stop_gradient(y_pred) - y_true), axis=-1)


def second(y_true, y_pred):
    return tf.reduce_mean(tf.square(tf.stop_gradient(y_pred) - y_true), axis=-1)


def build(one, other):
    one.compile(loss=first)
    other.compile(loss=second)
"""
MENDED = "tf.abs(y_pred - y_true)", "tf.square(y_pred - y_true)"
QUESTION = "Write this [y,n,a,d,s,v,e,q,?]? "


def dialogue(folder: Path, *options: str, keys: tuple[str, ...], **environment: str):
    """What a terminal shows while ``keys`` are typed, one at each question, and the exit code."""
    terminal, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    child = subprocess.Popen(
        [sys.executable, "-m", "lossfix", "fix", "-i", *options],
        cwd=folder,
        stdin=other,
        stdout=other,
        stderr=other,
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        start_new_session=True,
    )
    os.close(other)
    shown, answers, until = "", list(keys), time.monotonic() + 240
    while time.monotonic() < until:
        ready, _, _ = select.select([terminal], [], [], 0.2)
        if ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                break
            if not data:
                break
            shown += data.decode("utf-8", "replace")
        if answers and shown.count(QUESTION) > len(keys) - len(answers):
            os.write(terminal, answers.pop(0).encode() + b"\n")
    os.close(terminal)
    return shown.replace("\r\n", "\n"), child.wait(60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "losses.py").write_text(TWO)
    return tmp_path


def options(*more: str) -> tuple[str, ...]:
    return ("--ignore", "LF301", *more, "losses.py")


def mended(folder: Path) -> list[bool]:
    text = (folder / "losses.py").read_text()
    return [part in text for part in MENDED]


def test_a_terminal_shows_the_change_what_was_measured_and_the_curves(folder: Path):
    shown, code = dialogue(folder, *options(), keys=("?", "v", "s", "y", "n"))
    assert code == 1
    assert mended(folder) == [True, False]
    assert "Measuring: 0 of 2 losses done" in shown
    assert "losses.py  first" in shown
    assert "`tf.stop_gradient(y_pred)` cuts the only path" in shown
    assert "gradient none → alive" in shown
    assert "slope after" in shown
    assert "▁" in shown
    assert "y - write it" in shown
    assert "measured on real numbers" in shown
    assert "1. LF110" in shown
    assert "\x1b[32m" in shown
    assert "Kept" in shown
    assert "you chose to leave it" in shown


def test_quitting_at_the_first_question_writes_nothing(folder: Path):
    shown, code = dialogue(folder, *options("--no-verify"), keys=("q",), TERM="dumb")
    assert "\x1b" not in shown
    assert code == 1
    assert shown.count(QUESTION) == 1
    assert (folder / "losses.py").read_text() == TWO
    assert not (folder / ".lossfix").exists()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("yy", [True, True]),
        ("nn", [False, False]),
        ("a", [True, True]),
        ("d", [False, False]),
        ("yq", [True, False]),
        ("ny", [False, True]),
        ("??yy", [True, True]),
    ],
)
def test_each_key_does_what_it_says(folder: Path, keys: str, expected: list[bool]):
    answers = "".join(f"{key}\n" for key in keys).encode()
    ended = lossfix("fix", "-i", *options("--no-verify"), at=folder, stdin=answers)
    assert mended(folder) == expected
    assert ended.err.count(QUESTION) == len(keys)
    assert ended.code == (0 if all(expected) else 1)


def test_a_word_is_no_key(folder: Path):
    ended = lossfix(
        "fix", "-i", *options("--no-verify"), at=folder, stdin=b"abort\n\xff\nyes\nQUIT\n"
    )
    assert mended(folder) == [True, False]
    assert "abort is none of these:\ny - write it" in ended.err


def test_nobody_there_to_answer_writes_nothing(folder: Path):
    ended = lossfix("fix", "-i", *options("--no-verify"), at=folder)
    assert ended.code == 1
    assert (folder / "losses.py").read_text() == TWO
    assert f"{QUESTION}\n" in ended.err


def edited(folder: Path, script: str, answers: bytes) -> Ended:
    """``fix -i`` with an editor that runs a line of shell on the file ``$1``."""
    editor = folder / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    arguments = ("fix", "-i", *options("--no-verify"))
    return lossfix(*arguments, at=folder, stdin=answers, EDITOR=str(editor), VISUAL="")


def test_what_an_editor_leaves_is_written_as_edited_by_hand(folder: Path):
    ended = edited(folder, "sed -i 's/axis=-1/axis=1/' \"$1\"", b"e\nn\n")
    assert "tf.abs(y_pred - y_true), axis=1" in (folder / "losses.py").read_text()
    assert "edited by hand" in ended.err


def test_an_edit_that_is_no_python_is_asked_about_again(folder: Path):
    ended = edited(folder, "echo 'def (' >> \"$1\"", b"e\nq\n")
    assert "This cannot be written" in ended.err
    assert (folder / "losses.py").read_text() == TWO


def test_an_editor_that_fails_loses_no_answer(folder: Path):
    ended = edited(folder, "exit 1", b"y\ne\nn\n")
    assert "There is no editor: " in ended.err
    assert mended(folder) == [True, False]


def test_a_notebook_is_shown_by_its_cells(folder: Path):
    cells = [TWO.split("\n\n\n")[number] for number in range(4)]
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"c{number}",
                "metadata": {},
                "outputs": [],
                "source": source.splitlines(keepends=True),
            }
            for number, source in enumerate(cells)
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = folder / "losses.ipynb"
    path.write_text(json.dumps(notebook, indent=1))
    ended = lossfix(
        "fix", "-i", "--ignore", "LF301", "--no-verify", path.name, at=folder, stdin=b"n\ny\n"
    )
    assert "cell 2\n" in ended.err
    assert "cell 3\n" in ended.err
    assert '"source"' not in ended.err
    text = path.read_text()
    assert [part in text for part in MENDED] == [False, True]


def test_patches_hold_only_what_was_accepted(folder: Path):
    ended = lossfix("fix", "-i", "--diff", *options("--no-verify"), at=folder, stdin=b"n\ny\n")
    assert "tf.square(y_pred" in ended.text
    assert "tf.abs(y_pred" not in ended.text
    assert (folder / "losses.py").read_text() == TWO


def test_what_is_read_from_stdin_cannot_be_asked_about(folder: Path):
    ended = lossfix("fix", "-i", "-", at=folder, stdin=TWO.encode())
    assert ended.code == 2
    assert "-i asks on stdin" in ended.err
    ended = lossfix("fix", "-i", "--files-from", "-", at=folder, stdin=b"losses.py\n")
    assert ended.code == 2
    assert "-i asks on stdin" in ended.err
