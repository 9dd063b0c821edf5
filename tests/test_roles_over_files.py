"""What the files of a project do with a loss, by whatever name, and what that says of it."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from program import lossfix

LOSSES = """
import tensorflow as tf


def gap(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


alias = gap
TABLE = {"gap": gap}


def pick(name):
    return TABLE[name]
"""
NAMES = {
    "itself": ("from losses import gap", "gap"),
    "an alias": ("from losses import alias", "alias"),
    "a name of its own": ("from losses import gap as other", "other"),
    "its module": ("import losses", "losses.alias"),
    "a dictionary": ("from losses import TABLE", 'TABLE["gap"]'),
    "a selector": ("from losses import pick", 'pick("gap")'),
    "a package": ("from hub import again", "again"),
}
USES = {
    "called": "value = {}(a, b)",
    "called with numbers": "value = {}(0, b)",
    "called with keywords": "value = {}(y_true=a, y_pred=b)",
    "called with more": "value = {}(a, b, 2.0)",
    "passed on": "value = run({}, a, b)",
    "passed on by keyword": "value = run(how={}, a=a, b=b)",
    "compared": "value = model.loss is {}",
    "asked for its name": "value = {}.__name__",
    "named and called": "f = {}\n    value = f(a, b)",
    "kept and called": "f = [{}]\n    value = f[0](a, b)",
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
    return folder


def findings(folder: Path, files: dict[str, str]) -> list[dict[str, object]]:
    ended = lossfix("check", "--output-format", "json", ".", at=written(folder, files))
    found: list[dict[str, object]] = json.loads(ended.out)["findings"]
    return found


def is_refused_in_silence(found: dict[str, object]) -> bool:
    """Whether a finding is not mended and its reason says no more than a place."""
    words = str(found["reason"] or "").split()
    return found["fix"] is None and not any(map(str.isalpha, words))


def test_no_refusal_is_without_a_reason(tmp_path: Path) -> None:
    # Each of them a project in a folder of its own: an import leads to the nearest module of its name.
    files = {}
    for number, ((imported, name), use) in enumerate(product(NAMES.values(), USES.values())):
        files[f"p{number}/losses.py"] = LOSSES
        files[f"p{number}/hub.py"] = "from losses import alias as again\n"
        files[f"p{number}/train.py"] = (
            f"import tensorflow as tf\nfrom losses import gap as compiled\n{imported}\n\n\n"
            "def build(model, a, b):\n    model.compile(loss=compiled)\n"
            f"    {use.format(name)}\n"
        )
    found = findings(tmp_path, files)
    assert [each["code"] for each in found] == ["LF301"] * len(NAMES) * len(USES)
    assert [each for each in found if is_refused_in_silence(each)] == []


def test_no_fixture_of_several_files_is_refused_without_a_reason() -> None:
    fixtures = Path(__file__).parents[1] / "fixtures" / "projects"
    ended = lossfix("check", "--output-format", "json", ".", at=fixtures)
    assert not any(map(is_refused_in_silence, json.loads(ended.out)["findings"]))


SELECTED = """
import keras
import tensorflow as tf
from functools import partial


def reach(a, b, w=1.0):
    return w * tf.reduce_mean(tf.abs(a - b), axis=-1)


def wide(w):
    def inner(a, b):
        return w * tf.reduce_mean(tf.abs(a - b), axis=-1)

    return inner


class Far(keras.losses.Loss):
    def call(self, a, b):
        return tf.reduce_mean(tf.abs(a - b), axis=-1)
"""
SELECTORS = {
    "partial(reach, w=2.0)": {"reach"},
    "wide(2.0)": {"wide.inner"},
    "Far()": {"Far"},
    "reach if name else wide(2.0)": {"reach", "wide.inner"},
    "reach(1.0, 2.0) + 1.0": set(),
}


@pytest.mark.parametrize(("returned", "names"), SELECTORS.items())
def test_what_a_selector_of_another_file_gives_is_compiled(
    tmp_path: Path, returned: str, names: set[str]
) -> None:
    files = {
        "reaching.py": f"{SELECTED}\n\ndef pick(name):\n    return {returned}\n",
        "train.py": "import keras\nfrom reaching import pick\n\n\n"
        "def build(model):\n    model.compile(loss=pick(1))\n",
    }
    said = lossfix("check", "-v", ".", at=written(tmp_path, files)).err
    compiled = {line.split(": ")[1] for line in said.splitlines() if "(compiled" in line}
    assert compiled == names
