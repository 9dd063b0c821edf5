"""What a name means: imports, aliases, and what is bound where."""

from __future__ import annotations

import ast

import pytest

from lossfix.syntax.scope import scope_of_module, unbound


@pytest.mark.parametrize(
    ("code", "name", "meaning"),
    [
        ("import tensorflow as tf", "tf.where", "tensorflow.where"),
        ("import tensorflow", "tensorflow.where", "tensorflow.where"),
        ("import tensorflow.keras.backend as K", "K.mean", "tensorflow.keras.backend.mean"),
        ("import tensorflow.keras.backend", "tensorflow.keras.backend", "tensorflow.keras.backend"),
        ("from tensorflow import keras as k", "k.losses", "tensorflow.keras.losses"),
        ("from tensorflow import where", "where", "tensorflow.where"),
        (
            "import tensorflow as tf\nK = tf.keras.backend",
            "K.mean",
            "tensorflow.keras.backend.mean",
        ),
        ("import numpy as np\nn = np\nm = n", "m.abs", "numpy.abs"),
        (
            "try:\n    import keras\nexcept ImportError:\n    from tensorflow import keras",
            "keras",
            "keras",
        ),
        ("if X:\n    import keras as k", "k.ops", "keras.ops"),
        ("from .backend import K", "K.mean", ".backend.K.mean"),
        ("x = 1", "x", None),
        ("", "x.y", None),
        ("a = b\nb = a", "a", None),
        ("import numpy as np\nn = np\nn = 3", "n.abs", None),
    ],
)
def test_a_name_means_what_was_imported(code: str, name: str, meaning: str | None) -> None:
    assert scope_of_module(ast.parse(code)).resolve(name) == meaning


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("print(x)", {"x"}),
        ("x = 1\nprint(x)", set()),
        ("def f(a, *b, c=1, **d):\n    return a, b, c, d, f, e", {"e"}),
        ("def f(a=g): pass", {"g"}),
        ("[x for x in y]", {"y"}),
        ("lambda a: a + b", {"b"}),
        ("class A:\n    x = 1\n    def f(self): return x", {"x"}),
        ("try:\n    pass\nexcept E as e:\n    print(e)", {"E"}),
        ("with a as b:\n    b", {"a"}),
        ("for i in range(3): i", set()),
        ("if (n := 3): n", set()),
        ("import a.b as c, d.e\nc, d", set()),
        ("match x:\n    case [y]:\n        y", {"x"}),
        ("global_ = 1\ndef f():\n    global later\n    later = 1\ndef g(): return global_", set()),
    ],
)
def test_names_that_nothing_binds_are_found(code: str, names: set[str]) -> None:
    assert unbound(ast.parse(code)) == names
