"""What files of settings train with is a loss, though no line of Python may call it one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import lossfix

BENT = """
import tensorflow as tf


def overlap(target, output):
    return 1.0 - tf.reduce_mean(tf.cast(output > 0.5, tf.float32) * target)


def bend(one, other):
    return tf.reduce_mean(tf.cast(other > 0.5, tf.float32) * one)


def banded(width, steps):
    def inner(target, output):
        return tf.reduce_mean(tf.cast(output > width, tf.float32) * target)

    return inner
"""
TRAINER = """
import importlib


def locate(path):
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def build(model, settings):
    model.compile("sgd", loss=locate(settings["loss"]))
"""


def project(folder: Path, files: dict[str, str]) -> Path:
    own = {"src/pack/__init__.py": "", "src/pack/bent.py": BENT, "src/pack/trainer.py": TRAINER}
    for path, text in {**own, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def found(folder: Path) -> dict[str, str]:
    """The losses of which gates are told, each with what keeps them from being smoothed."""
    ended = lossfix(*"check --no-cache --select LF2 --output-format json .".split(), at=folder)
    return {each["loss"]: each["reason"] for each in json.loads(ended.out)["findings"]}


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("conf/a.yaml", "epochs: 2\nloss: pack.bent.overlap\n", ["overlap"]),
        ("conf/a.yaml", "loss: pack.bent.bend\n", ["bend"]),
        ("a.yaml", "loss:\n  name: pack.bent.bend\n  weight: 1.0\n", ["bend"]),
        ("a.yaml", "losses:\n- pack.bent.overlap\n- pack.bent:bend\n", ["bend", "overlap"]),
        ("a.yaml", "train:\n  loss_fn: !!python/name:pack.bent.bend\n", ["bend"]),
        ("a.yaml", "loss:\n  _target_: pack.bent.bend\n  _partial_: true\n", ["bend"]),
        ("conf/loss/a.yaml", "_partial_: true\n_target_: pack.bent.bend\n", ["bend"]),
        ("a.yaml", "loss:\n  _target_: pack.bent.banded\n  width: 1\n", ["banded.inner"]),
        ("a.json", '{"metrics": ["x.y"], "loss": "pack.bent.bend"}', ["bend"]),
        ("a.json", '{\n  "model": {\n    "loss": {"fn": "pack.bent:bend"}\n  }\n}\n', ["bend"]),
        ("a.toml", "[train]\r\ncriterion = 'pack.bent.bend'\r\n", ["bend"]),
        ("a.toml", "[model.loss]\nfunction = 'pack.bent.bend'\n", ["bend"]),
        ("a.ini", "[train]\nloss = src.pack.bent.overlap\n", ["overlap"]),
    ],
)
def test_what_settings_train_with_is_a_loss(tmp_path: Path, path: str, text: str, names: list[str]):
    losses = found(project(tmp_path, {path: text}))
    assert sorted(losses) == names
    assert not any(losses.values())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", "metrics:\n- pack.bent.bend\n"),
        ("a.yaml", "loss:\n  metric: pack.bent.bend\n"),
        ("a.yaml", "loss_weights: pack.bent.bend\nmonitor: val_loss\n"),
        ("a.yaml", "loss:\n  ramp: pack.bent.bend\n"),
        ("a.yaml", "loss: other.bent.bend\n"),
        ("a.yaml", "loss: bend\n"),
        ("a.yaml", "# loss: pack.bent.bend\n"),
        ("a.yaml", "loss: mse\naugment: pack.bent.bend\n"),
        ("a.json", '{"loss": "mse", "augment": "pack.bent.bend"}'),
        ("a.json", '{"loss": {"fn": "mse"}, "fn": "pack.bent.bend"}'),
        # What is called with all that stands beside it gives the loss, and is none.
        ("a.yaml", "loss:\n  _target_: pack.bent.bend\n  one: 1\n  other: 2\n"),
        ("a.yaml", "loss: pack.bent.banded\n"),
        ("notes.txt", "loss: pack.bent.bend\n"),
        ("lossfix.toml", "[x]\nloss = 'pack.bent.bend'\n"),
    ],
)
def test_what_they_name_otherwise_is_none(tmp_path: Path, path: str, text: str):
    if path == "lossfix.toml":
        (tmp_path / "sub").mkdir()
        path = "sub/lossfix.toml"
    assert "bend" not in found(project(tmp_path, {path: text}))


def test_in_a_project_of_another_library_it_is_none(tmp_path: Path):
    folder = project(tmp_path, {"a.yaml": "loss: pack.bent.bend\n"})
    (folder / "src/pack/bent.py").write_text(BENT.replace("tensorflow as tf", "torch as tf"))
    assert found(folder) == {}


def test_it_stays_the_function_that_its_reader_calls(tmp_path: Path):
    folder = project(tmp_path, {"a.yaml": "loss: pack.bent.bend\n"})
    told = lossfix("check", "--no-cache", "--select", "LF301", ".", at=folder).text
    assert "a.yaml:1 names it, by which it may be looked up and called" in told


def test_a_second_run_says_the_same_and_sees_a_change(tmp_path: Path):
    folder = project(tmp_path, {"a.yaml": "loss: pack.bent.bend\n"})
    first, second = (lossfix("check", ".", at=folder).out for _ in range(2))
    assert first == second
    assert b"`other > 0.5`" in first
    (folder / "a.yaml").write_text("loss: mse\n")
    assert b"`other > 0.5`" not in lossfix("check", ".", at=folder).out


def test_a_flat_file_of_many_names_is_read_once(tmp_path: Path):
    rows = "".join(f"- pack.bent.n{number}\n" for number in range(3_000))
    folder = project(tmp_path, {"a.yaml": f"losses:\n{rows}- pack.bent.bend\n"})
    assert found(folder).keys() == {"bend"}
