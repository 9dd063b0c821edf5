"""What each operation does to a gradient that arrives from its output, by canonical name.

The classes were measured with a ``tf.GradientTape`` on TensorFlow 2.21, and a test measures them
again: a name is in `Gradient.NONE` if the tape returns ``None`` for a float input, in
`Gradient.ZERO` if it returns zeros where the value varies.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from lossfix.losses.operations.keras_names import (
    LOSS_CLASSES,
    LOSS_FUNCTIONS,
    METRIC_CLASSES,
    METRIC_FUNCTIONS,
)
from lossfix.losses.operations.words import words


class Gradient(str, Enum):
    """What reaches the float arguments of an operation."""

    FLOWS = "flows"
    """A gradient, at almost every argument."""
    NONE = "none"
    """Nothing: the tape gives ``None``. Keras raises when no variable gets anything else."""
    ZERO = "zero"
    """Zeros: no error, and weights that stay where they are."""
    UNKNOWN = "unknown"


COMPARISONS: Mapping[str, str] = MappingProxyType(
    {
        "np.equal": "==",
        "np.greater": ">",
        "np.greater_equal": ">=",
        "np.less": "<",
        "np.less_equal": "<=",
        "np.not_equal": "!=",
        "tf.equal": "==",
        "tf.greater": ">",
        "tf.greater_equal": ">=",
        "tf.less": "<",
        "tf.less_equal": "<=",
        "tf.not_equal": "!=",
    }
)
"""Elementwise comparisons of two tensors, and the operator that each one is."""

LOGICAL: Mapping[str, str] = MappingProxyType(
    {
        "np.logical_and": "and",
        "np.logical_not": "not",
        "np.logical_or": "or",
        "np.logical_xor": "xor",
        "tf.logical_and": "and",
        "tf.logical_not": "not",
        "tf.logical_or": "or",
        "tf.math.logical_xor": "xor",
    }
)
"""Elementwise connectives of booleans, and the word for each one."""

ROUNDING: Mapping[str, str] = MappingProxyType(
    {
        "builtins.round": "round",
        "math.ceil": "ceil",
        "math.floor": "floor",
        "math.trunc": "trunc",
        "np.ceil": "ceil",
        "np.floor": "floor",
        "np.floor_divide": "floordiv",
        "np.rint": "round",
        "np.round": "round",
        "np.trunc": "trunc",
        "keras.ops.trunc": "trunc",
        "tf.floor": "floor",
        "tf.math.ceil": "ceil",
        "tf.math.floordiv": "floordiv",
        "tf.math.rint": "round",
        "tf.round": "round",
    }
)
"""Maps of the reals onto steps, and which of them; ``round`` rounds halves to even."""

REDUCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "np.all": "all",
        "np.any": "any",
        "np.count_nonzero": "count",
        "np.linalg.norm": "norm",
        "np.max": "max",
        "np.mean": "mean",
        "np.min": "min",
        "np.prod": "prod",
        "np.std": "std",
        "np.sum": "sum",
        "np.var": "var",
        "tf.math.count_nonzero": "count",
        "tf.math.reduce_euclidean_norm": "norm",
        "tf.math.reduce_std": "std",
        "tf.math.reduce_variance": "var",
        "tf.norm": "norm",
        "tf.reduce_all": "all",
        "tf.reduce_any": "any",
        "tf.reduce_logsumexp": "logsumexp",
        "tf.reduce_max": "max",
        "tf.reduce_mean": "mean",
        "tf.reduce_min": "min",
        "tf.reduce_prod": "prod",
        "tf.reduce_sum": "sum",
    }
)
"""Reductions over ``axis`` (all axes where it is not given), and what each one gives."""

SHAPE_QUERIES = words("""
    builtins.len keras.backend.dtype keras.backend.int_shape keras.backend.ndim keras.ops.shape
    np.ndim np.shape np.size tf.rank tf.shape tf.shape_n tf.size
    """)
"""What depends on the shape of a tensor and not on its values."""

LIKES = words("np.ones_like np.zeros_like tf.ones_like tf.zeros_like")
"""Constants in the shape of a tensor: they do not depend on its values."""

CASTS = words(
    "keras.backend.cast_to_floatx tf.cast tf.saturate_cast np.asarray np.array np.float32 np.float64"
)
"""Changes of dtype; whether a gradient passes, the target says: see ``casts_to_discrete``."""

TYPE_DECIDES = words("tf.cast tf.saturate_cast tf.image.convert_image_dtype")
"""Through which a gradient passes where they give floats: see ``casts_to_discrete``."""

INDEX_OPERATIONS = words("""
    np.argmax np.argmin np.argsort np.digitize np.nonzero np.searchsorted np.argwhere
    keras.backend.in_top_k keras.ops.argpartition keras.ops.digitize keras.ops.nonzero
    keras.ops.searchsorted tf.argmax tf.argmin tf.argsort tf.math.in_top_k tf.searchsorted
    tf.sets.intersection tf.sets.size
    """)
"""Positions, ranks and memberships: integers or booleans that a tensor's values decide."""

LEAVES_GRAPH = words("""
    builtins.bool builtins.float builtins.int builtins.list builtins.tuple keras.backend.batch_get_value
    keras.backend.eval keras.backend.get_value keras.ops.convert_to_numpy
    tf.make_ndarray tf.numpy_function
    """)
"""What turns a tensor into a Python or NumPy value, besides NumPy and ``math`` themselves."""

_ELEMENTWISE_FLOWS = words("""
    keras.ops.cbrt keras.ops.exp2 keras.ops.hard_sigmoid keras.ops.hypot keras.ops.log10
    keras.ops.log2 keras.ops.logaddexp keras.ops.nan_to_num keras.ops.gelu keras.backend.hard_sigmoid
    keras.activations.sigmoid keras.activations.relu keras.activations.tanh keras.activations.softplus
    tf.abs tf.acos tf.acosh tf.add tf.add_n tf.asin tf.asinh tf.atan tf.atan2 tf.atanh
    tf.clip_by_value tf.cos tf.cosh tf.divide tf.exp tf.identity tf.math.digamma
    tf.math.divide_no_nan tf.math.erf tf.math.erfc tf.math.expm1 tf.math.floormod tf.math.lgamma
    tf.math.log tf.math.log1p tf.math.log_sigmoid tf.math.multiply_no_nan
    tf.math.reciprocal tf.math.reciprocal_no_nan tf.math.rsqrt
    tf.math.squared_difference tf.math.xdivy tf.math.xlog1py tf.math.xlogy tf.maximum tf.minimum
    tf.multiply tf.negative tf.nn.elu tf.nn.gelu tf.nn.leaky_relu tf.nn.relu tf.nn.relu6 tf.nn.selu
    tf.nn.sigmoid_cross_entropy_with_logits tf.nn.silu tf.nn.softplus tf.nn.softsign
    tf.nn.weighted_cross_entropy_with_logits tf.pow tf.scalar_mul tf.sigmoid tf.sin tf.sinh tf.sqrt
    tf.square tf.subtract tf.tan tf.tanh tf.truediv tf.where
""")

_ELEMENTWISE_STEPS = words("""
    tf.cast tf.saturate_cast tf.sign tf.ones_like tf.zeros_like tf.stop_gradient
    tf.math.is_finite tf.math.is_inf tf.math.is_nan tf.math.logical_xor keras.ops.heaviside
    keras.ops.isclose
""")

ELEMENTWISE = (
    _ELEMENTWISE_FLOWS
    | _ELEMENTWISE_STEPS
    | {
        name
        for table in (COMPARISONS, LOGICAL, ROUNDING)
        for name in table
        if name.startswith("tf.")
    }
)
"""Every element of the result depends on the elements at its place alone, after broadcasting."""

_FLOWS = _ELEMENTWISE_FLOWS | words("""
    builtins.abs builtins.max builtins.min builtins.pow builtins.sum
    keras.activations.softmax keras.backend.batch_dot keras.backend.batch_flatten
    keras.backend.bias_add keras.backend.binary_crossentropy keras.backend.binary_focal_crossentropy
    keras.backend.categorical_crossentropy keras.backend.dot keras.backend.flatten
    keras.backend.repeat keras.backend.repeat_elements keras.backend.sparse_categorical_crossentropy
    keras.ops.append keras.ops.average keras.ops.binary_crossentropy keras.ops.broadcast_to
    keras.ops.categorical_crossentropy keras.ops.copy keras.ops.cumsum keras.ops.diff keras.ops.dot
    keras.ops.flip keras.ops.median keras.ops.moveaxis keras.ops.normalize
    keras.ops.outer keras.ops.pad keras.ops.quantile keras.ops.ravel
    keras.ops.sparse_categorical_crossentropy keras.ops.split keras.ops.swapaxes keras.ops.take
    keras.ops.take_along_axis
    tf.boolean_mask tf.broadcast_to tf.concat tf.cond tf.convert_to_tensor tf.cumsum
    tf.dynamic_partition tf.dynamic_stitch tf.einsum tf.ensure_shape tf.expand_dims tf.gather
    tf.gather_nd tf.image.sobel_edges tf.image.ssim tf.image.total_variation
    tf.linalg.band_part tf.linalg.det tf.linalg.diag tf.linalg.diag_part tf.linalg.inv
    tf.linalg.logdet tf.linalg.matvec tf.linalg.trace tf.map_fn tf.matmul tf.math.cumprod
    tf.math.cumulative_logsumexp tf.math.l2_normalize tf.math.reduce_euclidean_norm
    tf.math.reduce_std tf.math.reduce_variance tf.math.segment_max tf.math.segment_mean
    tf.math.segment_sum tf.math.unsorted_segment_max tf.math.unsorted_segment_mean
    tf.math.unsorted_segment_sum tf.nn.avg_pool tf.nn.avg_pool2d tf.nn.conv1d tf.nn.conv2d
    tf.nn.l2_loss tf.nn.log_softmax tf.nn.max_pool2d tf.nn.moments tf.nn.softmax
    tf.nn.softmax_cross_entropy_with_logits tf.nn.sparse_softmax_cross_entropy_with_logits tf.norm
    tf.pad tf.reduce_logsumexp tf.reduce_max tf.reduce_mean tf.reduce_min tf.reduce_prod
    tf.reduce_sum tf.repeat tf.reshape tf.reverse tf.roll tf.slice tf.sort tf.split tf.squeeze
    tf.stack tf.strided_slice tf.tensor_scatter_nd_add tf.tensordot tf.tile tf.transpose tf.unstack
    tf.vectorized_map
    """) | LOSS_FUNCTIONS | {name for name in LOSS_CLASSES if name != "keras.losses.Loss"}

_NONE = words("""
    keras.ops.histogram keras.ops.isclose keras.ops.signbit tf.bitcast
    tf.histogram_fixed_width tf.math.bincount tf.math.confusion_matrix
    tf.math.count_nonzero tf.math.is_finite tf.math.is_inf tf.math.is_nan tf.math.zero_fraction
    tf.reduce_all tf.reduce_any tf.stop_gradient tf.strings.as_string tf.as_string tf.one_hot
    tf.linalg.matrix_rank tf.Variable
    """)

_ZERO = frozenset(["tf.sign"])

_BY_NAME: Mapping[str, Gradient] = MappingProxyType(
    {
        **dict.fromkeys(_FLOWS, Gradient.FLOWS),
        **dict.fromkeys(_ZERO, Gradient.ZERO),
        **dict.fromkeys(_NONE, Gradient.NONE),
        **dict.fromkeys(
            [
                *COMPARISONS,
                *LOGICAL,
                *ROUNDING,
                *SHAPE_QUERIES,
                *LIKES,
                *INDEX_OPERATIONS,
                *LEAVES_GRAPH,
                *METRIC_FUNCTIONS,
                *METRIC_CLASSES,
            ],
            Gradient.NONE,
        ),
    }
)

KNOWN = frozenset(_BY_NAME)
"""The canonical names of all operations whose gradient is known."""


def gradient_of(operation: str) -> Gradient:
    """What becomes of the gradient at the canonical name of an operation.

    NumPy, ``math`` and scikit-learn give `Gradient.NONE`: their results are no tensors.
    ``tf.cast`` is `Gradient.UNKNOWN`, as its dtype decides: see ``casts_to_discrete``.
    """
    known = _BY_NAME.get(operation)
    if known is not None:
        return known
    if operation.startswith(("np.", "math.", "sklearn.", "scipy.", "pandas.")):
        return Gradient.NONE
    return Gradient.UNKNOWN
