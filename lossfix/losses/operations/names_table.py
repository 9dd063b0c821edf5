"""The spellings of TensorFlow, Keras and NumPy: which prefixes and names stand for the same thing."""

from __future__ import annotations

from lossfix.losses.operations.words import words

HEADS = (
    # Longest first: the first that fits is cut off.
    ("tensorflow.python.keras.api._v2.keras", "keras"),
    ("tensorflow.python.keras.api._v1.keras", "keras"),
    ("tensorflow.compat.v1.keras", "keras"),
    ("tensorflow.compat.v2.keras", "keras"),
    ("tensorflow._api.v2.v2.keras", "keras"),
    ("tensorflow.contrib.keras", "keras"),
    ("tensorflow.python.keras", "keras"),
    ("tensorflow.keras", "keras"),
    ("tf_keras", "keras"),
    ("keras._tf_keras.keras", "keras"),
    ("keras.api._v2.keras", "keras"),
    ("keras.api", "keras"),
    ("keras.src", "keras"),
    ("tensorflow.compat.v2", "tf"),
    ("tensorflow.losses", "keras.losses"),
    ("tensorflow.metrics", "keras.metrics"),
    ("tensorflow.optimizers", "keras.optimizers"),
    ("tensorflow.initializers", "keras.initializers"),
    ("tensorflow.python.ops.math_ops", "tf.math"),
    ("tensorflow.python.ops.array_ops", "tf"),
    ("tensorflow.python.ops.nn_ops", "tf.nn"),
    ("tensorflow.python.ops.nn_impl", "tf.nn"),
    ("tensorflow.python.ops.nn", "tf.nn"),
    ("tensorflow.python.ops.clip_ops", "tf"),
    ("tensorflow.python.framework.ops", "tf"),
    ("tensorflow.python.framework.dtypes", "tf"),
    ("tensorflow.python.framework.constant_op", "tf"),
    # Its losses and metrics are other things than Keras', and keep their prefix.
    ("tensorflow.compat.v1.losses", "tf.compat.v1.losses"),
    ("tensorflow.compat.v1.metrics", "tf.compat.v1.metrics"),
    ("tensorflow.compat.v1.train", "tf.compat.v1.train"),
    ("tensorflow.compat.v1.layers", "tf.compat.v1.layers"),
    ("tensorflow.compat.v1", "tf"),
    ("tensorflow", "tf"),
    ("numpy", "np"),
)

TOP_LEVEL = words("""
    Assert DType SparseTensor abs acos acosh add add_n argmax argmin as_dtype as_string asin asinh
    assert_equal assert_greater assert_less assert_rank atan atan2 atanh cast complex cos cosh cumsum
    divide einsum equal exp eye eig eigvals floor greater greater_equal less less_equal logical_and
    logical_not logical_or matmul maximum minimum multiply negative norm not_equal pow reduce_all
    reduce_any reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum round
    saturate_cast scalar_mul sigmoid sign sin sinh sqrt square subtract tan tanh tensordot truediv
    bfloat16 bool complex128 complex64 double float16 float32 float64 half int16 int32 int64 int8
    string uint16 uint32 uint64 uint8
    """)
"""What ``tf`` has under the same name as one of `ALIAS_MODULES`."""

ALIAS_MODULES = ("tf.math.", "tf.linalg.", "tf.nn.", "tf.dtypes.", "tf.debugging.")

TF_ALIASES = {
    "tf.math.mod": "tf.math.floormod",
    "tf.math.floor_div": "tf.math.floordiv",
    "tf.nn.top_k": "tf.math.top_k",
    "tf.nn.in_top_k": "tf.math.in_top_k",
    "tf.nn.l2_normalize": "tf.math.l2_normalize",
    "tf.linalg.l2_normalize": "tf.math.l2_normalize",
    "tf.nn.zero_fraction": "tf.math.zero_fraction",
    "tf.math.softmax": "tf.nn.softmax",
    "tf.math.log_softmax": "tf.nn.log_softmax",
    "tf.math.softplus": "tf.nn.softplus",
    "tf.math.softsign": "tf.nn.softsign",
    "tf.nn.swish": "tf.nn.silu",
    "tf.nn.local_response_normalization": "tf.nn.lrn",
    "tf.nn.approx_max_k": "tf.math.approx_max_k",
    "tf.nn.approx_min_k": "tf.math.approx_min_k",
    "tf.nn.space_to_batch": "tf.space_to_batch",
    "tf.matrix_square_root": "tf.linalg.sqrtm",
    "tf.autodiff.GradientTape": "tf.GradientTape",
    # The names of TensorFlow 1, which `removed` spells out; the operation is the same.
    "tf.ceil": "tf.math.ceil",
    "tf.confusion_matrix": "tf.math.confusion_matrix",
    "tf.count_nonzero": "tf.math.count_nonzero",
    "tf.cumprod": "tf.math.cumprod",
    "tf.digamma": "tf.math.digamma",
    "tf.div": "tf.divide",
    "tf.div_no_nan": "tf.math.divide_no_nan",
    "tf.erf": "tf.math.erf",
    "tf.erfc": "tf.math.erfc",
    "tf.expm1": "tf.math.expm1",
    "tf.floor_div": "tf.math.floordiv",
    "tf.floordiv": "tf.math.floordiv",
    "tf.floormod": "tf.math.floormod",
    "tf.is_finite": "tf.math.is_finite",
    "tf.is_inf": "tf.math.is_inf",
    "tf.is_nan": "tf.math.is_nan",
    "tf.lgamma": "tf.math.lgamma",
    "tf.log": "tf.math.log",
    "tf.log1p": "tf.math.log1p",
    "tf.log_sigmoid": "tf.math.log_sigmoid",
    "tf.logical_xor": "tf.math.logical_xor",
    "tf.matrix_band_part": "tf.linalg.band_part",
    "tf.mod": "tf.math.floormod",
    "tf.reciprocal": "tf.math.reciprocal",
    "tf.rint": "tf.math.rint",
    "tf.rsqrt": "tf.math.rsqrt",
    "tf.segment_max": "tf.math.segment_max",
    "tf.segment_mean": "tf.math.segment_mean",
    "tf.segment_sum": "tf.math.segment_sum",
    "tf.select": "tf.where",
    "tf.where_v2": "tf.where",
    "tf.squared_difference": "tf.math.squared_difference",
    "tf.trace": "tf.linalg.trace",
    "tf.py_func": "tf.numpy_function",
    "tf.unsorted_segment_max": "tf.math.unsorted_segment_max",
    "tf.unsorted_segment_mean": "tf.math.unsorted_segment_mean",
    "tf.unsorted_segment_sum": "tf.math.unsorted_segment_sum",
    "tf.xlogy": "tf.math.xlogy",
    "tf.zero_fraction": "tf.math.zero_fraction",
}

_SHARED_NUMPY_NAMES = """
    abs=abs absolute=abs add=add all=reduce_all amax=reduce_max amin=reduce_min any=reduce_any
    arccos=acos arccosh=acosh arcsin=asin arcsinh=asinh arctan=atan arctan2=atan2 arctanh=atanh
    argsort=argsort cast=cast ceil=math.ceil clip=clip_by_value cos=cos cosh=cosh divide=divide
    einsum=einsum equal=equal exp=exp expand_dims=expand_dims expm1=math.expm1 floor=floor
    floor_divide=math.floordiv greater=greater greater_equal=greater_equal isfinite=math.is_finite
    isinf=math.is_inf isnan=math.is_nan less=less less_equal=less_equal log=math.log
    log1p=math.log1p logical_and=logical_and logical_not=logical_not logical_or=logical_or
    logical_xor=math.logical_xor matmul=matmul max=reduce_max maximum=maximum mean=reduce_mean
    min=reduce_min minimum=minimum mod=math.floormod multiply=multiply negative=negative
    not_equal=not_equal ones=ones ones_like=ones_like power=pow prod=reduce_prod
    reciprocal=math.reciprocal repeat=repeat reshape=reshape round=round roll=roll sign=sign sin=sin
    sinh=sinh size=size sort=sort sqrt=sqrt square=square squeeze=squeeze stack=stack
    std=math.reduce_std subtract=subtract sum=reduce_sum tan=tan tanh=tanh tensordot=tensordot
    tile=tile transpose=transpose true_divide=divide var=math.reduce_variance where=where
    zeros=zeros zeros_like=zeros_like
"""
"""Operations that ``keras.ops`` and ``tf.experimental.numpy`` name as NumPy does."""

_OPS = """
    concatenate=concat cond=cond convert_to_tensor=convert_to_tensor custom_gradient=custom_gradient
    divide_no_nan=math.divide_no_nan erf=math.erf erfc=math.erfc identity_tensor=identity
    in_top_k=math.in_top_k leaky_relu=nn.leaky_relu log_sigmoid=math.log_sigmoid
    log_softmax=nn.log_softmax logsumexp=reduce_logsumexp map=map_fn relu=nn.relu relu6=nn.relu6
    rsqrt=math.rsqrt saturate_cast=saturate_cast segment_max=math.segment_max
    segment_sum=math.segment_sum selu=nn.selu sigmoid=sigmoid silu=nn.silu softmax=nn.softmax
    softplus=nn.softplus softsign=nn.softsign stop_gradient=stop_gradient
    vectorized_map=vectorized_map while_loop=while_loop one_hot=one_hot top_k=math.top_k
    unstack=unstack norm=norm trace=linalg.trace count_nonzero=math.count_nonzero
"""

_BACKEND = """
    abs=abs all=reduce_all any=reduce_any cast=cast clip=clip_by_value concatenate=concat
    constant=constant cos=cos cumsum=cumsum cumprod=math.cumprod elu=nn.elu equal=equal exp=exp
    expand_dims=expand_dims eye=eye foldl=foldl foldr=foldr gather=gather greater=greater
    greater_equal=greater_equal identity=identity less=less less_equal=less_equal log=math.log
    logsumexp=reduce_logsumexp l2_normalize=math.l2_normalize map_fn=map_fn max=reduce_max
    maximum=maximum mean=reduce_mean min=reduce_min minimum=minimum name_scope=name_scope
    not_equal=not_equal one_hot=one_hot ones_like=ones_like permute_dimensions=transpose pow=pow
    prod=reduce_prod relu=nn.relu reshape=reshape reverse=reverse round=round shape=shape
    sigmoid=sigmoid sign=sign sin=sin softmax=nn.softmax softplus=nn.softplus softsign=nn.softsign
    sqrt=sqrt square=square squeeze=squeeze stack=stack std=math.reduce_std
    stop_gradient=stop_gradient sum=reduce_sum switch=where tanh=tanh tile=tile transpose=transpose
    var=math.reduce_variance zeros_like=zeros_like argmax=argmax argmin=argmin
"""


def _pairs(text: str, prefix: str = "tf.") -> dict[str, str]:
    return {name: prefix + target for name, target in (pair.split("=") for pair in text.split())}


MODULES: dict[str, dict[str, str]] = {
    "keras.ops.": {
        **_pairs(_SHARED_NUMPY_NAMES),
        **_pairs(_OPS),
        # Both reduce over the last axis by default, as the backend's do, or over all of them.
        "argmax": "tf.argmax",
        "argmin": "tf.argmin",
    },
    "keras.backend.": _pairs(_BACKEND),
    "tf.experimental.numpy.": {
        **_pairs(_SHARED_NUMPY_NAMES),
        "concatenate": "tf.concat",
        "argmax": "tf.argmax",
        "argmin": "tf.argmin",
    },
}
MODULES["keras.ops.numpy."] = MODULES["keras.ops.nn."] = MODULES["keras.ops."]

KERAS = {
    "keras.Loss": "keras.losses.Loss",
    "keras.losses.loss.Loss": "keras.losses.Loss",
    "keras.Metric": "keras.metrics.Metric",
    "keras.metrics.metric.Metric": "keras.metrics.Metric",
    "keras.models.Model": "keras.Model",
    "keras.models.model.Model": "keras.Model",
    "keras.engine.training.Model": "keras.Model",
    "keras.models.Sequential": "keras.Sequential",
    "keras.models.sequential.Sequential": "keras.Sequential",
    "keras.layers.layer.Layer": "keras.layers.Layer",
    "keras.Layer": "keras.layers.Layer",
    "keras.engine.base_layer.Layer": "keras.layers.Layer",
    "keras.config.epsilon": "keras.backend.epsilon",
    "keras.config.floatx": "keras.backend.floatx",
    "keras.common.epsilon": "keras.backend.epsilon",
    "keras.common.floatx": "keras.backend.floatx",
    "keras.ops.ndim": "keras.backend.ndim",
    "keras.utils.losses_utils.Reduction": "keras.losses.Reduction",
    "keras.utils.losses_utils.ReductionV2": "keras.losses.Reduction",
    "keras.losses.losses_utils.Reduction": "keras.losses.Reduction",
    "keras.losses.losses_utils.ReductionV2": "keras.losses.Reduction",
    "keras.utils.register_keras_serializable": "keras.saving.register_keras_serializable",
    "keras.utils.get_custom_objects": "keras.saving.get_custom_objects",
    "keras.utils.custom_object_scope": "keras.saving.custom_object_scope",
    "keras.utils.CustomObjectScope": "keras.saving.custom_object_scope",
    "keras.saving.CustomObjectScope": "keras.saving.custom_object_scope",
    "keras.models.load_model": "keras.saving.load_model",
    "keras.models.save_model": "keras.saving.save_model",
}

NUMPY_ALIASES = {
    "np.absolute": "np.abs",
    "np.acos": "np.arccos",
    "np.acosh": "np.arccosh",
    "np.alltrue": "np.all",
    "np.amax": "np.max",
    "np.amin": "np.min",
    "np.around": "np.round",
    "np.asin": "np.arcsin",
    "np.asinh": "np.arcsinh",
    "np.atan": "np.arctan",
    "np.atan2": "np.arctan2",
    "np.atanh": "np.arctanh",
    "np.concat": "np.concatenate",
    "np.conjugate": "np.conj",
    "np.cumproduct": "np.cumprod",
    "np.permute_dims": "np.transpose",
    "np.pow": "np.power",
    "np.product": "np.prod",
    "np.remainder": "np.mod",
    "np.round_": "np.round",
    "np.sometrue": "np.any",
    "np.true_divide": "np.divide",
}
