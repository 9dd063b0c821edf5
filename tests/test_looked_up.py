"""Functions that are looked up by a name that no file writes out: any of a module may be called."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import lossfix

LOSSES = """
import tensorflow as tf


def gap_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def rise_loss(power):
    def loss(y_true, y_pred):
        return tf.reduce_mean(tf.abs(y_true - y_pred) ** power, axis=-1)

    return loss


def build(model):
    model.compile(loss=gap_loss)
    model.compile(loss=rise_loss(2.0))
"""


def kept(folder: Path, files: dict[str, str]) -> list[str]:
    """What a fix says of each loss that it leaves a function."""
    for path, text in {"losses.py": LOSSES, **files}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    ended = lossfix("fix", "--no-verify", "--select", "LF301,LF302", ".", at=folder)
    said = ended.text + ended.err
    return [line for line in said.splitlines() if "looks functions up by" in line]


@pytest.mark.parametrize(
    "code",
    [
        "import losses\n\n\ndef run(name, y, p):\n    return getattr(losses, name)(y, p)\n",
        "import losses\n\n\ndef pick(name):\n    return getattr(losses, name)\n",
        "import losses\n\n\ndef pick(name):\n    return vars(losses)[name]\n",
        "import losses\n\n\ndef pick(name):\n    return losses.__dict__.get(name)\n",
        "import losses\n\n\ndef all_of():\n    return list(vars(losses).values())\n",
        "import losses as ls\nimport inspect\n\nALL = dict(inspect.getmembers(ls))\n",
        "import losses\nimport inspect\n\nALL = sorted(inspect.getmembers(losses, callable))\n",
        "import losses\n\n\ndef pick(name):\n    return [getattr(losses, name), 'mse']\n",
        "import losses\n\nCHOSEN = getattr(losses, input())\n",
        "import losses\n\n\ndef run(name, y, p):\n"
        "    if (loss := getattr(losses, name)) is not None:\n        return loss(y, p)\n",
        "import importlib\n\n\ndef pick(name):\n"
        "    return getattr(importlib.import_module('losses'), name)\n",
        "from losses import *\n\n\ndef run(name, y, p):\n    return globals()[name](y, p)\n",
        "import losses\n\n\ndef run(name, y, p):\n    return eval('losses.' + name)(y, p)\n",
    ],
)
def test_what_another_file_looks_up_stays_a_function(tmp_path: Path, code: str) -> None:
    both = kept(tmp_path, {"other.py": code})
    assert len(both) == 2
    assert all("other.py:" in each for each in both)
    assert (tmp_path / "losses.py").read_text() == LOSSES


def test_what_a_package_hands_on_is_looked_up_with_it(tmp_path: Path) -> None:
    code = "import parts\n\n\ndef run(name, y, p):\n    return getattr(parts, name)(y, p)\n"
    hands_on = "from losses import gap_loss\nfrom losses import rise_loss\n"
    assert len(kept(tmp_path, {"parts/__init__.py": hands_on, "run.py": code})) == 2


@pytest.mark.parametrize(
    "code",
    [
        "import sys\n\n\ndef pick(name):\n    return globals()[name]\n",
        "import sys\n\n\ndef pick(name):\n    return getattr(sys.modules[__name__], name)\n",
        "import sys\n\n\ndef pick(name):\n    return eval(name)\n",
    ],
)
def test_what_its_own_file_looks_up_stays_a_function(tmp_path: Path, code: str) -> None:
    assert len(kept(tmp_path, {"losses.py": LOSSES + "\n\n" + code})) == 2


@pytest.mark.parametrize(
    "code",
    [
        "import losses\n\n\ndef run(model, name):\n    model.compile(loss=getattr(losses, name))\n",
        "import losses\n\n\ndef run(model, name):\n"
        "    loss = getattr(losses, name, None)\n    if loss is None:\n        raise ValueError(name)\n"
        "    model.compile('sgd', loss)\n",
        "import losses\n\n\ndef run(model, one, two):\n"
        "    both = [getattr(losses, one), getattr(losses, two)]\n    model.compile(loss=both)\n",
        "import losses\n\n\ndef run(model, name):\n"
        "    loss = getattr(losses, name)\n    loss = [loss]\n    model.compile(loss=loss)\n",
        "import losses\n\n\ndef known(name):\n    return name in vars(losses)\n",
        "import losses\n\n\ndef all_names():\n    return list(vars(losses)), str(vars(losses))\n",
        "import losses\n\n\ndef run(args, names):\n    return [getattr(args, n) for n in names]\n",
        "import losses\n\n\ndef run():\n    return f'{losses}'.format(**locals())\n",
        "import sizes\n\n\ndef run(name):\n    return getattr(sizes, name)\n",
        "from losses import gap_loss\n\nglobals()['mine'] = gap_loss.__doc__ and 1\n",
    ],
)
def test_what_only_keras_gets_and_what_is_no_function_keeps_nothing(
    tmp_path: Path, code: str
) -> None:
    assert kept(tmp_path, {"other.py": code, "sizes.py": "LARGE = 3\n"}) == []


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ('LOSS = "pack.losses.gap_loss"\n', True),
        ('LOSS = "losses:gap_loss"\n', True),
        ('import json\n\nLOSS = {"name": "pack.losses.gap_loss"}\n', True),
        ('LOSS = "gap_loss"\n', False),
        ('LOSS = "other.losses.gap_loss"\n', False),
        ('"""See `pack.losses.gap_loss`."""\n', False),
    ],
)
def test_what_a_string_names_by_its_path_stays_a_function(
    tmp_path: Path, settings: str, kept: bool
) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "losses.py").write_text(LOSSES)
    (tmp_path / "settings.py").write_text(settings)
    ended = lossfix("check", "--select", "LF301", ".", at=tmp_path)
    assert ("names it in a string, by which it may be looked up" in ended.text) is kept
