"""A subclass of Keras 2's wrapper becomes a subclass of ``Loss`` that does the same."""

from __future__ import annotations

import pytest
from test_removed_names import source

from lossfix.checking import Options, check
from lossfix.engine import repair, repairable
from lossfix.rules import private_base, removed_import

FAMILY = Options((private_base.RULE, removed_import.RULE))
IMPORT = "import tensorflow as tf\nfrom keras.losses import LossFunctionWrapper\n\n\n"
CLASS = IMPORT + source("""
    def squared(y_true, y_pred, scale=1.0):
        return scale * tf.square(y_true - y_pred)


    class Squared(LossFunctionWrapper):
        def __init__(self, scale=1.0, reduction="sum", name="squared"):
            super().__init__(squared, reduction, name, scale=scale)
    """)


def fixed(text: str) -> str:
    for loss in repairable(text, FAMILY):
        text = repair("losses.py", text, loss.name, FAMILY).after
    return text


def test_the_function_moves_into_call_and_its_arguments_are_kept() -> None:
    text = fixed(CLASS)
    assert "LossFunctionWrapper" not in text
    assert text.endswith(source("""
            class Squared(keras.losses.Loss):
                def __init__(self, scale=1.0, reduction="sum", name="squared"):
                    super().__init__(name=name, reduction=reduction)
                    self.scale = scale

                def call(self, y_true, y_pred):
                    y_true, y_pred = same_rank(y_true, y_pred)
                    return squared(y_true, y_pred, scale=self.scale)

                def get_config(self):
                    return {**super().get_config(), "scale": self.scale}
            """))


REST = CLASS.replace(", scale=1.0):\n    return scale *", "):\n    return").replace(
    'scale=1.0, reduction="sum", name="squared"', 'name="squared", **kwargs'
)


def test_what_the_function_cannot_take_is_all_for_the_parent() -> None:
    given = REST.replace(
        "(squared, reduction, name, scale=scale)", "(squared, name=name, **kwargs)"
    )
    text = fixed(given)
    assert "class Squared(keras.losses.Loss):" in text
    assert "super().__init__(name=name, **kwargs)\n" in text
    assert text.endswith("        return squared(y_true, y_pred)\n")
    for other in (
        given.replace("(y_true, y_pred)", "(y_true, y_pred, scale=1.0)", 1),
        given.replace("=name, **kwargs", "=name, **OPTIONS"),
        given.replace("def squared", "def of_others"),
    ):
        assert fixed(other) == other


def test_a_mended_class_has_no_more_findings() -> None:
    assert check("losses.py", fixed(CLASS), FAMILY) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(LossFunctionWrapper)", "(LossFunctionWrapper, Mixed)"),
        ("super().__init__(squared, reduction, name, scale=scale)", "self.fn = squared"),
        ("scale=scale)", "**kwargs)"),
        ("(squared, reduction", "(lambda t, p: t - p, reduction"),
        ("scale=scale)", "scale=scale)\n        self.scale = 2 * scale"),
    ],
)
def test_a_class_with_more_to_it_is_reported(old: str, new: str) -> None:
    text = CLASS.replace(old, new)
    assert text != CLASS
    assert fixed(text) == text
    assert {each.code for each in check("losses.py", text, FAMILY)} == {"LF406"}
    assert all(each.reason for each in check("losses.py", text, FAMILY))


def test_the_import_of_the_base_is_told_along_with_the_class() -> None:
    assert [each.code for each in check("losses.py", CLASS, FAMILY)] == ["LF406"]
    used = CLASS + "\n\nkinds = {LossFunctionWrapper: 1}\n"
    assert [each.code for each in check("losses.py", used, FAMILY)] == ["LF405", "LF406"]


@pytest.mark.parametrize("base", ["Loss", "MeanSquaredError", "Huber"])
def test_a_public_base_is_left_alone(base: str) -> None:
    assert check("losses.py", CLASS.replace("LossFunctionWrapper", base), FAMILY) == ()


def test_the_wrapper_of_keras_3_works() -> None:
    text = CLASS.replace("from keras.losses import", "from keras.src.losses import")
    assert check("losses.py", text, FAMILY) == ()
