"""Which losses `verify` measures: those that `check` looks at, of one file or of many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import pytest

from lossfix import measure
from lossfix.config import load
from lossfix.model import Environment, Probe, Verdict


class Unmeasured:
    """A verifier that measures nothing."""

    def __enter__(self) -> Unmeasured:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None: ...

    def environment(self) -> Environment | None:
        return None

    def measure(self, probes: Sequence[Probe]) -> Iterator[tuple[Probe, Verdict | None]]:
        return ((each, None) for each in probes)


def measured(*wishes: str) -> list[str]:
    report = measure.verify(load(Path()), wishes, None, False, Unmeasured)  # type: ignore[arg-type]
    return [each.loss for each in report.outcomes]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("terms.py").write_text(
        "import tensorflow as tf\n\n\ndef unevenness(y_true, y_pred):\n    return tf.abs(y_true - y_pred)\n"
    )
    Path("train.py").write_text(
        "import keras\nfrom terms import unevenness\n\nmodel = keras.Sequential()\n"
        "model.compile('adam', loss=unevenness)\n"
    )
    return tmp_path


def test_what_another_file_compiles_is_a_loss(project: Path) -> None:
    assert measured(".") == ["unevenness"]


def test_a_file_alone_says_no_more_than_it_does(project: Path) -> None:
    assert measured("terms.py") == []


def test_what_is_asked_for_by_its_name_is_a_loss(project: Path) -> None:
    assert measured("terms.py::unevenness") == ["unevenness"]


def test_files_that_are_named_one_by_one_are_one_project(project: Path) -> None:
    assert measured("train.py", "terms.py") == ["unevenness"]
    assert measured("terms.py", "train.py") == ["unevenness"]
    assert measured("train.py", "terms.py::unevenness") == ["unevenness"]
