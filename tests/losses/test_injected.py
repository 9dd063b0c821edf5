"""Losses on a base class of the project's own, whose backend is handed to them."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import lossfix

BASE = """
class Injected:
    _backend = None

    @property
    def submodules(self):
        return {"backend": self._backend}


class Loss(Injected):
    def __add__(self, other):
        return Sum(self, other)
"""
SCORES = """
def overlap(gt, pr, smooth=1.0, **kwargs):
    backend = kwargs["backend"]
    shared = backend.sum(gt * {pr}, axis=[1, 2])
    score = (shared + smooth) / (backend.sum(gt, axis=[1, 2]) + smooth)
    return backend.mean(score)
"""
LOSSES = """
from .base import Loss
from . import scores as S


class MissLoss(Loss):
    def __call__(self, gt, pr):
        return 1 - S.overlap(gt, pr, **self.submodules)


miss_loss = MissLoss()
"""


def check(folder: Path, pr: str, *options: str) -> str:
    package = folder / "segment"
    package.mkdir()
    for name, text in (
        ("__init__.py", ""),
        ("base.py", BASE),
        ("scores.py", SCORES.replace("{pr}", pr)),
        ("losses.py", LOSSES),
    ):
        (package / name).write_text(text.lstrip())
    return lossfix("check", *options, ".", at=folder).text


def test_a_loss_on_an_injected_backend_without_a_fault_has_no_finding(tmp_path: Path) -> None:
    assert check(tmp_path, "pr") == ""


def test_its_gates_are_found_in_the_file_that_computes(tmp_path: Path) -> None:
    (line,) = check(tmp_path, "backend.round(pr)").splitlines()
    assert line.startswith("segment/scores.py:3:")
    assert "LF203 [ ]" in line
    assert "its backend is handed to it" in line


HELD = """
class RoughLoss(Loss):
    def __init__(self, backend):
        self.backend = backend

    def __call__(self, y_true, y_pred):
        hard = self.backend.cast(self.backend.greater(y_pred, 0.5), "float32")
        return 1.0 - self.backend.mean(y_true * hard)
"""
PASSED = """
def rough_loss(y_true, y_pred, backend=None):
    return 1.0 - backend.mean(y_true * backend.round(y_pred))
"""


@pytest.mark.parametrize(("text", "code"), [(HELD, "LF201"), (PASSED, "LF203")])
def test_a_backend_may_be_held_or_passed(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "losses.py").write_text(text.lstrip())
    output = lossfix("check", "--select", "LF2", ".", at=tmp_path).text
    assert code in output


@pytest.mark.parametrize(
    "head",
    ["import torch\n", "from jax import numpy as jnp\n", "import torch.nn.functional as F\n"],
)
def test_a_backend_of_another_framework_is_none(tmp_path: Path, head: str) -> None:
    (tmp_path / "losses.py").write_text(head + "\n\n" + PASSED.lstrip())
    assert lossfix("check", ".", at=tmp_path).text == ""


def test_where_a_backend_runs_is_none_either(tmp_path: Path) -> None:
    text = """
import numpy as np
from joblib import Parallel, delayed


def folds_loss(y_true, y_pred):
    jobs = (delayed(np.mean)(np.round(p) != t) for t, p in zip(y_true, y_pred))
    return np.mean(Parallel(n_jobs=2, backend="threading")(jobs))
"""
    (tmp_path / "losses.py").write_text(text.lstrip())
    assert lossfix("check", ".", at=tmp_path).text == ""
