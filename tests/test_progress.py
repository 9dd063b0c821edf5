"""How far a long run is: one line on a terminal, which leaves nothing behind."""

from __future__ import annotations

import os

import pytest

from lossfix.terminal import Ticker


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(Ticker, "REST", 0.0)


def left(written: str) -> str:
    """What stands on the terminal's last line after all that was written."""
    return written.rpartition("\n")[2].rpartition("\r\x1b[K")[2]


def test_the_last_state_is_what_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    ticker = Ticker(shown=True)
    ticker.tick("Measuring: 1 of 2")
    ticker.tick("Measuring: 2 of 2")
    assert left(capsys.readouterr().err) == "Measuring: 2 of 2"
    ticker.clear()
    assert left(capsys.readouterr().err) == ""


def test_a_state_stays_on_its_line_whatever_it_names(capsys: pytest.CaptureFixture[str]) -> None:
    Ticker(shown=True).tick(f"Measuring: a\n\x1b[2Jb {'x' * 100}")
    written = capsys.readouterr().err
    assert "\n" not in written
    assert "\x1b[2J" not in written
    assert len(left(written)) < int(os.environ["COLUMNS"])


def test_a_line_that_is_kept_stands_above_the_state(capsys: pytest.CaptureFixture[str]) -> None:
    ticker = Ticker(shown=True)
    ticker.tick("Measuring: 1 of 2")
    ticker.say("a.py: first: gradient none")
    assert capsys.readouterr().err.endswith("\r\x1b[Ka.py: first: gradient none\n")


def test_nothing_is_drawn_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    ticker = Ticker(shown=False)
    ticker.tick("Measuring: 1 of 2")
    ticker.clear()
    assert capsys.readouterr().err == ""
