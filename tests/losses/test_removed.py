"""Removed names: the tables are complete, and what they put in place gives the old values."""

from __future__ import annotations

import ast
import builtins
import functools
import importlib.util
import os
from pathlib import Path
from types import ModuleType

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import pytest
import tensorflow as tf

from lossfix.losses.operations.backend_table import BACKEND_REFUSED
from lossfix.losses.operations.removed import (
    REMOVED,
    REMOVED_KEYWORDS,
    Removed,
    removed,
    replacement_of,
)
from lossfix.losses.operations.translation import Binding, Refusal

ROOT = Path(__file__).resolve().parents[2]
K = tf.keras.backend


@pytest.fixture(scope="module")
def derive() -> ModuleType:
    spec = importlib.util.spec_from_file_location("derive", ROOT / "tools" / "derive_names.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exists(name: str) -> bool:
    head, *rest = name.split(".")
    roots = {"keras": keras, "tensorflow": tf, "tf": tf, "np": np}
    if head not in roots:
        return False
    try:
        functools.reduce(getattr, rest, roots[head])
    except AttributeError:
        return False
    return True


def test_the_derived_table_is_up_to_date(derive: ModuleType) -> None:
    if not derive.TABLE.read_text().startswith(
        f'"""What TensorFlow renamed and removed, derived from TensorFlow {tf.__version__}.'
    ):
        pytest.skip("the table was derived from another release")
    assert derive.main(["--check"]) == 0


def test_every_entry_is_really_gone() -> None:
    # A private module is there to be imported, and the enumeration is there to be refused.
    kept = {"tensorflow.keras.losses.Reduction.AUTO", "tensorflow.losses.Reduction.AUTO"}
    present = {
        name for name in REMOVED if exists(name) and not name.startswith("tensorflow.python")
    }
    assert present == kept


def test_keras_refuses_the_reduction_that_is_still_there() -> None:
    with pytest.raises(ValueError, match="reduction"):
        keras.losses.MeanSquaredError(reduction=tf.keras.losses.Reduction.AUTO)
    for name in ("AUTO", "NONE", "SUM", "SUM_OVER_BATCH_SIZE"):
        literal = REMOVED[f"keras.losses.Reduction.{name}"].becomes
        keras.losses.MeanSquaredError(reduction=ast.literal_eval(literal))


def test_every_entry_says_what_to_do() -> None:
    assert [
        entry.name
        for entry in REMOVED.values()
        if not (entry.becomes or entry.calls or entry.reason)
    ] == []


def test_every_name_that_an_entry_becomes_exists() -> None:
    assert [
        entry
        for entry in REMOVED.values()
        if entry.becomes and not entry.becomes.startswith('"') and not exists(entry.becomes)
    ] == []


def test_every_name_in_a_replacement_exists() -> None:
    missing = set()
    for entry in REMOVED.values():
        for choice in entry.calls:
            template = choice.target
            for hole in {*choice.holes, "self"}:
                template = template.replace(f"{{{hole}}}", "hole")
            for node in ast.walk(ast.parse(template)):
                if isinstance(node, ast.Attribute):
                    name = ast.unparse(node)
                    if name.split(".")[0] in ("tf", "keras", "np") and not exists(name):
                        missing.add(name)
    assert missing == set()


def test_all_of_the_old_backend_is_covered(derive: ModuleType) -> None:
    old = {signature.partition("(")[0] for signature in derive.backend_signatures()}
    gone = {name for name in old if not hasattr(keras.backend, name)}
    assert {name for name in gone if f"keras.backend.{name}" not in REMOVED} == set()
    lost = {name for name in gone if not hasattr(K, name)}
    public = {
        "identity",
        "learning_phase",
        "logsumexp",
        "placeholder",
        "print_tensor",
        "function",
        "get_session",
        "set_session",
        "set_learning_phase",
        "in_train_phase",
        "in_test_phase",
        "local_conv1d",
        "local_conv2d",
        "random_binomial",
        "reset_uids",
        "is_placeholder",
        "manual_variable_initialization",
        "learning_phase_scope",
    }
    assert public <= lost
    assert {name for name in public if f"tensorflow.keras.backend.{name}" not in REMOVED} == set()


def test_the_parameters_of_the_old_backend_are_in_their_order(derive: ModuleType) -> None:
    wrong = []
    for signature in derive.backend_signatures():
        name, _, rest = signature.partition("(")
        parameters = rest.rstrip(")").split(", ")
        entry = REMOVED.get(f"keras.backend.{name}")
        for choice in entry.calls if entry else ():
            if list(choice.parameters) != parameters[: len(choice.parameters)]:
                wrong.append((signature, choice.parameters))
    assert wrong == []


def test_all_of_the_old_losses_and_metrics_are_covered(derive: ModuleType) -> None:
    missing = [
        f"{head}.{module}.{name}"
        for module in ("losses", "metrics")
        for name in derive.legacy_names(module)
        for head in ("keras", "tensorflow.keras")
        if not exists(f"{head}.{module}.{name}") and f"{head}.{module}.{name}" not in REMOVED
    ]
    assert missing == []


def test_what_still_works_is_left_alone() -> None:
    for name in (
        "keras.backend.epsilon",
        "keras.backend.floatx",
        "tensorflow.keras.backend.mean",
        "tensorflow.keras.backend.epsilon",
        "tensorflow.keras.losses.MSE",
        "tensorflow.keras.losses.Reduction.SUM",
        "keras.losses.mean_squared_error",
        "keras.losses.Loss",
        "tensorflow.reduce_mean",
        "tensorflow.compat.v1.log",
        "tf_keras.backend.mean",
        "my_keras.backend.mean",
        "numpy.mean",
    ):
        assert removed(name) is None, name


def test_the_same_alias_means_two_things() -> None:
    assert isinstance(removed("keras.backend.mean"), Removed)
    assert removed("tensorflow.keras.backend.mean") is None


def test_a_name_below_a_module_that_is_gone_has_its_reason() -> None:
    entry = removed("tensorflow.contrib.losses.metric_learning.triplet_semihard_loss")
    assert entry is not None
    assert "2.0" in entry.reason
    addon = removed("tensorflow_addons.losses.SigmoidFocalCrossEntropy")
    assert addon is not None
    assert "BinaryFocalCrossentropy" in addon.reason


def test_a_private_import_becomes_the_public_name() -> None:
    for private, public in {
        "tensorflow.python.ops.math_ops.log": "tf.math.log",
        "tensorflow.python.ops.math_ops.reduce_mean": "tf.reduce_mean",
        "tensorflow.python.keras.losses.Loss": "keras.losses.Loss",
        "tensorflow.python.keras.losses.mean_squared_error": "keras.losses.mean_squared_error",
        "keras.backend.tf.log": "tf.math.log",
        "keras.backend.tf.reduce_sum": "tf.reduce_sum",
    }.items():
        entry = removed(private)
        assert entry is not None
        assert (entry.name, entry.becomes) == (private, public)


RNG = np.random.default_rng(3)
OPERANDS = {
    "x": RNG.normal(size=(3, 4)).astype(np.float32),
    "y": RNG.normal(size=(3, 4)).astype(np.float32),
    "p": RNG.uniform(0.05, 0.95, (3, 4)).astype(np.float32),
    "q": RNG.dirichlet(np.ones(4), 3).astype(np.float32),
    "t": np.eye(4, dtype=np.float32)[[2, 0, 1]],
    "bits": (RNG.uniform(size=(3, 4)) > 0.5).astype(np.float32),
    "c": RNG.uniform(size=(3, 4)) > 0.5,
    "labels": np.array([2, 0, 1], np.int32),
    "m": RNG.normal(size=(4, 2)).astype(np.float32),
    "v": RNG.normal(size=(4,)).astype(np.float32),
    "image": RNG.normal(size=(2, 4, 4, 3)).astype(np.float32),
    "kernel": RNG.normal(size=(2, 2, 3, 5)).astype(np.float32),
    "one": RNG.normal(size=(3, 1)).astype(np.float32),
    "frames": RNG.dirichlet(np.ones(5), (2, 6)).astype(np.float32),
    "words": np.array([[1, 2, 3], [0, 2, 0]], np.int32),
    "frame_lengths": np.array([[6], [5]], np.int32),
    "word_lengths": np.array([[3], [2]], np.int32),
}

BACKEND_CALLS = """
    abs(x)|cos(x)|exp(x)|log(p)|sigmoid(x)|sign(x)|sin(x)|softplus(x)|softsign(x)|square(x)|tanh(x)|round(x)
    transpose(x)|shape(x)|stop_gradient(x)|equal(x, x)|greater(x, y)|greater_equal(x, y)|less(x, y)
    less_equal(x, y)|not_equal(x, y)|maximum(x, y)|minimum(x, y)|pow(x, 2)|cast(x, 'float64')
    maximum(x, 0)|maximum(0.0, x)|cast(labels, K.floatx())|gather(x, [0, 2])|one_hot(labels, 4)
    reshape(x, (4, 3))|permute_dimensions(x, (1, 0))|sqrt(x)|sqrt(K.sum(K.square(x)))
    sqrt(K.mean(K.square(x - y), axis=-1))|clip(x, 0, 1)|clip(x, -0.5, None)|clip(x, None, 0.5)
    clip(x, min_value=0.0, max_value=1.0)|clip(p, K.epsilon(), 1 - K.epsilon())|elu(x)|elu(x, 0.5)|relu(x)
    relu(x, alpha=0.1)|relu(x, 0.1, 0.5)|hard_sigmoid(x)|softmax(x)|softmax(x, axis=0)|l2_normalize(x)
    l2_normalize(x, axis=-1)|cast_to_floatx(x)|switch(c, x, y)|switch(c, x, 0 * y)
    switch(K.sum(x) > 0, lambda: x, lambda: y)|sum(x)|sum(x, axis=-1)|sum(x, 0, True)|prod(x)|mean(x)
    mean(x, axis=[0, 1])|mean(c)|mean(x, axis=-1, keepdims=True)|max(x)|max(x, axis=-1)|min(x)|std(x)
    std(x, axis=0)|std(c)|var(x)|var(x, axis=-1)|all(c)|any(c, axis=0)|all(x)|argmax(x)|argmax(x, axis=0)
    argmin(x)|cumsum(x)|cumsum(x, axis=1)|cumprod(x)|batch_flatten(image)|concatenate([x, y])
    concatenate([x, y], axis=0)|count_params(x)|dtype(x)|expand_dims(x)|expand_dims(x, 0)|flatten(x)
    int_shape(x)|ndim(x)|repeat(x, 3)|repeat_elements(x, 2, axis=1)|reverse(x, 0)|reverse(x, axes=[0, 1])
    squeeze(one, 1)|squeeze(one, axis=-1)|stack([x, y])|stack([x, y], axis=-1)|tile(v, 2)|tile(x, [2, 1])
    is_sparse(x)|dot(x, m)|batch_dot(x, y)|batch_dot(x, y, axes=1)
    bias_add(x, v)|batch_normalization(x, v, v * v, v, v)
    conv2d(image, kernel)|conv2d(image, kernel, padding='same')|conv2d(image, kernel, strides=(2, 2))
    pool2d(image, (2, 2))|pool2d(image, (2, 2), pool_mode='avg')|pool2d(image, (2, 2), (2, 2), 'same')
    binary_crossentropy(bits, p)|binary_crossentropy(bits, x, from_logits=True)
    categorical_crossentropy(t, q)|categorical_crossentropy(t, x, from_logits=True)
    categorical_crossentropy(t, q, axis=-1)|sparse_categorical_crossentropy(labels, q)
    sparse_categorical_crossentropy(labels, x, from_logits=True)|binary_focal_crossentropy(bits, p)
    binary_focal_crossentropy(bits, p, True, gamma=1.5)|categorical_focal_crossentropy(t, q)
    categorical_focal_crossentropy(t, q, alpha=0.5)|in_top_k(x, labels, 2)
    ctc_batch_cost(words, frames, frame_lengths, word_lengths)
    arange(5)|arange(1, 9, 2)|arange(1, stop=4)|constant(1)|constant([1, 2], shape=(2, 1))|eye(3)
    constant(2, dtype='int32')
    ones((2, 3))|zeros(4)|ones_like(x)|zeros_like(labels)|zeros_like(x, dtype='int32')|variable(1.5)
    eval(x)|get_value(x)|to_dense(x)|foldl(lambda a, b: a + b, v)|foldr(lambda a, b: a - b, v)
    map_fn(lambda row: row * 2, x)
""".strip().replace("\n    ", "|").split("|")

V1_CALLS = """
    to_float(labels)|to_double(x)|to_int32(x)|to_int64(x)|to_bfloat16(x)|to_complex64(x)|to_complex128(x)
    div(x, y)|arg_max(x, 1)|arg_max(x, dimension=0)|arg_min(x, 1)|count_nonzero(x)
    count_nonzero(x, axis=-1, keep_dims=True)|count_nonzero(input_tensor=x, reduction_indices=0)
    confusion_matrix(labels, labels)|depth_to_space(image[..., :1] + image * 0 + image[..., 1:2], 1 + 1)
    losses.absolute_difference(x, y)|losses.cosine_distance(x, y, axis=-1)|losses.hinge_loss(bits, x)
    losses.compute_weighted_loss(x)|losses.compute_weighted_loss(x, weights=y)
    losses.huber_loss(x, y)|losses.huber_loss(x, y, delta=0.5)|losses.log_loss(bits, p)
    losses.mean_squared_error(labels=x, predictions=y)|losses.sigmoid_cross_entropy(bits, x)
    losses.softmax_cross_entropy(t, x)|losses.sparse_softmax_cross_entropy(labels, x)
    losses.sparse_softmax_cross_entropy(labels=labels, logits=x)
    nn.softmax_cross_entropy_with_logits_v2(labels=t, logits=x)|py_func(np.square, [x], tf.float32)
""".strip().replace("\n    ", "|").split("|")
V1_CALLS = [call for call in V1_CALLS if "depth_to_space" not in call]


def split(text: str) -> tuple[ast.Call, list[str], dict[str, str]]:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    positional = [ast.unparse(argument) for argument in call.args]
    keywords = {str(keyword.arg): ast.unparse(keyword.value) for keyword in call.keywords}
    return call, positional, keywords


def rewritten(entry: Removed, text: str) -> str:
    _, positional, keywords = split(text)
    binding = replacement_of(entry, positional, keywords)
    assert isinstance(binding, Binding), binding
    result = binding.template
    for hole, key in binding.arguments.items():
        argument = positional[key] if isinstance(key, int) else keywords[key]
        if hole in binding.translation.floats:
            value = evaluate(argument)
            if isinstance(value, int):
                argument = str(float(value))
            elif tf.is_tensor(value) and not value.dtype.is_floating:
                argument = f"tf.cast({argument}, tf.float32)"
        result = result.replace(f"{{{hole}}}", f"({argument})")
    return result


def evaluate(text: str) -> object:
    names = {name: tf.constant(value) for name, value in OPERANDS.items()}
    # Keras 3's own `keras.backend.epsilon` and `floatx` are those of `tf.keras.backend`.
    return eval(text, {"tf": tf, "np": np, "keras": keras, "K": K, **vars(builtins), **names})


def assert_same(found: object, expected: object) -> None:
    if isinstance(expected, str | tuple | bool):
        assert found == expected
        return
    np.testing.assert_allclose(
        np.asarray(found).astype(np.complex128),
        np.asarray(expected).astype(np.complex128),
        rtol=2e-5,
        atol=2e-6,
    )


def test_what_is_given_by_keyword_stays_so() -> None:
    entry = removed("tensorflow.nn.softmax_cross_entropy_with_logits_v2")
    assert entry is not None
    new = "tf.nn.softmax_cross_entropy_with_logits"
    assert rewritten(entry, "f(t, x)") == f"{new}((t), (x))"
    assert rewritten(entry, "f(t, logits=x)") == f"{new}((t), logits=(x))"
    assert rewritten(entry, "f(logits=x, labels=t)") == f"{new}(labels=(t), logits=(x))"


@pytest.mark.parametrize("text", BACKEND_CALLS)
def test_a_replaced_backend_function_gives_the_old_values(text: str) -> None:
    call, _, _ = split(text)
    entry = removed(f"keras.backend.{ast.unparse(call.func)}")
    assert entry is not None
    assert_same(evaluate(rewritten(entry, text)), evaluate(f"K.{text}"))


@pytest.mark.parametrize("text", V1_CALLS)
def test_a_replaced_function_of_tensorflow_1_gives_the_old_values(text: str) -> None:
    call, _, _ = split(text)
    entry = removed(f"tensorflow.{ast.unparse(call.func)}")
    assert entry is not None
    assert_same(evaluate(rewritten(entry, text)), evaluate(f"tf.compat.v1.{text}"))


def test_every_translation_of_the_backend_is_measured() -> None:
    used = set()
    for text in BACKEND_CALLS:
        call, positional, keywords = split(text)
        entry = removed(f"keras.backend.{ast.unparse(call.func)}")
        assert entry is not None
        binding = replacement_of(entry, positional, keywords)
        assert isinstance(binding, Binding), binding
        used.add((binding.translation.source, binding.translation.target))
    every = {
        (choice.source, choice.target)
        for name, entry in REMOVED.items()
        if name.startswith("keras.backend.") and name.count(".") == 2
        for choice in entry.calls
        if choice.exact
    }
    # There is nothing left to measure them against, or they change a variable, or need 3-D data.
    unmeasured = {
        "conv1d",
        "conv3d",
        "get_variable_shape",
        "identity",
        "is_tensor",
        "logsumexp",
        "name_scope",
        "pool3d",
        "set_value",
        "slice",
        "update",
        "update_add",
        "update_sub",
    }
    assert {source.rpartition(".")[2] for source, _ in every - used} == unmeasured


def test_what_keras_computes_as_tensorflow_does_has_the_same_values() -> None:
    from lossfix.losses.operations.spelling import ALSO_IN_KERAS

    x, extra = tf.constant([[0.2, 0.7], [0.4, 0.9]]), {
        "where": "x > 0.5, x, x",
        "cast": "x, 'float64'",
    }
    extra |= dict.fromkeys(("maximum", "minimum", "math.divide_no_nan"), "x, 0.5 * x")
    extra |= {"clip_by_value": "x, 0.3, 0.8", "expand_dims": "x, -1", "squeeze": "x[:1], axis=0"}
    extra |= {"reshape": "x, [-1]", "stack": "[x, x], axis=-1", "concat": "[x, x], axis=-1"}
    extra |= {"pow": "x, 2.0", "matmul": "x, x", "one_hot": "[0, 1], 3", "tile": "x, [2, 1]"}
    extra |= dict.fromkeys(("logical_and", "logical_or"), "x > 0.5, x < 0.8")
    extra |= dict.fromkeys(("logical_not", "reduce_any", "reduce_all"), "x > 0.5")
    extra |= {"round": "10.0 * x - 0.5", "floor": "10.0 * x - 5.0"}
    for name, other in ALSO_IN_KERAS.items():
        reduced = "x, axis=-1, keepdims=True" if "reduce" in name else "x"
        arguments = extra.get(name, reduced)
        old, new = (
            eval(f"{call}({arguments})", {"tf": tf, "keras": keras, "x": x})
            for call in (f"tf.{name}", f"keras.ops.{other}")
        )
        assert_same(new, old)


def test_updates_of_a_variable_are_as_before() -> None:
    for text in ("update(w, 3.0)", "update_add(w, 1.0)", "update_sub(w, 1.0)", "set_value(w, 2.0)"):
        call, _, _ = split(text)
        values = []
        entry = removed(f"keras.backend.{ast.unparse(call.func)}")
        assert entry is not None
        for code in (f"K.{text}", rewritten(entry, text)):
            variable = tf.Variable(5.0)
            eval(code, {"K": K, "w": variable})
            values.append(variable.numpy())
        assert values[0] == values[1] != 5.0


def test_the_random_functions_draw_from_the_same_distribution() -> None:
    for text in (
        "random_normal((20000,), mean=1.0, stddev=2.0)",
        "truncated_normal((20000,), mean=1.0)",
        "random_uniform((20000,), minval=-1.0, maxval=3.0)",
        "random_bernoulli((20000,), p=0.3)",
        "dropout(tf.ones(20000), 0.25, seed=1)",
    ):
        call, _, _ = split(text)
        entry = removed(f"keras.backend.{ast.unparse(call.func)}")
        assert entry is not None
        new, old = evaluate(rewritten(entry, text)), evaluate(f"K.{text}")
        assert abs(float(np.mean(new)) - float(np.mean(old))) < 0.1
        assert abs(float(np.std(new)) - float(np.std(old))) < 0.1


@pytest.mark.parametrize(
    "text",
    [
        "learning_phase()",
        "bias_add(x, v, 'channels_first')",
        "conv2d_transpose(x)",
    ],
)
def test_a_call_without_a_counterpart_is_refused_with_a_reason(text: str) -> None:
    call, positional, keywords = split(text)
    entry = removed(f"keras.backend.{ast.unparse(call.func)}")
    assert entry is not None
    refusal = replacement_of(entry, positional, keywords)
    assert isinstance(refusal, Refusal)
    assert len(refusal.reason) > 20


def test_refused_functions_have_no_translation() -> None:
    assert {name for name in BACKEND_REFUSED if REMOVED[f"keras.backend.{name}"].calls} == set()


def test_the_keywords_of_tensorflow_1_are_known() -> None:
    assert REMOVED_KEYWORDS["tensorflow.reduce_sum"] == {
        "reduction_indices": "axis",
        "keep_dims": "keepdims",
    }
    assert REMOVED_KEYWORDS["tensorflow.argmax"] == {"dimension": "axis"}
    x = tf.constant(OPERANDS["x"])
    np.testing.assert_array_equal(
        tf.reduce_sum(x, axis=1), tf.compat.v1.reduce_sum(x, reduction_indices=1)
    )


def test_a_simple_rename_serves_where_the_function_is_not_called() -> None:
    for name, expected in {
        "keras.backend.square": "tf.square",
        "keras.backend.mean": "tf.reduce_mean",
        "keras.backend.argmax": "",
        "keras.backend.clip": "",
        "keras.backend.one_hot": "tf.one_hot",
    }.items():
        entry = removed(name)
        assert entry is not None
        assert entry.becomes == expected
