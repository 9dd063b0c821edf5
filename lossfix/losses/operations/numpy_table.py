"""NumPy in TensorFlow: every function that losses use and that has a differentiable counterpart.

Keras' own ``keras.ops`` stands in where TensorFlow spells the same thing only at length.
"""

from __future__ import annotations

from lossfix.losses.operations.translation import Translation
from lossfix.losses.operations.translation import translation as _t

_UNARY = """
    abs=tf.abs fabs=tf.abs negative=tf.negative positive=tf.identity sign=tf.sign square=tf.square
    rint=tf.round floor=tf.floor ceil=tf.math.ceil isnan=tf.math.is_nan isinf=tf.math.is_inf
    isfinite=tf.math.is_finite logical_not=tf.logical_not
    reciprocal=tf.math.reciprocal
"""
_UNARY_FLOAT = """
    exp=tf.exp expm1=tf.math.expm1 log=tf.math.log log1p=tf.math.log1p sqrt=tf.sqrt
    sin=tf.sin cos=tf.cos tan=tf.tan arcsin=tf.asin arccos=tf.acos
    arctan=tf.atan sinh=tf.sinh cosh=tf.cosh tanh=tf.tanh arcsinh=tf.asinh arccosh=tf.acosh
    arctanh=tf.atanh
"""
_BINARY = """
    add=tf.add subtract=tf.subtract multiply=tf.multiply maximum=tf.maximum minimum=tf.minimum
    power=tf.pow mod=tf.math.floormod floor_divide=tf.math.floordiv greater=tf.greater
    greater_equal=tf.greater_equal less=tf.less less_equal=tf.less_equal equal=tf.equal
    not_equal=tf.not_equal
"""
_LOGICAL = "logical_and=tf.logical_and logical_or=tf.logical_or logical_xor=tf.math.logical_xor"
_BINARY_FLOAT = "divide=tf.divide arctan2=tf.atan2 float_power=tf.pow"
_REDUCTIONS = "sum=tf.reduce_sum prod=tf.reduce_prod mean=tf.reduce_mean"
_ORDER_REDUCTIONS = """
    max=tf.reduce_max min=tf.reduce_min all=tf.reduce_all any=tf.reduce_any
    count_nonzero=tf.math.count_nonzero
"""

INTEGER = r"-?\d+"
NUMBER = r"-?\d+(\.\d*)?(e-?\d+)?"
C_ORDER = {"order": r"|'C'|\"C\""}


def _pairs(text: str) -> list[list[str]]:
    return [pair.split("=") for pair in text.split()]


_ELEMENTWISE = (
    *(_t(f"np.{name}(x)", f"{op}({{x}})") for name, op in _pairs(_UNARY)),
    *(_t(f"np.{name}(x)", f"{op}({{x}})", floats="x") for name, op in _pairs(_UNARY_FLOAT)),
    *(
        _t(f"np.{name}(x1, x2)", f"{op}({{x1}}, {{x2}})", floats="x1 x2")
        for name, op in _pairs(_BINARY + _BINARY_FLOAT)
    ),
    *(_t(f"np.{name}(x1, x2)", f"{op}({{x1}}, {{x2}})") for name, op in _pairs(_LOGICAL)),
    _t("np.cbrt(x)", "tf.sign({x}) * tf.pow(tf.abs({x}), 1.0 / 3.0)", floats="x"),
    _t("np.exp2(x)", "tf.exp({x} * np.log(2.0))", floats="x"),
    _t("np.log2(x)", "tf.math.log({x}) / np.log(2.0)", floats="x"),
    _t("np.log10(x)", "tf.math.log({x}) / np.log(10.0)", floats="x"),
    *(
        _t(f"np.{name}(x)", f"{{x}} * ({factor})", floats="x")
        for name, factor in (
            ("deg2rad", "np.pi / 180.0"),
            ("radians", "np.pi / 180.0"),
            ("rad2deg", "180.0 / np.pi"),
            ("degrees", "180.0 / np.pi"),
        )
    ),
    _t("np.round(a, decimals)", "tf.round({a})", only={"decimals": "|0"}),
    _t(
        "np.round(a, decimals)",
        "tf.round({a} * 10.0**{decimals}) / 10.0**{decimals}",
        floats="a",
        only={"decimals": r"\d+"},
    ),
    _t("np.trunc(x)", "tf.sign({x}) * tf.floor(tf.abs({x}))", floats="x"),
    _t("np.fix(x)", "tf.sign({x}) * tf.floor(tf.abs({x}))", floats="x"),
    _t("np.hypot(x1, x2)", "tf.sqrt(tf.square({x1}) + tf.square({x2}))", floats="x1 x2"),
    _t("np.logaddexp(x1, x2)", "keras.ops.logaddexp({x1}, {x2})", floats="x1 x2"),
    *(
        _t(
            f"np.f{name}(x1, x2)",
            target.replace("EXTREMUM", f"tf.{name}imum"),
            floats="x1 x2",
            only=only,
        )
        for name in ("max", "min")
        for target, only in (
            ("tf.where(tf.math.is_nan({x1}), {x2}, EXTREMUM({x1}, {x2}))", {"x2": NUMBER}),
            ("tf.where(tf.math.is_nan({x2}), {x1}, EXTREMUM({x1}, {x2}))", {"x1": NUMBER}),
            (
                "tf.where(tf.math.is_nan({x1}), {x2}, tf.where(tf.math.is_nan({x2}), {x1}, "
                "EXTREMUM({x1}, {x2})))",
                {},
            ),
        )
    ),
    _t(
        "np.heaviside(x1, x2)",
        "tf.where({x1} < 0, tf.zeros_like({x1}), tf.where({x1} > 0, tf.ones_like({x1}), {x2}))",
        floats="x1 x2",
    ),
    _t(
        "np.isclose(a, b, rtol=1e-05, atol=1e-08)",
        "tf.abs({a} - {b}) <= {atol} + {rtol} * tf.abs({b})",
        floats="a b",
    ),
    _t("np.where(condition, x, y)", "tf.where({condition}, {x}, {y})", floats="x y"),
    _t("np.invert(x)", "tf.logical_not({x})", note="of booleans"),
    _t("np.nan_to_num(x)", "keras.ops.nan_to_num({x})", floats="x"),
    _t(
        "np.nan_to_num(x, *, nan)",
        "tf.where(tf.math.is_nan({x}), {nan}, {x})",
        exact=False,
        note="infinities stay as they are",
        floats="x nan",
    ),
    *(
        _t(
            "np.clip(a, a_min, a_max)",
            target,
            floats="a a_min a_max",
            aliases="min=a_min max=a_max x=a",
            only=only,
        )
        for target, only in (
            ("tf.maximum({a}, {a_min})", {"a_max": "None"}),
            ("tf.minimum({a}, {a_max})", {"a_min": "None"}),
            ("tf.clip_by_value({a}, {a_min}, {a_max})", {}),
        )
    ),
)

_REDUCING = (
    *(
        _t(f"np.{name}(a, axis, *, keepdims)", f"{op}({{a}}, axis={{axis}}, keepdims={{keepdims}})")
        for name, op in _pairs(_ORDER_REDUCTIONS)
    ),
    *(
        _t(
            f"np.{name}(a, axis, *, keepdims)",
            f"{op}({{a}}, axis={{axis}}, keepdims={{keepdims}})",
            floats="a",
        )
        for name, op in _pairs(_REDUCTIONS)
    ),
    *(
        _t(
            f"np.{name}(a, axis, *, keepdims, ddof)",
            f"tf.math.reduce_{long}({{a}}, axis={{axis}}, keepdims={{keepdims}})",
            floats="a",
            only={"ddof": "|0"},
        )
        for name, long in (("std", "std"), ("var", "variance"))
    ),
    *(
        _t(
            f"np.{name}(a, axis, *, ddof)",
            f"{before}tf.reduce_sum(tf.square({{a}} - tf.reduce_mean({{a}}{mean})){axis})"
            f" / tf.cast({count} - {{ddof}}, {{a}}.dtype){after}",
            floats="a",
            only=only,
        )
        for name, before, after in (("std", "tf.sqrt(", ")"), ("var", "", ""))
        for mean, axis, count, only in (
            ("", "", "tf.size({a})", {"axis": "|None", "ddof": r"\d+"}),
            (
                ", axis={axis}, keepdims=True",
                ", axis={axis}",
                "tf.shape({a})[{axis}]",
                {"axis": INTEGER, "ddof": r"\d+"},
            ),
        )
    ),
    _t("np.ptp(a, axis)", "tf.reduce_max({a}, axis={axis}) - tf.reduce_min({a}, axis={axis})"),
    _t("np.average(a, axis)", "tf.reduce_mean({a}, axis={axis})", floats="a"),
    _t(
        "np.average(a, axis, weights)",
        "tf.reduce_sum({a} * {weights}) / tf.reduce_sum({weights})",
        floats="a weights",
        only={"axis": "|None"},
    ),
    _t(
        "np.average(a, axis, weights)",
        "tf.reduce_sum({a} * {weights}, axis=-1) / tf.reduce_sum({weights}, axis=-1)",
        floats="a weights",
        only={"axis": "-1"},
    ),
    _t(
        "np.median(a, axis, *, keepdims)",
        "keras.ops.median({a}, axis={axis}, keepdims={keepdims})",
        floats="a",
    ),
    _t(
        "np.quantile(a, q, axis, *, keepdims)",
        "keras.ops.quantile({a}, {q}, axis={axis}, keepdims={keepdims})",
        floats="a",
    ),
    _t(
        "np.percentile(a, q, axis, *, keepdims)",
        "keras.ops.quantile({a}, {q} / 100.0, axis={axis}, keepdims={keepdims})",
        floats="a",
        note="`q` is a number",
    ),
    _t(
        "np.nansum(a, axis, *, keepdims)",
        "tf.reduce_sum(tf.where(tf.math.is_nan({a}), tf.zeros_like({a}), {a}), axis={axis}, "
        "keepdims={keepdims})",
        floats="a",
    ),
    _t(
        "np.nanmean(a, axis, *, keepdims)",
        "tf.reduce_sum(tf.where(tf.math.is_nan({a}), tf.zeros_like({a}), {a}), axis={axis}, "
        "keepdims={keepdims}) / tf.reduce_sum(tf.cast(~tf.math.is_nan({a}), {a}.dtype), axis={axis}, "
        "keepdims={keepdims})",
        floats="a",
    ),
    *(
        _t(
            "np.linalg.norm(x, ord, axis, *, keepdims)",
            f"tf.norm({{x}}{more}, keepdims={{keepdims}})",
            floats="x",
            only=only,
        )
        for more, only in (
            ("", {"ord": "|None", "axis": "|None"}),
            (", axis={axis}", {"ord": "|None|2", "axis": INTEGER}),
            (", ord={ord}, axis={axis}", {"ord": r"1|3|4|np\.inf", "axis": INTEGER}),
        )
    ),
    _t(
        "np.linalg.norm(x, ord, axis, *, keepdims)",
        "tf.reduce_sum(tf.abs({x}), keepdims={keepdims})",
        exact=False,
        note="of a vector",
        floats="x",
        only={"ord": "1", "axis": "|None"},
    ),
    *(_t(f"np.{name}(a)", f"tf.{name}(tf.reshape({{a}}, [-1]))") for name in ("argmax", "argmin")),
    *(
        _t(f"np.{name}(a, axis)", f"tf.{name}({{a}}, axis={{axis}})", only={"axis": ".+(?<!None)"})
        for name in ("argmax", "argmin")
    ),
    *(
        _t(f"np.{name}(a, axis)", f"tf.{target}(tf.reshape({{a}}, [-1]))", only={"axis": "|None"})
        for name, target in (("cumsum", "cumsum"), ("cumprod", "math.cumprod"))
    ),
    *(
        _t(
            f"np.{name}(a, axis)",
            f"tf.{target}({{a}}, axis={{axis}})",
            only={"axis": ".+(?<!None)"},
        )
        for name, target in (("cumsum", "cumsum"), ("cumprod", "math.cumprod"))
    ),
    _t("np.sort(a, axis)", "tf.sort({a}, axis={axis})", only={"axis": "(|.+)(?<!None)"}),
    _t("np.argsort(a, axis)", "tf.argsort({a}, axis={axis})", only={"axis": "(|.+)(?<!None)"}),
    _t(
        "np.array_equal(a1, a2)",
        "tf.reduce_all(tf.equal({a1}, {a2}))",
        exact=False,
        note="raises where the shapes differ",
    ),
)

_ALGEBRA = (
    _t(
        "np.dot(a, b)",
        "tf.tensordot({a}, {b}, axes=1)",
        floats="a b",
        note="`b` has one or two axes, neither operand is a scalar",
    ),
    _t(
        "np.matmul(x1, x2)",
        "tf.matmul({x1}, {x2})",
        floats="x1 x2",
        note="both operands have two axes or more",
    ),
    _t("np.inner(a, b)", "tf.tensordot({a}, {b}, axes=[[-1], [-1]])", floats="a b"),
    _t(
        "np.outer(a, b)",
        "tf.tensordot(tf.reshape({a}, [-1]), tf.reshape({b}, [-1]), axes=0)",
        floats="a b",
    ),
    _t(
        "np.vdot(a, b)",
        "tf.reduce_sum(tf.reshape({a}, [-1]) * tf.reshape({b}, [-1]))",
        floats="a b",
    ),
    _t("np.tensordot(a, b, axes=2)", "tf.tensordot({a}, {b}, axes={axes})", floats="a b"),
    _t("np.einsum(subscripts, *operands)", "tf.einsum({subscripts}, {*operands})"),
    _t(
        "np.cross(a, b)",
        "tf.linalg.cross({a}, {b})",
        floats="a b",
        note="of vectors with three elements",
    ),
    _t("np.trace(a)", "tf.linalg.trace({a})", note="of a matrix"),
    _t("np.linalg.inv(a)", "tf.linalg.inv({a})", floats="a"),
    _t("np.linalg.det(a)", "tf.linalg.det({a})", floats="a"),
    _t("np.triu(m)", "tf.linalg.band_part({m}, 0, -1)"),
    _t("np.tril(m)", "tf.linalg.band_part({m}, -1, 0)"),
    _t("np.diff(a)", "{a}[..., 1:] - {a}[..., :-1]"),
    _t("np.diff(a, n, axis)", "{a}[1:] - {a}[:-1]", only={"n": "|1", "axis": "0"}),
    _t("np.diff(a, n, axis)", "{a}[:, 1:] - {a}[:, :-1]", only={"n": "|1", "axis": "1"}),
    _t("np.diff(a, n, axis)", "keras.ops.diff({a}, n={n}, axis={axis})"),
)

_SHAPES = (
    _t(
        "np.concatenate(arrays, axis=0)",
        "tf.concat({arrays}, axis={axis})",
        only={"axis": ".*(?<!None)"},
    ),
    _t("np.stack(arrays, axis)", "tf.stack({arrays}, axis={axis})"),
    _t("np.hstack(tup)", "keras.ops.hstack({tup})"),
    _t("np.append(arr, values, axis)", "keras.ops.append({arr}, {values}, axis={axis})"),
    _t(
        "np.split(ary, indices_or_sections, axis)",
        "tf.split({ary}, {indices_or_sections}, axis={axis})",
        only={"indices_or_sections": r"\d+"},
    ),
    _t("np.expand_dims(a, axis)", "tf.expand_dims({a}, axis={axis})", only={"axis": r"[^(\[]+"}),
    _t("np.squeeze(a, axis)", "tf.squeeze({a}, axis={axis})"),
    _t(
        "np.reshape(a, shape, order)",
        "tf.reshape({a}, {shape})",
        aliases="newshape=shape",
        only={"shape": r"[(\[].*|.*shape.*", **C_ORDER},
    ),
    _t(
        "np.reshape(a, shape, order)",
        "tf.reshape({a}, [{shape}])",
        aliases="newshape=shape",
        only={"shape": INTEGER, **C_ORDER},
    ),
    _t("np.ravel(a, order)", "tf.reshape({a}, [-1])", only=C_ORDER),
    _t("np.transpose(a, axes)", "tf.transpose({a}, perm={axes})"),
    _t("np.swapaxes(a, axis1, axis2)", "keras.ops.swapaxes({a}, {axis1}, {axis2})"),
    _t("np.moveaxis(a, source, destination)", "keras.ops.moveaxis({a}, {source}, {destination})"),
    _t("np.tile(A, reps)", "keras.ops.tile({A}, {reps})"),
    _t("np.repeat(a, repeats, axis)", "tf.repeat({a}, {repeats}, axis={axis})"),
    _t("np.flip(m, axis)", "tf.reverse({m}, axis=[{axis}])", only={"axis": INTEGER}),
    _t("np.flip(m, axis)", "keras.ops.flip({m}, axis={axis})"),
    _t("np.flipud(m)", "tf.reverse({m}, axis=[0])"),
    _t("np.fliplr(m)", "tf.reverse({m}, axis=[1])"),
    _t("np.roll(a, shift, axis)", "tf.roll({a}, {shift}, {axis})"),
    _t("np.broadcast_to(array, shape)", "tf.broadcast_to({array}, {shape})"),
    _t(
        "np.take(a, indices, axis)",
        "tf.gather(tf.reshape({a}, [-1]), {indices})",
        only={"axis": "|None"},
    ),
    _t("np.take(a, indices, axis)", "tf.gather({a}, {indices}, axis={axis})"),
    _t(
        "np.take_along_axis(arr, indices, axis)",
        "keras.ops.take_along_axis({arr}, {indices}, axis={axis})",
    ),
    _t("np.zeros_like(a)", "tf.zeros_like({a})"),
    _t("np.ones_like(a)", "tf.ones_like({a})"),
    _t("np.full_like(a, fill_value)", "tf.ones_like({a}) * {fill_value}"),
    _t("np.zeros(shape, dtype)", "tf.zeros({shape}, dtype={dtype})"),
    _t("np.ones(shape, dtype)", "tf.ones({shape}, dtype={dtype})"),
    _t("np.full(shape, fill_value)", "tf.fill({shape}, {fill_value})", floats="fill_value"),
    _t("np.arange(start)", "tf.range({start})"),
    _t("np.arange(start, stop, step=1)", "tf.range({start}, {stop}, {step})"),
    _t("np.shape(a)", "tf.shape({a})"),
    _t("np.size(a)", "tf.size({a})"),
    _t("np.ndim(a)", "tf.rank({a})"),
)

_WRAPS = (
    *(
        choice
        for name, parameter in (
            ("array", "object"),
            ("asarray", "a"),
            ("asanyarray", "a"),
            ("ascontiguousarray", "a"),
        )
        for choice in (
            _t(
                f"np.{name}({parameter}, dtype)",
                f"tf.cast(tf.stack({{{parameter}}}), {{dtype}})",
                only={parameter: r"\[.*\]"},
            ),
            _t(
                f"np.{name}({parameter})", f"tf.stack({{{parameter}}})", only={parameter: r"\[.*\]"}
            ),
            _t(f"np.{name}({parameter}, dtype)", f"tf.cast({{{parameter}}}, {{dtype}})"),
            _t(
                f"np.{name}({parameter}, *, copy)", f"{{{parameter}}}", only={"copy": "|True|False"}
            ),
        )
    ),
    _t("np.copy(a)", "{a}"),
    *(
        _t(f"np.{name}(x)", "{x}", floats="x")
        for name in ("float32", "float64", "single", "double")
    ),
)

NUMPY: tuple[Translation, ...] = _ELEMENTWISE + _REDUCING + _ALGEBRA + _SHAPES + _WRAPS
