"""What lossfix makes of its workers, well-behaved or not. The workers here are fakes."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from lossfix.model import Environment, Probe, Ruling, Safety, State, Subject
from lossfix.verify import workers
from lossfix.verify.client import Verifier, verify_probe
from lossfix.verify.interpreter import InterpreterError
from lossfix.verify.probe.job import Job, SubjectSource
from lossfix.verify.workers import Settings, Worker, ask, close_workers, lent

ROOT = Path(__file__).resolve().parents[2]

FAKE = """\
    #!{python}
    import os, sys, time
    sys.path.insert(0, {root!r})
    from lossfix.verify.probe.facts import Facts
    from lossfix.verify.probe.protocol import Answer, Hello, Request, Start, encode, receive

    def say(record):
        os.write(1, encode(record))

    start = receive(Start, sys.stdin.buffer)
    {greeting}
    versions = (("python", "3.9"), ("tensorflow", "2.0"), ("keras", "2.0"), ("numpy", "1.0"))
    say(Hello(start.nonce, versions, ("nothing",)))
    while (request := receive(Request, sys.stdin.buffer)) is not None:
        job, nonce = request.job, request.nonce
        answer = Answer(nonce, "answered", Facts(job.name, "before", str(os.getpid())))
        print("about", job.name, file=sys.stderr, flush=True)
        if job.name == "crashes" or job.after is not None:
            os.abort()
        if job.name == "hangs":
            time.sleep(60)
        if job.name == "ignores the end":
            while True:
                time.sleep(60)
        if job.name == "prints":
            os.write(1, b"Epoch 1/10 [======>.......] loss: nan" * 10)
        if job.name == "promises too much":
            os.write(1, (2**32 - 1).to_bytes(4, "big"))
        if job.name == "says something else":
            os.write(1, (2).to_bytes(4, "big") + b"[]")
        if job.name == "lies":
            answer = Answer("0" * 32, "answered", Facts(job.name))
        if job.name.startswith("meets"):
            mine, other = job.before.source.split(":")
            open(mine, "w").close()
            while not os.path.exists(other):
                time.sleep(0.01)
        if job.name in ("timeout", "memory", "processes", "failed"):
            answer = Answer(nonce, job.name, None, "more about it", "what it printed")
        say(answer)
"""


def interpreter(tmp_path: Path, greeting: str = "pass") -> str:
    """An executable that takes an interpreter's arguments and is a worker of the worst kind."""
    path = tmp_path / "python"
    source = dedent(FAKE).format(python=sys.executable, root=str(ROOT), greeting=greeting)
    path.write_text(source, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(workers, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(workers, "CLOSE_SECONDS", 0.5)
    settings = Settings(interpreter(tmp_path), timeout=3.0)
    yield settings
    close_workers(settings)


def job(name: str, source: str = "") -> Job:
    return Job(name, SubjectSource(source, "loss"))


def probe(name: str, source: str = "", **changes: str) -> Probe:
    return Probe(name, Subject(source, "loss", **changes), None, Safety.EXACT)  # type: ignore[arg-type]


def pid(settings: Settings) -> str:
    """The process that answers."""
    with lent(settings) as worker:
        return pid_of(worker)


def pid_of(worker: Worker) -> str:
    facts = worker.ask(job("answers")).facts
    assert facts is not None
    return facts.error


def test_one_worker_serves_one_loss_after_the_other(settings: Settings) -> None:
    assert len({pid(settings) for _ in range(5)}) == 1


@pytest.mark.parametrize(
    ("name", "ending", "detail"),
    [
        ("crashes", "crashed", "its worker died"),
        ("hangs", "timeout", "it did not answer in time"),
        ("ignores the end", "timeout", "it did not answer in time"),
        ("prints", "crashed", "its worker wrote garbage"),
        ("promises too much", "crashed", "its worker wrote garbage"),
        ("says something else", "crashed", "its worker wrote garbage"),
        ("lies", "crashed", "its worker gave an answer to something else"),
    ],
)
def test_a_worker_that_misbehaves_is_replaced(
    settings: Settings, name: str, ending: str, detail: str
) -> None:
    before = pid(settings)
    if ending == "timeout":
        with lent(settings) as worker:
            worker.settings = Settings(settings.python, timeout=0.3)
            answer = worker.ask(job(name))
    else:
        answer = ask(job(name), settings)
    assert (answer.ending, answer.detail) == (ending, detail)
    assert f"about {name}" in answer.log
    assert pid(settings) != before
    assert not os.path.exists(f"/proc/{before}")


def test_a_worker_that_died_while_idle_costs_no_loss_its_verdict(settings: Settings) -> None:
    before = pid(settings)
    with lent(settings) as worker:
        os.kill(int(before), signal.SIGKILL)
        while worker.alive:
            time.sleep(0.01)
    assert pid(settings) != before


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("timeout", "measuring it took longer than 3 s (--timeout)"),
        ("memory", "measuring it took more than 6144 MiB (--memory)"),
        ("processes", "it does not stop starting processes: more about it"),
        (
            "failed",
            "lossfix itself failed to measure it, please report it: more about it\nmore about it",
        ),
        ("crashes", "measuring it crashed the interpreter: its worker died"),
    ],
)
def test_what_went_wrong_is_the_verdict(settings: Settings, name: str, reason: str) -> None:
    verdict = verify_probe(probe(name), settings)
    assert verdict.ruling is Ruling.UNVERIFIABLE
    assert verdict.reasons == (reason,)
    assert verdict.summary == f"not verified: {reason.splitlines()[0]}"
    assert verdict.before is State.RAISES
    assert not verdict.writable


def test_a_crash_of_the_rewrite_is_told_apart_from_one_of_the_original(settings: Settings) -> None:
    rewritten = replace(probe("answers"), after=Subject("", "loss"))
    assert verify_probe(rewritten, settings).reasons[0].startswith("the rewrite, and not the orig")
    both = replace(rewritten, name="crashes")
    assert verify_probe(both, settings).reasons[0].startswith("measuring it crashed")


def test_what_cannot_be_built_is_not_tried() -> None:
    nowhere = Settings("/no/such/interpreter")
    verdict = verify_probe(probe("f", unverifiable="`alpha` is read from a file"), nowhere)
    assert verdict.ruling is Ruling.UNVERIFIABLE
    assert verdict.reasons == ("`alpha` is read from a file",)


def test_verdicts_come_in_the_order_of_the_probes(settings: Settings) -> None:
    names = ["answers", "crashes", "answers", "prints", "answers", "lies", "failed", "answers"]
    with Verifier(settings.python, jobs=2, timeout=3.0) as verifier:
        measured = list(verifier.measure(probe(name) for name in names))
    assert [one.name for one, _ in measured] == names
    crashed = [verdict.reasons[0].startswith("measuring it crashed") for _, verdict in measured]
    assert crashed == [name in ("crashes", "prints", "lies") for name in names]


def test_losses_are_measured_side_by_side(settings: Settings, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    pair = [probe("meets", f"{one}:{other}"), probe("meets too", f"{other}:{one}")]
    with Verifier(settings.python, jobs=2, timeout=10.0) as verifier:
        verdicts = [verdict for _, verdict in verifier.measure(pair)]
    assert all("took longer" not in verdict.summary for verdict in verdicts)


def test_probes_are_not_all_taken_before_the_first_verdict(settings: Settings) -> None:
    taken: list[int] = []

    def endless() -> Iterator[Probe]:
        while True:
            taken.append(1)
            yield probe("failed")

    with Verifier(settings.python, timeout=3.0) as verifier:
        measured = verifier.measure(endless())
        next(measured)
        assert len(taken) <= 3
        measured.close()  # type: ignore[attr-defined]


def test_any_executor_can_do_the_work(settings: Settings) -> None:
    assert pickle.loads(pickle.dumps((verify_probe, probe("failed"), settings))) == (
        verify_probe,
        probe("failed"),
        settings,
    )
    with (
        ThreadPoolExecutor(1) as executor,
        Verifier(settings.python, timeout=3.0, executor=executor) as verifier,
    ):
        assert len(list(verifier.measure([probe("failed")]))) == 1


def test_closing_ends_the_workers_and_deletes_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    python = interpreter(tmp_path)
    with Verifier(python, timeout=3.0) as verifier:
        list(verifier.measure([probe("failed"), probe("crashes"), probe("failed")]))
        with lent(verifier.settings) as died:
            os.kill(int(pid_of(died)), signal.SIGKILL)
            while died.alive:
                time.sleep(0.01)
        running = pid(verifier.settings)
        assert os.path.exists(f"/proc/{running}")
        assert list(scratch.iterdir())
    assert not os.path.exists(f"/proc/{running}")
    assert not list(scratch.iterdir())


def test_closing_does_not_wait_for_a_loss_that_hangs(settings: Settings) -> None:
    verifier = Verifier(settings.python, timeout=60.0)
    environment = verifier.environment()
    ending = threading.Thread(target=lambda: list(verifier.measure([probe("hangs")])))
    ending.start()
    time.sleep(0.2)
    began = time.monotonic()
    verifier.close()
    ending.join()
    assert time.monotonic() - began < 10.0
    assert environment.python == settings.python


def test_the_environment_is_the_workers_own(settings: Settings) -> None:
    with Verifier(settings.python, timeout=3.0) as verifier:
        assert verifier.environment() == Environment(settings.python, "3.9", "2.0", "2.0", "1.0")
        assert verifier.isolation() == ("nothing",)


@pytest.mark.parametrize(
    ("greeting", "text"),
    [
        ("sys.exit('no tensorflow here')", "its worker died.*no tensorflow here"),
        ("say(Hello(start.nonce, error='ImportError: libcuda'))", "ImportError: libcuda"),
        ("say(Hello('0' * 32))", "does not answer as a worker does"),
        ("print('welcome to my shell', flush=True)", "its worker wrote garbage"),
        ("time.sleep(60)", "it did not answer in time"),
    ],
)
def test_an_interpreter_that_cannot_serve_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, greeting: str, text: str
) -> None:
    monkeypatch.setattr(workers, "START_SECONDS", 1.0)
    monkeypatch.setattr(workers, "CLOSE_SECONDS", 0.2)
    python = interpreter(tmp_path, greeting)
    with (
        pytest.raises(InterpreterError, match=rf"(?s)cannot measure losses: .*{text}") as caught,
        Verifier(python) as verifier,
    ):
        list(verifier.measure([probe("answers")]))
    assert python in str(caught.value)
    assert "--python" in str(caught.value)


def test_a_missing_interpreter_is_an_error() -> None:
    with pytest.raises(InterpreterError, match="/no/such cannot be started: No such file"):
        ask(job("answers"), Settings("/no/such"))
