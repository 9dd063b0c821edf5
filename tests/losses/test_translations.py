"""Translations: every one is bound from a call as people write it, and gives NumPy's values."""

from __future__ import annotations

import ast
import builtins
import math
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import pytest
import tensorflow as tf

from lossfix.losses.operations.names import canonical
from lossfix.losses.operations.translation import Binding, Refusal, bind, translation
from lossfix.losses.operations.translations import (
    ATTRIBUTES,
    METHODS,
    TRANSLATIONS,
    translation_of,
    translation_of_method,
)

RNG = np.random.default_rng(7)
OPERANDS = {
    "a": RNG.uniform(0.05, 0.95, (3, 4)).astype(np.float32),
    "b": RNG.uniform(0.05, 0.95, (3, 4)).astype(np.float32),
    "signed": RNG.uniform(-2.0, 2.0, (3, 4)).astype(np.float32),
    "large": RNG.uniform(1.1, 4.0, (3, 4)).astype(np.float32),
    "square": RNG.uniform(-1.0, 1.0, (3, 3)).astype(np.float32),
    "m": RNG.uniform(-1.0, 1.0, (4, 2)).astype(np.float32),
    "v": RNG.uniform(0.1, 1.0, (4,)).astype(np.float32),
    "w": RNG.uniform(0.1, 1.0, (4,)).astype(np.float32),
    "triple": RNG.uniform(-1.0, 1.0, (3,)).astype(np.float32),
    "s": np.float32(0.7),
    "n": np.arange(-3, 9, dtype=np.int32).reshape(3, 4),
    "k": np.arange(1, 13, dtype=np.int32).reshape(3, 4),
    "c": RNG.uniform(size=(3, 4)) > 0.5,
    "d": RNG.uniform(size=(3, 4)) > 0.5,
    "gaps": np.array([[1.0, np.nan, 2.0], [3.0, 4.0, np.nan]], np.float32),
    "wild": np.array([np.nan, np.inf, -np.inf, 1.5], np.float32),
    "labels": np.array([0.0, 1.0, 1.0, 0.0], np.float32),
    "guesses": np.array([0.0, 1.0, 0.0, 0.0], np.float32),
    "at": np.array([2, 0, 1], np.int32),
    "each": np.array([[0, 1, 2, 3], [3, 2, 1, 0], [1, 1, 1, 1]], np.int32),
}

REDUCED = ("", ", axis=0", ", axis=-1", ", axis=(0, 1)", ", 1", ", axis=-1, keepdims=True")


def calls() -> list[str]:
    """Calls as people write them, over `OPERANDS`."""
    positive = "exp expm1 log log1p sqrt reciprocal sin cos tan arcsin arccos arctan sinh cosh tanh"
    signed = "abs fabs negative positive sign square rint floor ceil arcsinh cbrt exp2 trunc fix"
    both = "isnan isinf isfinite deg2rad radians rad2deg degrees arctanh log2 log10"
    text = [f"np.{name}(a)" for name in (positive + " " + both).split()]
    text += [f"np.{name}(signed)" for name in signed.split()]
    text += [
        f"np.{name}(k)"
        for name in (positive + " log2 log10").split()
        if name[:3] not in ("arc", "rec")
    ]
    text += ["np.arccosh(large)", "np.logical_not(c)", "np.invert(c)", "np.mean(a=signed, axis=0)"]
    binary = (
        "add subtract multiply maximum minimum divide arctan2 mod floor_divide greater greater_equal "
        "less less_equal equal not_equal hypot logaddexp fmax fmin heaviside isclose"
    )
    for name in binary.split():
        text += [f"np.{name}(signed, b)", f"np.{name}(signed, v)", f"np.{name}(signed, 0.5)"]
    text += ["np.power(a, b)", "np.power(a, 2.0)", "np.float_power(a, b)", "np.divide(n, k)"]
    text += ["np.maximum(0, signed)", "np.minimum(n, 0.5)", "np.isclose(a, b, atol=0.5)"]
    text += [f"np.logical_{name}(c, d)" for name in ("and", "or", "xor")]
    for name in ("sum", "prod", "mean", "max", "min", "std", "var", "median", "linalg.norm"):
        text += [
            f"np.{name}(signed{how})"
            for how in REDUCED
            if not (name == "linalg.norm" and "(" in how)
            and not (name == "linalg.norm" and how == ", 1")
        ]
    text += [f"np.{name}(k)" for name in ("sum", "prod", "mean", "std", "var", "median")]
    text += [f"np.{name}(c)" for name in ("sum", "mean", "all", "any", "count_nonzero")]
    text += [f"np.{name}(c, axis=-1)" for name in ("all", "any", "count_nonzero")]
    text += [
        f"np.{name}(signed{how}, ddof=1)"
        for name in ("std", "var")
        for how in ("", ", axis=0", ", axis=-1", ", axis=None")
    ]
    return text + """
        np.round(signed)|np.round(signed, 1)|np.round(signed, 0)|np.around(signed)
        np.where(c, a, b)|np.where(signed > 0, signed, 0)
        np.where(c, 1, 0)|np.where(signed > 0, 1, signed)
        np.nan_to_num(wild)|np.nan_to_num(gaps, nan=0.5)|np.heaviside(n, 0.5)
        np.clip(signed, -1, 1)|np.clip(signed, a_min=0.0, a_max=None)|np.clip(signed, None, 0.5)
        np.clip(a, 1e-7, 1 - 1e-7)|np.clip(n, 0, 4)|np.clip(signed, min=0.0, max=1.0)
        np.ptp(a)|np.ptp(a, axis=1)|np.average(a)|np.average(a, axis=0)|np.average(a, weights=b)
        np.average(a, axis=-1, weights=b)|np.average(a, axis=-1, weights=v)
        np.quantile(a, 0.25)|np.quantile(a, 0.5, axis=-1)|np.percentile(a, 90)|np.percentile(a, 25, axis=0)
        np.fmax(gaps, 0)|np.fmin(gaps, 1.0)|np.fmin(-1.5, gaps)|np.fmax(0.5, gaps)
        np.fmax(gaps, triple)|np.fmin(triple, gaps)|np.fmax(gaps, gaps)
        np.nansum(gaps)|np.nanmean(gaps)|np.nanmean(gaps, axis=0)|np.nansum(gaps, axis=-1, keepdims=True)
        np.linalg.norm(signed, axis=1)|np.linalg.norm(signed, 2, axis=-1)
        np.linalg.norm(signed, ord=1, axis=0)
        np.linalg.norm(signed, np.inf, 1)|np.linalg.norm(v, 1)|np.linalg.norm(signed, None)
        np.argmax(a)|np.argmax(a, axis=-1)|np.argmin(a)|np.argmin(a, 0)
        np.cumsum(a)|np.cumsum(a, axis=1)|np.cumprod(a)|np.cumprod(a, axis=0)
        np.sort(signed)|np.sort(signed, axis=0)|np.argsort(signed)|np.argsort(signed, axis=0)
        np.array_equal(a, a)|np.array_equal(a, b)
        np.dot(v, w)|np.dot(a, m)|np.dot(a, v)|np.matmul(a, m)|np.inner(v, w)|np.inner(a, b)|np.vdot(a, b)
        np.outer(v, w)|np.outer(a, b)|np.tensordot(a, b)|np.tensordot(a, m, axes=1)
        np.einsum('ij,jk->ik', a, m)|np.einsum("ij,ij->i", a, b)|np.cross(triple, triple + 1)
        np.trace(square)|np.linalg.inv(square)|np.linalg.det(square)|np.triu(square)|np.tril(square)
        np.diff(a)|np.diff(a, axis=0)|np.diff(a, axis=1)|np.diff(a, axis=-1)|np.diff(a, n=2)|np.diff(a + b)
        np.diff(a + b, axis=0)
        np.concatenate([a, b])|np.concatenate((a, b), axis=-1)|np.concatenate([a, b], 1)
        np.stack([a, b])|np.stack((a, b), axis=-1)|np.hstack([v, w])|np.hstack([a, b])|np.append(v, w)
        np.append(a, b, axis=0)|np.split(a, 2, axis=1)|np.split(v, 2)
        np.expand_dims(a, -1)|np.expand_dims(v, axis=0)|np.squeeze(a[:1])|np.squeeze(a[:, :1], axis=-1)
        np.reshape(a, (4, 3))|np.reshape(a, -1)|np.reshape(a, [-1, 2])|np.reshape(a, b.shape)|np.ravel(a)
        np.reshape(a, (-1,), order='C')|np.transpose(a)|np.transpose(a, (1, 0))|np.transpose(a, axes=[1, 0])
        np.swapaxes(a, 0, 1)|np.moveaxis(a, 0, -1)|np.tile(a, (2, 1))|np.tile(v, 3)|np.tile(v, (2, 2))
        np.repeat(a, 2)|np.repeat(a, 2, axis=1)|np.flip(a)|np.flip(a, 0)|np.flip(a, axis=-1)
        np.flipud(a)|np.fliplr(a)|np.roll(a, 1, axis=0)|np.roll(a, shift=-1, axis=-1)
        np.broadcast_to(v, (3, 4))|np.take(a, at)|np.take(a, at, axis=1)|np.take_along_axis(a, each, axis=1)
        np.zeros_like(a)|np.ones_like(a)|np.full_like(a, 3)|np.full_like(a, 0.5)|np.zeros((2, 3))|np.ones(4)
        np.zeros((2, 3), dtype=np.float32)|np.ones(4, np.float32)|np.full((2, 3), 2)|np.arange(5)
        np.arange(1, 5)|np.arange(0.0, 1.0, 0.25)
        np.shape(a)|np.size(a)|np.ndim(a)|np.copy(a)|np.array(a)|np.asarray(a)|np.array(a, dtype=np.float32)
        np.array([s, s])|np.asarray([[s, s], [s, s]])
        np.array([s, s], dtype=np.float32)
        np.array(a, copy=True)
        np.asanyarray(a)|np.ascontiguousarray(a)|np.asanyarray([s])|np.ascontiguousarray([s])
        np.asarray(k, np.float32)|np.asanyarray(a, np.float32)|np.ascontiguousarray(a, np.float32)
        np.asarray([s], np.float32)|np.asanyarray([s], np.float32)|np.ascontiguousarray([s], np.float32)
        np.float32(a)|np.float64(a)|np.float32(n)|np.single(a)|np.double(a)
        math.acos(s)|math.acosh(s + 1)|math.asin(s)|math.asinh(s)|math.atan(s)|math.atanh(s)|math.ceil(s)
        math.cos(s)|math.cosh(s)|math.erf(s)|math.erfc(s)|math.exp(s)|math.expm1(s)|math.fabs(-s)
        math.floor(s)|math.lgamma(s)|math.log(s)|math.log1p(s)|math.sin(s)|math.sinh(s)|math.sqrt(s)
        math.tan(s)|math.tanh(s)|math.log(s, 3.0)|math.log2(s)|math.log10(s)|math.pow(s, 2)|math.atan2(s, 0.5)
        math.hypot(s, 0.5)|math.radians(s)|math.degrees(s)|math.isnan(s)|math.isinf(s)|math.isfinite(s)
        math.fsum(v)|math.prod(v)
        builtins.abs(signed)|builtins.sum(a)|builtins.sum(v)|builtins.max(v)
        builtins.min(v)|builtins.max(s, 0)|builtins.min(s, 0.5)
        builtins.round(s)|builtins.pow(s, 2)
        builtins.float(s)|builtins.len(a)
        builtins.sorted(v)|builtins.sorted(v, reverse=True)
    """.strip().replace("\n", "|").replace("        ", "").split("|")


SPECIAL = {
    "scipy.special.expit(signed)": lambda o: 1 / (1 + np.exp(-o["signed"])),
    "scipy.special.erf(s)": lambda o: math.erf(o["s"]),
    "scipy.special.gammaln(s)": lambda o: math.lgamma(o["s"]),
    "scipy.special.softmax(a, axis=-1)": lambda o: (
        np.exp(o["a"]) / np.exp(o["a"]).sum(-1, keepdims=True)
    ),
    "scipy.special.logsumexp(a, axis=1)": lambda o: np.log(np.exp(o["a"]).sum(1)),
    "scipy.special.xlogy(a, b)": lambda o: o["a"] * np.log(o["b"]),
    **{
        f"sklearn.metrics.{name}({pair})": lambda o, f=formula, p=pair: f(
            *(o[x] for x in p.split(", "))
        )
        for name, formula in {
            "mean_squared_error": lambda t, p: np.mean((t - p) ** 2, axis=0).mean(),
            "root_mean_squared_error": lambda t, p: np.sqrt(np.mean((t - p) ** 2, axis=0)).mean(),
            "mean_absolute_error": lambda t, p: np.mean(np.abs(t - p), axis=0).mean(),
            "mean_squared_log_error": lambda t, p: np.mean((np.log1p(t) - np.log1p(p)) ** 2),
            "mean_absolute_percentage_error": lambda t, p: np.mean(np.abs(t - p) / np.abs(t)),
            "median_absolute_error": lambda t, p: np.median(np.abs(t - p), axis=0).mean(),
            "max_error": lambda t, p: np.max(np.abs(t - p)),
            "r2_score": lambda t, p: np.mean(
                1 - ((t - p) ** 2).sum(0) / ((t - t.mean(0)) ** 2).sum(0)
            ),
        }.items()
        for pair in ("v, w", "a, b")
    },
    "sklearn.metrics.log_loss(labels, v)": lambda o: -np.mean(
        o["labels"] * np.log(o["v"]) + (1 - o["labels"]) * np.log(1 - o["v"])
    ),
    # Three of four labels agree, one positive of two is found, and no other is claimed.
    "sklearn.metrics.accuracy_score(labels, guesses)": lambda o: 0.75,
    "sklearn.metrics.zero_one_loss(labels, guesses)": lambda o: 0.25,
    "sklearn.metrics.f1_score(labels, guesses)": lambda o: 2 / 3,
    "sklearn.metrics.precision_score(labels, guesses)": lambda o: 1.0,
    "sklearn.metrics.recall_score(labels, guesses)": lambda o: 0.5,
    "sklearn.metrics.jaccard_score(labels, guesses)": lambda o: 0.5,
    "sklearn.metrics.f1_score(labels > 0.5, guesses > 0.5)": lambda o: 2 / 3,
}
METHOD_CALLS = """
    signed.mean()|signed.mean(axis=0)|signed.mean(-1, keepdims=True)|k.mean()|c.mean()|signed.sum()|c.sum()
    signed.sum(axis=-1)|a.prod()|signed.max()|signed.max(axis=1)|signed.min(0)|c.all()|c.any(axis=0)
    signed.std()|signed.var(axis=1)|a.argmax()|a.argmax(axis=-1)|a.argmin()|a.argmin(axis=0)|a.cumsum()
    a.cumsum(axis=1)|a.flatten()|a.ravel()|a.reshape(-1)|a.reshape(4, 3)|a.reshape((4, -1))|a.reshape([-1])
    a.reshape(b.shape)|k.astype(np.float32)|k.astype('float32')|a.copy()
    signed.clip(0, 1)|signed.clip(min=0.0)
    signed.clip(-1.0, None)|signed.clip(None, 0.5)|signed.clip(max=0.5)|signed.round()|a.dot(m)|v.dot(w)
    a[:1].squeeze()|a[:, :1].squeeze(axis=1)|a.transpose()|a.transpose(1, 0)|a.transpose((1, 0))
    a.swapaxes(0, 1)|a.repeat(2)|a.repeat(2, axis=0)|a.take(at, axis=1)|a.argsort()|a.argsort(axis=0)
    square.trace()|a.conj()|a.ptp()|s.item()
""".strip().replace("\n    ", "|").split("|")


def texts_of(call: ast.Call) -> tuple[list[str], dict[str, str]]:
    return (
        [ast.unparse(argument) for argument in call.args],
        {str(keyword.arg): ast.unparse(keyword.value) for keyword in call.keywords},
    )


def filled(binding: Binding, call: ast.Call, receiver: str = "") -> str:
    """The template with its holes filled, as a rule would: with casts where floats are called for."""
    positional, keywords = texts_of(call)
    text = binding.template.replace("{self}", floated(binding, "self", receiver))
    for hole, key in binding.arguments.items():
        argument = positional[key] if isinstance(key, int) else keywords[key]
        text = text.replace(f"{{{hole}}}", floated(binding, hole, argument))
    return text


def floated(binding: Binding, hole: str, text: str) -> str:
    if hole in binding.translation.floats:
        value = eval(text, {**OPERANDS, "np": np}) if text != "np.inf" else np.inf
        if isinstance(value, int):
            return f"{float(value)}"
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "bi":
            return f"tf.cast({text}, tf.float32)"
    return f"({text})" if hole != "self" or not text.isidentifier() else text


def values_of(text: str) -> tuple[object, object]:
    """What the text gives for tensors, eagerly and in a graph with unknown shapes."""
    modules = {"tf": tf, "np": np, "keras": keras, "math": math}

    def compute(tensors: dict[str, tf.Tensor]) -> object:
        return eval(text, {**modules, **tensors})

    tensors = {name: tf.constant(value) for name, value in OPERANDS.items()}
    return compute(tensors), tf.function(compute)(tensors)


def check(text: str, expected: object) -> None:
    for found in values_of(text):
        np.testing.assert_allclose(
            np.asarray(found, np.float64), np.asarray(expected, np.float64), rtol=2e-5, atol=2e-6
        )


def operation_of(call: ast.Call) -> str:
    return canonical(ast.unparse(call.func))


@pytest.mark.parametrize("text", calls())
def test_a_translated_function_gives_the_values_of_the_original(text: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    binding = translation_of(operation_of(call), *texts_of(call))
    assert isinstance(binding, Binding), binding
    expected = eval(text, {"np": np, "math": math, "builtins": builtins, **OPERANDS})
    check(filled(binding, call), expected)


@pytest.mark.parametrize("text", sorted(SPECIAL))
def test_a_translated_metric_gives_the_values_of_its_formula(text: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    binding = translation_of(operation_of(call), *texts_of(call))
    assert isinstance(binding, Binding), binding
    check(filled(binding, call), SPECIAL[text](OPERANDS))


@pytest.mark.parametrize("text", METHOD_CALLS)
def test_a_translated_method_gives_the_values_of_the_original(text: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    receiver = ast.unparse(call.func.value)
    binding = translation_of_method(call.func.attr, receiver, *texts_of(call))
    assert isinstance(binding, Binding), binding
    written = f"np.ptp({receiver})" if call.func.attr == "ptp" else text
    expected = eval(written, {"np": np, **OPERANDS})
    check(filled(binding, call, receiver), expected)


def test_every_translation_is_measured() -> None:
    used = set()
    for text in [*calls(), *SPECIAL]:
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        binding = translation_of(operation_of(call), *texts_of(call))
        assert isinstance(binding, Binding)
        used.add((binding.translation.source, binding.translation.target))
    for text in METHOD_CALLS:
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Attribute)
        binding = translation_of_method(
            call.func.attr, ast.unparse(call.func.value), *texts_of(call)
        )
        assert isinstance(binding, Binding)
        used.add((binding.translation.source, binding.translation.target))
    every = {
        (choice.source, choice.target)
        for table in (TRANSLATIONS, METHODS)
        for choices in table.values()
        for choice in choices
    }
    identities = {("numpy", "{self}"), ("eval", "{self}")}
    assert every - used - identities == set()


def test_no_method_that_tensors_have_is_translated_except_those_that_leave_the_graph() -> None:
    tensor = tf.constant([1.0])
    existing = {name for name in (*METHODS, *ATTRIBUTES) if hasattr(tensor, name)}
    assert existing == {"numpy", "eval"}


def test_sources_are_canonical() -> None:
    assert [name for name in TRANSLATIONS if canonical(name) != name] == []


@pytest.mark.parametrize(
    "text",
    [
        "np.where(c)",
        "np.mean(a, dtype=np.float64)",
        "np.mean(a, 0, np.float64)",
        "np.sum(a, initial=1.0)",
        "np.sum(a, where=c)",
        "np.maximum(a, b, out=a)",
        "np.linalg.norm(a, 'nuc')",
        "np.linalg.norm(a, 2)",
        "np.linalg.norm(a, axis=axis)",
        "np.concatenate([a, b], axis=None)",
        "np.sort(a, axis=None)",
        "np.std(a, ddof=1, axis=axis)",
        "np.average(a, weights=v, axis=0)",
        "np.reshape(a, -1, order='F')",
        "np.clip(a)",
        "np.allclose(a, b)",
        "np.random.uniform(0, 1)",
        "np.unique(a)",
        "np.nothing_like_this(a)",
        "np.argmax(a, axis=1, keepdims=True)",
        "sklearn.metrics.roc_auc_score(labels, v)",
        "sklearn.metrics.mean_squared_error(a, b, squared=False)",
        "sklearn.metrics.f1_score(labels, guesses, average='macro')",
        "builtins.sum(a, 1)",
        "builtins.sorted(a, key=len)",
        "np.std(np.random.normal(a), ddof=1)",
    ],
)
def test_a_call_with_other_arguments_is_refused_with_a_reason(text: str) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    refusal = translation_of(operation_of(call), *texts_of(call))
    assert isinstance(refusal, Refusal), refusal
    assert len(refusal.reason) > 20


def test_an_optional_hole_takes_its_keyword_along() -> None:
    sample = translation(
        "np.mean(a, axis, *, keepdims)", "f({a}, axis={axis}, keepdims={keepdims})"
    )
    full = bind(sample, ["x"], {"axis": "0", "keepdims": "True"})
    short = bind(sample, ["x"], {})
    assert isinstance(full, Binding)
    assert isinstance(short, Binding)
    assert (full.template, full.arguments) == (
        "f({a}, axis={axis}, keepdims={keepdims})",
        {"a": 0, "axis": "axis", "keepdims": "keepdims"},
    )
    assert (short.template, short.arguments) == ("f({a})", {"a": 0})


def test_a_long_argument_is_not_written_twice_where_that_can_be_avoided() -> None:
    once = translation_of("np.diff", ["p - t"], {"axis": "0"})
    twice = translation_of("np.diff", ["p"], {"axis": "0"})
    assert isinstance(once, Binding)
    assert isinstance(twice, Binding)
    assert once.template == "keras.ops.diff({a}, axis={axis})"
    assert twice.template == "{a}[1:] - {a}[:-1]"


def test_a_binding_says_which_modules_it_needs() -> None:
    root = translation_of("np.log2", ["x"], {})
    median = translation_of("np.median", ["x"], {})
    assert isinstance(root, Binding)
    assert isinstance(median, Binding)
    assert root.modules == {"tf", "np"}
    assert median.modules == {"keras"}
