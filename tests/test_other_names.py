"""A loss by other names, in other files and in its own: what may call it so keeps it a function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import lossfix

LOSSES = """
import tensorflow as tf


def gap(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


def build(model):
    model.compile("sgd", loss=gap)
"""
HEAD = "import functools\nfrom losses import gap\n"
CALLED = {
    "rows of a comprehension": "pool.map(work, [(gap, n) for n in range(2)])",
    "a generator": "map(work, (gap for n in range(2)))",
    "values of a comprehension": "run({key: gap for key in 'ab'})",
    "a list by comprehension": "kept = [gap for n in range(2)]\nfor fn in kept:\n    fn(a, b)",
    "yielded": "def give():\n    yield gap\n\nfor fn in give():\n    fn(a, b)",
    "yielded from": "def give():\n    yield from [gap]\n\nfor fn in give():\n    fn(a, b)",
    "given by a lambda": "give = lambda: gap\ngive()(a, b)",
    "handed a lambda": "run(lambda: gap)",
    "a default": "def run(a, b, fn=gap):\n    return fn(a, b)",
    "a default by keyword": "def run(a, b, *, fn=gap):\n    return fn(a, b)",
    "a default of a lambda": "run = lambda a, b, fn=gap: fn(a, b)",
    "unpacked": "run(**{'how': gap})",
    "unpacked from a name": "kept = dict(how=gap)\nrun(**kept)",
    "made with, and called": "from types import SimpleNamespace\nkept = SimpleNamespace(loss=gap)\n"
    "kept.loss(a, b)",
    "matched": "match gap:\n    case fn:\n        fn(a, b)",
    "added to a dictionary": "kept = {}\nkept |= {'g': gap}\nkept['g'](a, b)",
    "added to a list": "kept = []\nkept += [gap]\nfor fn in kept:\n    fn(a, b)",
    "appended in rows": "kept = []\nkept.append(('g', gap))\nfor name, fn in kept:\n    fn(a, b)",
    "an alias, passed on": "fn = gap\nrun(fn, a, b)",
    "an alias in a function": "def go():\n    fn = gap\n    run(fn, a, b)",
    "an alias by keyword": "fn = gap\nrun(how=fn)",
    "an alias in a list": "kept = [gap]\nrun(kept)",
    "an alias in rows": "rows = [(gap, 1), (None, 2)]\nlist(pool.map(run, rows))",
    "out of a dictionary": "kept = {'g': gap}\nrun(kept['g'])",
    "a loop's": "for fn in [gap]:\n    run(fn, a, b)",
    "an attribute, passed on": "class Trainer:\n    def __init__(self):\n        self.fn = gap\n\n"
    "    def go(self):\n        run(self.fn, a, b)",
    "one of two": "fn = gap if a else None\nrun(fn)",
    "a fixture's": "import pytest\n\n@pytest.fixture\ndef fn():\n    return gap\n\n"
    "def test_rows(fn):\n    assert fn(a, b).shape == (3,)",
    "a fixture's with parameters": "import pytest\nkept = {'gap': gap}\n\n"
    "@pytest.fixture(params=['gap'])\ndef fn(request):\n    return kept[request.param]",
    "asked for its name": "fn = gap\nprint(fn.__name__)",
    "compared": "fn = gap\nfound = fn is other",
}
COMPILED = {
    "an alias": "fn = gap\nmodel.compile('sgd', loss=fn)",
    "a dictionary": "kept = {'a': gap, 'b': 'mse'}\nmodel.compile('sgd', loss=kept)",
    "a loop": "for name, fn in [('a', gap), ('b', 'mse')]:\n    model.compile('sgd', loss=fn)\n"
    "    print(name, fn)",
    "unpacked": "kept = dict(loss=gap)\nmodel.compile('sgd', **kept)",
    "unpacked at once": "model.compile('sgd', **{'loss': gap})",
    "a default": "def fit(fn=gap):\n    model.compile('sgd', loss=fn)\n\nfit()",
    "another variable's name": "def fit():\n    fn = gap\n    model.compile('sgd', loss=fn)\n\n"
    "def show(fn):\n    run(fn)",
    "what Keras is told": "import keras\nkept = {'gap': gap}\n"
    "keras.models.load_model('m', custom_objects=kept)",
}
COMPILED_ELSEWHERE = {
    "an attribute": "class Trainer:\n    def __init__(self):\n        self.fn = gap\n\n"
    "    def go(self):\n        self.model.compile('sgd', loss=self.fn)",
    "one of a pair": "fn, weight = gap, 1\nmodel.compile('sgd', loss=fn)",
}
TWO_FILES = {
    "a class's": ("class Kept:\n    fn = gap", "Kept.fn(a, b)"),
    "an instance's": (
        "class Kept:\n    def __init__(self):\n        self.fn = gap",
        "Kept().fn(a, b)",
    ),
    "a property": (
        "class Kept:\n    @property\n    def fn(self):\n        return gap",
        "Kept().fn(a, b)",
    ),
    "a method's": ("class Kept:\n    def fn(self):\n        return gap", "Kept().fn()(a, b)"),
    "one of a pair": ("def Kept():\n    return gap, 1", "fn, weight = Kept()\nfn(a, b)"),
    "what a function keeps": (
        "def Kept():\n    kept = {}\n    kept['a'] = gap\n    return kept",
        "for fn in Kept().values():\n    fn(a, b)",
    ),
    "what a class takes as loss": (
        "class Kept:\n    def __init__(self, loss):\n        self.loss = loss\n\n"
        "    def step(self, a, b):\n        return self.loss(a, b)",
        "from losses import gap\nKept(loss=gap)",
    ),
    "what anything is made with": (
        "from types import SimpleNamespace\nKept = SimpleNamespace(loss=gap)",
        "import keras\n\ndef build(model):\n    model.compile('sgd', loss=Kept.loss)\n\nKept.loss(a, b)",
    ),
    "what a test puts another in place of": (
        "import losses as Kept",
        "import losses\n\ndef test(monkeypatch):\n    monkeypatch.setattr(losses, 'gap', len)\n"
        "    losses.gap(a, b)",
    ),
}


def reason(folder: Path, files: dict[str, str]) -> str:
    """What keeps ``gap`` from becoming a class; empty where nothing does."""
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    ended = lossfix(*"check --no-cache --select LF301 --output-format json .".split(), at=folder)
    found = {each["loss"]: each["reason"] for each in json.loads(ended.out)["findings"]}
    return str(found["gap"] or "")


@pytest.mark.parametrize("code", CALLED.values(), ids=CALLED)
def test_what_may_call_it_by_another_name_keeps_it(tmp_path: Path, code: str):
    assert "user.py:" in reason(tmp_path, {"losses.py": LOSSES, "user.py": f"{HEAD}{code}\n"})


@pytest.mark.parametrize("code", CALLED.values(), ids=CALLED)
def test_so_does_what_calls_it_so_in_its_own_file(tmp_path: Path, code: str):
    assert reason(tmp_path, {"losses.py": f"{LOSSES}\n\n{code}\n"})


@pytest.mark.parametrize("code", [*COMPILED.values(), *COMPILED_ELSEWHERE.values()])
def test_what_compiles_it_by_another_name_does_not(tmp_path: Path, code: str):
    assert reason(tmp_path, {"losses.py": LOSSES, "user.py": f"{HEAD}{code}\n"}) == ""


@pytest.mark.parametrize("code", COMPILED.values(), ids=COMPILED)
def test_nor_does_what_compiles_it_so_in_its_own_file(tmp_path: Path, code: str):
    assert reason(tmp_path, {"losses.py": f"{LOSSES}\n\n{code}\n"}) == ""


@pytest.mark.parametrize(("first", "second"), TWO_FILES.values(), ids=TWO_FILES)
@pytest.mark.parametrize("own", [False, True], ids=["elsewhere", "in its own file"])
def test_what_a_third_file_calls_of_it_keeps_it(tmp_path: Path, first: str, second: str, own: bool):
    files = {"losses.py": LOSSES, "user.py": f"{HEAD}{first}\n"}
    if own:
        files = {"losses.py": f"{LOSSES}\n\n{first}\n"}
    files["third.py"] = f"from {'losses' if own else 'user'} import Kept\n{second}\n"
    assert reason(tmp_path, files)


BENT = """
import tensorflow as tf


def bend(one, other):
    return tf.reduce_mean(tf.abs(other - one), axis=-1)


class Kept:
    fn = bend
    wrapped = staticmethod(bend)
    annotated: object = bend
    table = {"bend": bend}


class Own:
    how = staticmethod(bend)

    def build(self, model):
        model.compile("sgd", loss=self.how)
"""
KEPT_BY_A_CLASS = ["Kept.fn", "Kept.wrapped", "Kept.annotated", "Kept.table['bend']"]


@pytest.mark.parametrize("written", [*KEPT_BY_A_CLASS, None])
def test_what_a_class_keeps_is_a_loss_where_it_is_compiled(tmp_path: Path, written: str | None):
    own = BENT.partition("\n\nclass Own")[0]
    train = f"from bent import Kept\n\n\ndef build(model):\n    model.compile(loss={written})\n"
    files = {"bent.py": own, "train.py": train} if written else {"bent.py": BENT}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    told = lossfix("check", "--no-cache", "--select", "LF301", ".", at=tmp_path).text
    assert "`bend` is a bare function" in told


OWN_COMPILE = """
import keras
import tensorflow as tf


class Net(keras.Model):
    def compile(self, optimizer, loss):
        super().compile(optimizer=optimizer)
        self.fn = loss

    def train_step(self, data):
        return {"loss": tf.reduce_sum(self.fn(data[1], self(data[0])))}
"""


@pytest.mark.parametrize("how", ["net.compile('sgd', loss=gap)", "net.compile('sgd', gap)"])
@pytest.mark.parametrize("own", [False, True], ids=["elsewhere", "in its own file"])
def test_a_model_may_call_what_its_own_compile_takes(tmp_path: Path, how: str, own: bool):
    files = {
        "losses.py": LOSSES.partition("def build")[0],
        "net.py": OWN_COMPILE,
        "user.py": f"from losses import gap\nfrom net import Net\n\nnet = Net()\n{how}\n",
    }
    if own:
        files = {"losses.py": f"{files['losses.py']}{OWN_COMPILE}\n\nnet = Net()\n{how}\n"}
    assert reason(tmp_path, files)


def test_a_model_of_keras_does_not_call_it(tmp_path: Path):
    made = "model = keras.Sequential([keras.layers.Dense(1)])\nmodel.compile('sgd', loss=gap)\n"
    files = {
        "losses.py": LOSSES.partition("def build")[0],
        "net.py": OWN_COMPILE,
        "user.py": f"import keras\nfrom losses import gap\n\n{made}",
    }
    assert reason(tmp_path, files) == ""


def test_a_place_in_a_notebook_is_told_by_its_cell(tmp_path: Path):
    sources = ["# Notes", "from losses import gap\n", "%time run()\nfn = gap\nrun(fn)\n"]
    kinds = ["markdown", "code", "code"]
    cells = [
        {"cell_type": kind, "source": text, "outputs": [], "metadata": {}}
        for kind, text in zip(kinds, sources, strict=True)
    ]
    notebook = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    assert reason(tmp_path, {"losses.py": LOSSES, "user.ipynb": notebook}) == (
        "user.ipynb:cell 3:3 passes it to a function that may call it"
    )
