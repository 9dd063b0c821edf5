"""A failing import is replaced with all of its uses, or reported."""

from __future__ import annotations

import pytest
from test_removed_names import body, found, source

from lossfix.checking import Options, check
from lossfix.engine import repair, repairable
from lossfix.model import Severity
from lossfix.rules import removed_import

ALONE = Options((removed_import.RULE,))


def fixed(text: str) -> str:
    text = source(text)
    for loss in repairable(text, ALONE):
        text = repair("losses.py", text, loss.name, ALONE).after
    return text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("from keras.losses import mse", "from keras.losses import mean_squared_error as mse"),
        (
            "from keras.losses import mse as f, Loss",
            "from keras.losses import mean_squared_error as f, Loss",
        ),
        (
            "from tensorflow.keras.losses import mean_absolute_error",
            "from tensorflow.keras.losses import MAE as mean_absolute_error",
        ),
        ("from tensorflow import log", "from tensorflow.math import log"),
        ("from keras.api.losses import Loss as f", "from keras.losses import Loss as f"),
        (
            "from keras.api.backend import mean as f",
            "from tensorflow.keras.backend import mean as f",
        ),
        ("from keras.api.backend import epsilon as f", "from keras.backend import epsilon as f"),
        ("from keras.api import backend as K", "from keras import backend as K"),
        ("import keras.api.backend as K", "from keras import backend as K"),
        (
            "from keras.api._v2.keras import backend as K",
            "from tensorflow.keras import backend as K",
        ),
        ("import keras.backend.tensorflow_backend as K", "from keras import backend as K"),
        ("from keras.backend import tensorflow_backend as K", "from keras import backend as K"),
        (
            "from tensorflow.python.keras import backend as K",
            "from tensorflow.keras import backend as K",
        ),
        ("from keras.objectives import mse", "from keras.losses import mean_squared_error as mse"),
        (
            "from keras.objectives import categorical_crossentropy",
            "from keras.losses import categorical_crossentropy",
        ),
        (
            "from tensorflow.contrib.keras import backend as K",
            "from tensorflow.keras import backend as K",
        ),
    ],
)
def test_an_import_is_replaced_by_one_that_binds_the_same_name(old: str, new: str) -> None:
    name = old.replace(",", "").split()[-1] if "Loss" not in old else "f"
    use = f"{name}.mean(y_true - y_pred)" if name == "K" else f"{name}(y_true, y_pred)"
    assert fixed(body(use, old)) == body(use, new)


def test_two_kinds_of_keras_are_not_mixed() -> None:
    text = body(
        "K.mean(losses_utils.scale(y_true) - y_pred)",
        "from tensorflow.python.keras import backend as K",
        "from tensorflow.python.keras.utils import losses_utils",
    )
    assert [bool(each.reason) for each in found(text)] == [True, True]
    assert fixed(text) == text


def test_nor_are_they_where_another_loss_of_the_file_needs_the_other_kind() -> None:
    text = source("""
        from tensorflow.python.keras import losses
        from tensorflow.python.keras import backend as K


        class WrappedLoss(losses.LossFunctionWrapper):
            def __init__(self, *args):
                super().__init__(*args)


        def gap_loss(y_true, y_pred):
            return K.mean(K.abs(y_true - y_pred), axis=-1)
    """)
    assert all(each.reason for each in found(text))
    assert fixed(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "from keras.utils import losses_utils",
        "from keras.src.utils import losses_utils",
        "from keras.src.losses import losses_utils",
    ],
)
@pytest.mark.parametrize("written", ["Reduction.SUM", "ReductionV2.SUM"])
def test_the_reductions_of_keras_2_are_strings_today(line: str, written: str) -> None:
    text = fixed(f"""
        import tensorflow as tf
        from keras.losses import Loss
        {line}


        class GapLoss(Loss):
            def __init__(self):
                super().__init__(reduction=losses_utils.{written}, name="gap")

            def call(self, y_true, y_pred):
                return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
    """)
    assert "losses_utils" not in text
    assert 'super().__init__(reduction="sum", name="gap")' in text


def test_a_wrapper_that_no_class_extends_is_an_import_that_fails() -> None:
    text = """
        import tensorflow as tf
        from keras.losses import LossFunctionWrapper


        def gap_loss(y_true, y_pred):
            return tf.abs(y_true - y_pred)


        def chosen():
            return LossFunctionWrapper(gap_loss)
    """
    (finding,) = found(text)
    assert "`keras.losses.LossFunctionWrapper` cannot be imported" in finding.message
    extended = text + "\n\n        class Gap(LossFunctionWrapper):\n            pass\n"
    assert not any("cannot be imported" in each.message for each in found(extended))


def test_an_import_fails_beside_losses_that_keras_does_not_call_too() -> None:
    text = """
        from keras.layers.merge import Concatenate
        from keras import backend as K


        class Weighing:
            def multi_loss(self, ys, outputs, scales):
                return K.epsilon() * scales * ys * outputs
    """
    (finding,) = found(text)
    assert "`keras.layers.merge.Concatenate` cannot be imported" in finding.message
    assert found(text.replace("multi_loss", "weigh")) == ()


def test_what_weighed_and_reduced_a_loss_is_told_to_be_kerass_own_work() -> None:
    line = "from keras.utils import losses_utils"
    (finding,) = found(body("losses_utils.compute_weighted_loss(y_true - y_pred)", line))
    assert "weighs and reduces" in finding.reason


def test_uses_are_rewritten_where_no_import_would_do() -> None:
    text = fixed("""
        # the names
        from keras.backend import mean, square  # as in Keras 2
        import tensorflow as tf


        def a_loss(y_true, y_pred):
            return mean(square(y_true - y_pred), axis=-1)


        def spread(y_pred):
            return mean(y_pred)
        """)
    assert text == source("""
        # the names
        # as in Keras 2
        import tensorflow as tf


        def a_loss(y_true, y_pred):
            return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1)


        def spread(y_pred):
            return tf.reduce_mean(y_pred)
        """)


def test_names_that_can_still_be_imported_stay() -> None:
    text = fixed(body("mean(y_pred) + epsilon()", "from keras.backend import mean, epsilon"))
    assert "from keras.backend import epsilon\n" in text
    assert "import tensorflow as tf\n" in text


def test_the_enumeration_of_reductions_goes_with_its_import() -> None:
    text = fixed("""
        from keras.losses import Loss, Reduction


        class Scaled(Loss):
            def __init__(self):
                super().__init__(reduction=Reduction.NONE)

            def call(self, y_true, y_pred):
                return y_true - y_pred
        """)
    assert "from keras.losses import Loss\n" in text
    assert 'super().__init__(reduction="none")' in text


def test_one_use_without_a_counterpart_keeps_the_import() -> None:
    text = body("mean(learning_phase() * y_pred)", "from keras.backend import mean, learning_phase")
    assert fixed(text) == text
    (finding,) = found(text)
    assert finding.code == "LF405"
    assert "learning_phase" in finding.reason
    assert "line 5" in finding.reason


MATH = "from tensorflow.python.ops import math_ops"


def test_a_private_import_that_has_a_public_name_is_replaced() -> None:
    (finding,) = found(body("math_ops.reduce_mean(y_pred)", MATH))
    assert finding.severity is Severity.INFO
    assert not finding.reason


def test_who_needs_private_modules_has_chosen_so() -> None:
    private = "from tensorflow.python.framework import ops"
    text = body("ops.name_scope(math_ops.reduce_mean(y_pred))", MATH, private)
    assert found(text) == ()


def test_the_keras_within_tensorflow_is_a_warning() -> None:
    (finding,) = found(body("K.mean(y_pred)", "from tensorflow.python.keras import backend as K"))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    "statement",
    [
        "from keras.backend import epsilon as mean",
        "from tensorflow.keras.backend import mean",
        "from keras.ops import mean",
        "from .backend import mean",
        "try:\n    from keras.backend import mean\nexcept ImportError:\n    from keras.ops import mean",
        "from keras.losses import mean_squared_error as mean",
    ],
)
def test_imports_that_work_are_left_alone(statement: str) -> None:
    assert found(body("mean(y_pred)", "import tensorflow as tf", statement)) == ()


@pytest.mark.parametrize("package", ["tensorflow_addons", "tensorflow_addons.losses.pinball"])
def test_the_files_of_a_package_may_import_from_it(package: str) -> None:
    text = body(
        "pinball_loss(y_true, y_pred)",
        "import tensorflow as tf",
        "from tensorflow_addons.losses import pinball_loss",
    )
    own = Options((removed_import.RULE,), package=package)
    assert [each.code for each in check("losses.py", text, ALONE)] == ["LF405"]
    assert check("losses.py", text, own) == ()


BESIDE = (
    "import keras\n{}\n\n\ndef a_loss(y_true, y_pred):\n    return keras.ops.abs(y_true - y_pred)\n"
)


@pytest.mark.parametrize(
    ("statement", "cure"),
    [
        ("from keras.engine.topology import Layer", "`keras.layers.Layer`"),
        ("from keras.src.engine import data_adapter", "internal to Keras 2"),
        ("from keras.layers.advanced_activations import LeakyReLU", "`keras.layers`"),
        ("from keras.utils.generic_utils import get_custom_objects", "today it is"),
        ("from keras.utils import np_utils, plot_model", "`keras.utils`"),
        ("import keras.preprocessing.text", "TextVectorization"),
        ("from tensorflow.contrib.tpu import keras_support", "TensorFlow 2.0"),
        ("from tensorflow import set_random_seed", "tf.random.set_seed"),
        ("from tensorflow import Session", "tf.compat.v1.Session"),
    ],
)
def test_an_import_that_no_loss_depends_on_is_reported(statement: str, cure: str) -> None:
    (finding,) = check("losses.py", BESIDE.format(statement), ALONE)
    assert (finding.code, finding.span.line) == ("LF405", 2)
    assert cure in finding.reason


@pytest.mark.parametrize(
    "statement",
    [
        "from keras.layers import LeakyReLU",
        "from keras.backend import epsilon",
        "from tensorflow.python.keras.engine import training",
        "import tensorflow_addons as tfa",
        "try:\n    from keras.engine import Layer\nexcept ImportError:\n    Layer = keras.layers.Layer",
        "if keras.__version__ < '3':\n    from keras.utils import np_utils",
        "from .engine import Layer",
    ],
)
def test_an_import_that_may_succeed_is_not_mentioned(statement: str) -> None:
    assert check("losses.py", BESIDE.format(statement), ALONE) == ()


def test_a_file_without_losses_may_import_what_it_likes() -> None:
    assert check("layers.py", "from keras.engine import Layer\n", ALONE) == ()


@pytest.mark.parametrize(
    "guard", ["if typing.TYPE_CHECKING:", "try:", "if tf.__version__ < '2.16':"]
)
def test_what_is_imported_from_the_modules_of_keras_under_a_condition_is_left(guard: str) -> None:
    text = source(f"""
        import typing
        from tensorflow import keras
        import tensorflow as tf
        {guard}
            from keras.api._v2 import keras
        {"except ImportError: pass" if guard == "try:" else ""}

        class GapLoss(keras.losses.Loss):
            def call(self, y_true, y_pred):
                return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)
        """)
    assert not [each for each in found(text) if each.code == "LF405"]
