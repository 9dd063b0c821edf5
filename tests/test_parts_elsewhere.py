"""What a loss calls in another file is mended there, or copied there for the loss alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import lossfix

HELPER = '''
import tensorflow as tf

FLOOR = 1.0


def overlap(y_true, y_pred):
    """Share of the mask that is met."""
    hard = tf.cast(y_pred > 0.5, tf.float32)
    return (tf.reduce_sum(y_true * hard) + FLOOR) / (tf.reduce_sum(y_true) + FLOOR)
'''
LOSS = """
import tensorflow as tf
from scores import overlap


def miss_loss(y_true, y_pred):
    return 1.0 - overlap(y_true, y_pred)
"""
TRAIN = """
import tensorflow as tf
from misses import miss_loss


def build(model):
    model.compile(loss=miss_loss)
"""
MEASURED = TRAIN.replace("loss=miss_loss", "loss=miss_loss, metrics=[overlap]").replace(
    "\n\n\n", "\nfrom scores import overlap\n\n\n", 1
)
USUAL = {"scores.py": HELPER, "misses.py": LOSS, "train.py": TRAIN}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
    return folder


def fixed(folder: Path, files: dict[str, str], *options: str) -> dict[str, str]:
    """The files that a fix changes, as they are then."""
    at = written(folder, files)
    lossfix("fix", "--no-verify", "--select", "LF1,LF2", *options, ".", at=at)
    texts = {name: (folder / name).read_text() for name in files}
    return {name: text for name, text in texts.items() if text != files[name].lstrip("\n")}


def test_what_one_loss_alone_calls_is_smoothed_where_it_stands(tmp_path: Path) -> None:
    after = fixed(tmp_path, USUAL)
    assert after.keys() == {"scores.py", "misses.py"}
    assert "def overlap(y_true, y_pred, steepness=10.0):" in after["scores.py"]
    assert "hard = soft_step(y_pred, 0.5, steepness)" in after["scores.py"]
    assert "def miss_loss(y_true, y_pred, steepness=10.0):" in after["misses.py"]
    assert "return 1.0 - overlap(y_true, y_pred, steepness)" in after["misses.py"]


SHARED_WITH = {
    "a metric of a model": {"train.py": MEASURED},
    "another loss": {
        "others.py": LOSS.replace("miss_loss", "other_loss").replace("1.0 -", "2.0 -"),
        "train.py": MEASURED.replace("metrics=[overlap]", "").replace(
            "import overlap", "import overlap as unused"
        ),
    },
    "a metric in a file of its own": {
        "metrics.py": "import tensorflow as tf\nfrom scores import overlap\n\n\n"
        "def share(y_true, y_pred):\n    return 100.0 * overlap(y_true, y_pred)\n",
    },
    "a script without Keras": {
        "report.py": "from scores import overlap\n\nprint(overlap([1.0], [0.2]))\n"
    },
    "a script that knows its module": {
        "report.py": "import scores\n\nprint(scores.overlap(1.0, 0.2))\n"
    },
    "its own file": {
        "scores.py": HELPER + "\n\ndef percent(a, b):\n    return 100 * overlap(a, b)\n"
    },
}


@pytest.mark.parametrize("more", SHARED_WITH.values(), ids=SHARED_WITH.keys())
def test_what_others_use_too_is_copied_beside_itself(tmp_path: Path, more: dict[str, str]) -> None:
    files = {**USUAL, **more}
    after = fixed(tmp_path, files)
    assert files["scores.py"].split("FLOOR = 1.0")[1].strip() in after["scores.py"]
    assert "def soft_overlap(y_true, y_pred, steepness=10.0):" in after["scores.py"]
    assert "return 1.0 - soft_overlap(y_true, y_pred, steepness)" in after["misses.py"]
    assert "from scores import soft_overlap\n" in after["misses.py"]
    assert not after.keys() - {"scores.py", "misses.py", "others.py"}


IMPORTS = {
    "its module": ("import scores", "scores.overlap", "import scores", "scores.soft_overlap"),
    "its module by another name": (
        "import scores as s",
        "s.overlap",
        "import scores as s",
        "s.soft_overlap",
    ),
    "it by another name": (
        "from scores import overlap as o",
        "o",
        "from scores import soft_overlap",
        "soft_overlap",
    ),
    "it among others": (
        "from scores import (\n    FLOOR,\n    overlap,\n)",
        "FLOOR * overlap",
        "from scores import (\n    FLOOR,\n    soft_overlap,\n)",
        "FLOOR * soft_overlap",
    ),
    "it for others, too": (
        'from scores import overlap\n\n__all__ = ["miss_loss", "overlap"]',
        "overlap",
        'from scores import overlap, soft_overlap\n\n__all__ = ["miss_loss", "overlap"]',
        "soft_overlap",
    ),
    "everything": (
        "from scores import *",
        "overlap",
        "from scores import *\nfrom scores import soft_overlap",
        "soft_overlap",
    ),
}


@pytest.mark.parametrize(("old", "call", "new", "new_call"), IMPORTS.values(), ids=IMPORTS.keys())
def test_a_loss_may_import(tmp_path: Path, old: str, call: str, new: str, new_call: str) -> None:
    loss = LOSS.replace("from scores import overlap", old).replace(
        " overlap(y_true", f" {call}(y_true"
    )
    after = fixed(tmp_path, {**USUAL, "misses.py": loss, "train.py": MEASURED})
    assert new in after["misses.py"]
    assert f"return 1.0 - {new_call}(y_true, y_pred, steepness)" in after["misses.py"]


def test_a_copy_is_imported_from_where_it_stands_and_not_by_way_of_others(tmp_path: Path) -> None:
    files = {
        "kit/__init__.py": "from .scores import overlap\n",
        "kit/scores.py": HELPER,
        "kit/depth/__init__.py": "",
        "kit/depth/misses.py": LOSS.replace("from scores", "from .. "),
        "train.py": MEASURED.replace("from misses", "from kit.depth.misses").replace(
            "from scores", "from kit"
        ),
    }
    after = fixed(tmp_path, files)
    assert after.keys() == {"kit/scores.py", "kit/depth/misses.py"}
    assert "from ..scores import soft_overlap\n" in after["kit/depth/misses.py"]


def test_functions_on_the_way_to_a_shared_one_hand_the_steepness_down(tmp_path: Path) -> None:
    between = "\n\ndef missed(y_true, y_pred):\n    return 1.0 - overlap(y_true, y_pred)\n"
    files = {
        **USUAL,
        "misses.py": LOSS.split("\n\n\n")[0]
        + "\n"
        + between
        + "\n\ndef miss_loss(y_true, y_pred):\n    return missed(y_true, y_pred)\n",
        "train.py": MEASURED,
    }
    after = fixed(tmp_path, files)["misses.py"]
    assert "def missed(y_true, y_pred, steepness=10.0):" in after
    assert "return 1.0 - soft_overlap(y_true, y_pred, steepness)" in after
    assert "return missed(y_true, y_pred, steepness)" in after


SHARED_STEP = """
import tensorflow as tf
from scores import overlap


def doubled(y_true, y_pred):
    return 2.0 * overlap(y_true, y_pred)


def miss_loss(y_true, y_pred):
    return 2.0 - doubled(y_true, y_pred)


def build(model):
    model.compile(loss=miss_loss, metrics=[doubled])
"""
SHARED_METHOD = """
import tensorflow as tf
from scores import overlap


class Segmenter:
    def doubled(self, y_true, y_pred):
        return 2.0 * overlap(y_true, y_pred)

    def miss_loss(self, y_true, y_pred):
        return 2.0 - self.doubled(y_true, y_pred)

    def build(self, model):
        model.compile(loss=self.miss_loss, metrics=[self.doubled])
"""


@pytest.mark.parametrize("loss", [SHARED_STEP, SHARED_METHOD])
def test_a_shared_step_on_the_way_to_another_file_is_copied_where_it_stands(
    tmp_path: Path, loss: str
) -> None:
    after = fixed(tmp_path, {"scores.py": HELPER, "misses.py": loss})
    assert "_soft_doubled(y_true, y_pred, " in after["misses.py"]
    assert "return 2.0 * soft_overlap(y_true, y_pred, steepness)" in after["misses.py"]
    assert "doubled" not in after["scores.py"]


def test_a_function_of_a_file_that_is_not_of_the_run_stays_as_it_is(tmp_path: Path) -> None:
    at = written(tmp_path, USUAL)
    lossfix("fix", "--no-verify", "misses.py", "train.py", at=at)
    assert (at / "scores.py").read_text() == HELPER.lstrip("\n")


def test_a_comment_keeps_a_function_of_another_file_as_it_is(tmp_path: Path) -> None:
    quiet = HELPER.replace("tf.float32)", "tf.float32)  # lossfix: ignore[LF201]", 1)
    assert fixed(tmp_path, {**USUAL, "scores.py": quiet}) == {}


ARRAYS = """
import numpy as np


def overlap(y_true, y_pred):
    return np.mean(y_true * y_pred)
"""


def test_what_others_call_with_arrays_goes_on_to_give_them_arrays(tmp_path: Path) -> None:
    more = SHARED_WITH["a script without Keras"]
    after = fixed(tmp_path, {**USUAL, **more, "scores.py": ARRAYS})
    assert ARRAYS.split("np\n")[1].strip() in after["scores.py"]
    assert "return tf.reduce_mean(y_true * y_pred)" in after["scores.py"]


def test_nothing_is_left_to_find_after_a_copy_was_made(tmp_path: Path) -> None:
    at = written(tmp_path, {**USUAL, "train.py": MEASURED})
    assert lossfix("fix", "--no-verify", ".", at=at).code == 0
    again = lossfix("fix", "--no-verify", "--diff", ".", at=at)
    assert (again.code, again.out) == (0, b"")


def test_a_repair_of_two_files_is_one_in_the_report_and_is_undone_as_one(tmp_path: Path) -> None:
    at = written(tmp_path, {**USUAL, "train.py": MEASURED})
    ended = lossfix("fix", "--no-verify", "--output-format", "json", ".", at=at)
    (outcome,) = json.loads(ended.out)["outcomes"]
    assert (outcome["loss"], outcome["filename"]) == ("miss_loss", "misses.py")
    assert outcome["elsewhere"] == ["scores.py"]
    assert lossfix("undo", at=at).code == 0
    assert (at / "scores.py").read_text() == HELPER.lstrip("\n")
    assert (at / "misses.py").read_text() == LOSS.lstrip("\n")


def test_one_answer_decides_about_both_files(tmp_path: Path) -> None:
    at = written(tmp_path, {**USUAL, "train.py": MEASURED})
    ended = lossfix("fix", "--no-verify", "-i", ".", at=at, stdin=b"n\n")
    assert "and in scores.py" in ended.text + ended.err
    assert (at / "scores.py").read_text() == HELPER.lstrip("\n")


BASE = """
import tensorflow as tf


class WeightedLoss(tf.keras.losses.Loss):
    def __init__(self, weight=1.0, **kwargs):
        super().__init__(**kwargs)
        self.weight = weight

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}
"""
EXTENDED = """
import tensorflow as tf
from base import WeightedLoss


class Missed(WeightedLoss):
    def call(self, y_true, y_pred):
        return self.weight * tf.reduce_mean(y_true * tf.cast(y_pred < 0.5, tf.float32), axis=-1)
"""


def test_a_class_is_a_loss_whose_base_is_one_in_another_file(tmp_path: Path) -> None:
    after = fixed(tmp_path, {"base.py": BASE, "missed.py": EXTENDED})
    assert after.keys() == {"missed.py"}
    assert after["missed.py"].split("class ")[1] == """Missed(WeightedLoss):
    def __init__(self, steepness=10.0, **kwargs):
        super().__init__(**kwargs)
        self.steepness = steepness

    def call(self, y_true, y_pred):
        return self.weight * tf.reduce_mean(
            y_true * tf.sigmoid(self.steepness * (0.5 - y_pred)), axis=-1
        )

    def get_config(self):
        return {**super().get_config(), "steepness": self.steepness}
"""


def test_a_class_that_has_its_call_from_another_file_is_mended(tmp_path: Path) -> None:
    gap = """
import tensorflow as tf
from wrapping import LossOfFunction


class GapLoss(LossOfFunction):
    def __init__(self, power=2.0, reduction=tf.keras.losses.Reduction.AUTO):
        super().__init__(tf.abs, reduction=reduction, power=power)
"""
    wrapping = """
import tensorflow as tf


class LossOfFunction(tf.keras.losses.Loss):
    def __init__(self, fn, reduction="sum", **kwargs):
        super().__init__(reduction=reduction)
        self.fn, self.kwargs = fn, kwargs

    def call(self, y_true, y_pred):
        return self.fn(y_true - y_pred) ** self.kwargs["power"]
"""
    at = written(tmp_path, {"wrapping.py": wrapping, "gap.py": gap})
    lossfix("fix", "--no-verify", "--select", "LF401", ".", at=at)
    assert 'reduction="sum_over_batch_size"):' in (at / "gap.py").read_text()


def test_a_class_is_no_loss_whose_base_is_none(tmp_path: Path) -> None:
    plain = BASE.replace("(tf.keras.losses.Loss)", "").replace("super().__init__(**kwargs)", "pass")
    assert fixed(tmp_path, {"base.py": plain, "missed.py": EXTENDED}) == {}


ROUNDED = """
import numpy as np
import tensorflow as tf


def decided(x, limit=0.5):
    return tf.cast(x > limit, tf.float32)


def whole(x):
    return np.round(x)
"""


def test_what_another_file_is_handed_says_which_parameter_has_the_predictions(
    tmp_path: Path,
) -> None:
    loss = """
import tensorflow as tf
from rounded import decided, whole


def miss_loss(y_true, y_pred):
    known = whole(y_true)
    score = 2.0 * y_pred
    return tf.reduce_mean(known * (1.0 - decided(score)), axis=-1)
"""
    after = fixed(tmp_path, {"misses.py": loss, "rounded.py": ROUNDED, "train.py": TRAIN})
    assert "def decided(x, limit=0.5, steepness=10.0):" in after["rounded.py"]
    assert "return tf.sigmoid(steepness * (x - limit))" in after["rounded.py"]
    # Nothing is known of what is handed targets alone.
    assert "return np.round(x)" in after["rounded.py"]
    assert "decided(score, steepness=steepness)" in after["misses.py"]


def test_a_copy_is_handed_what_the_original_was(tmp_path: Path) -> None:
    loss = LOSS.replace("scores import overlap", "rounded import decided").replace(
        "overlap(y_true, y_pred)", "y_true * decided(y_pred)"
    )
    report = "from rounded import decided\n\nprint(decided(0.3))\n"
    files = {"misses.py": loss, "rounded.py": ROUNDED, "train.py": TRAIN, "report.py": report}
    after = fixed(tmp_path, files)
    assert "def decided(x, limit=0.5):\n    return tf.cast(x > limit" in after["rounded.py"]
    assert "def soft_decided(x, limit=0.5, steepness=10.0):" in after["rounded.py"]
    assert "y_true * soft_decided(y_pred, steepness=steepness)" in after["misses.py"]


FIT = """
import tensorflow as tf


def fit(model, how, steps=1):
    model.compile("sgd", how)
    return steps
"""
RUN = """
import keras
from fitting import fit
from losses import gap


def trained(model, what):
    return fit(model, what, steps=3)


def main(model, first):
    model.compile(loss=first)
    trained(model, gap)
"""
GAP = """
import tensorflow as tf


def gap(a, b):
    return tf.reduce_mean(tf.abs(a - b), axis=-1)
"""


def found(folder: Path, files: dict[str, str]) -> list[str]:
    ended = lossfix("check", ".", at=written(folder, files))
    return [line.split("  ")[0] for line in ended.text.splitlines()]


def test_a_loss_may_reach_compile_through_functions_of_other_files(tmp_path: Path) -> None:
    files = {"fitting.py": FIT, "losses.py": GAP, "run.py": RUN}
    (line,) = found(tmp_path, files)
    assert line.startswith("losses.py:4:5: info LF301 [*] `gap` is a bare function")


def test_a_function_that_another_file_calls_itself_is_no_loss_by_that(tmp_path: Path) -> None:
    called = FIT.replace('model.compile("sgd", how)', "how(model, steps)")
    assert found(tmp_path, {"fitting.py": called, "losses.py": GAP, "run.py": RUN}) == []


def test_a_loss_of_the_same_file_may_be_passed_to_another_one(tmp_path: Path) -> None:
    here = GAP + "\n\ndef main(model):\n    fit(model, how=gap)\n"
    here = here.replace(
        "import tensorflow as tf", "import tensorflow as tf\nfrom fitting import fit"
    )
    (line,) = found(tmp_path, {"fitting.py": FIT, "losses.py": here})
    assert line.startswith("losses.py:5:5: info LF301 [*] `gap` is a bare function")


def test_v_says_what_each_function_is_taken_for(tmp_path: Path) -> None:
    at = written(tmp_path, {**USUAL, "train.py": MEASURED})
    said = lossfix("check", "-v", ".", at=at).err
    assert "misses.py:5: miss_loss: loss (compiled, named so)\n" in said
    assert "scores.py:6: overlap: part of a loss and of a metric\n" in said


def test_what_a_lambda_calls_in_another_file_is_mended_with_it(tmp_path: Path) -> None:
    files = {
        "scores.py": "import numpy as np\nimport tensorflow as tf\n\n\n"
        "def gap(a, b, power):\n    return np.mean(np.abs(a - b)) ** power\n",
        "train.py": "import tensorflow as tf\nfrom scores import gap\n\n\n"
        "def build(model):\n    model.compile(loss=lambda t, p: gap(t, p, 1.5))\n",
    }
    at = written(tmp_path, files)
    lossfix("fix", "--no-verify", "--select", "LF1,LF318", ".", at=at)
    assert "tf.reduce_mean(tf.abs(a - b)) ** power" in (tmp_path / "scores.py").read_text()
    assert "model.compile(loss=gap_loss)" in (tmp_path / "train.py").read_text()


def test_a_gate_that_a_lambda_with_self_alone_calls_is_left_with_a_reason(tmp_path: Path) -> None:
    files = {
        "scores.py": "import tensorflow as tf\n\n\ndef gate(a, b, at):\n"
        "    return tf.reduce_mean(tf.where(b > at, 2.0, 1.0) * tf.abs(a - b), axis=-1)\n",
        "train.py": "import tensorflow as tf\nfrom scores import gate\n\n\nclass Trainer:\n"
        "    def build(self, model):\n        model.compile(loss=lambda t, p: gate(t, p, self.at))\n",
    }
    at = written(tmp_path, files)
    found = {}
    for command in (("check",), ("fix", "--no-verify")):
        ended = lossfix(*command, "--output-format", "json", ".", at=at)
        found[command[0]] = {each["code"]: each for each in json.loads(ended.out)["findings"]}
    assert found["check"]["LF202"]["fix"] is not None
    assert found["fix"]["LF202"]["fix"] is None
    assert found["fix"]["LF202"]["reason"].startswith("a lambda calls it")


def test_a_lambda_has_a_name_before_what_it_calls_is_copied_for_it(tmp_path: Path) -> None:
    files = {
        "scores.py": "import numpy as np\nimport tensorflow as tf\n\n\n"
        "def gap(a, b, power=1.5):\n    return np.mean(np.abs(a - b)) ** power\n",
        "train.py": "import tensorflow as tf\nfrom scores import gap\n\n\n"
        "def build(model):\n    model.compile(loss=lambda t, p: gap(t, p, 1.5), metrics=[gap])\n",
    }
    at = written(tmp_path, files)
    lossfix("fix", "--no-verify", "--select", "LF1,LF318", ".", at=at)
    train = (tmp_path / "train.py").read_text()
    assert "def gap_loss(t, p):\n    return tensor_gap(t, p, 1.5)" in train
    assert "model.compile(loss=gap_loss, metrics=[gap])" in train


RANKS = """
import numpy as np


def ranks_of(scores):
    return np.sum(scores[:, :, None] - scores[:, None, :], axis=-1)


def table(scores):
    return ranks_of(np.asarray(scores)).tolist()
"""
RANKED = """
import tensorflow as tf
from scores import ranks_of


def square_loss(y_true, y_pred):
    return tf.reduce_mean(tf.square(y_true - ranks_of(y_pred)), axis=-1)


def distance_loss(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - ranks_of(y_pred)), axis=-1)
"""


def test_several_losses_share_one_copy(tmp_path: Path) -> None:
    after = fixed(tmp_path, {"scores.py": RANKS, "losses.py": RANKED})
    assert after["scores.py"].count("def ") == 3
    assert "def tensor_ranks_of(scores):\n    return tf.reduce_sum(" in after["scores.py"]
    assert "from scores import tensor_ranks_of\n" in after["losses.py"]
    assert after["losses.py"].count("- tensor_ranks_of(y_pred)") == 2


def test_what_tensorflow_makes_a_tensor_of_anyway_is_mended_where_it_stands(tmp_path: Path) -> None:
    files = {
        "scores.py": "import tensorflow as tf\n\n\ndef entropy(labels, logits):\n    "
        "return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)\n",
        "report.py": "from scores import entropy\n\nprint(entropy([1], [[0.5, 0.2]]))\n",
        "losses.py": "import tensorflow as tf\nfrom scores import entropy\n\n\n"
        "def word_loss(y_true, y_pred):\n    return 2.0 * entropy(y_true, y_pred)\n\n\n"
        "model.compile(loss=word_loss)\n",
    }
    after = fixed(tmp_path, files)
    assert after.keys() == {"scores.py"}
    assert "        tf.cast(labels, tf.int32), logits\n" in after["scores.py"]


def test_a_size_among_those_that_tensorflow_is_given_is_mended_where_it_stands(
    tmp_path: Path,
) -> None:
    files = {
        "scores.py": "import tensorflow as tf\n\n\ndef mixed(real, fake):\n"
        "    share = tf.random.uniform([1 * real.shape[0], 1])\n"
        "    return share * real + (1.0 - share) * fake\n",
        "report.py": "from scores import mixed\n\nprint(mixed([[1.0]], [[0.5]]))\n",
        "losses.py": "import tensorflow as tf\nfrom scores import mixed\n\n\n"
        "def mixed_loss(y_true, y_pred):\n    return tf.reduce_mean(mixed(y_true, y_pred))\n\n\n"
        "model.compile(loss=mixed_loss)\n",
    }
    after = fixed(tmp_path, files)
    assert after.keys() == {"scores.py"}
    assert "tf.random.uniform([1 * tf.shape(real)[0], 1])" in after["scores.py"]


def test_a_loss_whose_part_was_mended_for_another_tells_what_was_wrong(tmp_path: Path) -> None:
    text = "import keras.backend as K\n\n\ndef gap(a, b):\n    return K.square(a - b)\n"
    for name in ("one_loss", "two_loss"):
        text += f"\n\ndef {name}(y_true, y_pred):\n    return 2.0 * gap(y_true, y_pred)\n"
    at = written(tmp_path, {"losses.py": text})
    select = ("--select", "LF402", "--output-format", "json")
    ended = lossfix("fix", "--no-verify", *select, ".", at=at)
    outcomes = [(each["status"], each["codes"]) for each in json.loads(ended.out)["outcomes"]]
    assert outcomes == [("fixed", ["LF402"]), ("fixed", ["LF402"])]


ZOO = """
import numpy as np
import tensorflow as tf


def tall(a, b):
    return np.mean(np.abs(a - b))


class Zoo:
    def __init__(self, weight=2.0):
        self.weight = weight

    def tall(self, a, b):
        return self.weight * np.mean(np.abs(a - b))

    @staticmethod
    def wide(a, b):
        return np.mean(np.abs(a - b))

    def round(y_true, y_pred):
        return np.mean(np.abs(y_true - y_pred))

    def made(self, power):
        def inner(a, b):
            return np.mean(np.abs(a - b)) ** power

        return inner
"""
BY_WAY_OF = {
    "model.compile(loss=Zoo.wide)": "Zoo.wide",
    "model.compile(loss=zoo.Zoo.round)": "Zoo.round",
    "model.compile(loss=Zoo(3.0).tall)": "Zoo.tall",
    "animals = Zoo()\n    model.compile(loss=animals.tall)": "Zoo.tall",
    "self.zoo = zoo.Zoo()\n    model.compile(loss=[self.zoo.tall])": "Zoo.tall",
    "animals = Zoo()\n    model.compile(loss=animals.made(2.0))": "Zoo.made.inner",
    "animals = other()\n    model.compile(loss=animals.tall)": "",
    "animals = Zoo()\n    model.compile(loss='mse', metrics=[animals.tall])": "",
    "animals = Zoo()\n    animals.tall(1, 2)": "",
}


@pytest.mark.parametrize(("line", "name"), BY_WAY_OF.items())
def test_a_method_of_a_class_of_another_file_may_be_compiled(
    tmp_path: Path, line: str, name: str
) -> None:
    head = "import keras\nimport zoo\nfrom others import other\nfrom zoo import Zoo\n\n\n"
    files = {"zoo.py": ZOO, "train.py": f"{head}def build(self, model):\n    {line}\n"}
    at = written(tmp_path, files)
    run = lossfix("check", "--output-format", "json", ".", at=at)
    found = {each["loss"] for each in json.loads(run.out)["findings"]}
    assert found == ({name} if name else set())


SCORE = """
import tensorflow as tf


def far_loss(y_true, y_pred):
    return tf.reduce_mean(tf.cast(tf.abs(y_true - y_pred) > 0.1, tf.float32), axis=-1)
"""
EVALUATED = """
from losses import far_loss


def report(model, x, y):
    return float(far_loss(y, model.predict(x)).numpy().mean())
"""
NAMED = EVALUATED.replace(
    "return float(far_loss(", 'score = {"far": far_loss}["far"]\n    return float(score('
)


@pytest.mark.parametrize("reader", [EVALUATED, NAMED])
def test_what_is_called_for_its_value_and_never_trained_with_is_not_smoothed(
    tmp_path: Path, reader: str
) -> None:
    files = {"losses.py": SCORE, "report.py": reader}
    assert fixed(tmp_path, files) == {}
    assert "tf.sigmoid" in fixed(tmp_path, files, "--gate", "sigmoid")["losses.py"]


def test_what_is_trained_with_is_smoothed_though_its_value_is_asked_for_too(tmp_path: Path) -> None:
    train = TRAIN.replace("misses", "losses").replace("miss_loss", "far_loss")
    files = {"losses.py": SCORE, "report.py": EVALUATED, "train.py": train}
    assert "tf.sigmoid" in fixed(tmp_path, files)["losses.py"]
