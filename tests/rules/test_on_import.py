"""What a class does when its file is imported, and a function does not, keeps some losses functions."""

from __future__ import annotations

import pytest

from lossfix.checking import Options, check
from lossfix.rules import rule_called

LOSS = (
    "def far_loss(y_true, y_pred):\n    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)\n"
)
OPTIONAL = (
    "try:\n    import tensorflow as tf\n    from tensorflow import keras\nexcept ImportError:\n"
)


def reason(source: str, rule: str = "bare-function") -> str:
    known = rule_called(rule)
    assert known is not None
    (found,) = check("losses.py", source, Options((known,)))
    return found.reason


@pytest.mark.parametrize(
    "handler",
    ["    pass\n", "    HAS_TF = False\n", "    tf = None\n", "    print('no TensorFlow')\n"],
)
def test_a_file_that_does_without_its_framework_keeps_its_functions(handler: str) -> None:
    assert "imported all the same" in reason(OPTIONAL + handler + LOSS)
    every = OPTIONAL.replace("ImportError", "(ImportError, OSError)")
    assert "imported all the same" in reason(every + handler + LOSS)


def test_a_file_that_leaves_its_framework_to_its_functions_keeps_them() -> None:
    own = LOSS.replace("    return", "    import tensorflow as tf\n    return")
    assert "imported all the same" in reason("import numpy as np\n" + own)
    assert reason("import tensorflow as tf\n" + own) == ""
    assert reason("from tensorflow import keras\n" + own) == ""


@pytest.mark.parametrize(
    "above",
    [
        OPTIONAL + "    raise SystemExit('install TensorFlow')\n",
        OPTIONAL + "    sys.exit(1)\n",
        OPTIONAL + "    import tf_keras as keras\n    import tensorflow.compat.v2 as tf\n",
        OPTIONAL.replace("ImportError", "ValueError") + "    pass\n",
        OPTIONAL + "    pass\nimport tensorflow as tf\n",
        "import tensorflow as tf\ntry:\n    import keras\nexcept ImportError:\n    pass\n",
        "import tensorflow as tf\ntry:\n    tf.init()\nexcept ImportError:\n    pass\n",
    ],
)
def test_a_file_that_needs_its_framework_may_have_classes(above: str) -> None:
    assert reason("import sys\n" + above + LOSS) == ""


def test_where_the_framework_was_found_a_class_may_stand() -> None:
    body = LOSS.replace("\n    ", "\n        ").replace("def ", "    def ")
    assert reason(f"{OPTIONAL}    tf = None\nif tf is not None:\n{body}") == ""


def test_a_loss_that_reads_what_a_loop_sets_stays_a_function() -> None:
    inner = (
        "    def far_loss(y_true, y_pred):\n"
        "        return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1) / {0}\n"
        "    model.compile(loss=far_loss)\n"
    )
    for head, name in (
        ("for width in [1.0, 2.0]:\n", "width"),
        ("for number, (width, depth) in RUNS:\n", "depth"),
        ("while running:\n    width = next(widths)\n", "width"),
        ("for each in [1.0]:\n    if each:\n        width = each\n", "width"),
    ):
        source = f"import tensorflow as tf\n{head}{inner.format(name)}"
        assert f"reads `{name}`, which the loop around it sets" in reason(source)
    for head in (
        "for width in [1.0, 2.0]:\n",
        "SCALE = 2.0\nfor width in [1.0, 2.0]:\n    def other():\n        SCALE = 1.0\n",
    ):
        source = f"import tensorflow as tf\nSCALE = 2.0\n{head}{inner.format('SCALE')}"
        assert reason(source) == ""


FACTORY = (
    "def make_far(w=2.0):\n    @keras.saving.register_keras_serializable({inner})\n"
    "    def far_loss(y_true, y_pred):\n        return w * tf.abs(y_true - y_pred)\n    return far_loss\n"
    "model.compile(loss=make_far())\n"
)


@pytest.mark.parametrize(
    ("outer", "inner", "kept"),
    [
        ("", "", True),
        ("'shop'", "package='shop'", True),
        ("", "'Custom'", True),
        ("name='other'", "", False),
        ("'shop'", "", False),
        ("NAME", "", False),
    ],
)
def test_what_is_registered_by_one_name_is_not_made_to_replace_it(
    outer: str, inner: str, kept: bool
) -> None:
    source = (
        "import keras\nimport tensorflow as tf\n"
        f"@keras.saving.register_keras_serializable({outer})\n{LOSS}{FACTORY.format(inner=inner)}"
    )
    told = reason(source, "closure")
    assert ("`far_loss` is registered by the same name" in told) is kept
    assert kept or told == ""
