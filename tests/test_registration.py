"""Two losses of one name are registered under two packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from lossfix.losses.discovery.candidate import Settings
from lossfix.scan import open_all

HEAD = "import tensorflow as tf\n\n\n"
DICE = f"{HEAD}def dice_loss(y_true, y_pred):\n    return 1.0 - tf.reduce_sum(y_true * y_pred)\n"
OTHER = DICE.replace("dice_loss", "ramp_loss")


def registered(folder: Path, **files: str) -> dict[str, str]:
    """The package of each file that was opened; ``__`` in a name stands for a folder of the package."""
    for name, text in files.items():
        path = folder.joinpath("pkg", *name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for around in (path.parent, *path.parent.parents):
            if around == folder:
                break
            (around / "__init__.py").touch()
    paths = sorted(each for each in folder.rglob("*.py") if each.stem != "__init__")
    opened = open_all(paths, Settings())
    return {each.path.stem: opened.package(each) for each in opened.documents}


@pytest.mark.parametrize(
    "namesake",
    [
        DICE,
        HEAD
        + "class DiceLoss(tf.keras.losses.Loss):\n    def call(self, a, b):\n        return b\n",
        DICE.replace("dice_loss", "dice_loss_fn"),
        f"{HEAD}def dice_loss(w=1.0):\n    def loss(y_true, y_pred):\n        return w * y_pred\n"
        "    return loss\n",
    ],
)
def test_namesakes_get_the_names_of_their_modules(tmp_path: Path, namesake: str) -> None:
    found = registered(tmp_path, one=DICE, deep__two=namesake, three=OTHER)
    assert found["one"] == "pkg.one"
    assert found["two"] == "pkg.deep.two"
    assert found["three"] == "pkg"


def test_a_name_that_stands_once_is_registered_under_the_package(tmp_path: Path) -> None:
    using = f"from .one import dice_loss\n{HEAD}model.compile(loss=dice_loss)\n"
    assert registered(tmp_path, one=DICE, two=using)["one"] == "pkg"
