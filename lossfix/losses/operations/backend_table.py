"""Keras 2's ``keras.backend`` in today's names: Keras 3 kept a handful of its functions.

``tf.keras.backend`` still has most of them, and is the reference that these are measured against.
"""

from __future__ import annotations

from lossfix.losses.operations.translation import Translation
from lossfix.losses.operations.translation import translation as _t

_SAME = """
    abs(x)=tf.abs cos(x)=tf.cos exp(x)=tf.exp log(x)=tf.math.log sigmoid(x)=tf.sigmoid
    sign(x)=tf.sign sin(x)=tf.sin softplus(x)=tf.nn.softplus softsign(x)=tf.nn.softsign
    square(x)=tf.square tanh(x)=tf.tanh round(x)=tf.round transpose(x)=tf.transpose shape(x)=tf.shape
    stop_gradient(variables)=tf.stop_gradient equal(x,y)=tf.equal greater(x,y)=tf.greater
    greater_equal(x,y)=tf.greater_equal less(x,y)=tf.less less_equal(x,y)=tf.less_equal
    not_equal(x,y)=tf.not_equal maximum(x,y)=tf.maximum minimum(x,y)=tf.minimum pow(x,a)=tf.pow
    cast(x,dtype)=tf.cast gather(reference,indices)=tf.gather one_hot(indices,num_classes)=tf.one_hot
    slice(x,start,size)=tf.slice
    reshape(x,shape)=tf.reshape permute_dimensions(x,pattern)=tf.transpose name_scope(name)=tf.name_scope
"""
_REDUCTIONS = """
    sum=reduce_sum prod=reduce_prod mean=reduce_mean max=reduce_max min=reduce_min
    logsumexp=reduce_logsumexp std=math.reduce_std var=math.reduce_variance
"""
_FLOATX = "keras.backend.floatx()"
_SQUARE = r"(?:\w+\.)*square\([^()]*\)"
_SQUARES = rf"(?:(?:\w+\.)*(?:reduce_)?(?:sum|mean)\(\s*{_SQUARE}[^()]*\)|{_SQUARE})"
_POSITIVE = r"(?:(?:\w+\.)*epsilon\(\)|\d[\d.e-]*)"
_BY_ITSELF = r"(?P<same>[\w.]+)\s*\*\s*(?P=same)|[\w.]+\s*\*\*\s*2"
_NEVER_NEGATIVE = (
    rf"{_SQUARES}(?:\s*[+*]\s*(?:{_SQUARES}|{_POSITIVE}|{_BY_ITSELF}))*"
    rf"|(?:\w+\.)*maximum\(.*,\s*{_POSITIVE}\s*\)"
)
_LAMBDA = r"lambda\b.*"
_INTEGER = r"-?\d+"


def _same(pair: str) -> Translation:
    signature, target = pair.split("=")
    names = signature.partition("(")[2].rstrip(")").split(",")
    floats = "x y" if target in ("tf.maximum", "tf.minimum") else ""
    return _t(
        signature.replace(",", ", "),
        f"{target}({', '.join(f'{{{name}}}' for name in names)})",
        floats=floats,
    )


_ELEMENTWISE = (
    *map(_same, _SAME.split()),
    # The backend clips at zero before it takes a root, which what is never negative has no need of.
    _t("sqrt(x)", "tf.sqrt({x})", only={"x": _NEVER_NEGATIVE}),
    _t("sqrt(x)", "tf.sqrt(tf.maximum({x}, 0.0))", floats="x"),
    _t(
        "clip(x, min_value, max_value)",
        "tf.maximum({x}, {min_value})",
        floats="x min_value",
        only={"max_value": "None"},
    ),
    _t(
        "clip(x, min_value, max_value)",
        "tf.minimum({x}, {max_value})",
        floats="x max_value",
        only={"min_value": "None"},
    ),
    _t(
        "clip(x, min_value, max_value)",
        "tf.clip_by_value({x}, {min_value}, {max_value})",
        floats="x min_value max_value",
    ),
    _t("elu(x)", "tf.nn.elu({x})"),
    _t("elu(x, alpha)", "keras.activations.elu({x}, alpha={alpha})"),
    _t("relu(x)", "tf.nn.relu({x})"),
    _t(
        "relu(x, alpha, max_value, threshold)",
        "keras.activations.relu({x}, negative_slope={alpha}, max_value={max_value}, "
        "threshold={threshold})",
    ),
    _t("hard_sigmoid(x)", "tf.clip_by_value(0.2 * {x} + 0.5, 0.0, 1.0)", floats="x"),
    _t("softmax(x, axis)", "tf.nn.softmax({x}, axis={axis})"),
    _t("l2_normalize(x, axis)", "tf.math.l2_normalize({x}, axis={axis})"),
    _t("identity(x, name)", "tf.identity({x}, name={name})"),
    _t("cast_to_floatx(x)", f"tf.cast({{x}}, {_FLOATX})"),
    _t(
        "switch(condition, then_expression, else_expression)",
        "tf.cond({condition}, {then_expression}, {else_expression})",
        only={"then_expression": _LAMBDA, "else_expression": _LAMBDA},
        note="of a scalar condition",
    ),
    _t(
        "switch(condition, then_expression, else_expression)",
        "tf.where({condition}, {then_expression}, {else_expression})",
        floats="then_expression else_expression",
        note="the condition has the rank of the branches, or is a scalar",
    ),
)

_REDUCING = (
    *(
        _t(
            f"{name}(x, axis, keepdims)",
            f"tf.{op}({{x}}, axis={{axis}}, keepdims={{keepdims}})",
            floats="x" if name in ("mean", "std", "var", "logsumexp") else "",
        )
        for name, op in (pair.split("=") for pair in _REDUCTIONS.split())
    ),
    *(
        _t(
            f"{name}(x, axis, keepdims)",
            f"tf.reduce_{name}(tf.cast({{x}}, tf.bool), axis={{axis}}, keepdims={{keepdims}})",
        )
        for name in ("all", "any")
    ),
    _t("argmax(x, axis=-1)", "tf.argmax({x}, axis={axis})"),
    _t("argmin(x, axis=-1)", "tf.argmin({x}, axis={axis})"),
    _t("cumsum(x, axis)", "tf.cumsum({x}, axis={axis})"),
    _t("cumprod(x, axis)", "tf.math.cumprod({x}, axis={axis})"),
)

_SHAPES = (
    _t("batch_flatten(x)", "tf.reshape({x}, [-1, tf.reduce_prod(tf.shape({x})[1:])])"),
    _t("concatenate(tensors, axis=-1)", "tf.concat({tensors}, axis={axis})"),
    _t("count_params(x)", "{x}.shape.num_elements()"),
    _t("dtype(x)", "{x}.dtype.name"),
    _t("expand_dims(x, axis=-1)", "tf.expand_dims({x}, axis={axis})"),
    _t("flatten(x)", "tf.reshape({x}, [-1])"),
    _t("get_variable_shape(x)", "tuple({x}.shape)"),
    _t("int_shape(x)", "tuple({x}.shape)"),
    _t("ndim(x)", "{x}.shape.rank"),
    _t("repeat(x, n)", "tf.tile(tf.expand_dims({x}, 1), [1, {n}, 1])"),
    _t("repeat_elements(x, rep, axis)", "tf.repeat({x}, {rep}, axis={axis})"),
    _t("reverse(x, axes)", "tf.reverse({x}, [{axes}])", only={"axes": _INTEGER}),
    _t("reverse(x, axes)", "tf.reverse({x}, {axes})"),
    _t("squeeze(x, axis)", "tf.squeeze({x}, axis={axis})", only={"axis": ".+"}),
    _t("stack(x, axis)", "tf.stack({x}, axis={axis})"),
    _t("tile(x, n)", "tf.tile({x}, [{n}])", only={"n": r"\d+"}),
    _t("tile(x, n)", "tf.tile({x}, {n})"),
    _t("is_tensor(x)", "tf.is_tensor({x})"),
    _t("is_sparse(tensor)", "isinstance({tensor}, tf.SparseTensor)"),
)

_ALGEBRA = (
    _t("dot(x, y)", "tf.tensordot({x}, {y}, axes=1)", note="`y` has one or two axes"),
    _t("bias_add(x, bias)", "tf.nn.bias_add({x}, {bias})"),
    _t(
        "batch_normalization(x, mean, var, beta, gamma, axis, epsilon=0.001)",
        "tf.nn.batch_normalization({x}, {mean}, {var}, {beta}, {gamma}, {epsilon})",
        only={"axis": "|-1"},
    ),
    *(
        _t(
            f"{name}(x, kernel, strides=1, padding, data_format, dilation_rate)",
            "keras.ops.conv({x}, {kernel}, strides={strides}, padding={padding}, "
            "data_format={data_format}, dilation_rate={dilation_rate})",
        )
        for name in ("conv1d", "conv2d", "conv3d")
    ),
    *(
        _t(
            f"{name}(x, pool_size, strides=1, padding, data_format, pool_mode)",
            f"keras.ops.{pool}({{x}}, {{pool_size}}, strides={{strides}}, padding={{padding}}, "
            "data_format={data_format})",
            only={"pool_mode": mode},
        )
        for name in ("pool2d", "pool3d")
        for pool, mode in (("max_pool", "|'max'|\"max\""), ("average_pool", "'avg'|\"avg\""))
    ),
)

_CROSSENTROPIES = (
    _t(
        "binary_crossentropy(target, output, from_logits)",
        "keras.ops.binary_crossentropy({target}, {output}, from_logits={from_logits})",
    ),
    _t(
        "categorical_crossentropy(target, output, from_logits, axis)",
        "keras.ops.categorical_crossentropy({target}, {output}, from_logits={from_logits}, axis={axis})",
    ),
    _t(
        "sparse_categorical_crossentropy(target, output, from_logits, axis)",
        "keras.ops.sparse_categorical_crossentropy({target}, {output}, from_logits={from_logits}, "
        "axis={axis})",
    ),
    _t(
        "binary_focal_crossentropy(target, output, apply_class_balancing, alpha, gamma, from_logits)",
        "keras.losses.binary_focal_crossentropy(tf.expand_dims({target}, -1), "
        "tf.expand_dims({output}, -1), apply_class_balancing={apply_class_balancing}, "
        "alpha={alpha}, gamma={gamma}, from_logits={from_logits})",
    ),
    _t(
        "categorical_focal_crossentropy(target, output, alpha, gamma, from_logits, axis)",
        "keras.losses.categorical_focal_crossentropy({target}, {output}, alpha={alpha}, "
        "gamma={gamma}, from_logits={from_logits}, axis={axis})",
    ),
    _t(
        "ctc_batch_cost(y_true, y_pred, input_length, label_length)",
        "tf.expand_dims(tf.nn.ctc_loss(tf.cast({y_true}, tf.int32), "
        "tf.math.log({y_pred} + keras.backend.epsilon()), "
        "tf.squeeze(tf.cast({label_length}, tf.int32), axis=-1), "
        "tf.squeeze(tf.cast({input_length}, tf.int32), axis=-1), "
        "logits_time_major=False, blank_index=-1), 1)",
    ),
    _t("in_top_k(predictions, targets, k)", "tf.math.in_top_k({targets}, {predictions}, {k})"),
)

# Which axes it contracts depends on the ranks; what TensorFlow bundles works that out as Keras 2 did.
_CONTRACTING = (_t("batch_dot(x, y, axes)", "tf.keras.backend.batch_dot({x}, {y}, axes={axes})"),)

_MAKING = (
    _t("arange(start)", "tf.range({start})"),
    _t(
        "arange(start, stop, step=1, dtype)",
        "tf.range({start}, {stop}, {step}, dtype={dtype})",
        only={"stop": r"(?!None).+"},
    ),
    _t(
        f"constant(value, dtype={_FLOATX}, shape, name)",
        "tf.constant({value}, dtype={dtype}, shape={shape}, name={name})",
    ),
    _t(f"eye(size, dtype={_FLOATX}, name)", "tf.eye({size}, dtype={dtype}, name={name})"),
    *(
        _t(
            f"{name}(shape, dtype={_FLOATX}, name)",
            f"tf.{name}({{shape}}, dtype={{dtype}}, name={{name}})",
        )
        for name in ("ones", "zeros")
    ),
    *(
        _t(f"{name}(x, dtype, name)", f"tf.{name}({{x}}, dtype={{dtype}}, name={{name}})")
        for name in ("ones_like", "zeros_like")
    ),
    _t(
        f"variable(value, dtype={_FLOATX}, name, constraint)",
        "tf.Variable({value}, dtype={dtype}, name={name}, constraint={constraint})",
    ),
    *(
        _t(
            f"{name}(shape, {low}, {high}, dtype={_FLOATX}, seed)",
            f"tf.random.{target}({{shape}}, {low}={{{low}}}, {high}={{{high}}}, dtype={{dtype}}, "
            "seed={seed})",
            exact=False,
            note="other numbers are drawn",
        )
        for name, target, low, high in (
            ("random_normal", "normal", "mean", "stddev"),
            ("truncated_normal", "truncated_normal", "mean", "stddev"),
            ("random_uniform", "uniform", "minval", "maxval"),
        )
    ),
    *(
        _t(
            f"{name}(shape, p=0.0)",
            f"tf.cast(tf.random.uniform({{shape}}) <= {{p}}, {_FLOATX})",
            exact=False,
            note="other numbers are drawn",
        )
        for name in ("random_bernoulli", "random_binomial")
    ),
    _t(
        "dropout(x, level, noise_shape, seed)",
        "tf.nn.dropout({x}, {level}, noise_shape={noise_shape}, seed={seed})",
        exact=False,
        note="other numbers are drawn",
    ),
)

_RUNNING = (
    _t("eval(x)", "{x}", note="the tensor instead of its value"),
    _t("get_value(x)", "{x}", note="the tensor instead of its value"),
    _t("to_dense(tensor)", "{tensor}", note="of a tensor that is not sparse"),
    _t(
        "foldl(fn, elems, initializer, name)",
        "tf.foldl({fn}, {elems}, initializer={initializer}, name={name})",
    ),
    _t(
        "foldr(fn, elems, initializer, name)",
        "tf.foldr({fn}, {elems}, initializer={initializer}, name={name})",
    ),
    _t(
        "map_fn(fn, elems, name, dtype)",
        "tf.map_fn({fn}, {elems}, fn_output_signature={dtype}, name={name})",
    ),
    _t("set_value(x, value)", "{x}.assign({value})"),
    _t("update(x, new_x)", "{x}.assign({new_x})"),
    _t("update_add(x, increment)", "{x}.assign_add({increment})"),
    _t("update_sub(x, decrement)", "{x}.assign_sub({decrement})"),
)

BACKEND: tuple[Translation, ...] = (
    _ELEMENTWISE
    + _REDUCING
    + _SHAPES
    + _ALGEBRA
    + _CONTRACTING
    + _CROSSENTROPIES
    + _MAKING
    + _RUNNING
)
"""By bare name of the function."""

_TRAINING = "pass `training` to `call`: there is no learning phase"
_INTERNAL = "it was internal to Keras 2"
_IMAGES = "use `tf.image.resize`"
_CONVOLUTION = "use `keras.ops` or a layer"
BACKEND_REFUSED = {
    "T": "it was Theano, in Keras 1: write what it computes with `tf`",
    "batch_get_value": "a loss cannot read values out of the graph",
    "batch_set_value": "use `variable.assign`",
    "configure_and_create_distributed_session": _INTERNAL,
    "conv2d_transpose": _CONVOLUTION,
    "conv3d_transpose": _CONVOLUTION,
    "convert_inputs_if_ragged": _INTERNAL,
    "ctc_decode": "use `keras.ops.ctc_decode`",
    "ctc_label_dense_to_sparse": "use `tf.sparse.from_dense`, or `tf.nn.ctc_loss` with dense labels",
    "deprecated_internal_learning_phase_scope": _TRAINING,
    "deprecated_internal_set_learning_phase": _TRAINING,
    "depthwise_conv2d": _CONVOLUTION,
    "dtype_numpy": _INTERNAL,
    "eager_learning_phase_scope": _TRAINING,
    "function": "use `tf.function` or a `keras.Model`",
    "get_session": "there are no sessions",
    "gradients": "use `tf.GradientTape`",
    "image_dim_ordering": "use `keras.backend.image_data_format()`, whose values differ",
    "in_test_phase": _TRAINING,
    "in_train_phase": _TRAINING,
    "is_placeholder": "there are no placeholders",
    "is_tpu_strategy": _INTERNAL,
    "learning_phase": _TRAINING,
    "learning_phase_scope": _TRAINING,
    "local_conv": _CONVOLUTION,
    "local_conv1d": _CONVOLUTION,
    "local_conv2d": _CONVOLUTION,
    "manual_variable_initialization": "there are no sessions",
    "maybe_convert_to_ragged": _INTERNAL,
    "moving_average_update": "use `variable.assign`",
    "normalize_batch_in_training": "use `tf.nn.moments` and `tf.nn.batch_normalization`",
    "observe_object_name": _INTERNAL,
    "placeholder": "use `keras.Input`",
    "print_tensor": "use `tf.print`",
    "random_normal_variable": "use `tf.Variable(tf.random.normal(...))`",
    "random_uniform_variable": "use `tf.Variable(tf.random.uniform(...))`",
    "reset_uids": _INTERNAL,
    "resize_images": _IMAGES,
    "resize_volumes": "use `tf.repeat` over each axis",
    "rnn": "use `keras.layers.RNN`",
    "separable_conv1d": _CONVOLUTION,
    "separable_conv2d": _CONVOLUTION,
    "set_learning_phase": _TRAINING,
    "set_session": "there are no sessions",
    "spatial_2d_padding": "use `tf.pad`",
    "spatial_3d_padding": "use `tf.pad`",
    "temporal_padding": "use `tf.pad`",
    "track_tf_optimizer": _INTERNAL,
    "track_variable": _INTERNAL,
    "unique_object_name": _INTERNAL,
}
"""The functions without a translation, by bare name, and what to do instead."""
