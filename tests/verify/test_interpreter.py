"""Which interpreter the losses are measured in."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lossfix.verify import interpreter
from lossfix.verify.interpreter import InterpreterError, clean_environment, find


def fake(
    path: Path,
    tensorflow: str = "",
    python: tuple[int, ...] = (3, 11, 4),
    keras: str = "3.4",
) -> str:
    """An interpreter that says it has these versions."""
    said = {
        "python": python,
        "found": bool(tensorflow),
        "tensorflow": tensorflow,
        "keras": keras,
        "numpy": "1.26",
    }
    return script(path, f"cat <<'END'\n{json.dumps(said)}\nEND\n")


def script(path: Path, body: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An interpreter with TensorFlow in each place that is searched, best first."""
    project = tmp_path / "project"
    paths = {
        "LOSSFIX_PYTHON": fake(tmp_path / "named", "2.1"),
        "configuration": fake(project / "tools" / "python", "2.2"),
        "VIRTUAL_ENV": fake(tmp_path / "active" / "bin" / "python", "2.3"),
        "CONDA_PREFIX": fake(tmp_path / "conda" / "bin" / "python", "2.4"),
        ".venv": fake(project / ".venv" / "bin" / "python", "2.5"),
        "venv": fake(project / "venv" / "bin" / "python", "2.6"),
        "lossfix's own": fake(tmp_path / "own", "2.7"),
        "PATH": fake(tmp_path / "bin" / "python3", "2.8"),
    }
    monkeypatch.setattr(sys, "executable", paths["lossfix's own"])
    return paths


def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "LOSSFIX_PYTHON": str(tmp_path / "named"),
        "VIRTUAL_ENV": str(tmp_path / "active"),
        "CONDA_PREFIX": str(tmp_path / "conda"),
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
    }


def test_the_first_place_that_has_tensorflow_wins(tmp_path: Path, places: dict[str, str]) -> None:
    for number, (origin, path) in enumerate(places.items()):
        found = find(
            configured="tools/python", project=tmp_path / "project", environ=environ(tmp_path)
        )
        assert (found.origin, found.path) == (origin, path)
        assert found.tensorflow == f"2.{number + 1}"
        assert len(found.tried) == number + 1
        fake(Path(path))  # it has no TensorFlow any more: the next one is found


def test_what_was_named_on_the_command_line_comes_first(
    tmp_path: Path, places: dict[str, str]
) -> None:
    path = fake(tmp_path / "mine", "2.20")
    found = find(path, project=tmp_path / "project", environ=environ(tmp_path))
    assert (found.origin, found.path, found.python) == ("--python", path, "3.11.4")
    assert path in found.why


def test_what_was_named_on_the_command_line_is_not_passed_over(
    tmp_path: Path, places: dict[str, str]
) -> None:
    bare = fake(tmp_path / "bare")
    with pytest.raises(InterpreterError, match=r"--python .*bare .*TensorFlow is not installed"):
        find(bare, environ=environ(tmp_path))
    with pytest.raises(InterpreterError, match="there is no interpreter nowhere/python"):
        find("nowhere/python", environ=environ(tmp_path))


def test_where_none_has_tensorflow_the_error_says_what_to_do(
    tmp_path: Path, places: dict[str, str]
) -> None:
    for path in places.values():
        fake(Path(path))
    nowhere = {**environ(tmp_path), "PATH": str(tmp_path / "bin")}
    with pytest.raises(InterpreterError, match="--python PATH") as caught:
        find(project=tmp_path / "project", environ=nowhere)
    assert "LOSSFIX_PYTHON" in str(caught.value)
    assert places["PATH"] in str(caught.value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("exit 3", "does not answer as a Python interpreter"),
        ("echo Python 2.7", "does not answer as a Python interpreter"),
        ("echo '[]'", "does not answer as a Python interpreter"),
        ("exec sleep 5", "did not answer within"),
    ],
)
def test_an_interpreter_that_misbehaves_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, reason: str
) -> None:
    monkeypatch.setattr(interpreter, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(sys, "executable", fake(tmp_path / "own", "2.16"))
    named = {"LOSSFIX_PYTHON": script(tmp_path / "odd", body), "PATH": "/usr/bin:/bin"}
    found = find(project=tmp_path, environ=named)
    assert found.origin == "lossfix's own"
    assert reason in found.tried[0].outcome


def test_a_python_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    old = fake(tmp_path / "old", "2.8", python=(3, 8, 10))
    with pytest.raises(InterpreterError, match=r"Python 3\.8\.10 is older than 3\.9"):
        find(old, environ={"PATH": "/usr/bin:/bin"})


def test_a_keras_that_is_too_old_is_passed_over(tmp_path: Path) -> None:
    old = fake(tmp_path / "old", "2.15.1", keras="2.15.0")
    with pytest.raises(InterpreterError, match=r"Keras 2\.15\.0 there.* from 2\.16 on"):
        find(old, environ={"PATH": "/usr/bin:/bin"})


def test_a_keras_that_says_no_version_is_taken(tmp_path: Path) -> None:
    assert find(fake(tmp_path / "new", "2.17", keras=""), environ={}).keras == ""


def test_a_folder_that_only_looks_like_tensorflow_is_none(tmp_path: Path) -> None:
    (tmp_path / "tensorflow").mkdir()
    path = script(tmp_path / "python", f'exec {sys.executable} -S "$@"\n')
    with pytest.raises(InterpreterError, match="TensorFlow is not installed there"):
        find(path, environ={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"})


def test_our_own_interpreter_is_looked_at_without_importing_tensorflow() -> None:
    found = find(sys.executable)
    assert found.tensorflow
    assert found.keras
    assert found.python == ".".join(map(str, sys.version_info[:3]))


def test_no_secret_is_handed_down() -> None:
    inherited = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "HOME": "/home/a",
        "PYTHONPATH": "/opt/tf",
        "AWS_SECRET_ACCESS_KEY": "x",
        "WANDB_API_KEY": "x",
        "HTTPS_PROXY": "http://user:password@proxy",
        "MY_DATABASE": "postgres://user:password@host",
        "PYTHONSTARTUP": "/home/a/.pythonrc",
        "LD_PRELOAD": "/tmp/a.so",
    }
    clean = clean_environment(inherited)
    assert set(inherited) & set(clean) == {"PATH", "LC_ALL", "HOME", "PYTHONPATH"}
    assert clean["CUDA_VISIBLE_DEVICES"] == "-1"
