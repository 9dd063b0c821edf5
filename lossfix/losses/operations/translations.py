"""What leaves the graph, in TensorFlow: NumPy, ``math``, builtins, SciPy, scikit-learn, tensor methods.

A rule asks `translation_of` for a function by its canonical name, `translation_of_method` for a
method that tensors do not have; both bind one call, or refuse it with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from lossfix.losses.operations.numpy_table import C_ORDER, INTEGER, NUMPY
from lossfix.losses.operations.translation import Binding, Refusal, by_source, translate
from lossfix.losses.operations.translation import translation as _t

_MATH = (
    *(
        _t(f"math.{name}(x)", f"tf.{op}({{x}})", floats="x")
        for name, op in (
            ("acos", "acos"),
            ("acosh", "acosh"),
            ("asin", "asin"),
            ("asinh", "asinh"),
            ("atan", "atan"),
            ("atanh", "atanh"),
            ("ceil", "math.ceil"),
            ("cos", "cos"),
            ("cosh", "cosh"),
            ("erf", "math.erf"),
            ("erfc", "math.erfc"),
            ("exp", "exp"),
            ("expm1", "math.expm1"),
            ("fabs", "abs"),
            ("floor", "floor"),
            ("lgamma", "math.lgamma"),
            ("log", "math.log"),
            ("log1p", "math.log1p"),
            ("sin", "sin"),
            ("sinh", "sinh"),
            ("sqrt", "sqrt"),
            ("tan", "tan"),
            ("tanh", "tanh"),
        )
    ),
    _t("math.log(x, base)", "tf.math.log({x}) / math.log({base})", floats="x"),
    _t("math.log2(x)", "tf.math.log({x}) / math.log(2.0)", floats="x"),
    _t("math.log10(x)", "tf.math.log({x}) / math.log(10.0)", floats="x"),
    _t("math.pow(x, y)", "tf.pow({x}, {y})", floats="x y"),
    _t("math.atan2(y, x)", "tf.atan2({y}, {x})", floats="x y"),
    _t("math.hypot(x, y)", "tf.sqrt(tf.square({x}) + tf.square({y}))", floats="x y"),
    _t("math.radians(x)", "{x} * (math.pi / 180.0)", floats="x"),
    _t("math.degrees(x)", "{x} * (180.0 / math.pi)", floats="x"),
    _t("math.isnan(x)", "tf.math.is_nan({x})", floats="x"),
    _t("math.isinf(x)", "tf.math.is_inf({x})", floats="x"),
    _t("math.isfinite(x)", "tf.math.is_finite({x})", floats="x"),
    _t("math.fsum(x)", "tf.reduce_sum({x}, axis=0)", floats="x"),
    _t("math.prod(x)", "tf.reduce_prod({x}, axis=0)", floats="x"),
)

_BUILTINS = (
    _t("builtins.abs(x)", "tf.abs({x})"),
    _t("builtins.sum(x)", "tf.reduce_sum({x}, axis=0)", floats="x"),
    _t("builtins.max(x)", "tf.reduce_max({x})", note="of a vector"),
    _t("builtins.min(x)", "tf.reduce_min({x})", note="of a vector"),
    _t("builtins.max(x, y)", "tf.maximum({x}, {y})", floats="x y"),
    _t("builtins.min(x, y)", "tf.minimum({x}, {y})", floats="x y"),
    _t("builtins.round(x)", "tf.round({x})"),
    _t("builtins.pow(x, y)", "tf.pow({x}, {y})", floats="x y"),
    _t("builtins.float(x)", "{x}", floats="x"),
    _t("builtins.len(x)", "tf.shape({x})[0]"),
    _t("builtins.sorted(x, *, reverse)", "tf.sort({x})", only={"reverse": "|False"}),
    _t(
        "builtins.sorted(x, *, reverse)",
        'tf.sort({x}, direction="DESCENDING")',
        only={"reverse": "True"},
    ),
)

_SCIPY = (
    _t("scipy.special.expit(x)", "tf.sigmoid({x})", floats="x"),
    _t("scipy.special.erf(x)", "tf.math.erf({x})", floats="x"),
    _t("scipy.special.gammaln(x)", "tf.math.lgamma({x})", floats="x"),
    _t("scipy.special.softmax(x, axis)", "tf.nn.softmax({x}, axis={axis})", only={"axis": ".+"}),
    _t(
        "scipy.special.logsumexp(a, axis, *, keepdims)",
        "tf.reduce_logsumexp({a}, axis={axis}, keepdims={keepdims})",
        floats="a",
    ),
    _t("scipy.special.xlogy(x, y)", "tf.math.xlogy({x}, {y})", floats="x y"),
)

_PAIR = "(y_true, y_pred)"
_SKLEARN = tuple(
    _t(f"sklearn.metrics.{name}{_PAIR}", target, floats="y_true y_pred", exact=exact, note=note)
    for name, target, exact, note in (
        ("mean_squared_error", "tf.reduce_mean(tf.square({y_true} - {y_pred}))", True, ""),
        (
            "root_mean_squared_error",
            "tf.reduce_mean(tf.sqrt(tf.reduce_mean(tf.square({y_true} - {y_pred}), axis=0)))",
            True,
            "",
        ),
        ("mean_absolute_error", "tf.reduce_mean(tf.abs({y_true} - {y_pred}))", True, ""),
        (
            "mean_squared_log_error",
            "tf.reduce_mean(tf.square(tf.math.log1p({y_true}) - tf.math.log1p({y_pred})))",
            True,
            "",
        ),
        (
            "mean_absolute_percentage_error",
            "tf.reduce_mean(tf.abs({y_true} - {y_pred}) / tf.maximum(tf.abs({y_true}), 2.0**-52))",
            True,
            "",
        ),
        (
            "median_absolute_error",
            "tf.reduce_mean(keras.ops.median(tf.abs({y_true} - {y_pred}), axis=0))",
            True,
            "",
        ),
        ("max_error", "tf.reduce_max(tf.abs({y_true} - {y_pred}))", True, ""),
        (
            "r2_score",
            "1.0 - tf.reduce_mean(tf.reduce_sum(tf.square({y_true} - {y_pred}), axis=0)"
            " / tf.reduce_sum(tf.square({y_true} - tf.reduce_mean({y_true}, axis=0)), axis=0))",
            True,
            "",
        ),
        (
            "log_loss",
            "tf.reduce_mean(keras.losses.binary_crossentropy({y_true}, {y_pred}))",
            False,
            "for probabilities of a binary outcome, which Keras clips at 1e-7",
        ),
        (
            "accuracy_score",
            "tf.reduce_mean(tf.cast(tf.equal({y_true}, {y_pred}), tf.float32))",
            False,
            "of one label per sample",
        ),
        (
            "zero_one_loss",
            "tf.reduce_mean(tf.cast(tf.not_equal({y_true}, {y_pred}), tf.float32))",
            False,
            "of one label per sample",
        ),
        (
            "f1_score",
            "tf.math.divide_no_nan(2.0 * tf.reduce_sum({y_true} * {y_pred}),"
            " tf.reduce_sum({y_true}) + tf.reduce_sum({y_pred}))",
            False,
            "of labels 0 and 1",
        ),
        (
            "precision_score",
            "tf.math.divide_no_nan(tf.reduce_sum({y_true} * {y_pred}), tf.reduce_sum({y_pred}))",
            False,
            "of labels 0 and 1",
        ),
        (
            "recall_score",
            "tf.math.divide_no_nan(tf.reduce_sum({y_true} * {y_pred}), tf.reduce_sum({y_true}))",
            False,
            "of labels 0 and 1",
        ),
        (
            "jaccard_score",
            "tf.math.divide_no_nan(tf.reduce_sum({y_true} * {y_pred}), tf.reduce_sum({y_true})"
            " + tf.reduce_sum({y_pred}) - tf.reduce_sum({y_true} * {y_pred}))",
            False,
            "of labels 0 and 1",
        ),
    )
)

_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "np.allclose": "a single yes or no has no slope",
        "np.apply_along_axis": "it calls Python code for each row",
        "np.argwhere": "how many there are depends on the values",
        "np.bincount": "a count has no slope",
        "np.convolve": "its padding has no counterpart of the same shape",
        "np.corrcoef": "write it with `tf.reduce_mean` of the centred products",
        "np.cov": "write it with `tf.reduce_mean` of the centred products",
        "np.digitize": "the number of a bin has no slope",
        "np.fmod": "`tf.truncatemod` has no gradient",
        "np.gradient": "write the differences as slices",
        "np.histogram": "a count has no slope",
        "np.interp": "it has no differentiable counterpart in TensorFlow",
        "np.linalg.eig": "its gradient is not defined for equal eigenvalues",
        "np.linalg.svd": "its gradient is not defined for equal singular values",
        "np.nonzero": "how many there are depends on the values",
        "np.pad": "its modes differ from those of `tf.pad`",
        "np.piecewise": "write it with `tf.where`",
        "np.random": "NumPy draws once, when the graph is built: use `tf.random`",
        "np.searchsorted": "a position has no slope",
        "np.select": "write it with `tf.where`",
        "np.unique": "how many there are depends on the values",
        "np.vstack": "what it does depends on the rank: use `tf.stack` or `tf.concat`",
        "np.vectorize": "it calls Python code for each element",
        "sklearn": "it has no formula with a gradient here",
        "scipy": "it computes outside of the graph",
        "pandas": "it computes outside of the graph",
        "builtins.int": "an integer has no slope",
        "builtins.bool": "a truth value has no slope",
    }
)
"""Functions, or whole modules, that stay as they are, and why."""

_METHODS = (
    *(
        _t(
            f"{name}(axis, *, keepdims)",
            f"tf.{op}({{self}}, axis={{axis}}, keepdims={{keepdims}})",
            floats=floats,
        )
        for name, op, floats in (
            ("mean", "reduce_mean", "self"),
            ("sum", "reduce_sum", "self"),
            ("prod", "reduce_prod", "self"),
            ("max", "reduce_max", ""),
            ("min", "reduce_min", ""),
            ("all", "reduce_all", ""),
            ("any", "reduce_any", ""),
        )
    ),
    *(
        _t(
            f"{name}(axis, *, keepdims, ddof)",
            f"tf.math.reduce_{long}({{self}}, axis={{axis}}, keepdims={{keepdims}})",
            floats="self",
            only={"ddof": "|0"},
        )
        for name, long in (("std", "std"), ("var", "variance"))
    ),
    *(
        _t(f"{name}(axis)", f"tf.{name}(tf.reshape({{self}}, [-1]))", only={"axis": "|None"})
        for name in ("argmax", "argmin", "cumsum")
    ),
    *(
        _t(f"{name}(axis)", f"tf.{name}({{self}}, axis={{axis}})", only={"axis": ".+(?<!None)"})
        for name in ("argmax", "argmin", "cumsum")
    ),
    _t("flatten(order)", "tf.reshape({self}, [-1])", only=C_ORDER),
    _t("ravel(order)", "tf.reshape({self}, [-1])", only=C_ORDER),
    _t(
        "reshape(shape, *, order)",
        "tf.reshape({self}, {shape})",
        only={"shape": r"[(\[].*|.*shape.*", **C_ORDER},
    ),
    _t("reshape(*shape)", "tf.reshape({self}, [{*shape}])"),
    _t("astype(dtype)", "tf.cast({self}, {dtype})"),
    _t("numpy()", "{self}"),
    _t("item()", "{self}", note="of a tensor with one element"),
    _t("copy()", "{self}"),
    _t("eval(*, session)", "{self}", only={"session": ".*"}),
    _t(
        "clip(min, max)",
        "tf.maximum({self}, {min})",
        aliases="a_min=min a_max=max",
        only={"max": "|None"},
    ),
    _t(
        "clip(min, max)",
        "tf.minimum({self}, {max})",
        aliases="a_min=min a_max=max",
        only={"min": "|None"},
    ),
    _t("clip(min, max)", "tf.clip_by_value({self}, {min}, {max})", aliases="a_min=min a_max=max"),
    _t("round(decimals)", "tf.round({self})", only={"decimals": "|0"}),
    _t(
        "dot(b)",
        "tf.tensordot({self}, {b}, axes=1)",
        floats="self b",
        note="`b` has one or two axes, neither operand is a scalar",
    ),
    _t("squeeze(axis)", "tf.squeeze({self}, axis={axis})"),
    _t("transpose(axes)", "tf.transpose({self}, perm={axes})", only={"axes": r"|None|[(\[].*"}),
    _t("transpose(*axes)", "tf.transpose({self}, perm=[{*axes}])"),
    _t("swapaxes(axis1, axis2)", "keras.ops.swapaxes({self}, {axis1}, {axis2})"),
    _t("repeat(repeats, axis)", "tf.repeat({self}, {repeats}, axis={axis})"),
    _t("take(indices, axis)", "tf.gather({self}, {indices}, axis={axis})", only={"axis": INTEGER}),
    _t("argsort(axis)", "tf.argsort({self}, axis={axis})", only={"axis": "(|.+)(?<!None)"}),
    _t("trace()", "tf.linalg.trace({self})", note="of a matrix"),
    _t("conj()", "tf.math.conj({self})"),
    _t("ptp(axis)", "tf.reduce_max({self}, axis={axis}) - tf.reduce_min({self}, axis={axis})"),
)

_ATTRIBUTES = (
    _t("T", "tf.transpose({self})"),
    _t("size", "tf.size({self})"),
)


TRANSLATIONS = by_source((*NUMPY, *_MATH, *_BUILTINS, *_SCIPY, *_SKLEARN))
"""By canonical name; several translations of one function serve different sets of arguments."""

METHODS = by_source(_METHODS)
"""Methods that NumPy's arrays have and tensors have not, by bare name; ``{self}`` is the object."""

ATTRIBUTES = by_source(_ATTRIBUTES)
"""Attributes of NumPy's arrays that tensors have not, by bare name."""


def translation_of(
    operation: str, positional: Sequence[str], keywords: Mapping[str, str]
) -> Binding | Refusal:
    """How to write one call of a function in TensorFlow.

    ``operation`` is a canonical name, ``positional`` and ``keywords`` hold the source text of the
    arguments. A function without a translation is refused with the best reason that is known.
    """
    choices = TRANSLATIONS.get(operation)
    if choices:
        return translate(choices, positional, keywords)
    parts = operation.split(".")
    for length in range(len(parts), 0, -1):
        reason = _REFUSED.get(".".join(parts[:length]))
        if reason:
            return Refusal(f"`{operation}`: {reason}")
    return Refusal(f"`{operation}` has no known counterpart in TensorFlow")


def translation_of_method(
    method: str, receiver: str, positional: Sequence[str], keywords: Mapping[str, str]
) -> Binding | Refusal:
    """How to write one call of a method of a tensor that tensors do not have.

    ``receiver`` is the source text of the object, which fills ``{self}``. Whether the object is a
    tensor is for the caller to know: ``frame.mean()`` is none of this module's business.
    """
    choices = METHODS.get(method)
    if choices:
        return translate(choices, positional, keywords, receiver)
    return Refusal(f"tensors have no method `{method}`, and no known function stands in for it")
