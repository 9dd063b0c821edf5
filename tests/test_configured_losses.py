"""What a configuration says about a loss reaches its measurement."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import lossfix

ODD = """\
import tensorflow as tf


def odd_loss(y_true, y_pred):
    if y_true.shape[-1] * y_pred.shape[-1] != 6 * 17:
        raise ValueError("six quantities of seventeen sensors")
    return tf.reduce_mean(y_true, axis=-1) * tf.reduce_mean(tf.square(y_pred), axis=-1)


def build(model):
    model.compile(loss=odd_loss)
"""


def test_a_loss_that_takes_unusual_shapes_is_measured_once_they_are_named(tmp_path: Path):
    (tmp_path / "losses.py").write_text(ODD)
    before = lossfix("verify", "-v", "losses.py", at=tmp_path)
    assert before.code == 1
    table = '    [tool.lossfix.verify.loss."losses.odd_loss"]\n'
    assert table in before.err
    snippet = before.err[before.err.index(table) :].split("\n")[:2]
    settings = tmp_path / "pyproject.toml"
    settings.write_text("\n".join(["[tool.lossfix]", *snippet, ""]))
    pasted = lossfix("verify", "losses.py", at=tmp_path)
    assert "does not accept the inputs that the configuration describes" in pasted.err
    right = settings.read_text().replace("y_true = [1]", "y_true = [6]")
    settings.write_text(right.replace("y_pred = [1]", "y_pred = [17]"))
    after = lossfix("verify", "losses.py", at=tmp_path)
    assert (after.code, "gradient alive" in after.err) == (0, True)


def configured_for(folder: Path, name: str) -> None:
    table = f'[verify.loss."{name}"]\nshapes = {{ y_true = [6], y_pred = [17] }}\n'
    (folder / "lossfix.toml").write_text(f'gate = "auto"\n\n{table}')


LOSSES = {
    "losses.py": ODD,
    "kit/__init__.py": ODD.replace("odd_loss", "kit_loss"),
    "kit/deep/__init__.py": "",
    "kit/deep/depth.py": "def made(scale):\n    def depth_loss(y_true, y_pred):\n        return y_pred\n\n"
    "    return depth_loss\n\n\nbound_loss = made(2.0)\n",
    "half.py": "def half_loss(y_true, y_pred:\n",
}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("losses.odd_los", "losses.odd_loss"),
        ("loses.odd_loss", "losses.odd_loss"),
        ("kit.losses.odd_loss", "losses.odd_loss"),
        ("kit.deep.bound_loss", "kit.deep.depth.bound_loss"),
        ("kit.deep.depth.made.deth_loss", "kit.deep.depth.made.depth_loss"),
    ],
)
@pytest.mark.parametrize("command", ["check", "check losses.py", "verify losses.py", "check -"])
def test_a_configured_loss_that_is_none_is_named_with_the_closest(
    tmp_path: Path, command: str, name: str, meant: str
):
    for path, text in LOSSES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    configured_for(tmp_path, name)
    ended = lossfix(*command.split(), at=tmp_path, stdin=b"x = 1\n")
    assert (ended.code, ended.text) == (2, "")
    assert ended.err == f"lossfix: lossfix.toml:3: no loss {name!r}; did you mean {meant!r}?\n"


@pytest.mark.parametrize(
    "name",
    [
        "losses.odd_loss",
        "kit.kit_loss",
        "kit.deep.depth.made",
        "kit.deep.depth.made.depth_loss",
        "kit.deep.depth.bound_loss",
        "half.half_loss",
    ],
)
def test_a_configured_loss_may_be_in_any_file_of_the_project(tmp_path: Path, name: str):
    for path, text in {**LOSSES, "empty.py": ""}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    configured_for(tmp_path, name)
    assert lossfix("check", "empty.py", at=tmp_path).code == 0


def test_what_is_configured_for_a_function_holds_for_the_instance_that_it_becomes(tmp_path: Path):
    (tmp_path / "losses.py").write_text(ODD)
    configured_for(tmp_path, "losses.odd_loss")
    lossfix("fix", "--no-verify", at=tmp_path)
    assert "odd_loss = OddLoss()" in (tmp_path / "losses.py").read_text()
    after = lossfix("verify", "losses.py", at=tmp_path)
    assert (after.code, "gradient alive" in after.err) == (0, True)


@pytest.mark.parametrize("key", ["exact-tolerance", "relaxed-tolerance"])
def test_tolerances_reach_the_verdict(tmp_path: Path, key: str):
    # Off by two parts in a thousand; and a gate that no steepness brings nearer than half a percent.
    exact = "tf.reduce_mean(tf.abs(y_pred - y_true), axis=-1)"
    steps = "0.1 * tf.cast(y_pred > 0.5, tf.float32)"
    smooth = "0.1005 * tf.sigmoid(self.steepness * (y_pred - 0.5))"
    head = "import tensorflow as tf\n\n\n"
    if key == "exact-tolerance":
        old = f"{head}def my_loss(y_true, y_pred):\n    return {exact}\n"
        new = old.replace("return ", "return 1.002 * ")
        flags, allowed = [], "0.01"
    else:
        old = (
            f"{head}def my_loss(y_true, y_pred):\n"
            f"    return tf.reduce_mean(tf.square(y_pred - y_true) + {steps}, axis=-1)\n"
        )
        new = (
            f"{head}class MyLoss(tf.keras.losses.Loss):\n"
            '    def __init__(self, steepness=20.0, reduction="sum_over_batch_size", '
            'name="my_loss"):\n'
            "        super().__init__(reduction=reduction, name=name)\n"
            "        self.steepness = steepness\n\n"
            "    def call(self, y_true, y_pred):\n"
            f"        return tf.reduce_mean(tf.square(y_pred - y_true) + {smooth}, axis=-1)\n\n"
            "    def get_config(self):\n"
            '        return {**super().get_config(), "steepness": self.steepness}\n'
        )
        flags, allowed = ["--relaxed"], "0.5"
    (tmp_path / "old.py").write_text(old)
    (tmp_path / "new.py").write_text(new)
    command = ("verify", "new.py", "--against", "old.py", *flags)
    strict = lossfix(*command, at=tmp_path)
    assert strict.code == 1
    assert "differ" in strict.err
    (tmp_path / "lossfix.toml").write_text(f"[verify]\n{key} = {allowed}\n")
    assert "differ" not in lossfix(*command, at=tmp_path).err
