"""Whole projects: fixed in place, and their own training scripts run before and after."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from program import Ended, lossfix

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"
Training = dict[str, dict[str, object]]


@dataclass(frozen=True)
class Project:
    """How a project trains, and which of its files a fix has any business with."""

    name: str
    command: tuple[str, ...]
    touched: frozenset[str]


ALL = (
    Project("package", ("-m", "shop.train"), frozenset({"shop/losses.py", "shop/evaluate.py"})),
    Project("registry", ("train.py",), frozenset({"objectives.py"})),
    Project("src_layout", ("scripts/train.py",), frozenset({"src/vision/losses/overlap.py"})),
    Project("notebook", ("run.py",), frozenset({"ratings.ipynb"})),
    Project(
        "subpackages",
        ("-m", "crops.train"),
        frozenset(
            {
                "crops/losses/season.py",
                "crops/losses/share.py",
                "crops/losses/yields.py",
                "crops/metrics/share.py",
            }
        ),
    ),
    Project("scripts_only", ("study.py",), frozenset({"helpers.py", "penalties.py", "study.py"})),
    Project("tested", ("check.py",), frozenset({"src/tides/heights.py"})),
)


@dataclass(frozen=True)
class Fixed:
    """A project before and after a fix."""

    before: dict[str, bytes]
    after: dict[str, bytes]
    first: Training
    second: Training
    ended: Ended
    folder: Path


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Project], Fixed]:
    """A project before and after a fix, which each gets once."""

    @cache
    def fixed(project: Project) -> Fixed:
        folder = tmp_path_factory.mktemp("project") / project.name
        shutil.copytree(PROJECTS / project.name, folder)
        before = files(folder)
        first = trained(project, folder)
        ended = lossfix("fix", ".", at=folder)
        return Fixed(before, files(folder), first, trained(project, folder), ended, folder)

    return fixed


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {".lossfix", "__pycache__"} & set(path.parts)
    }


def trained(project: Project, folder: Path) -> Training:
    command: tuple[str, ...] = project.command
    if project.name == "notebook":
        command = ("-c", cells(folder / "ratings.ipynb"))
    done = subprocess.run(
        [sys.executable, "-B", *command], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    result: Training = json.loads(done.stdout.splitlines()[-1])
    return result


def cells(path: Path) -> str:
    """A notebook's cells that run under Python 3, without their magics."""
    pieces = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        lines = [line for line in cell["source"] if not line.startswith(("%", "!"))]
        if cell["cell_type"] == "code" and "old cell" not in lines[0]:
            pieces.append("".join(lines) if not cell["source"][0].startswith("%%") else "")
    return "\n".join(pieces)


@pytest.mark.parametrize("project", ALL, ids=lambda project: project.name)
def test_every_model_of_a_project_trains_once_it_is_fixed(
    project: Project, fixed: Callable[[Project], Fixed]
):
    run = fixed(project)
    assert run.second.keys() == run.first.keys()
    for result in run.second.values():
        assert "error" not in result
        assert float(str(result["moved"])) > 0


@pytest.mark.parametrize("project", ALL, ids=lambda project: project.name)
def test_what_worked_before_says_the_same_after(
    project: Project, fixed: Callable[[Project], Fixed]
):
    run = fixed(project)
    for name, result in run.first.items():
        if "error" not in result:
            assert run.second[name].keys() == result.keys()
            assert run.second[name].get("keys") == result.get("keys")


@pytest.mark.parametrize("project", ALL[4:], ids=lambda project: project.name)
def test_every_number_that_could_be_had_before_is_the_same_after(
    project: Project, fixed: Callable[[Project], Fixed]
):
    run = fixed(project)
    numbers = [
        {
            name: {key: value for key, value in result.items() if key != "moved"}
            for name, result in training.items()
            if "error" not in run.first[name]
        }
        for training in (run.first, run.second)
    ]
    assert numbers[0] == numbers[1] != {}


@pytest.mark.parametrize("project", ALL, ids=lambda project: project.name)
def test_files_without_a_loss_or_a_call_of_one_keep_every_byte(
    project: Project, fixed: Callable[[Project], Fixed]
):
    run = fixed(project)
    assert run.after.keys() == run.before.keys()
    changed = {path for path in run.before if run.before[path] != run.after[path]}
    assert changed == project.touched


@pytest.mark.parametrize("project", ALL, ids=lambda project: project.name)
def test_what_can_be_mended_is_written_or_kept_or_told_with_a_reason(
    project: Project, fixed: Callable[[Project], Fixed]
):
    ended = fixed(project).ended
    told = ended.err.splitlines()
    kept = {line.split()[1] for line in told if line.startswith("Kept ")}
    left = [line for line in ended.text.splitlines() if " [*] " in line or " [~] " in line]
    assert [line for line in left if line.split(":")[0] not in kept] == []


def test_a_direct_call_in_another_file_gets_the_value_of_each_sample(
    fixed: Callable[[Project], Fixed],
):
    run = fixed(ALL[0])
    old = run.before["shop/evaluate.py"].decode()
    new = run.after["shop/evaluate.py"].decode()
    assert new == old.replace("stockout_loss(y_true", "stockout_loss.call(y_true")
    assert run.second["stock"]["worst"] == run.first["median"]["worst"] == 3


def test_undo_takes_a_whole_project_back(fixed: Callable[[Project], Fixed], tmp_path: Path):
    run = fixed(ALL[0])
    copy = tmp_path / "package"
    shutil.copytree(run.folder, copy)
    assert lossfix("undo", at=copy).code == 0
    assert files(copy) == run.before


def test_a_second_fix_finds_nothing_more_to_do(fixed: Callable[[Project], Fixed]):
    run = fixed(ALL[2])
    again = lossfix("fix", "--diff", ".", at=run.folder)
    assert (again.code, again.out) == (0, b"")


SAVING = """
import sys
import keras
from shop.losses import make_pinball, stockout_loss

for name, loss in {"stockout": stockout_loss, "pinball": make_pinball(0.9)}.items():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss=loss)
    for ending in ("keras", "h5"):
        model.save(f"{sys.argv[1]}_{name}.{ending}")
"""

LOADING = """
import keras
import numpy as np
from shop.losses import make_pinball, stockout_loss

def works(model):
    x = np.ones((4, 3), "float32")
    assert np.isfinite(model.evaluate(x, x[:, :1], verbose=0))

for ending in ("keras", "h5"):
    for name, key, loss in (
        ("stockout", "stockout_loss", stockout_loss),
        ("pinball", "pinball", make_pinball(0.9)),
    ):
        works(keras.models.load_model(f"old_{name}.{ending}", custom_objects={key: loss}))
        works(keras.models.load_model(f"new_{name}.{ending}", custom_objects={key: loss}))
        # What was saved with the class needs no word about it.
        works(keras.models.load_model(f"new_{name}.{ending}"))
print("loaded")
"""


def python(code: str, *arguments: str, at: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, *arguments], cwd=at, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_models_that_were_saved_with_the_old_functions_still_load(tmp_path: Path):
    folder = tmp_path / "package"
    shutil.copytree(PROJECTS / "package", folder)
    python(SAVING, "old", at=folder)
    assert lossfix("fix", "--no-verify", ".", at=folder).code == 0
    python(SAVING, "new", at=folder)
    assert python(LOADING, at=folder).endswith("loaded\n")
