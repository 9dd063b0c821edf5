"""What a factory or a class is built with, where no call says what."""

from __future__ import annotations

import ast

import pytest

from lossfix.checking import Options, check
from lossfix.losses.discovery.discover import discover
from lossfix.losses.probing.assumed import assumed
from lossfix.losses.probing.extract import extract
from lossfix.rules import RULES

IMPORTS = "import tensorflow as tf\nfrom tensorflow.keras import backend as K\n\n\n"


def made(parameter: str, body: str, before: str = "") -> str:
    code = (
        f"def a_loss({parameter}):\n    {before or 'pass'}\n\n    def loss(y_true, y_pred):\n"
        f"        error = y_true - y_pred\n        {body}\n\n    return loss\n"
    )
    module = ast.parse(IMPORTS + code)
    holder = next(node for node in module.body if isinstance(node, ast.FunctionDef))
    return assumed(module, holder, parameter)


@pytest.mark.parametrize(
    ("parameter", "body", "value"),
    [
        ("alpha", "return alpha * error", "0.5"),
        ("num_classes", "return tf.one_hot(y_true, num_classes) * error", "3"),
        ("classes", "return error[..., : 4 * classes]", "3"),
        ("weights", "return weights[0] * error + weights[1]", "[0.5, 0.75]"),
        ("weights", "return weights[-1] * error", "[0.5]"),
        ("weights", "low, high = weights\n        return low * error + high", "[0.5, 0.75]"),
        ("weights", "return sum(w * error for w in weights)", "[0.5, 0.75]"),
        ("weights", "return sum(weights[i] * error[:, i] for i in range(2))", "[0.5, 0.75]"),
        ("image", "return image[..., None] * error[image > 0]", "0.5"),
        ("kind", "return error if kind == 'linear' else error**2", "'linear'"),
        ("kind", "return None if kind not in ('l1', 'mae') else error**2", "'l1'"),
        ("kind", "return error if kind in ('l1', 'mae') else error**2", "0.5"),
        ("kind", "return {'l1': tf.abs, 'l2': tf.square}[kind](error)", "'l1'"),
        ("parts", "return parts['a'] * error + parts['b']", "{'a': 0.5, 'b': 0.5}"),
        ("parts", "return parts.get('gamma', 1.0) * error", "{'gamma': 2.0}"),
        (
            "options",
            "return options.scale * error ** options.gamma",
            '__import__("types").SimpleNamespace(gamma=2.0, scale=0.5)',
        ),
        ("value", "return tf.reshape(error, value.shape)", "0.5"),
        ("class_weights", "return tf.constant(class_weights) * error", "0.5"),
        # A weight of each class meets the predictions before it is summed up.
        ("weights", "return tf.reduce_sum(weights * error, axis=-1)", "0.5"),
        ("z_mean", "return error + K.sum(K.square(z_mean), axis=-1)", "tensor"),
        ("z_log_var", "return error - tf.reduce_mean(1 + tf.exp(z_log_var), axis=1)", "tensor"),
        ("codes", "return error - tf.reduce_mean(codes)", "0.5"),
        ("boxes", "return error - boxes[:, 4]", "tensor of 5"),
        ("name", "tf.print(name)\n        return error", "'measured'"),
        ("reduction", "return error", "'sum_over_batch_size'"),
        ("dtype", "return tf.cast(error, dtype)", "'float32'"),
    ],
)
def test_the_code_says_what_a_parameter_is(parameter: str, body: str, value: str) -> None:
    found = made(parameter, body)
    if value.startswith("tensor"):
        assert ".constant([[" in found
        assert found.count(",") + 1 == (5 if value.endswith("5") else 3)
    else:
        assert found == value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("return 0.5 * inner(y_true, y_pred) + tf.abs(error)", "tf.keras.losses.MSE"),
        ("return tf.abs(inner(y_true=y_true, y_pred=y_pred))", "tf.keras.losses.MSE"),
        ("return tf.abs(inner(y_true, y_pred, **options))", "tf.keras.losses.MSE"),
        ("return tf.abs(inner(error))", "tf.identity"),
        (
            "return tf.abs(inner(y_true, y_pred, y_true, alpha=2.0))",
            "lambda first, second, *rest, **named: tf.keras.losses.MSE(first, second)",
        ),
    ],
)
def test_a_parameter_that_is_called_is_a_loss_or_an_activation(body: str, value: str) -> None:
    assert made("inner", body) == value


def test_a_parameter_is_followed_through_what_it_becomes() -> None:
    assert made("weights", "return w[2] * error", "w = tf.constant(weights)") == "[0.5, 0.75, 1.0]"


def test_a_list_that_is_computed_with_is_a_tensor() -> None:
    body = "return tf.reduce_sum(weights * error) + weights[1]"
    assert made("weights", body) == "tf.constant([0.5, 0.75])"


@pytest.mark.parametrize("product", ["tf.matmul(y_pred, noise)", "K.dot(y_pred, m)", "y_pred @ m"])
def test_a_factor_of_a_product_of_matrices_is_one(product: str) -> None:
    found = made("noise", f"return {product} * y_true", "m = K.constant(noise)")
    assert made("m", "return y_pred @ m", "pass").endswith(f".constant({found})")
    rows = ast.literal_eval(found)
    assert [len(row) for row in rows] == [4, 4, 4, 4]
    assert all(abs(sum(row) - 1.0) < 1e-9 for row in rows)


def test_a_table_has_an_entry_for_each_class() -> None:
    body = "return tf.gather(table, tf.argmax(y_true, axis=-1)) * error"
    assert made("weights", body, "table = tf.constant(weights)") == "[0.5, 0.75, 1.0, 1.25]"
    assert made("index", "return tf.gather(y_pred, index) * error") == "0.5"


def test_a_parameter_is_followed_into_the_methods_of_its_class() -> None:
    code = (
        "class ALoss(tf.keras.losses.Loss):\n    def __init__(self, weights):\n"
        "        super().__init__()\n        self.weights = weights\n\n"
        "    def call(self, y_true, y_pred):\n        return self.weights[1] * (y_true - y_pred)\n"
    )
    module = ast.parse(IMPORTS + code)
    (owner,) = (node for node in module.body if isinstance(node, ast.ClassDef))
    (init,) = (each for each in owner.body if getattr(each, "name", "") == "__init__")
    assert isinstance(init, ast.FunctionDef)
    assert assumed(module, init, "weights") == "[0.5, 0.75]"


def test_a_factory_that_is_handed_tensors_of_a_model_stays_one() -> None:
    code = (
        "def vae_loss(z_mean):\n    def loss(y_true, y_pred):\n"
        "        kl = tf.reduce_sum(tf.square(z_mean), axis=-1)\n"
        "        return tf.reduce_mean(tf.square(y_true - y_pred), axis=-1) + kl\n\n    return loss\n"
    )
    found = check("losses.py", IMPORTS + code, Options(RULES))
    (finding,) = [each for each in found if each.code == "LF302"]
    assert "`z_mean` is a tensor of a model" in finding.reason


@pytest.mark.parametrize("given", ["self.shares", "of=self.shares"])
def test_a_parameter_is_followed_into_the_functions_that_it_is_handed_to(given: str) -> None:
    code = f"""
def pinball(y_true, y_pred, of):
    first = part(y_true, y_pred[:, 0], of[0])
    return first + sum(part(y_true, y_pred[:, i], q) for i, q in enumerate(of[1:]))


def part(y_true, y_pred, q):
    return tf.maximum(q * (y_true - y_pred), 0.0)


class Pinball:
    def __init__(self, shares):
        self.shares = shares

    def __call__(self, y_true, y_pred):
        return pinball(y_true, y_pred, {given})
"""
    module = ast.parse(IMPORTS + code)
    (owner,) = (node for node in module.body if isinstance(node, ast.ClassDef))
    init, _ = (each for each in owner.body if isinstance(each, ast.FunctionDef))
    assert assumed(module, init, "shares") == "[0.5, 0.75]"


def test_a_factory_may_hand_its_tensors_to_another_one() -> None:
    code = """
def divergence(mean, log_var):
    def loss(y_true, y_pred):
        return tf.reduce_mean(tf.exp(log_var) + tf.square(mean) - log_var, 1)

    return loss


def a_loss(mean, log_var):
    of_code = divergence(mean, log_var)

    def loss(y_true, y_pred):
        return tf.square(y_true - y_pred) + of_code(y_true, y_pred)

    return loss
"""
    module = ast.parse(IMPORTS + code)
    holder = module.body[-1]
    assert isinstance(holder, ast.FunctionDef)
    assert all(".constant([[" in assumed(module, holder, each) for each in ("mean", "log_var"))


DISPERSED = """\
class Dispersed:
    def __init__(self, theta=None, scale=None, axis=None, floor=1e-6):
        self.theta, self.axis, self.floor = theta, axis, floor
        self.spread = theta
        self.scale = scale

    def loss(self, y_true, y_pred):
        theta = tf.maximum(self.spread, self.floor)
        error = y_pred - y_true * tf.math.log(y_pred + theta)
        if self.scale is not None:
            error = error * self.scale
        return tf.reduce_mean(error, self.axis)


class Inflated(Dispersed):
    def __init__(self, share, **kwargs):
        super().__init__(floor=1e-3, **kwargs)
        self.share = share

    def loss(self, y_true, y_pred):
        return self.share * super().loss(y_true, y_pred)
"""


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("Dispersed", "Dispersed(theta=0.5).loss"),
        ("Inflated", "Inflated(share=0.5, theta=0.5).loss"),
    ],
)
def test_a_default_of_none_that_is_calculated_with_is_no_value(name: str, expression: str) -> None:
    text = IMPORTS + DISPERSED
    candidate = next(each for each in discover(ast.parse(text)) if each.path == (name, "loss"))
    subject = extract(text, candidate)
    assert subject.expression == expression
    assert subject.assumptions == (expression.removesuffix(".loss"),)
