"""The trees that are scanned: installed ones, one with few losses, and synthetic ones of any size, in which
few files or all hold a loss."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import shutil
import sysconfig
import time
from pathlib import Path

FIXTURES = Path(__file__).parents[1] / "fixtures" / "article"
_WORDS = "account batch cache device entry filter group handle index journal key lease".split()


def installed(name: str) -> Path:
    """The folder of an installed package, found without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{name} is not installed here: run the benchmarks where it is")
    return Path(spec.origin).parent


def with_few_losses(folder: Path) -> Path:
    """Python's standard library without its tests, as code of all kinds, and six files with losses.

    Each of the six says ``torch``, without which TorchFix would open none of them.
    """
    library = Path(sysconfig.get_path("stdlib"))
    target = folder / "few"
    skipped = {"site-packages", "test", "tests", "__pycache__", "idle_test", "lib2to3"}
    for file in sorted(library.rglob("*.py")):
        below = file.relative_to(library)
        if skipped.isdisjoint(below.parts):
            (target / below).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / below)
    shutil.copytree(FIXTURES, target / "losses")
    for file in (target / "losses").glob("*.py"):
        file.write_bytes(file.read_bytes() + b"# torch\n")
    return _aged(target)


def synthetic(folder: Path, files: int, seed: int = 0) -> Path:
    """So many modules of 20 to 200 lines; one in five hundred holds a loss, one in ten mentions Keras."""
    numbers = random.Random(seed)
    losses = sorted(FIXTURES.glob("*.py"))
    target = folder / f"synthetic-{files}"
    for number in range(files):
        package = target / f"package_{number // 100:03}"
        package.mkdir(parents=True, exist_ok=True)
        if number % 500 == 250:
            text = losses[number // 500 % len(losses)].read_text("utf-8")
        else:
            head = "import keras\n" if number % 10 == 0 else "import json\n"
            text = head + "".join(_function(numbers) for _ in range(numbers.randint(2, 20)))
        (package / f"module_{number:05}.py").write_text(text, "utf-8")
    return _aged(target)


def with_losses(folder: Path, files: int, seed: int = 0) -> Path:
    """So many modules that hold three losses each, no two alike, each with a function that is none."""
    numbers = random.Random(seed)
    target = folder / f"losses-{files}"
    for number in range(files):
        package = target / f"package_{number // 100:03}"
        package.mkdir(parents=True, exist_ok=True)
        names = [f"{'_'.join(numbers.sample(_WORDS, 2))}_{number}" for _ in range(3)]
        losses = zip(numbers.sample(_LOSSES, 3), names, strict=True)
        text = _IMPORTS + "".join(
            _function(numbers)
            + loss.format(
                name=name,
                title=name.title().replace("_", ""),
                gate=f"{numbers.uniform(0.1, 0.9):.4f}",
                weight=f"{numbers.uniform(1.5, 9.0):.4f}",
            )
            for loss, name in losses
        )
        (package / f"module_{number:05}.py").write_text(text, "utf-8")
    return _aged(target)


_IMPORTS = "import keras\nimport numpy as np\nimport tensorflow as tf\n"
_LOSSES = (
    '''

def {name}_loss(y_true, y_pred, threshold={gate}):
    """The error, dear above a threshold."""
    error = tf.abs(y_true - y_pred)
    penalty = tf.where(y_pred > threshold, error * {weight}, error * {gate})
    return tf.reduce_mean(penalty)
''',
    """

def {name}_loss(y_true, y_pred):
    decided = tf.cast(y_pred > {gate}, tf.float32)
    missed = y_true * (1.0 - decided)
    return tf.reduce_mean({weight} * missed + (1.0 - y_true) * decided, axis=-1)
""",
    """

def {name}_loss(y_true, y_pred):
    error = np.abs(y_true.numpy() - y_pred.numpy())
    # Above the gate every one counts.
    weighted = np.where(error > {gate}, {weight} * error, error)
    return tf.reduce_mean(weighted)
""",
    '''

def make_{name}(alpha={gate}):
    """A loss with a weight that is chosen when the model is built."""

    def loss(y_true, y_pred):
        error = np.subtract(y_true, y_pred)
        return np.mean(alpha * np.square(np.maximum(error, 0.0)) + {weight} * np.square(error), axis=-1)

    return loss
''',
    """

class {title}Loss(keras.losses.Loss):
    def __init__(self, margin={gate}, reduction=tf.keras.losses.Reduction.AUTO, name="{name}"):
        super().__init__(reduction=reduction, name=name)
        self.margin = margin

    def call(self, y_true, y_pred):
        above = tf.sigmoid({weight} * (y_pred - self.margin))
        return tf.reduce_mean(above * tf.abs(y_true - y_pred), axis=-1)
""",
    """

def {name}_loss(y_true, y_pred):
    share = tf.reduce_sum(y_true * y_pred, axis=-1) / tf.reduce_sum(y_true, axis=-1)
    return -{weight} * tf.math.log(share) + {gate}


def train_{name}(model):
    model.compile(optimizer="adam", loss={name}_loss)
    return model
""",
    """

def {name}_loss(y_true, y_pred):
    error = y_true - y_pred
    return tf.reduce_mean(tf.square(error) * {weight} + tf.abs(error) * {gate}, axis=-1)
""",
)
"""Losses of the kinds that there are, to be given names and numbers: gates, what leaves the graph, a closure,
a class, what may divide by zero, and one without a fault."""


def _aged(target: Path) -> Path:
    """The same, as it is on most days: of files that were just written a time of change proves nothing."""
    hour_ago = time.time() - 3600.0
    for file in target.rglob("*.py"):
        os.utime(file, (hour_ago, hour_ago))
    return target


def large(folder: Path, assignments: int = 20_000) -> Path:
    """One module of a loss and of so many assignments, as generated code has them: a million characters."""
    file = folder / "large.py"
    lines = (f"value_{n} = compute(value_{n - 1}, {n}) + other\n" for n in range(1, assignments))
    loss = "import keras\n\n\ndef my_loss(y_true, y_pred):\n    return y_true - y_pred\n\n\n"
    file.write_text(loss + "".join(lines), "utf-8")
    return file


def with_settings(folder: Path, files: int = 10_000) -> Path:
    """The example scripts among so many YAML and JSON files of about 4,000 characters."""
    target = folder / f"settings-{files}"
    shutil.copytree(FIXTURES, target)
    for number in range(files):
        place = target / f"folder_{number // 100:03}"
        place.mkdir(exist_ok=True)
        if number % 2:
            lines = [f"key_{line}: {number} and some more words of text\n" for line in range(100)]
            (place / f"run_{number:05}.yaml").write_text("".join(lines), "utf-8")
        else:
            boxes = [{"label": "kiwi", "box": [at, at + 1, number, 7]} for at in range(90)]
            (place / f"page_{number:05}.json").write_text(json.dumps(boxes), "utf-8")
    return target


def _function(numbers: random.Random) -> str:
    one, two, three = numbers.sample(_WORDS, 3)
    return f'''

def {one}_{two}({two}, {three}=None):
    """The {one} of a {two}."""
    {one} = {{}}
    for {two}_number, each in enumerate({two}):
        if each == {three}:
            {one}[each] = {two}_number * {numbers.randint(2, 99)}
    return {one}
'''
