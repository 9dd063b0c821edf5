"""What is said of the functions that a loss is made of, whose parameters' names say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from program import lossfix

from lossfix.checking import Options, check
from lossfix.rules import RULES

TRAINED = "model.compile(loss=a_loss)\n"
OWN_LOOP = """
def step(model, optimizer, x, y):
    with tf.GradientTape() as tape:
        value = a_loss(y, model(x))
    optimizer.apply_gradients(zip(tape.gradient(value, model.weights), model.weights))
"""


def found(text: str, use: str = TRAINED) -> list[str]:
    """The findings that are no matter of form."""
    text = f"import tensorflow as tf\n\n\n{text.strip()}\n\n\n{use}"
    codes = [each.code for each in check("losses.py", text, Options(RULES))]
    return [code for code in codes if not code.startswith("LF3")]


WEIGHED = {
    "by another parameter": """
def weigh(weights, per_sample):
    return per_sample * tf.gather([1.0, 2.0, 3.0], tf.argmax(weights, axis=-1))


def a_loss(y_true, y_pred):
    shares, values = tf.split(y_pred, [3, 1], axis=-1)
    return weigh(shares, tf.square(y_true - values)[:, 0])
""",
    "with two names for the predictions": """
def matched(y_true, y_pred, error):
    return error * tf.cast(tf.argmax(y_true, axis=-1) == tf.argmax(y_pred, axis=-1), tf.float32)


def a_loss(y_true, y_pred):
    return matched(y_true, y_pred, tf.reduce_sum(tf.abs(y_true - y_pred), axis=-1))
""",
    "in the caller": """
def is_far(distance, margin):
    return tf.cast(distance > margin, tf.float32)


def a_loss(y_true, y_pred):
    return tf.square(1.0 - y_pred) * (1.0 - is_far(y_pred, 1.0))
""",
    "by keyword in the caller": """
def is_far(distance):
    return tf.cast(distance > 1.0, tf.float32)


def a_loss(y_true, y_pred):
    return tf.where(is_far(distance=y_pred) > 0.0, tf.zeros_like(y_pred), tf.abs(y_true - y_pred))
""",
    "in the caller's caller": """
def is_far(distance):
    return tf.cast(distance > 1.0, tf.float32)


def is_near(values):
    return 1.0 - is_far(values)


def a_loss(y_true, y_pred):
    near = is_near(y_pred)
    return tf.square(y_true - y_pred) * near
""",
    "as one of several results": """
def assign(anchors, boxes):
    overlaps = tf.reduce_sum(tf.minimum(anchors[:, None], boxes[None]), axis=-1)
    positive = tf.cast(tf.reduce_max(overlaps, axis=-1) > 0.5, tf.float32)
    return positive, tf.gather(boxes, tf.argmax(overlaps, axis=-1))


def a_loss(y_true, y_pred):
    positive, nearest = assign(y_pred, y_true)
    return tf.reduce_sum(positive * tf.reduce_sum(tf.abs(nearest - y_pred), axis=-1))
""",
    "straight through": """
def steps(values):
    return tf.round(values * 8.0) / 8.0


def a_loss(y_true, y_pred):
    coded = y_pred + tf.stop_gradient(steps(y_pred) - y_pred)
    return tf.abs(y_true - coded)
""",
    "for the record": """
def hit_rate(codes, labels):
    return tf.reduce_mean(tf.cast(tf.argmax(codes, -1) == tf.argmax(labels, -1), tf.float32))


def a_loss(y_true, y_pred):
    tf.print("hits", hit_rate(y_pred, y_true))
    return tf.keras.losses.categorical_crossentropy(y_true, y_pred)
""",
    "in another class than one with a method of that name": """
class Other(tf.keras.losses.Loss):
    def near(self, values):
        return tf.sigmoid(values)

    def call(self, y_true, y_pred):
        return tf.square(y_true - self.near(y_pred))


class Near(tf.keras.losses.Loss):
    def near(self, values):
        return tf.cast(tf.abs(values) < 1.0, tf.float32)

    def call(self, y_true, y_pred):
        return tf.square(y_true - y_pred) * self.near(y_pred)


def a_loss(y_true, y_pred):
    return tf.square(y_true - y_pred)
""",
    "by what the loss matched with the targets": """
def reduced(labels_true, cost):
    return cost * tf.gather([1.0, 2.0, 3.0], tf.argmax(labels_true, axis=-1))


def picked(y_true, y_pred):
    near = tf.argsort(tf.reduce_sum(tf.abs(y_true - y_pred), axis=-1))[:2]
    return tf.gather(y_true, near), tf.gather(y_pred, near)


def a_loss(y_true, y_pred):
    labels_true, kept = picked(y_true, y_pred)
    return reduced(labels_true, tf.reduce_sum(tf.square(labels_true - kept), axis=-1))
""",
}


@pytest.mark.parametrize("text", WEIGHED.values(), ids=WEIGHED.keys())
def test_what_weighs_something_alive_is_not_dead(text: str) -> None:
    assert set(found(text)) <= {"LF202"}


DEAD = {
    "all that is returned": (
        """
def hits(codes, wanted):
    return tf.reduce_mean(tf.cast(codes > 0.5, tf.float32) * wanted, axis=-1)


def a_loss(y_true, y_pred):
    return 1.0 - hits(y_pred, y_true)
""",
        ["LF201"],
    ),
    "a term beside one that is alive": (
        """
def hits(codes, wanted):
    return tf.reduce_mean(tf.cast(codes > 0.5, tf.float32) * wanted, axis=-1)


def a_loss(y_true, y_pred):
    return tf.keras.losses.binary_crossentropy(y_true, y_pred) - hits(y_pred, y_true)
""",
        ["LF201"],
    ),
    "a ratio of two of them": (
        """
def hits(codes, wanted):
    return tf.reduce_sum(tf.cast(codes > 0.5, tf.float32) * wanted, axis=-1)


def misses(codes, wanted):
    return tf.reduce_sum(tf.cast(codes > 0.5, tf.float32) * (1.0 - wanted), axis=-1)


def a_loss(y_true, y_pred):
    good, bad = hits(y_pred, y_true), misses(y_pred, y_true)
    return 1.0 - good / (good + bad + 1.0)
""",
        ["LF201", "LF201"],
    ),
    "in a method that a class inherits": (
        """
class Hits(tf.keras.losses.Loss):
    def near(self, values):
        return tf.cast(tf.abs(values) < 1.0, tf.float32)

    def call(self, y_true, y_pred):
        return tf.square(y_true - y_pred)


class Misses(Hits):
    def call(self, y_true, y_pred):
        return 1.0 - tf.reduce_mean(y_true * self.near(y_pred), axis=-1)


def a_loss(y_true, y_pred):
    return tf.square(y_true - y_pred)
""",
        ["LF201"],
    ),
    "of two of its parameters": (
        """
def agree(one, other):
    return tf.reduce_mean(tf.cast(tf.argmax(one, -1) == tf.argmax(other, -1), tf.float32))


def a_loss(y_true, y_pred):
    left, right = tf.split(y_pred, 2, axis=-1)
    return 1.0 - agree(left, right)
""",
        ["LF205"],
    ),
}


@pytest.mark.parametrize(("text", "codes"), DEAD.values(), ids=DEAD.keys())
def test_what_is_the_only_path_of_its_term_is_dead(text: str, codes: list[str]) -> None:
    assert found(text) == codes


DECIDES = """
def shrunk(values, wanted):
    if tf.reduce_mean(values) > 1.0:
        values = values / 2.0
    return values - wanted


def a_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(shrunk(y_pred, y_true)))
"""


def test_an_if_in_a_part_has_no_truth_value_where_keras_traces_the_loss() -> None:
    assert found(DECIDES) == ["LF105"]
    assert found(DECIDES, OWN_LOOP + TRAINED) == ["LF105"]


def test_autograph_converts_the_parts_of_a_loss_under_a_training_loop_of_ones_own() -> None:
    assert found(DECIDES, OWN_LOOP) == []


PART = "import tensorflow as tf\n\n\n" + DECIDES.strip().partition("\n\n\n")[0] + "\n"
LOSS = (
    "import tensorflow as tf\nfrom parts import shrunk\n\n\n"
    + DECIDES.strip().partition("\n\n\n")[2]
    + "\n\n"
)


@pytest.mark.parametrize(("use", "codes"), [(OWN_LOOP, False), (TRAINED, True)])
def test_it_converts_those_in_other_files_too(tmp_path: Path, use: str, codes: bool) -> None:
    (tmp_path / "parts.py").write_text(PART)
    (tmp_path / "costs.py").write_text(LOSS + use)
    output = lossfix("check", "--select", "LF1", ".", at=tmp_path).text
    assert ("LF105" in output) is codes


def test_what_a_part_of_another_file_weighs_is_not_seen_from_there(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text(
        "import tensorflow as tf\n\n\n"
        "def is_far(distance):\n    return tf.cast(distance > 1.0, tf.float32)\n"
    )
    (tmp_path / "costs.py").write_text(
        "import tensorflow as tf\nfrom parts import is_far\n\n\n"
        "def a_loss(y_true, y_pred):\n"
        "    return tf.square(1.0 - y_pred) * (1.0 - is_far(y_pred))\n\n\n" + TRAINED
    )
    assert "LF2" not in lossfix("check", "--select", "LF2", ".", at=tmp_path).text
