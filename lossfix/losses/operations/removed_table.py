"""Names of Keras 2 and TensorFlow 1 that no upgrade table of the packages themselves covers."""

from __future__ import annotations

from lossfix.losses.operations.translation import by_source, translation

BACKEND_MODULES = (
    "keras.backend",
    "keras.backend.tensorflow_backend",
    "tensorflow.python.keras.backend",
)
TF_KERAS_BACKEND_LOST = frozenset(
    [
        "T",
        "function",
        "get_variable_shape",
        "get_session",
        "identity",
        "image_dim_ordering",
        "in_test_phase",
        "in_train_phase",
        "is_placeholder",
        "is_tensor",
        "learning_phase",
        "learning_phase_scope",
        "local_conv1d",
        "local_conv2d",
        "logsumexp",
        "manual_variable_initialization",
        "placeholder",
        "print_tensor",
        "random_binomial",
        "reset_uids",
        "set_learning_phase",
        "set_session",
    ]
)
"""What ``tf.keras.backend`` does not have either."""

SHORT = {
    "kl_divergence": "KLD",
    "log_cosh": "logcosh",
    "mean_absolute_error": "MAE",
    "mean_absolute_percentage_error": "MAPE",
    "mean_squared_error": "MSE",
    "mean_squared_logarithmic_error": "MSLE",
}
"""``keras.losses`` kept the long spellings, ``tf.keras.losses`` the short ones."""
COSINE = {"cosine": "cosine_similarity", "cosine_proximity": "cosine_similarity"}
CROSSENTROPY = {"BCE": "binary_crossentropy", "bce": "binary_crossentropy"}
HUBER = {"huber_loss": "huber"}

REDUCTIONS = {
    "AUTO": '"sum_over_batch_size"',
    "NONE": '"none"',
    "SUM": '"sum"',
    "SUM_OVER_BATCH_SIZE": '"sum_over_batch_size"',
}

_WRAPPER = "subclass `keras.losses.Loss` and put the function into `call`"
_GONE_METRIC = "it has no successor: subclass `keras.metrics.Metric`"
_SIGN = "its sign differed between releases: `keras.losses.cosine_similarity` is the negative"
LOSS_REASONS = {
    "LABEL_DTYPES_FOR_LOSSES": "it was internal to Keras 2",
    "LossFunctionWrapper": _WRAPPER,
    "is_categorical_crossentropy": "it was internal to Keras 2",
}
METRIC_REASONS = {
    "ACC": 'name the metric `"accuracy"` in `compile`',
    "MeanRelativeError": _GONE_METRIC,
    "MeanTensor": _GONE_METRIC,
    "Reduce": _GONE_METRIC,
    "SensitivitySpecificityBase": "it was internal to Keras 2",
    "SumOverBatchSize": _GONE_METRIC,
    "SumOverBatchSizeMetricWrapper": _GONE_METRIC,
    "acc": 'name the metric `"accuracy"` in `compile`',
    "accuracy": 'name the metric `"accuracy"` in `compile`',
    "clone_metric": "use `type(metric).from_config(metric.get_config())`",
    "clone_metrics": "use `type(metric).from_config(metric.get_config())`",
    "cosine": _SIGN,
    "cosine_proximity": _SIGN,
    "cosine_similarity": _SIGN,
    "is_built_in": "it was internal to Keras 2",
}

UTILITIES = {
    "keras.engine.base_layer.Layer": "keras.layers.Layer",
    "keras.engine.Layer": "keras.layers.Layer",
    "keras.engine.topology.Layer": "keras.layers.Layer",
    "keras.engine.training.Model": "keras.Model",
    "keras.engine.Model": "keras.Model",
    "keras.utils.generic_utils.get_custom_objects": "keras.saving.get_custom_objects",
    "keras.utils.generic_utils.CustomObjectScope": "keras.saving.CustomObjectScope",
    "keras.utils.generic_utils.register_keras_serializable": (
        "keras.saving.register_keras_serializable"
    ),
    "keras.utils.np_utils.to_categorical": "keras.utils.to_categorical",
    "keras.utils.np_utils.normalize": "keras.utils.normalize",
}

BEFORE_1 = {
    "batch_matmul": "tf.matmul",
    "complex_abs": "tf.abs",
    "inv": "tf.math.reciprocal",
    "mul": "tf.multiply",
    "neg": "tf.negative",
    "pack": "tf.stack",
    "select": "tf.where",
    "sub": "tf.subtract",
    "unpack": "tf.unstack",
}
"""Names that TensorFlow dropped before its first release, and that its upgrade tables do not know."""

NEVER = {
    **{name: f"tf.reduce_{name}" for name in ("all", "any", "max", "mean", "min", "prod", "sum")},
    "absolute": "tf.abs",
    "concatenate": "tf.concat",
    "power": "tf.pow",
    "relu": "tf.nn.relu",
    "softmax": "tf.nn.softmax",
    "std": "tf.math.reduce_std",
    "var": "tf.math.reduce_variance",
    "variance": "tf.math.reduce_variance",
}
"""What NumPy or Keras' backend has and ``tf`` never had, and its functions of the same arguments."""

MATH_NEVER = {name: new for name, new in NEVER.items() if name != "softmax"} | {
    "cast": "tf.cast",
    "clip_by_value": "tf.clip_by_value",
    "matmul": "tf.matmul",
    "norm": "tf.norm",
    "where": "tf.where",
}
"""The same of ``tf.math``, which has a softmax, and what ``tf`` alone has."""

MOVED = {
    f"tensorflow.python.framework.ops.{name}": "tf.convert_to_tensor"
    for name in ("convert_to_tensor_v2", "convert_to_tensor_v2_with_dispatch")
}
"""What is no longer where it was in modules of TensorFlow that are private and still there."""

NEVER_CALLS = by_source(
    tuple(
        translation(f"{module}.clip(x, low, high)", "tf.clip_by_value({x}, {low}, {high})")
        for module in ("tensorflow", "tensorflow.math")
    )
)

V1_CALLS = by_source(
    (
        *(
            translation(
                f"tensorflow.to_{name}(x, name)", f"tf.cast({{x}}, tf.{dtype}, name={{name}})"
            )
            for name, dtype in (
                ("bfloat16", "bfloat16"),
                ("complex128", "complex128"),
                ("complex64", "complex64"),
                ("double", "float64"),
                ("float", "float32"),
                ("int32", "int32"),
                ("int64", "int64"),
            )
        ),
        translation("tensorflow.div(x, y)", "tf.divide({x}, {y})", floats="x y"),
        translation("tensorflow.assign(ref, value)", "{ref}.assign({value})"),
        translation("tensorflow.assign_add(ref, value)", "{ref}.assign_add({value})"),
        translation("tensorflow.assign_sub(ref, value)", "{ref}.assign_sub({value})"),
        translation(
            "tensorflow.py_func(func, inp, Tout)", "tf.numpy_function({func}, {inp}, {Tout})"
        ),
        translation("tensorflow.set_random_seed(seed)", "tf.random.set_seed({seed})"),
        translation("tensorflow.random.set_random_seed(seed)", "tf.random.set_seed({seed})"),
        *(
            translation(
                f"tensorflow.assert_{name}(x, y, *, message)",
                f"tf.debugging.assert_{name}({{x}}, {{y}}, message={{message}})",
            )
            for name in ("greater_equal", "less_equal", "near", "none_equal")
        ),
        *(
            translation(
                f"tensorflow.assert_{name}(x, *, message)",
                f"tf.debugging.assert_{name}({{x}}, message={{message}})",
            )
            for name in ("negative", "non_negative", "non_positive", "positive")
        ),
        translation("tensorflow.losses.compute_weighted_loss(losses)", "tf.reduce_mean({losses})"),
        translation(
            "tensorflow.losses.compute_weighted_loss(losses, weights)",
            "tf.compat.v1.losses.compute_weighted_loss({losses}, {weights})",
        ),
        # With weights of one, all of these reduce to the mean over all elements.
        translation(
            "tensorflow.losses.absolute_difference(labels, predictions)",
            "tf.reduce_mean(tf.abs({predictions} - {labels}))",
            floats="labels predictions",
        ),
        translation(
            "tensorflow.losses.cosine_distance(labels, predictions, axis)",
            "tf.reduce_mean(1.0 - tf.reduce_sum({predictions} * {labels}, axis={axis}))",
            floats="labels predictions",
            aliases="dim=axis",
            only={"axis": ".+"},
        ),
        translation(
            "tensorflow.losses.hinge_loss(labels, logits)",
            "tf.reduce_mean(tf.nn.relu(1.0 - (2.0 * {labels} - 1.0) * {logits}))",
            floats="labels logits",
        ),
        translation(
            "tensorflow.losses.huber_loss(labels, predictions, *, delta)",
            "tf.reduce_mean(keras.losses.huber({labels}, {predictions}, delta={delta}))",
        ),
        translation(
            "tensorflow.losses.log_loss(labels, predictions, *, epsilon=1e-07)",
            "-tf.reduce_mean({labels} * tf.math.log({predictions} + {epsilon})"
            " + (1.0 - {labels}) * tf.math.log(1.0 - {predictions} + {epsilon}))",
            floats="labels predictions",
        ),
        translation(
            "tensorflow.losses.mean_squared_error(*, labels, predictions)",
            "tf.reduce_mean(tf.math.squared_difference({predictions}, {labels}))",
            floats="labels predictions",
        ),
        translation(
            "tensorflow.losses.mean_squared_error(y_true, y_pred)",
            "tf.keras.losses.MSE({y_true}, {y_pred})",
            note="as in TensorFlow 2; TensorFlow 1 took the mean over the batch too",
        ),
        translation(
            "tensorflow.losses.sigmoid_cross_entropy(multi_class_labels, logits)",
            "tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits"
            "(labels={multi_class_labels}, logits={logits}))",
            only={"multi_class_labels": ".+", "logits": ".+"},
            floats="multi_class_labels",
        ),
        translation(
            "tensorflow.losses.softmax_cross_entropy(onehot_labels, logits)",
            "tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits"
            "(labels={onehot_labels}, logits={logits}))",
            only={"onehot_labels": ".+", "logits": ".+"},
            floats="onehot_labels",
        ),
        translation(
            "tensorflow.losses.sparse_softmax_cross_entropy(labels, logits)",
            "tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits"
            "(labels={labels}, logits={logits}))",
            only={"labels": ".+", "logits": ".+"},
        ),
    )
)
"""Calls of what ``tf.compat.v1`` alone still has, by name."""

V1_NAMES = {"tensorflow.GraphKeys": "tf.compat.v1.GraphKeys"}
"""What is written, mostly as a default, where nothing reads it any more."""

V1_FORMS = by_source(
    (
        translation(
            "tensorflow.name_scope(name, default_name, values)",
            "tf.compat.v1.name_scope({name}, {default_name}, {values})",
        ),
        translation(
            "tensorflow.name_scope(name, default_name)",
            "tf.compat.v1.name_scope({name}, {default_name})",
        ),
    )
)
"""Calls of what is still there, in forms of TensorFlow 1 that it no longer takes."""

IDLE_KEYWORDS = "tf.cond:strict="
"""Keywords of TensorFlow 1 that nothing stands for today: what they asked for is what happens."""

V1_REASONS = {
    "tensorflow.Print": "use `tf.print`",
    "tensorflow.placeholder": "there are no placeholders: pass the tensor",
    "tensorflow.get_variable": "use `tf.Variable`",
    "tensorflow.batch_gather": "use `tf.gather(..., batch_dims=...)`",
    "tensorflow.sparse_to_dense": "use `tf.scatter_nd`",
    "tensorflow.scatter_update": "use `variable.scatter_update` or `tf.tensor_scatter_nd_update`",
}

LOSSES_UTILS = (
    "keras.utils.losses_utils",
    "keras.src.utils.losses_utils",
    "keras.src.losses.losses_utils",
    "tensorflow.keras.utils.losses_utils",
)
"""Where the releases of Keras 2 had it; all of their modules of losses imported it."""

WEIGHTED = "`Loss` weighs and reduces what its `call` returns: return one value per sample there"

_LAYERS = """
    advanced_activations convolutional convolutional_recurrent core cudnn_recurrent embeddings local merge
    noise normalization pooling recurrent wrappers
    """
_TOOLS = "data_utils vis_utils io_utils layer_utils conv_utils training_utils multi_gpu_utils"

MODULES = (
    dict.fromkeys(LOSSES_UTILS, _WRAPPER)
    | {f"keras.layers.{name}": "import the layer from `keras.layers`" for name in _LAYERS.split()}
    | {f"keras.utils.{name}": "import it from `keras.utils`" for name in _TOOLS.split()}
    | {
        "keras.callbacks.callbacks": "import it from `keras.callbacks`",
        "keras.preprocessing.text": "use `keras.layers.TextVectorization`",
        "keras.wrappers.scikit_learn": "it moved to the package scikeras",
        "keras.engine": "import the class from `keras` or `keras.layers`",
        "keras.src.engine": "it was internal to Keras 2",
        "keras.utils.generic_utils": "it moved to `keras.saving` and `keras.utils`",
        "keras.utils.np_utils": "it moved to `keras.utils`",
        "keras.utils.tf_utils": "it was internal to Keras 2",
        "tensorflow.contrib": "it is gone since TensorFlow 2.0",
        "tensorflow.python": "it is private to TensorFlow: import the public name",
        "tensorflow_addons": "TensorFlow Addons is no longer maintained, and was written for Keras 2",
    }
)
"""Whole modules; the reasons serve every name below them that has no better one."""

ADDONS = {
    "SigmoidFocalCrossEntropy": (
        "use `keras.losses.BinaryFocalCrossentropy`, which takes the mean, not the sum"
    ),
    "sigmoid_focal_crossentropy": (
        "use `keras.losses.binary_focal_crossentropy`, which takes the mean, not the sum"
    ),
    "PinballLoss": "write it with `tf.maximum(tau * error, (tau - 1) * error)`",
    "pinball_loss": "write it with `tf.maximum(tau * error, (tau - 1) * error)`",
    "GIoULoss": "write it with `tf.minimum` and `tf.maximum` of the corners",
    "giou_loss": "write it with `tf.minimum` and `tf.maximum` of the corners",
}
