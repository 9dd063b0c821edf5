"""Of the class of a method that much is run as the method needs, and no more."""

from __future__ import annotations

import ast

import pytest

from lossfix.losses.discovery.discover import discover
from lossfix.losses.probing.extract import extract
from lossfix.model import Subject

HEAD = "import tensorflow as tf\n"
A_LOSS = "    def a_loss(self, y_true, y_pred):\n        return self.scale * (y_true - y_pred)\n"


def subject(code: str, name: str = "Trainer.a_loss") -> Subject:
    text = HEAD + code
    candidate = next(each for each in discover(ast.parse(text)) if each.name == name)
    return extract(text, candidate)


def value(taken: Subject) -> object:
    """What the loss gives for 5 and 2, where nothing but its excerpt runs."""
    assert taken.unverifiable == ""
    namespace: dict[str, object] = {"__name__": "excerpt"}
    exec(taken.source.replace(HEAD, ""), namespace)
    made = eval(taken.expression, namespace)
    assert callable(made)
    return made(5, 2)


CONSTRUCTORS = {
    "a constant": "        self.scale = 2.0\n",
    "a default": "        self.scale = scale\n",
    "by way of a variable": "        doubled = 2 * scale\n        self.scale = doubled / 2\n",
    "by way of an attribute": "        self.half = scale / 2\n        self.scale = 2 * self.half\n",
    "by way of a method": "        self.scale = self.scaled(scale)\n",
    "under a condition": (
        "        if scale is None:\n            self.scale = 1.0\n"
        "        else:\n            self.scale = scale\n"
    ),
    "in steps": "        self.scale = 0.5\n        self.scale += 1.5\n",
}


@pytest.mark.parametrize("lines", CONSTRUCTORS.values(), ids=CONSTRUCTORS.keys())
def test_of_a_constructor_what_sets_what_the_loss_reads_is_run(lines: str) -> None:
    code = (
        "class Trainer(Framework):\n"
        "    def __init__(self, folder: Folder, scale=2.0):\n"
        "        super().__init__(folder)\n        self.files = scan(folder)\n"
        f"{lines}        self.model = self.build()\n"
        f"{A_LOSS}"
        "    def scaled(self, factor):\n        return 1.0 * factor\n"
        "    def build(self):\n        model.compile(loss=self.a_loss)\n"
    )
    taken = subject(code)
    assert value(taken) == 6.0
    assert "files" not in taken.source
    assert taken.expression == "Trainer().a_loss"
    assert taken.assumptions == ()


def test_what_is_not_read_need_not_be_assumed() -> None:
    head = "class Trainer:\n    def __init__(self, folder, scale):\n        self.scale = scale\n"
    assert subject(head + A_LOSS).expression == "Trainer(folder=0.5, scale=0.5).a_loss"
    head = "class Trainer:\n    def __init__(self, scale, folder):\n        self.scale = scale\n"
    assert subject(head + A_LOSS).expression == "Trainer(scale=0.5).a_loss"


def test_a_constructor_is_called_as_the_file_calls_it() -> None:
    code = "class Trainer:\n    def __init__(self, files, scale):\n        self.scale = scale\n"
    taken = subject(f"{code}{A_LOSS}Trainer('*.csv', 3.0).run()\n")
    assert value(taken) == 9.0
    assert taken.assumptions == ()


def test_a_method_is_taken_with_what_its_parents_give_it() -> None:
    code = (
        "class Task(Framework):\n    factor = 2.0\n"
        "    def __init__(self):\n        self.folder = open('x')\n        self.scale = self.factor\n"
        f"class Trainer(Task):\n{A_LOSS}"
    )
    assert value(subject(code)) == 6.0


WHOLE = {
    "the instance is handed on": "        return scaled(self) * (y_true - y_pred)\n",
    "a parent's is called": "        return super().a_loss(y_true, y_pred)\n",
    "nothing sets it": "        return self.unknown * (y_true - y_pred)\n",
    "it is read": "        return self.files * (y_true - y_pred)\n",
}


@pytest.mark.parametrize("body", WHOLE.values(), ids=WHOLE.keys())
def test_a_class_that_is_needed_in_another_way_stays_whole(body: str) -> None:
    code = (
        "class Trainer(Framework):\n    def __init__(self):\n        self.files = open('x').read()\n"
        f"    def a_loss(self, y_true, y_pred):\n{body}"
    )
    assert "class Trainer(Framework):" in subject(code).source


@pytest.mark.parametrize("kind", ["staticmethod", "classmethod"])
def test_a_method_of_the_class_needs_no_instance(kind: str) -> None:
    itself = "cls, " if kind == "classmethod" else ""
    code = (
        f"class Trainer:\n    scale = 2.0\n    @{kind}\n    def a_loss({itself}y_true, y_pred):\n"
        "        return Trainer.scale * (y_true - y_pred)\n"
    )
    taken = subject(code)
    assert (taken.expression, value(taken)) == ("Trainer.a_loss", 6.0)


def test_a_method_without_self_is_measured_as_a_function_of_its_class() -> None:
    code = (
        "class Trainer:\n    def a_loss(y_true, y_pred):\n        return 2.0 * (y_true - y_pred)\n"
    )
    taken = subject(code)
    assert (taken.expression, value(taken)) == ("Trainer.a_loss", 6.0)


FACTORIES = {
    "self, scale": "Trainer().make_loss(scale=0.5)",
    "self, scale=2.0": "Trainer().make_loss()",
}


@pytest.mark.parametrize(("signature", "made"), FACTORIES.items())
def test_a_factory_may_be_a_method(signature: str, made: str) -> None:
    code = (
        "class Trainer:\n    def __init__(self):\n        self.shift = 1.0\n"
        f"    def make_loss({signature}):\n        def loss(y_true, y_pred):\n"
        "            return scale * (y_true - y_pred) + self.shift\n        return loss\n"
    )
    taken = subject(code, "Trainer.make_loss.loss")
    assert taken.expression == made
    assert value(taken) == (7.0 if "2.0" in signature else 2.5)


def test_a_factory_may_be_a_static_method_or_a_property() -> None:
    inner = "        def loss(y_true, y_pred):\n            return y_true - y_pred\n        return loss\n"
    static = f"class Losses:\n    @staticmethod\n    def plain_loss(scale=1.0):\n{inner}"
    assert subject(static, "Losses.plain_loss.loss").expression == "Losses.plain_loss()"
    read = f"class Losses:\n    @property\n    def plain_loss(self):\n{inner}"
    assert subject(read, "Losses.plain_loss.loss").expression == "Losses().plain_loss"


def test_a_function_inside_of_a_method_may_read_the_instance() -> None:
    code = (
        "class Trainer:\n    def __init__(self, folder):\n        self.files = scan(folder)\n"
        "        self.scale = 2.0\n"
        "    def run(self):\n"
        "        def a_loss(y_true, y_pred):\n            return self.scale * (y_true - y_pred)\n"
        "        model.compile(loss=a_loss)\n"
    )
    assert value(subject(code, "Trainer.run.a_loss")) == 6.0


def test_a_method_of_a_class_inside_of_a_class_is_found_there() -> None:
    code = (
        "class Task:\n    class Losses:\n        @staticmethod\n"
        "        def a_loss(y_true, y_pred):\n            return y_true - y_pred\n"
    )
    assert value(subject(code, "Task.Losses.a_loss")) == 3


def test_a_lambda_may_read_the_instance() -> None:
    code = (
        "class Trainer:\n    def __init__(self, folder):\n        self.files = scan(folder)\n"
        "        self.scale = 2.0\n"
        "    def scaled(self, a, b, power):\n        return self.scale * (a - b) ** power\n"
        "    def run(self):\n"
        "        model.compile(loss=lambda a, b: self.scaled(a, b, 1))\n"
    )
    taken = subject(code, "custom_loss")
    assert value(taken) == 6.0
    assert "files" not in taken.source


def test_lines_keep_their_numbers() -> None:
    code = (
        "class Trainer:\n    def __init__(self):\n        self.a = 1\n        self.b = 2\n"
        "    def a_loss(self, y_true, y_pred):\n        return SCALE * (y_true - y_pred)\n"
        "SCALE = load()\n"
    )
    assert "line 8" in subject(code).unverifiable
