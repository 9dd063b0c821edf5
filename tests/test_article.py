"""The main job: the scripts of the founding article are broken, are mended, and then train."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from program import ROOT, lossfix
from pytest_regressions.file_regression import FileRegressionFixture

ARTICLE = ROOT / "fixtures" / "article"
FOUR_WAYS = ROOT / "tests" / "fixtures" / "four_ways.py"
SCRIPTS = sorted(path.name for path in ARTICLE.glob("*.py"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_of_the_article_is_rewritten_as_its_author_would(
    name: str, file_regression: FileRegressionFixture
) -> None:
    text = (ARTICLE / name).read_bytes()
    name_ = ("--stdin-filename", name)
    mended = lossfix("fix", "--no-verify", "-", *name_, at=ARTICLE, stdin=text)
    again = lossfix("fix", "--no-verify", "-", *name_, at=ARTICLE, stdin=mended.out)
    assert again.out == mended.out
    file_regression.check(mended.text, basename=Path(name).stem, extension=".py.txt")


def test_every_mended_script_runs_and_learns_and_a_second_fix_changes_nothing(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "article"
    shutil.copytree(ARTICLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".lossfix"))
    fixed = lossfix("fix", "-j", "2", "--python", sys.executable, "article", at=tmp_path)
    assert fixed.code == 0, fixed.text + fixed.err
    after = {path.name: path.read_bytes() for path in sorted(folder.glob("*.py"))}
    assert all(after[name] != (ARTICLE / name).read_bytes() for name in SCRIPTS)

    answers = subprocess.run(
        [sys.executable, str(FOUR_WAYS)],
        input="\n".join(json.dumps({"path": str(folder / name)}) for name in SCRIPTS),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    ).stdout.splitlines()
    for answer in map(json.loads, answers):
        assert answer["ended"] == "runs", answer
        assert answer["lines"]
        for line in answer["lines"]:
            assert line["moved"], (answer["path"], line)
            assert line["losses"][-1] < line["losses"][0], (answer["path"], line)

    # Nothing is left to measure, so that no interpreter is asked for TensorFlow.
    again = lossfix("fix", "--python", "nowhere", "article", at=tmp_path)
    assert (again.code, again.out) == (0, b"")
    assert {path.name: path.read_bytes() for path in sorted(folder.glob("*.py"))} == after
    assert lossfix("undo", at=tmp_path).code == 0
    assert {path.name: path.read_bytes() for path in sorted(folder.glob("*.py"))} == {
        name: (ARTICLE / name).read_bytes() for name in SCRIPTS
    }


def test_verify_tells_a_right_repair_from_a_wrong_one(tmp_path: Path) -> None:
    old = (
        "import numpy as np\nimport tensorflow as tf\n\n\n"
        "def a_loss(y_true, y_pred):\n"
        "    return tf.reduce_mean(np.square(y_true.numpy() - y_pred.numpy()))\n"
    )
    right = (
        "import tensorflow as tf\n\n\n"
        "def a_loss(y_true, y_pred):\n"
        "    return tf.reduce_mean(tf.square(y_true - y_pred))\n"
    )
    (tmp_path / "old.py").write_text(old)
    (tmp_path / "right.py").write_text(right)
    (tmp_path / "wrong.py").write_text(right.replace("y_true - y_pred", "y_true + y_pred"))
    python = ("--python", sys.executable)
    good = lossfix("verify", "right.py", "--against", "old.py", *python, at=tmp_path)
    assert good.code == 0, good.text + good.err
    bad = lossfix("verify", "wrong.py::a_loss", "--against", "old.py::a_loss", *python, at=tmp_path)
    assert bad.code == 1
    both = lossfix("verify", "old.py", "right.py", "--output-format", "json", *python, at=tmp_path)
    assert both.code == 1
    states = {
        each["filename"]: each["verification"]["gradient"]["before"]
        for each in json.loads(both.out)["outcomes"]
    }
    assert states == {"old.py": "none", "right.py": "alive"}
    assert (tmp_path / "old.py").read_text() == old
