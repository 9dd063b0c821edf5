"""A project with everything that a project may have: whatever its files are called and however they are kept,
calls follow a loss that becomes a class, a patch applies, and what was done can be taken back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from program import lossfix

LOSS = """\
import tensorflow as tf


def deep_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true.numpy() - y_pred))
"""
CALL = "from pkg import deep_loss\nx = deep_loss(a, b)\n"
FILES = {
    # Handed on by three packages.
    "pkg/__init__.py": "from .one import deep_loss\n",
    "pkg/one/__init__.py": "from .two import deep_loss\n",
    "pkg/one/two/__init__.py": "from ...core import deep_loss\n",
    "pkg/core.py": LOSS,
    "caller.py": "import pkg\r\nvalue = pkg.deep_loss(a, b)\r\n",
    "with mark.py": f"\ufeff{CALL}",
    "new\nline.py": CALL,
    "filled.py": "from pkg import deep_loss\nKNOWN = {}\n"
    "for n, f in (('deep_loss', deep_loss),):\n    KNOWN[n] = f\n",
    "named.py": "import filled, yaml\nmodel.compile(loss=filled.KNOWN[yaml.safe_load(text)['loss']])\n",
    "one.ipynb": ("from pkg import deep_loss\n", "y = deep_loss(a, b)\n"),
    "two.ipynb": (
        "%run one.ipynb\nfrom pkg.one import deep_loss as dl\n",
        "z = dl(a, b)\nmodel.compile(loss=dl)\n",
    ),
    "lib/gone.py": LOSS,
    "lib/kept.py": LOSS,
    "inner/x.py": LOSS,
    ".gitignore": "lib/*\n!lib/kept.py\n",
}
FOLLOW = {
    "caller.py": "pkg.deep_loss.call(a, b)\r\n",
    "with mark.py": "deep_loss.call(a, b)\n",
    "new\nline.py": "deep_loss.call(a, b)\n",
    "one.ipynb": "y = deep_loss.call(a, b)",
    "two.ipynb": "z = dl.call(a, b)",
}
MENDED = {"pkg/core.py", "lib/kept.py", "inner/x.py"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_bytes(content.encode())
        else:
            cells = [{"cell_type": "code", "source": each, "outputs": []} for each in content]
            path.write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}))
    for repository in (tmp_path, tmp_path / "inner"):
        subprocess.run(("git", "init", "-q"), cwd=repository, check=True)
    (tmp_path / "linked").symlink_to("pkg")
    (tmp_path / "link.py").symlink_to("pkg/core.py")
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def test_calls_follow_and_are_taken_back_whatever_the_files_are_like(project: Path) -> None:
    before = contents(project)
    assert "deep_loss → DeepLoss" in lossfix("fix", "--no-verify", at=project).err
    after = contents(project)
    assert {name for name in FILES if before[name] != after[name]} == {*FOLLOW, *MENDED}
    for name, call in FOLLOW.items():
        assert call in after[name].decode()
    assert after["with mark.py"].startswith("\ufeff".encode())
    assert (project / "link.py").is_symlink()
    assert lossfix("undo", at=project).code == 0
    assert contents(project) == before


def test_its_patch_is_what_a_fix_writes(project: Path) -> None:
    patch = lossfix("fix", "--no-verify", "--diff", at=project).out
    lossfix("fix", "--no-verify", at=project)
    written = contents(project)
    lossfix("undo", at=project)
    subprocess.run(("git", "apply", "-"), cwd=project, input=patch, check=True)
    assert contents(project) == written
