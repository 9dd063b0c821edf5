"""Removed names are mended wherever a loss reaches them, and what still works is left alone."""

from __future__ import annotations

from textwrap import dedent

import pytest

from lossfix.checking import Options, check
from lossfix.engine import repair, repairable
from lossfix.model import Finding, Severity
from lossfix.rules import (
    removed_backend,
    removed_import,
    removed_keyword,
    removed_name,
    removed_reduction,
)

FAMILY = Options(
    (
        removed_import.RULE,
        removed_reduction.RULE,
        removed_backend.RULE,
        removed_name.RULE,
        removed_keyword.RULE,
    ),
    package="shapes",
)


def source(text: str) -> str:
    return dedent(text).strip("\n") + "\n"


def found(text: str) -> tuple[Finding, ...]:
    return check("losses.py", source(text), FAMILY)


def fixed(text: str) -> str:
    text = source(text)
    for loss in repairable(text, FAMILY):
        text = repair("losses.py", text, loss.name, FAMILY).after
    return text


def body(expression: str, *imports: str) -> str:
    return "\n".join(
        [*imports, "", "", "def a_loss(y_true, y_pred):", f"    return {expression}", ""]
    )


def after(expression: str, *imports: str) -> str:
    """What becomes of an expression that a loss returns."""
    return fixed(body(expression, *imports)).rpartition("return ")[2].strip()


BACKEND = "from keras import backend as K"
TENSORFLOW = "import tensorflow as tf"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "K.mean(K.square(y_pred - y_true), axis=-1)",
            "tf.reduce_mean(tf.square(y_pred - y_true), axis=-1)",
        ),
        ("K.sum(y_pred, -1, True)", "tf.reduce_sum(y_pred, axis=-1, keepdims=True)"),
        ("K.clip(y_pred, 0, 1)", "tf.clip_by_value(y_pred, 0.0, 1.0)"),
        ("K.clip(y_pred, K.epsilon(), None)", "tf.maximum(y_pred, K.epsilon())"),
        ("K.flatten(y_true - y_pred)", "tf.reshape(y_true - y_pred, [-1])"),
        (
            "K.flatten(y_true) - K.flatten(y_pred)",
            "tf.reshape(y_true, [-1]) - tf.reshape(y_pred, [-1])",
        ),
        ("y_pred[..., K.int_shape(y_pred)[-1] // 2]", "y_pred[..., y_pred.shape[-1] // 2]"),
        ("K.reshape(y_pred, K.int_shape(y_true))", "tf.reshape(y_pred, tuple(y_true.shape))"),
        ("K.maximum(1 - y_pred, 0)", "tf.maximum(1 - y_pred, 0.0)"),
        ("K.permute_dimensions(y_pred, (1, 0))", "tf.transpose(y_pred, (1, 0))"),
        (
            "K.mean(K.equal(y_true, y_pred))",
            "tf.reduce_mean(tf.cast(tf.equal(y_true, y_pred), y_pred.dtype))",
        ),
        ("K.sqrt(y_pred)", "tf.sqrt(tf.maximum(y_pred, 0.0))"),
        (
            "K.sqrt(K.sum(K.square(y_pred), axis=-1))",
            "tf.sqrt(tf.reduce_sum(tf.square(y_pred), axis=-1))",
        ),
        (
            "K.sqrt(K.mean(K.square(y_pred)) + K.epsilon())",
            "tf.sqrt(tf.reduce_mean(tf.square(y_pred)) + K.epsilon())",
        ),
        (
            "K.sqrt(K.square(y_pred) + 0.1 ** 2)",
            "tf.sqrt(tf.square(y_pred) + 0.1 ** 2)",
        ),
        (
            "K.sqrt(K.square(y_pred - y_true) + 0.1 * 0.1)",
            "tf.sqrt(tf.square(y_pred - y_true) + 0.1 * 0.1)",
        ),
        (
            "K.sqrt(K.square(y_pred) - 0.1)",
            "tf.sqrt(tf.maximum(tf.square(y_pred) - 0.1, 0.0))",
        ),
        (
            "K.sqrt(K.square(y_pred) + y_true)",
            "tf.sqrt(tf.maximum(tf.square(y_pred) + y_true, 0.0))",
        ),
        (
            "K.switch(y_pred > 1., lambda: y_true, lambda: y_pred)",
            "tf.cond(y_pred > 1., lambda: y_true, lambda: y_pred)",
        ),
        (
            "K.switch(y_true, y_pred, K.zeros_like(y_pred))",
            "tf.where(tf.cast(y_true, tf.bool), y_pred, tf.zeros_like(y_pred))",
        ),
        (
            "K.switch(K.equal(y_true, 1), y_pred, 1 - y_pred)",
            "tf.where(tf.equal(y_true, 1), y_pred, 1 - y_pred)",
        ),
        (
            "K.switch(K.flatten(K.greater(y_pred, y_true)), K.flatten(y_pred), K.flatten(y_true))",
            "tf.where(tf.reshape(tf.greater(y_pred, y_true), [-1]), "
            "tf.reshape(y_pred, [-1]), tf.reshape(y_true, [-1]))",
        ),
        ("K.map_fn(K.square, y_pred - y_true)", "tf.map_fn(tf.square, y_pred - y_true)"),
        ("K.map_fn(lambda x: K.sum(x), y_pred)", "tf.map_fn(lambda x: tf.reduce_sum(x), y_pred)"),
        ("K.cast_to_floatx(y_true)", "tf.cast(y_true, K.floatx())"),
        ("K.tf.log(y_pred)", "tf.math.log(y_pred)"),
    ],
)
def test_the_backend_of_keras_2_becomes_tensorflow(old: str, new: str) -> None:
    assert after(old, BACKEND, TENSORFLOW) == new


@pytest.mark.parametrize(
    "statement",
    [
        "import keras.backend as K",
        "from keras import backend as K",
        "import keras\nK = keras.backend",
        "try:\n    import keras.backend as K\nexcept ImportError:\n    import tensorflow.keras.backend as K",
    ],
)
def test_the_import_decides_what_the_backend_is(statement: str) -> None:
    assert after("K.abs(y_pred)", statement) == "tf.abs(y_pred)"


@pytest.mark.parametrize(
    "statement",
    [
        "from tensorflow.keras import backend as K",
        "import tensorflow.keras.backend as K",
        "import tensorflow as tf\nK = tf.keras.backend",
        "from tf_keras import backend as K",
        "from .backend import K",
        "try:\n    import tensorflow.keras.backend as K\nexcept ImportError:\n    import keras.backend as K",
    ],
)
def test_a_backend_that_still_has_its_functions_is_left_alone(statement: str) -> None:
    assert found(body("K.mean(K.square(y_pred - y_true), axis=-1)", statement)) == ()


def test_what_tensorflows_own_backend_lost_is_mended_too() -> None:
    statement = "from tensorflow.keras import backend as K"
    assert (
        after("K.logsumexp(y_pred, axis=-1)", statement) == "tf.reduce_logsumexp(y_pred, axis=-1)"
    )


@pytest.mark.parametrize(
    "expression", ["K.epsilon() * y_pred", "y_pred * float(K.floatx() == 'float32')", "K.mean"]
)
def test_surviving_names_and_unread_ones_are_left_alone(expression: str) -> None:
    module = "mean = 1" if expression == "K.mean" else ""
    text = body("y_pred", BACKEND, module) if module else body(expression, BACKEND)
    assert found(text) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "K.batch_dot(y_true, y_pred, axes=1)",
            "tf.keras.backend.batch_dot(y_true, y_pred, axes=1)",
        ),
        ("K.batch_dot(y_true, y_pred)", "tf.keras.backend.batch_dot(y_true, y_pred)"),
        ("K.slice(y_pred, [0, 1], [-1, 2])", "tf.slice(y_pred, [0, 1], [-1, 2])"),
    ],
)
def test_what_depends_on_ranks_is_left_to_what_tensorflow_bundles(old: str, new: str) -> None:
    assert f"return {new}" in fixed(body(old, BACKEND))


@pytest.mark.parametrize(
    ("expression", "advice"),
    [
        ("K.in_train_phase(y_pred, y_true)", "training"),
        ("K.learning_phase() * y_pred", "training"),
        ("K.sum(*[y_pred])", "unpacks"),
        ("K.image_dim_ordering() and y_pred", "image_data_format"),
    ],
)
def test_what_has_no_counterpart_is_reported_with_what_to_do(expression: str, advice: str) -> None:
    findings = found(body(expression, BACKEND))
    assert len(findings) == 1
    assert advice in findings[0].reason
    assert fixed(body(expression, BACKEND)) == body(expression, BACKEND)


def test_helpers_factories_and_constants_that_a_loss_reaches_are_mended() -> None:
    text = fixed("""
        import tensorflow as tf
        from keras import backend as K

        SMOOTH = K.constant(1.0)


        def squared(x):
            return K.square(x)


        def unrelated(x):
            return K.abs(x)


        def make_loss(weight):
            weight = K.variable(weight)

            def loss(y_true, y_pred):
                return SMOOTH + weight * squared(y_true - y_pred)

            return loss
        """)
    assert "SMOOTH = tf.constant(1.0, dtype=K.floatx())" in text
    assert "return tf.square(x)" in text
    assert "weight = tf.Variable(weight, dtype=K.floatx())" in text
    assert "return K.abs(x)" in text


def test_a_metric_of_its_own_is_left_to_itself() -> None:
    text = """
        import tensorflow as tf
        from keras import backend as K


        def accuracy(y_true, y_pred):
            return K.mean(K.equal(y_true, K.round(y_pred)))


        def a_loss(y_true, y_pred):
            return tf.square(y_true - y_pred)
        """
    assert found(text) == ()


def test_a_local_variable_reaches_no_function_of_its_name() -> None:
    text = """
        import tensorflow as tf
        from keras import backend as K


        def score(y_true, y_pred):
            return K.mean(K.round(y_pred) * y_true)


        def score_loss(y_true, y_pred, scale=1.0):
            score = tf.reduce_mean(y_true * y_pred)
            return scale - score


        def scale(x):
            return K.max(x)
        """
    assert found(text) == ()


def test_a_helper_that_two_losses_share_is_told_once() -> None:
    findings = found("""
        from keras import backend as K


        def overlap(a, b):
            return K.sum(a * b)


        def first_loss(y_true, y_pred):
            return -overlap(y_true, y_pred)


        def second_loss(y_true, y_pred):
            return 1 - overlap(y_true, y_pred)
        """)
    assert [each.code for each in findings] == ["LF402"]


@pytest.mark.parametrize(
    ("old", "new", "statement"),
    [
        ("tf.log(y_pred)", "tf.math.log(y_pred)", TENSORFLOW),
        ("tf.to_float(y_true)", "tf.cast(y_true, tf.float32)", TENSORFLOW),
        (
            "tf.losses.absolute_difference(y_true, y_pred)",
            "tf.reduce_mean(tf.abs(y_pred - y_true))",
            TENSORFLOW,
        ),
        (
            "tf.keras.losses.mean_squared_error(y_true, y_pred)",
            "tf.keras.losses.MSE(y_true, y_pred)",
            TENSORFLOW,
        ),
        (
            "keras.losses.mse(y_true, y_pred)",
            "keras.losses.mean_squared_error(y_true, y_pred)",
            "import keras",
        ),
        (
            "keras.losses.mean_absolute_error(y_true, y_pred)",
            "keras.losses.MAE(y_true, y_pred)",
            "from tensorflow import keras",
        ),
        (
            "losses.kld(y_true, y_pred)",
            "losses.kl_divergence(y_true, y_pred)",
            "from keras import losses",
        ),
        ("tf.map_fn(tf.log, y_pred)", "tf.map_fn(tf.math.log, y_pred)", TENSORFLOW),
        (
            "tf.losses.compute_weighted_loss(y_pred, y_true)",
            "tf.compat.v1.losses.compute_weighted_loss(y_pred, y_true)",
            TENSORFLOW,
        ),
        (
            "tf.count_nonzero(y_pred, reduction_indices=1)",
            "tf.math.count_nonzero(y_pred, axis=1)",
            TENSORFLOW,
        ),
    ],
)
def test_a_name_that_moved_is_reached_as_the_file_reached_it(
    old: str, new: str, statement: str
) -> None:
    assert after(old, statement) == new


@pytest.mark.parametrize(
    ("expression", "statement"),
    [
        ("tf.log(y_pred)", "import tensorflow.compat.v1 as tf"),
        ("tf.math.log(y_pred)", TENSORFLOW),
        ("tf.compat.v1.log(y_pred)", TENSORFLOW),
        ("tf.keras.losses.mse(y_true, y_pred)", TENSORFLOW),
        ("tf.keras.losses.binary_crossentropy(y_true, y_pred)", TENSORFLOW),
        ("keras.losses.mean_squared_error(y_true, y_pred)", "import keras"),
        ("log(y_pred)", "from math import log\nimport tensorflow as tf"),
        ("y_pred.log()", TENSORFLOW),
        ("tf.reduce_sum(y_pred, axis=1, keepdims=True)", TENSORFLOW),
        ("tfa.losses.giou_loss(y_true, y_pred)", "import tensorflow as tf\nimport mine as tfa"),
    ],
)
def test_names_of_today_are_left_alone(expression: str, statement: str) -> None:
    assert found(body(expression, statement)) == ()


def test_what_only_tensorflow_1_had_is_reported() -> None:
    findings = found(body("tf.contrib.losses.cosine(tf.Print(y_pred, [y_true]))", TENSORFLOW))
    assert [each.code for each in findings] == ["LF403", "LF403"]
    assert all(each.reason for each in findings)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tf.reduce_mean(y_pred, reduction_indices=1)", "tf.reduce_mean(y_pred, axis=1)"),
        ("tf.reduce_sum(y_pred, 1, keep_dims=True)", "tf.reduce_sum(y_pred, 1, keepdims=True)"),
        ("tf.argmax(y_pred, dimension=1)", "tf.argmax(y_pred, axis=1)"),
        ("tf.nn.softmax(y_pred, dim=-1)", "tf.nn.softmax(y_pred, axis=-1)"),
        ("tf.expand_dims(y_pred, dim=0)", "tf.expand_dims(y_pred, axis=0)"),
    ],
)
def test_a_keyword_of_tensorflow_1_gets_its_new_name(old: str, new: str) -> None:
    assert after(old, TENSORFLOW) == new


@pytest.mark.parametrize(
    "expression",
    [
        "tf.reduce_sum(y_pred, axis=1)",
        "helper(y_pred, keep_dims=True)",
        "np.sum(y_true, keep_dims=True)",
        "tf.compat.v1.reduce_sum(y_pred, keep_dims=True)",
    ],
)
def test_the_same_keyword_of_another_function_is_left_alone(expression: str) -> None:
    assert found(body(expression, TENSORFLOW, "import numpy as np")) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tf.cond(e, f, g, strict=True, name='x')", "tf.cond(e, f, g, name='x')"),
        ("tf.cond(e, f, g, strict=True)", "tf.cond(e, f, g)"),
    ],
)
def test_a_keyword_of_what_always_is_so_is_left_out(old: str, new: str) -> None:
    functions = f"e, f, g = y_pred > 0, lambda: y_true, lambda: y_pred\n    return {old}"
    text = f"{TENSORFLOW}\n\n\ndef a_loss(y_true, y_pred):\n    {functions}\n"
    assert fixed(text).rpartition("return ")[2].strip() == new


def test_what_a_keyword_cannot_ask_for_any_more_is_reported() -> None:
    (finding,) = found(body("tf.cond(y_pred, f, g, strict=False)", TENSORFLOW))
    assert "`strict=True` is not" in finding.reason


def test_a_keyword_that_is_given_twice_is_reported() -> None:
    (finding,) = found(body("tf.reduce_sum(y_pred, axis=1, reduction_indices=1)", TENSORFLOW))
    assert "axis=" in finding.reason


@pytest.mark.parametrize(
    ("argument", "new"),
    [
        ("reduction=tf.keras.losses.Reduction.AUTO", 'reduction="sum_over_batch_size"'),
        ("reduction=tf.losses.Reduction.AUTO", 'reduction="sum_over_batch_size"'),
        ("reduction=keras.losses.Reduction.NONE", 'reduction="none"'),
        ('reduction="auto"', 'reduction="sum_over_batch_size"'),
        ("reduction='auto'", "reduction='sum_over_batch_size'"),
        (
            "name='mine', reduction=tf.keras.losses.Reduction.AUTO",
            "name='mine', reduction='sum_over_batch_size'",
        ),
    ],
)
def test_a_reduction_is_a_string_wherever_a_loss_is_built(argument: str, new: str) -> None:
    imports = ("import keras", TENSORFLOW, f"inner = tf.keras.losses.Huber({argument})")
    assert f"inner = tf.keras.losses.Huber({new})" in fixed(body("inner(y_true, y_pred)", *imports))


@pytest.mark.parametrize(
    "argument",
    [
        "reduction=tf.keras.losses.Reduction.NONE",
        "reduction=tf.keras.losses.Reduction.SUM",
        "reduction='none'",
        "name='auto'",
    ],
)
def test_a_reduction_that_still_works_is_left_alone(argument: str) -> None:
    inner = f"inner = tf.keras.losses.Huber({argument})"
    assert found(body("inner(y_true, y_pred)", TENSORFLOW, inner)) == ()


CLASS = """
    import tensorflow as tf


    class Weighed(tf.keras.losses.Loss):
        def __init__(self, weight=2.0, {reduction}, name="weighed"):
            {call}
            self.weight = weight

        def call(self, y_true, y_pred):
            if self.reduction == tf.keras.losses.Reduction.AUTO:
                return self.weight * tf.abs(y_true - y_pred)
            return self.weight * tf.square(y_true - y_pred)
    """


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(reduction, name)", "(reduction=reduction, name=name)"),
        ("(reduction, name=name)", "(reduction=reduction, name=name)"),
        ('("sum", name)', '(reduction="sum", name=name)'),
        (
            "(tf.keras.losses.Reduction.SUM)",
            "(reduction=tf.keras.losses.Reduction.SUM)",
        ),
    ],
)
def test_a_reduction_by_position_gets_its_keyword(old: str, new: str) -> None:
    text = CLASS.format(reduction='reduction="sum"', call=f"super().__init__{old}")
    assert fixed(text) == source(text).replace(f"__init__{old}", f"__init__{new}")


@pytest.mark.parametrize("call", ["(name, reduction)", '("weighed")', "(name=name)", "(*given)"])
def test_a_name_by_position_is_as_keras_3_takes_it(call: str) -> None:
    text = CLASS.format(reduction='reduction="sum"', call=f"super().__init__{call}")
    assert found(text) == ()


def test_to_ask_for_a_reduction_that_is_still_there_is_no_fault() -> None:
    text = CLASS.format(reduction='reduction="sum"', call="super().__init__(name=name)")
    assert found(text) == ()
    gone = text.replace("import tensorflow as tf", "import tensorflow as tf\n    import keras")
    assert len(found(gone.replace("tf.keras.losses.R", "keras.losses.R"))) == 1


@pytest.mark.parametrize(
    ("argument", "new"),
    [
        ("K.equal(y_true, y_pred)", "tf.reduce_any(tf.equal(y_true, y_pred))"),
        ("y_true > y_pred", "tf.reduce_any(y_true > y_pred)"),
        ("y_true", "tf.reduce_any(tf.cast(y_true, tf.bool))"),
    ],
)
def test_only_what_is_no_truth_value_is_cast(argument: str, new: str) -> None:
    assert after(f"K.any({argument})", BACKEND, TENSORFLOW) == new


def test_the_loss_of_keras_2_takes_its_reduction_first() -> None:
    text = CLASS.format(reduction='reduction="sum"', call="super().__init__(reduction, name)")
    old = text.replace("import tensorflow as tf", "import tf_keras\n    import tensorflow as tf")
    assert found(old.replace("tf.keras.losses.Loss", "tf_keras.losses.Loss")) == ()


def test_what_both_versions_called_so_is_what_the_file_was_written_for() -> None:
    value = "tf.losses.mean_squared_error(y_true, y_pred)"
    assert after(value, TENSORFLOW) == "tf.keras.losses.MSE(y_true, y_pred)"
    assert after(value, TENSORFLOW, "x = tf.placeholder(tf.float32)") == (
        "tf.reduce_mean(tf.math.squared_difference(y_pred, y_true))"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tf.sparse_tensor_to_dense(y_true)", "tf.sparse.to_dense(y_true)"),
        ("tf.sparse_reduce_sum(y_true, 0)", "tf.sparse.reduce_sum(y_true, axis=0)"),
    ],
)
def test_sparse_operations_of_tensorflow_1_have_a_module_of_their_own(old: str, new: str) -> None:
    assert after(f"{old} - y_pred", TENSORFLOW) == f"{new} - y_pred"


def test_the_automatic_reduction_of_a_keras_that_is_handed_on_is_gone_too() -> None:
    text = CLASS.format(
        reduction="reduction=keras.losses.Reduction.AUTO",
        call="super().__init__(reduction=reduction)",
    ).replace("import tensorflow as tf", "import tensorflow as tf\n    from .backend import keras")
    assert [each.code for each in found(text)] == ["LF401"]
    assert 'reduction="sum_over_batch_size"' in fixed(text)


def test_version_2_under_its_own_name_is_tensorflow() -> None:
    for expression, new in {
        "tf.log(y_pred)": "tf.math.log(y_pred)",
        "tf.to_float(y_pred)": "tf.cast(y_pred, tf.float32)",
        "tf.reduce_sum(y_pred, keep_dims=True)": "tf.reduce_sum(y_pred, keepdims=True)",
        "tf.reduce_sum(y_pred, 1)": "tf.reduce_sum(y_pred, 1)",
    }.items():
        assert after(expression, "import tensorflow.compat.v2 as tf") == new
    assert found(body("tf.log(y_pred)", "import tensorflow.compat.v1 as tf")) == ()


@pytest.mark.parametrize(
    ("kind", "new"),
    [
        ("tf.keras.losses.Reduction", "str"),
        ("str", "str"),
        ("Optional[str]", "Optional[str]"),
    ],
)
def test_a_parameter_that_takes_a_string_now_says_so(kind: str, new: str) -> None:
    text = CLASS.format(
        reduction=f"reduction: {kind} = tf.keras.losses.Reduction.AUTO",
        call="super().__init__(reduction=reduction)",
    )
    assert f'reduction: {new} = "sum_over_batch_size"' in fixed(text)


def test_each_way_through_a_constructor_gets_its_keyword() -> None:
    call = "if name:\n                super().__init__(reduction, name)\n            else:\n"
    call += '                super().__init__("sum", name)'
    text = fixed(CLASS.format(reduction='reduction="sum"', call=call))
    assert "super().__init__(reduction=reduction, name=name)" in text
    assert 'super().__init__(reduction="sum", name=name)' in text


@pytest.mark.parametrize(
    "lines",
    [
        "if hasattr(tf, 'select'):\n        return tf.select(y_true, y_pred)\n    return y_pred",
        "try:\n        return tf.gather(y_true, 0) - y_pred\n    except TypeError:\n"
        "        return tf.batch_gather(y_true, 0) - y_pred",
        "if tf.__version__ < '2':\n        return tf.log(y_pred) * y_true\n    return y_pred",
        "return tf.log(y_pred) if int(tf.__version__[0]) < 2 else tf.math.log(y_pred)",
    ],
)
def test_names_that_are_asked_for_first_are_left_alone(lines: str) -> None:
    assert found(f"import tensorflow as tf\n\n\ndef a_loss(y_true, y_pred):\n    {lines}\n") == ()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("K.switch = tf.where", "K.switch(y_true > 0, y_pred, 0.0)"),
        (
            "K.logsumexp = getattr(K, 'logsumexp', None) or tf.reduce_logsumexp",
            "K.logsumexp(y_pred)",
        ),
        ("setattr(K, 'sum', tf.reduce_sum)", "K.sum(y_pred - y_true)"),
        ("tf.log = tf.math.log", "tf.log(y_pred) * y_true"),
        ("keras.losses.mse = keras.losses.MeanSquaredError()", "keras.losses.mse(y_true, y_pred)"),
    ],
)
def test_names_that_a_file_gives_to_a_module_are_there(given: str, used: str) -> None:
    text = "import keras\nimport keras.backend as K\nimport tensorflow as tf\n\n"
    loss = f"\n\ndef a_loss(y_true, y_pred):\n    return {used}\n"
    apart = f"\n\ndef spread_loss(y_pred, y_true, spread):\n    return {used}\n"
    assert found(text + loss + apart) != ()
    assert found(text + given + loss + apart) == ()


def test_a_name_under_any_other_condition_is_mended() -> None:
    assert "tf.math.log(y_pred)" in after("tf.log(y_pred) if SCALED else y_true", TENSORFLOW)


APART = {
    "terms of its own": "def triplet_loss(anchor, near, far):\n    return K.maximum(anchor - far, 0.0)",
    "more than targets and predictions": (
        "def penalty_loss(y_true, y_pred, weights, samples):\n    return K.mean(weights * samples)"
    ),
    "a method of a layer": (
        "class Weighing(keras.layers.Layer):\n"
        "    def multi_loss(self, truths, outputs):\n        return K.mean(truths[0] - outputs[0])\n"
        "    def call(self, inputs):\n"
        "        self.add_loss(self.multi_loss(inputs[:1], inputs[1:]))\n        return inputs"
    ),
    "the function of a Lambda layer": (
        "def aligned(args):\n    return K.ctc_batch_cost(args[0], args[1], args[2], args[3])"
    ),
}


@pytest.mark.parametrize("text", APART.values(), ids=APART.keys())
def test_what_is_named_a_loss_and_is_none_of_keras_lost_the_backend_too(text: str) -> None:
    (finding,) = found(f"{TENSORFLOW}\nimport keras\n{BACKEND}\n\n\n{text}\n")
    assert finding.code == "LF402"
    assert finding.reason


@pytest.mark.parametrize(
    ("expression", "today"),
    [
        ("K.mean(y_pred, axis=-1)", "tf.reduce_mean"),
        ("K.int_shape(y_pred)", "tuple(y_pred.shape)"),
        ("K.flatten(y_pred)", "tf.reshape(y_pred, [-1])"),
        ("K.flatten(y_true - 0.25 * y_pred + 0.75 * y_true * y_pred * y_pred)", "tf.reshape"),
        ("K.expand_dims(y_pred, axis=-1)", "tf.expand_dims"),
    ],
)
def test_the_code_of_today_is_named_where_a_function_would_not_do(
    expression: str, today: str
) -> None:
    (finding,) = found(body(expression, BACKEND, TENSORFLOW))
    assert finding.message.endswith(f" is gone from Keras 3: today it is `{today}`")


def test_an_axis_keeps_its_name() -> None:
    assert after("K.expand_dims(y_pred, axis=-1)", BACKEND) == "tf.expand_dims(y_pred, axis=-1)"


def test_the_function_of_today_is_named_where_it_is_one() -> None:
    (finding,) = found(f"{BACKEND}\n\n\n{APART['terms of its own']}\n")
    assert finding.message.endswith("today it is `tf.maximum`")


APART_FROM_TENSORFLOW_2 = {
    "a name": (
        "LF403",
        "def rank_loss(near, far):\n    return tf.log(near) - far",
        "`tf.math.log`",
    ),
    "a whole module": (
        "LF403",
        "def crf_loss(x, n):\n    return tf.contrib.crf.decode(x, n)",
        "removed",
    ),
    "a method": (
        "LF403",
        "class Gan:\n    def critic_loss(self, D, y):\n"
        "        return tf.squared_difference(D(y), self.real)",
        "`tf.math.squared_difference`",
    ),
    "a keyword": (
        "LF404",
        "def hit_loss(self):\n    return tf.reduce_sum(self.out, reduction_indices=1)",
        "`axis=`",
    ),
}


@pytest.mark.parametrize(
    ("code", "text", "today"), APART_FROM_TENSORFLOW_2.values(), ids=APART_FROM_TENSORFLOW_2.keys()
)
def test_what_is_named_a_loss_and_is_none_of_keras_lost_names_of_tensorflow_1_too(
    code: str, text: str, today: str
) -> None:
    (finding,) = found(f"{TENSORFLOW}\n\n\n{text}\n")
    assert (finding.code, bool(finding.reason)) == (code, True)
    assert today in finding.message
    assert found(f"import tensorflow.compat.v1 as tf\n\n\n{text}\n") == ()


STILL_THERE = {
    "TensorFlow's backend": "from tensorflow.keras import backend as K\n{}",
    "a name that Keras has": (
        "import keras\n\ndef kl_loss(mean, spread):\n    return mean + keras.backend.epsilon()"
    ),
    "what is asked for first": (
        BACKEND + "\n\ndef kl_loss(mean, spread):\n"
        "    return K.mean(mean) if hasattr(K, 'mean') else mean"
    ),
    "a test of a loss": (
        BACKEND + "\n\ndef test_gap_loss():\n    assert K.eval(losses.GapLoss()(A, B)) == 0.25"
    ),
    "a test of a loss in a class of tests": (
        BACKEND + "\n\nclass GapTest(TestCase):\n    def testGapLossIsEven(self):\n"
        "        self.assertEqual(K.eval(losses.gap(A, B)), 0.25)"
    ),
    "what tests of losses share": (
        "import tensorflow as tf\n\nclass GapTest(TestCase):\n"
        "    def _test_gap_loss(self, loss, size):\n"
        "        self.assertEqual(loss(tf.random_uniform([size])).shape, [size])"
    ),
    "what tests of losses share, by any name": (
        "import tensorflow as tf\n\nclass GapTest(tf.test.TestCase):\n"
        "    def _run_gap_loss(self, loss):\n"
        "        return self.session.run(loss(tf.placeholder(tf.float32)))"
    ),
    "TensorFlow 1 where it is asked for": (
        "import tensorflow as tf\n\ndef kl_loss(mean, spread):\n"
        "    return tf.log(mean) if tf.__version__ < '2' else tf.math.log(mean)"
    ),
    "losses of Keras by their names": (
        "import tensorflow as tf\n\ndef kl_loss(mean, spread):\n"
        "    return tf.keras.losses.mean_squared_error(mean, spread)"
    ),
    "no loss by its name": BACKEND
    + "\n\ndef sampling(mean, spread):\n    return K.exp(spread) * mean",
}


@pytest.mark.parametrize("text", STILL_THERE.values(), ids=STILL_THERE.keys())
def test_what_is_there_or_is_no_loss_is_not_mentioned(text: str) -> None:
    assert found(text.format(APART["terms of its own"])) == ()


def test_what_a_loss_reaches_is_told_once() -> None:
    text = (
        f"{TENSORFLOW}\n{BACKEND}\n\n\n"
        "def gap_loss(x, size, power):\n    return K.sum(x * size) / K.int_shape(x)[-1]\n\n\n"
        "def a_loss(y_true, y_pred):\n    return gap_loss(y_true - y_pred, 2.0, 1)\n"
    )
    lines = [(each.span.line, each.reason) for each in found(text)]
    assert lines == [(6, ""), (6, "")]


@pytest.mark.parametrize(
    ("before", "today"),
    [
        ("tf.mean(tf.abs(y_true - y_pred), axis=-1)", "tf.reduce_mean"),
        ("tf.math.mean(tf.abs(y_true - y_pred), axis=-1)", "tf.reduce_mean"),
        ("tf.math.clip(y_true - y_pred, 0.0, 1.0)", "tf.clip_by_value"),
        ("tf.sum(y_true * y_pred, -1, keepdims=True)", "tf.reduce_sum"),
        ("tf.clip(y_pred - y_true, 0.0, 1.0)", "tf.clip_by_value"),
        ("tf.concatenate([y_true, y_pred], axis=-1)", "tf.concat"),
        ("tf.std(y_pred - y_true)", "tf.math.reduce_std"),
    ],
)
def test_a_name_that_tensorflow_never_had_is_told_and_mended(before: str, today: str) -> None:
    (finding,) = found(body(before, TENSORFLOW))
    assert "does not exist" in finding.message
    assert after(before, TENSORFLOW) == today + before[before.index("(") :]


@pytest.mark.parametrize(
    "imports",
    ["import jax.numpy as tf", "import tensorflow.experimental.numpy as tf", "from own import tf"],
)
def test_another_library_may_have_the_name(imports: str) -> None:
    assert found(body("tf.mean(y_true - y_pred)", "import tensorflow as flow", imports)) == ()


def test_a_name_that_did_not_change_is_imported_from_where_it_is_today() -> None:
    imports = "from keras.objectives import categorical_crossentropy"
    text = fixed(body("categorical_crossentropy(y_true, y_pred)", imports))
    assert text.startswith("from keras.losses import categorical_crossentropy\n")


SCOPES = """
import tensorflow as tf


def scoped_loss(y_true, y_pred, scope=None, loss_collection=tf.GraphKeys.LOSSES):
    with tf.name_scope(scope, "scoped", [y_true, y_pred]) as scope:
        return tf.reduce_mean(y_true - y_pred)


def named_loss(y_true, y_pred, scope="named"):
    with tf.name_scope("named"), tf.name_scope(name=scope):
        return tf.reduce_mean(y_true - y_pred)
"""


def test_a_scope_that_is_named_as_in_tensorflow_1_and_only_that_is_mended():
    mended = fixed(SCOPES)
    assert 'tf.compat.v1.name_scope(scope, "scoped", [y_true, y_pred]) as scope:' in mended
    assert "loss_collection=tf.compat.v1.GraphKeys.LOSSES" in mended
    assert mended.endswith(SCOPES[SCOPES.index("def named_loss") :])
    told = [each.message for each in found(SCOPES) if "name_scope" in each.message]
    assert told == ["`tf.name_scope` takes less than it did: today it is `tf.compat.v1.name_scope`"]


@pytest.mark.parametrize("name", ["convert_to_tensor_v2", "convert_to_tensor_v2_with_dispatch"])
@pytest.mark.parametrize("scope", ["", "ops.name_scope('a'), "])
def test_what_moved_within_a_private_module_is_gone_whatever_else_it_gives(
    name: str, scope: str
) -> None:
    private = "from tensorflow.python.framework import ops"
    text = body(f"tf.reduce_mean([{scope}ops.{name}(y_pred) - y_true])", TENSORFLOW, private)
    assert [each.code for each in found(text) if each.severity is Severity.ERROR] == ["LF403"]
    assert "tf.convert_to_tensor(y_pred) - y_true" in fixed(text)
