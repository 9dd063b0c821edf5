"""What a fix leaves alone on request, and what it does about files with several names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from program import lossfix

PROJECTS = Path(__file__).parents[1] / "fixtures" / "projects"
DEAD = """

def {name}_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(tf.stop_gradient(y_pred) - y_true), axis=-1)
"""
OLD = "import tensorflow as tf\n" + DEAD.format(name="old")
QUICK = ("--no-verify", "--ignore", "LF301")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "losses.py").write_text(OLD)
    return tmp_path


def cut(text: str) -> int:
    return text.count("stop_gradient")


def test_a_fix_leaves_what_the_baseline_knows(folder: Path):
    path = folder / "losses.py"
    assert lossfix("check", "--write-baseline", "known.json", at=folder).code == 0
    path.write_text("# moved\n" + OLD + DEAD.format(name="new"))
    ended = lossfix("fix", *QUICK, "--baseline", "known.json", at=folder)
    assert ended.code == 0
    assert "new_loss" in ended.err
    assert "old_loss" not in ended.err
    assert path.read_text() == "# moved\n" + OLD + DEAD.format(name="new").replace(
        "tf.stop_gradient(y_pred)", "y_pred"
    )


def test_a_baseline_knows_the_findings_of_a_notebook_when_cells_move(folder: Path):
    path = folder / "ratings.ipynb"
    shutil.copy(PROJECTS / "notebook" / "ratings.ipynb", path)
    lossfix("check", path.name, "--write-baseline", "known.json", at=folder)
    text = path.read_text()
    path.write_text(
        text.replace('"%matplotlib inline\\n",', '"%matplotlib inline\\n",\n    "\\n",')
    )
    assert path.read_text() != text
    assert lossfix("check", path.name, "--baseline", "known.json", at=folder).code == 0


def test_a_file_that_cannot_be_written_is_kept_before_anything_is_measured(folder: Path):
    text = "import tensorflow as tf\n" + DEAD.format(name="new")
    (folder / "new.py").write_text(text)
    (folder / "losses.py").chmod(0o444)
    ended = lossfix("fix", "--python", "missing", "--ignore", "LF301", "losses.py", at=folder)
    assert ended.code == 1
    assert "old_loss  LF1" in ended.err
    assert "losses.py is read-only" in ended.err
    ended = lossfix("fix", *QUICK, at=folder)
    assert "losses.py is read-only" in ended.err
    assert [cut((folder / name).read_text()) for name in ("losses.py", "new.py")] == [1, 0]
    assert "stop_gradient" in lossfix("fix", *QUICK, "--diff", "losses.py", at=folder).text


def test_several_ranges_of_lines_are_all_looked_at(folder: Path):
    (folder / "losses.py").write_text(OLD + DEAD.format(name="new") + DEAD.format(name="last"))
    lossfix("fix", *QUICK, "--lines", "5", "--lines", "13-13", "losses.py", at=folder)
    assert cut((folder / "losses.py").read_text()) == 1


def test_a_file_with_two_names_is_written_once(folder: Path):
    os.link(folder / "losses.py", folder / "same.py")
    assert lossfix("fix", *QUICK, ".", at=folder).code == 0
    assert (folder / "losses.py").samefile(folder / "same.py")
    assert cut((folder / "same.py").read_text()) == 0
    assert lossfix("undo", at=folder).code == 0
    assert (folder / "same.py").read_text() == OLD


def test_only_lines_that_changed_since_a_commit_are_fixed(folder: Path):
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "all")
    path = folder / "losses.py"
    assert lossfix("fix", *QUICK, "--diff-base", "HEAD", at=folder).code == 0
    assert path.read_text() == OLD
    path.write_text(OLD + DEAD.format(name="new"))
    lossfix("fix", *QUICK, "--diff-base", "HEAD", at=folder)
    assert cut(path.read_text()) == 1


def test_only_the_loss_in_the_named_lines_is_fixed(folder: Path):
    path = folder / "losses.py"
    path.write_text(OLD + DEAD.format(name="new"))
    lossfix("fix", *QUICK, "--lines", "5-5", "losses.py", at=folder)
    assert [cut(each) for each in path.read_text().split("def new_loss")] == [0, 1]


def test_the_patch_of_a_notebook_applies_and_its_cells_are_shown(folder: Path):
    shutil.copy(PROJECTS / "notebook" / "ratings.ipynb", folder)
    ended = lossfix("fix", *QUICK, "--diff", "ratings.ipynb", at=folder)
    assert ended.code == 1
    assert "ratings.ipynb\ncell 5\n@@" in ended.err
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    subprocess.run(["git", "apply", "-"], input=ended.out, cwd=folder, check=True)
    before = (PROJECTS / "notebook" / "ratings.ipynb").read_text().splitlines()
    after = (folder / "ratings.ipynb").read_text().splitlines()
    assert len(before) == len(after)
    assert sum(one != two for one, two in zip(before, after, strict=True)) == 1
