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
    ("code", "meaning"),
    [
        # One branch is TensorFlow's or Keras's, wherever it stands.
        (
            "if B == 1:\n    from torch import erf\n"
            "elif B == 2:\n    from tensorflow.math import erf\n"
            "else:\n    from jax.scipy.special import erf",
            "tensorflow.math.erf",
        ),
        (
            "if B == 1:\n    from torch import erf\n"
            "elif B == 2:\n    from jax.scipy.special import erf\n"
            "else:\n    from keras.ops import erf",
            "keras.ops.erf",
        ),
        (
            "try:\n    from torch import erf\nexcept ImportError:\n    from tensorflow.math import erf",
            "tensorflow.math.erf",
        ),
        (
            "def f():\n    pass\n"
            "match B:\n    case 1:\n        from torch import erf\n"
            "    case _:\n        from tensorflow.math import erf",
            "tensorflow.math.erf",
        ),
        (
            "if A:\n    if B:\n        from torch import erf\n    else:\n        from keras.ops import erf",
            "keras.ops.erf",
        ),
        # Several are: the first of them.
        (
            "if B == 1:\n    from torch import erf\n"
            "elif B == 2:\n    from keras.ops import erf\n"
            "else:\n    from tensorflow.math import erf",
            "keras.ops.erf",
        ),
        # None is: the first.
        (
            "try:\n    from cupy import erf\nexcept ImportError:\n    from scipy import erf",
            "cupy.erf",
        ),
        # Of the project's own it is not known.
        (
            "try:\n    from .fast import erf\nexcept ImportError:\n    from tensorflow.math import erf",
            ".fast.erf",
        ),
        # No branches of one statement.
        ("from torch import erf\nif B:\n    from tensorflow.math import erf", "torch.erf"),
        ("if A:\n    from torch import erf\nif B:\n    from keras.ops import erf", "torch.erf"),
        ("if A:\n    from torch import erf\n    from keras.ops import erf", "torch.erf"),
    ],
)
def test_of_several_branches_that_of_a_framework_counts(code: str, meaning: str) -> None:
    assert scope_of_module(ast.parse(code)).resolve("erf") == meaning


def test_a_name_that_branches_assign_stays_uncertain() -> None:
    code = "import tensorflow as tf\nif B:\n    f = tf.math.erf\nelse:\n    f = tf.math.erfc"
    assert scope_of_module(ast.parse(code)).resolve("f") is None


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
