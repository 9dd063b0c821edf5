"""What files of settings name may be called by whoever reads them: such a function stays a function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import lossfix

LOSSES = """
import tensorflow as tf


def gap_loss(y_true, y_pred, weight=1.0):
    return tf.reduce_mean(weight * tf.abs(y_true - y_pred), axis=-1)


def rise_loss(power):
    def loss(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred) ** power, axis=-1)

    return loss


def other_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)


def build(model):
    model.compile(loss=[gap_loss, rise_loss(2.0), other_loss])
"""
FROM_ANYWHERE = """
from importlib import import_module


def pick(settings):
    return getattr(import_module(settings["module"]), settings["name"])
"""


def project(folder: Path, files: dict[str, str]) -> Path:
    for path, text in {"pack/__init__.py": "", "pack/losses.py": LOSSES, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def told(folder: Path) -> dict[str, str]:
    """The losses that might become classes, each with what keeps it from that."""
    ended = lossfix(
        *"check --no-cache --select LF301,LF302 --output-format json .".split(), at=folder
    )
    found = json.loads(ended.out)["findings"]
    return {each["loss"].partition(".")[0]: each["reason"] for each in found}


def kept(folder: Path) -> dict[str, str]:
    """Those that stay functions."""
    every = told(folder)
    assert every.keys() == {"gap_loss", "rise_loss", "other_loss"}
    return {name: reason for name, reason in every.items() if reason}


@pytest.mark.parametrize(
    ("path", "text", "line", "name"),
    [
        ("conf/train.yaml", "epochs: 3\nloss: pack.losses.gap_loss\n", 2, "gap_loss"),
        ("train.yml", "loss:\n  _target_: pack.losses.rise_loss\n  power: 2\n", 2, "rise_loss"),
        ("a.json", '{\n  "loss": {\n    "fn": "pack.losses:gap_loss"\n  }\n}\n', 3, "gap_loss"),
        ("a.toml", "[train]\r\nloss = 'pack.losses.gap_loss'\r\n", 2, "gap_loss"),
        ("a.ini", "[train]\nloss = pack.losses.gap_loss\n", 2, "gap_loss"),
        (
            "setup.cfg",
            "[options.entry_points]\nlosses =\n  gap=pack.losses:gap_loss\n",
            3,
            "gap_loss",
        ),
        ("a.yaml", "loss: !!python/name:pack.losses.gap_loss\n", 1, "gap_loss"),
    ],
)
def test_what_is_named_by_its_path_stays_a_function(
    tmp_path: Path, path: str, text: str, line: int, name: str
):
    reasons = kept(project(tmp_path, {path: text}))
    said = f"{path}:{line} names it, by which it may be looked up and called"
    assert reasons.keys() == {name}
    assert said in reasons[name]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "loss: gap_loss\n"),
        ("a.yaml", "# loss: pack.losses.gap_loss\n"),
        ("a.yaml", "loss: other.losses.gap_loss\nurl: https://pack.losses.gap_loss.org/x\n"),
        ("a.yaml", "loss: pack.losses.gap_losses\nwhole: my.pack.losses.gap_loss\n"),
        ("notes.txt", "loss: pack.losses.gap_loss\n"),
        ("lossfix.toml", '[verify.loss."pack.losses.gap_loss"]\nshapes = {}\n'),
        ("pyproject.toml", '[tool.lossfix.verify.loss."pack.losses.gap_loss"]\nshapes = {}\n'),
        ("build/a.yaml", "loss: pack.losses.gap_loss\n"),
        ("large.json", '{"loss": "pack.losses.gap_loss", "rest": "' + "x" * 3_000_000 + '"}'),
    ],
)
def test_what_names_none_of_the_project_keeps_nothing(tmp_path: Path, path: str, text: str):
    assert kept(project(tmp_path, {path: text})) == {}


def test_what_git_ignores_and_what_is_no_text_says_nothing(tmp_path: Path):
    folder = project(
        tmp_path, {"out/a.yaml": "loss: pack.losses.gap_loss\n", ".gitignore": "out/\n"}
    )
    (folder / ".git").mkdir()
    (folder / "b.json").write_bytes(b"\x00\xff pack.losses.gap_loss")
    (folder / "c.yaml").symlink_to("nowhere.yaml")
    assert kept(folder) == {}


@pytest.mark.parametrize(
    "reads",
    [
        FROM_ANYWHERE,
        "import importlib\n\n\ndef pick(module, name):\n"
        "    found = importlib.import_module(module)\n    return getattr(found, name)\n",
        "import sys\n\n\ndef pick(module, name):\n    return getattr(sys.modules[module], name)\n",
        "def pick(module, name):\n    return vars(__import__(module))[name]\n",
    ],
)
def test_a_bare_name_counts_where_functions_of_any_module_are_looked_up(tmp_path: Path, reads: str):
    settings = "module: pack.losses\nname: gap_loss\n"
    reasons = kept(project(tmp_path, {"conf/a.yaml": settings, "pick.py": reads}))
    assert reasons.keys() == {"gap_loss"}
    assert "conf/a.yaml:2 names it" in reasons["gap_loss"]


def test_a_bare_name_counts_for_nothing_where_only_keras_gets_what_is_found(tmp_path: Path):
    reads = FROM_ANYWHERE.replace("def pick(", "def build(model, ").replace(
        'return getattr(import_module(settings["module"]), settings["name"])',
        'model.compile(loss=getattr(import_module(settings["module"]), settings["name"]))',
    )
    assert "compile" in reads
    assert kept(project(tmp_path, {"a.yaml": "loss: gap_loss\n", "pick.py": reads})) == {}


@pytest.mark.parametrize(
    "reads",
    [
        "from importlib import import_module\n\n\ndef pick(module):\n"
        "    return getattr(import_module(module), 'gap_loss')\n",
        "from importlib import import_module\n\n\ndef pick(module):\n"
        "    return import_module(module).gap_loss\n",
    ],
)
def test_a_name_that_is_looked_up_in_any_module_stays_a_function(tmp_path: Path, reads: str):
    reasons = kept(project(tmp_path, {"pick.py": reads}))
    assert reasons.keys() == {"gap_loss"}
    assert "pick.py:5" in reasons["gap_loss"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "metrics:\n- pack.losses.gap_loss\nloss: pack.losses.other_loss\n"),
        ("a.yaml", "eval:\n  metric:\n    fn: pack.losses.gap_loss\n"),
        ("a.json", '{"metrics": {"gap": "pack.losses.gap_loss"}}'),
        ("a.toml", 'loss = "mse"\n[metrics]\ngap = "pack.losses.gap_loss"\n'),
    ],
)
def test_what_settings_call_a_metric_is_one(tmp_path: Path, path: str, text: str):
    assert "gap_loss" not in told(project(tmp_path, {path: text}))


def test_a_second_run_says_the_same_and_sees_a_change(tmp_path: Path):
    folder = project(tmp_path, {"a.yaml": "loss: pack.losses.gap_loss\n"})
    first, second = (lossfix("check", ".", at=folder).out for _ in range(2))
    assert first == second
    assert b"a.yaml:1 names it" in first
    (folder / "a.yaml").write_text("loss: mse\n")
    assert b"names it" not in lossfix("check", ".", at=folder).out
