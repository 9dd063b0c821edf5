"""The smallest module that still holds a loss: it runs nothing of the user's script."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

import pytest

from lossfix.losses.discovery.discover import discover
from lossfix.losses.probing.extract import extract
from lossfix.losses.probing.module import Module, ReadModule
from lossfix.model import Subject
from lossfix.syntax.quiet import parsed

HEAD = "import tensorflow as tf\n"
LOSS = "def a_loss(y_true, y_pred):\n    return tf.abs(y_true - y_pred)\n"


def taken(
    code: str, name: str = "a_loss", modules: Mapping[str, str] | None = None, *arguments: str
) -> Subject:
    text = HEAD + code
    candidate = next(each for each in discover(parsed(text)) if each.name == name)
    return extract(text, candidate, reader(modules or {}), arguments or None)


def reader(modules: Mapping[str, str]) -> ReadModule:
    """All modules see one another by the same names."""

    def read(name: str) -> Module | None:
        return Module(name, modules[name], read) if name in modules else None

    return read


def run(subject: Subject) -> dict[str, object]:
    """What the excerpt binds once it ran."""
    for name, source in subject.modules:
        module = sys.modules[name] = ModuleType(name)
        exec(source, vars(module))
    namespace: dict[str, object] = {"__name__": "excerpt"}
    exec(subject.source.replace(HEAD, ""), namespace)
    return namespace


def test_only_what_the_loss_reaches_is_taken_in_the_order_of_the_file() -> None:
    subject = taken(
        "import os\n"
        "from math import pi\n"
        "SCALE = 2.0 * pi\n"
        "UNUSED = 3.0\n"
        "def part(x):\n    return SCALE * x\n"
        "def a_loss(y_true, y_pred):\n    return part(tf.abs(y_true - y_pred))\n"
        "os.remove('everything')\n"
        "model.fit(open('data').read())\n"
    )
    assert subject.unverifiable == ""
    bound = [ast.unparse(node).splitlines()[0] for node in ast.parse(subject.source).body]
    assert bound == [
        "import tensorflow as tf",
        "from math import pi",
        "SCALE = 2.0 * pi",
        "def part(x):",
        "def a_loss(y_true, y_pred):",
    ]
    assert subject.expression == "a_loss"


@pytest.mark.parametrize("sign", ["\f", "\v", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_what_ends_a_line_of_python_ends_one(sign: str) -> None:
    head = f"NOTE = 'a{sign}b'\nSCALE = 2.0  # a{sign}b\n\n\n"
    subject = taken(head + LOSS.replace("    return", f"    # a{sign}b\n    return SCALE *"))
    assert "SCALE" in run(subject)


def test_what_a_file_gives_a_module_is_taken_where_it_is_asked_for() -> None:
    subject = taken(
        "import math\n"
        "SCALE = 2.0\n"
        "def scaled(x):\n    return SCALE * x\n"
        "math.scaled = scaled\n"
        "setattr(math, 'halved', lambda x: x / 2)\n"
        "math.unused = scaled\n"
        "math.loaded = open('x').read()\n"
        "def a_loss(y_true, y_pred):\n"
        "    return tf.abs(math.scaled(math.halved(y_true)) + math.loaded - y_pred)\n"
    )
    assert subject.unverifiable == ""
    bound = [ast.unparse(node).splitlines()[0] for node in ast.parse(subject.source).body]
    assert bound[2:-1] == [
        "SCALE = 2.0",
        "def scaled(x):",
        "math.scaled = scaled",
        "setattr(math, 'halved', lambda x: x / 2)",
    ]


def test_what_a_file_gives_a_module_of_a_module_is_taken_too() -> None:
    source = taken(
        "import math\n"
        "tf.math.half_turn = math.pi\n"
        "tf.math.idle = 2.0\n"
        "def a_loss(y_true, y_pred):\n"
        "    return tf.abs(y_true - y_pred) * tf.math.half_turn\n"
    ).source
    assert "tf.math.half_turn = math.pi" in source
    assert "idle" not in source


HOLES = {
    "a file": ("FACTOR = float(open('x').read())\n", "FACTOR"),
    "arguments": (
        "import argparse\nparser = argparse.ArgumentParser()\nFACTOR = parser.parse_args().factor\n",
        "parser",
    ),
    "data": ("import pandas as pd\nFACTOR = pd.read_csv('x').mean()\n", "FACTOR"),
    "a loaded array": ("import numpy as np\nFACTOR = np.load('x')\n", "FACTOR"),
    "the environment": ("import os\nFACTOR = float(os.environ['X'])\n", "FACTOR"),
    "a loop": ("for FACTOR in range(3):\n    print(FACTOR)\n", "FACTOR"),
    "a with": ("with open('x') as FACTOR:\n    pass\n", "FACTOR"),
    "an answer": ("FACTOR = input()\n", "FACTOR"),
    "another name": ("import json\nother = json.loads('1')\nFACTOR = other\n", "other"),
}


@pytest.mark.parametrize(("code", "name"), HOLES.values(), ids=HOLES.keys())
def test_what_would_have_to_run_is_a_hole_and_named_with_its_line(code: str, name: str) -> None:
    loss = "def a_loss(y_true, y_pred):\n    return FACTOR * tf.abs(y_true - y_pred)\n"
    subject = taken(code + loss)
    assert subject.source == ""
    assert f"`{name}`" in subject.unverifiable
    line = next(
        number
        for number, each in enumerate((HEAD + code).splitlines(), start=1)
        if each.startswith((f"{name} =", f"for {name}")) or each.endswith(f"as {name}:")
    )
    assert f"line {line}" in subject.unverifiable


def test_an_array_that_is_filled_from_a_file_is_a_hole() -> None:
    filled = "import numpy as np\nFACTOR = np.zeros(3)\nFACTOR[0] = float(open('x').read())\n"
    subject = taken(f"{filled}def a_loss(y_true, y_pred):\n    return FACTOR * tf.abs(y_pred)\n")
    assert "line 4" in subject.unverifiable


PURE = {
    "a number": "FACTOR = 2.0",
    "an array that is filled in": (
        "import numpy as np\nFACTOR = np.zeros((3, 3))\nFACTOR[np.arange(3), [1, 2, 0]] = 1.0\n"
        "FACTOR[0][0] += 2.0\nnp.fill_diagonal(FACTOR, 0.0)"
    ),
    "an array that a loop fills in": (
        "import numpy as np\nFACTOR = np.zeros(3)\nfor i in range(3):\n    FACTOR[i] = 1.0 / (i + 1)"
    ),
    "a list that grows": "FACTOR = [1.0]\nFACTOR.append(2.0)",
    "arithmetic": "FACTOR = -2.0 ** 3 / 4",
    "an annotated number": "FACTOR: float = 2.0",
    "an array": "import numpy as np\nFACTOR = np.array([1.0, 2.0]).astype('float32')",
    "a tensor": "FACTOR = tf.constant([1.0, 2.0])",
    "a library's loss": "FACTOR = tf.keras.losses.Huber(delta=2.0)",
    "a dictionary": "FACTOR = dict(a=1.0)",
    "a branch on a constant": "if True:\n    FACTOR = 1.0\nelse:\n    FACTOR = 2.0",
    "an import that may fail": (
        "try:\n    from math import pi as FACTOR\nexcept ImportError:\n    FACTOR = 3.0"
    ),
    "an import that says when it fails": (
        "try:\n    from math import pi as FACTOR\nexcept ImportError:\n    print('no math')"
    ),
    "an import that warns when it fails": (
        "from warnings import warn\ntry:\n    from math import pi as FACTOR\n"
        "except ImportError:\n    warn('no math')\n    raise ImportError('no math') from None"
    ),
    "an environment variable that has a default": (
        "import os\nFACTOR = float(os.environ.get('SOME_FACTOR', '2.0'))"
    ),
    "what an environment variable chooses": (
        "import os\nif int(os.getenv('SOME_FLAG', 0)) == 1:\n    FACTOR = 1.0\nelse:\n    FACTOR = 2.0"
    ),
    "what an installed package chooses": (
        "import importlib.util\nif importlib.util.find_spec('numpy'):\n    FACTOR = 2.0"
    ),
    "what a version chooses": (
        "from packaging.version import parse\n"
        "FACTOR = 2.0 if parse(tf.__version__) >= parse('2.11') else 1.0"
    ),
}


@pytest.mark.parametrize("code", PURE.values(), ids=PURE.keys())
def test_constants_of_libraries_are_taken_along(code: str) -> None:
    loss = "def a_loss(y_true, y_pred):\n    return FACTOR * tf.abs(y_true - y_pred)\n"
    subject = taken(f"{code}\n{loss}")
    assert subject.unverifiable == ""
    for line in code.splitlines():
        assert line in subject.source


def test_modules_of_the_project_are_taken_in_as_far_as_they_are_reached() -> None:
    modules = {
        ".parts": "import secrets\nK = 2.0\ndef part(x):\n    return K * x\nraise SystemExit\n"
    }
    loss = "def a_loss(y_true, y_pred):\n    return scaled(tf.abs(y_true - y_pred))\n"
    subject = taken(f"from .parts import part as scaled\n{loss}", "a_loss", modules)
    assert subject.unverifiable == ""
    ((_, source),) = subject.modules
    assert "SystemExit" not in source
    assert "secrets" not in source
    assert run(subject)["scaled"](3.0) == 6.0  # type: ignore[operator]


REACHED = {
    "a module's attributes": (
        "import parts\n",
        "parts.part(ERROR)",
        {"parts": "K = 2.0\ndef part(x):\n    return K * x\nraise SystemExit\n"},
    ),
    "a module of a package": (
        "from . import parts as p\n",
        "p.part(ERROR) * p.K / p.K",
        {".parts": "K = 2.0\ndef part(x):\n    return K * x\n"},
    ),
    "what a package has of the framework that is chosen": (
        "from . import kit\n",
        "kit.part(ERROR)",
        {
            ".kit": "from .chosen import *\n",
            ".chosen": (
                "import os\nNAME = os.environ['KERAS_BACKEND']\n"
                "if NAME == 'theano':\n    from .of_theano import *\n"
                "elif NAME == 'tensorflow':\n    from .of_tensorflow import *\n"
                "else:\n    raise ValueError(NAME)\n"
            ),
            ".of_theano": "import theano\ndef part(x):\n    return theano.scaled(x)\n",
            ".of_tensorflow": "def part(x):\n    return 2.0 * x\n",
        },
    ),
    "what a package passes on": (
        "from .kit import part\n",
        "part(ERROR)",
        {
            ".kit": "from .inner import part\nfrom .heavy import everything\n",
            ".inner": "def part(x):\n    return 2.0 * x\n",
        },
    ),
    "everything": (
        "from .parts import *\n",
        "part(ERROR)",
        {".parts": "from .more import *\n", ".more": "def part(x):\n    return 2.0 * x\n"},
    ),
    "the same name in two files": (
        "from .parts import part\ndef inner(x):\n    return x\n",
        "inner(part(ERROR))",
        {".parts": "def inner(x):\n    return 2.0 * x\ndef part(x):\n    return inner(x)\n"},
    ),
    "one of two modules": (
        "try:\n    from .fast import part\nexcept ImportError:\n    from .slow import part\n",
        "part(ERROR)",
        {".slow": "def part(x):\n    return 2.0 * x\n"},
    ),
    "a module within a function": (
        "def part(x):\n    from .parts import K\n    return K * x\n",
        "part(ERROR)",
        {".parts": "import gone\nK = 2.0\n"},
    ),
    "constants of several": (
        "from .parts import (\n    K,\n    L as M,\n)\n",
        "K * M * ERROR",
        {".parts": "K = 1.0\nL = 2.0\nN = open('x')\n"},
    ),
    "a function through a constant": (
        "from .parts import part\n",
        "part(ERROR)",
        {
            ".parts": "from .more import pick\npart = pick('double')\n",
            ".more": "def pick(name):\n    return {'double': lambda x: 2.0 * x}[name]\n",
        },
    ),
}


@pytest.mark.parametrize(("imports", "value", "modules"), REACHED.values(), ids=REACHED.keys())
def test_a_loss_may_reach(imports: str, value: str, modules: dict[str, str]) -> None:
    value = value.replace("ERROR", "(y_true - y_pred)")
    loss = f"def a_loss(y_true, y_pred):\n    return {value}\n"
    subject = taken(imports + loss, "a_loss", modules)
    assert subject.unverifiable == ""
    assert run(subject)["a_loss"](5.0, 2.0) == 6.0  # type: ignore[operator]


@pytest.mark.parametrize(
    ("imports", "modules", "said"),
    [
        ("from .gone import part\n", {}, "`.gone`"),
        ("from .parts import part\n", {".parts": "def other(): pass\n"}, "does not define"),
        ("from .parts import part\n", {".parts": "def part(:\n"}, "does not parse"),
        ("from .parts import part\n", {".parts": "from .parts import part\n"}, "imports it back"),
        ("import parts as part\n", {"parts": "x = 1\n"}, "as a whole"),
        ("import kit.part as part, kit.part\n", {"kit.part": "x = 1\n"}, "as a whole"),
        ("from .parts import part\n", {".parts": "from .gone import part\n"}, "`.gone`"),
    ],
)
def test_modules_that_cannot_be_taken_in_are_holes(
    imports: str, modules: dict[str, str], said: str
) -> None:
    loss = "def a_loss(y_true, y_pred):\n    return part(tf.abs(y_true - y_pred))\n"
    assert said in taken(imports + loss, "a_loss", modules).unverifiable


CLOSURE = (
    "def make_loss(alpha, gamma=2.0):\n"
    "    def a_loss(y_true, y_pred):\n        return alpha * tf.abs(y_true - y_pred) ** gamma\n"
    "    return a_loss\n"
)


def test_a_closure_is_built_as_its_call_builds_it() -> None:
    subject = taken(f"{CLOSURE}model.compile(loss=make_loss(0.8, gamma=1.0))\n", "make_loss.a_loss")
    assert subject.expression == "make_loss(0.8, gamma=1.0)"
    assert subject.assumptions == ()


def test_a_closure_without_a_call_is_built_with_assumptions_that_are_told() -> None:
    subject = taken(CLOSURE, "make_loss.a_loss")
    assert subject.expression == "make_loss(alpha=0.5)"
    assert subject.assumptions == ("make_loss(alpha=0.5)",)


def test_a_closure_is_built_as_the_configuration_says() -> None:
    subject = taken(CLOSURE, "make_loss.a_loss", None, "alpha=0.1")
    assert subject.expression == "make_loss(alpha=0.1)"


def test_a_call_with_anything_but_literals_is_no_example() -> None:
    subject = taken(f"{CLOSURE}model.compile(loss=make_loss(args.alpha))\n", "make_loss.a_loss")
    assert subject.expression == "make_loss(alpha=0.5)"


def test_a_class_is_built_with_what_its_constructor_requires() -> None:
    code = (
        "class MyLoss(tf.keras.losses.Loss):\n"
        "    def __init__(self, margin, name='x'):\n        super().__init__(name=name)\n"
        "    def call(self, y_true, y_pred):\n        return y_true - y_pred\n"
    )
    assert taken(code, "MyLoss").expression == "MyLoss(margin=1.0)"


def test_a_method_is_taken_with_its_class() -> None:
    code = (
        "class Trainer:\n"
        "    scale = 2.0\n"
        "    def a_loss(self, y_true, y_pred):\n        return self.scale * (y_true - y_pred)\n"
    )
    subject = taken(code, "Trainer.a_loss")
    assert subject.expression == "Trainer().a_loss"
    assert "class Trainer:" in subject.source


def test_a_nested_function_is_taken_out_with_the_constants_that_it_captures() -> None:
    code = (
        "def main(weight=2.0):\n"
        "    shift = 1.0\n"
        "    def a_loss(y_true, y_pred):\n        return weight * (y_true - y_pred) + shift\n"
        "    model.compile(loss=a_loss)\n"
    )
    subject = taken(code, "main.a_loss")
    assert subject.unverifiable == ""
    assert "model.compile" not in subject.source
    assert "weight = 2.0" in subject.source
    assert "shift = 1.0" in subject.source


def capturing(line: str, name: str) -> str:
    return (
        "def main(weight):\n"
        f"    {line}\n"
        "    def a_loss(y_true, y_pred):\n"
        f"        return {name} * (y_true - y_pred)\n"
        "    model.compile(loss=a_loss)\n"
    )


@pytest.mark.parametrize("name", ["shift", "weight"])
def test_a_nested_function_that_captures_what_is_computed_cannot_be_taken(name: str) -> None:
    code = capturing(f"{name} = read()", name)
    assert f"`{name}` of `main`" in taken(code, "main.a_loss").unverifiable


def test_a_parameter_that_a_nested_function_captures_is_assumed() -> None:
    subject = taken(capturing("pass", "weight"), "main.a_loss")
    assert (subject.unverifiable, subject.assumptions) == ("", ("weight = 0.5",))


INNER = (
    "def train(data, rate=0.1):\n"
    "    import math as m\n"
    "    low = 0.25\n"
    "    found = data.read()\n"
    "    class Own(tf.keras.losses.Loss):\n"
    "        def __init__(self, rate):\n"
    "            super().__init__()\n            self.rate = rate\n"
    "        def call(self, y_true, y_pred):\n"
    "            return self.rate * m.pi * low * (y_true - y_pred)\n"
    "    model.compile(loss=Own(0.5))\n"
)


def test_a_class_in_a_function_is_taken_out_with_the_imports_and_constants_that_it_uses() -> None:
    subject = taken(INNER, "train.Own")
    assert (subject.unverifiable, subject.expression) == ("", "Own(0.5)")
    assert [ast.unparse(node).splitlines()[0] for node in ast.parse(subject.source).body] == [
        "import tensorflow as tf",
        "import math as m",
        "low = 0.25",
        "class Own(tf.keras.losses.Loss):",
    ]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (INNER.replace("* low", "* found"), "`found` of `train`"),
        (INNER.replace("* low", "* len(data)"), "`data`, a parameter of `train`"),
        (INNER + "class Own:\n    pass\n", "too deeply"),
        (INNER.replace("def train(data, rate=0.1)", "class A"), "too deeply"),
    ],
)
def test_a_class_in_a_function_that_uses_anything_else_cannot_be_taken(
    code: str, said: str
) -> None:
    path = "A.Own" if "class A:" in code else "train.Own"
    assert said in taken(code, path).unverifiable


@pytest.mark.parametrize(
    ("code", "name", "steepened"),
    [
        (
            "def a_loss(y_true, y_pred, steepness=3.0):\n    return steepness * y_pred\n",
            "a_loss",
            "lambda y_true, y_pred: a_loss(y_true, y_pred, steepness={steepness})",
        ),
        (
            "class MyLoss(tf.keras.losses.Loss):\n"
            "    def __init__(self, margin, steepness=3.0):\n        super().__init__()\n"
            "    def call(self, y_true, y_pred):\n        return y_true - y_pred\n",
            "MyLoss",
            "MyLoss(margin=1.0, steepness={steepness})",
        ),
        (LOSS, "a_loss", ""),
    ],
)
def test_a_steepness_is_left_open_where_there_is_one(code: str, name: str, steepened: str) -> None:
    assert taken(code, name).steepened == steepened


def test_future_imports_stay_first() -> None:
    text = f'"""Doc."""\nfrom __future__ import annotations\n{HEAD}X = 1.0\n{LOSS}'
    (candidate,) = discover(ast.parse(text))
    source = extract(text, candidate).source
    assert source.startswith("from __future__ import annotations\n")


def test_statements_that_share_a_line_are_taken_apart() -> None:
    subject = taken(
        "A = 2.0; print('side effect')\n"
        "def a_loss(y_true, y_pred):\n    return A * tf.abs(y_true - y_pred)\n"
    )
    assert "side effect" not in subject.source
    assert "A = 2.0" in subject.source


def test_of_an_import_of_several_modules_only_those_are_taken_that_are_reached() -> None:
    subject = taken(
        "import math as m, no_such_library as n\n"
        "def a_loss(y_true, y_pred):\n    return m.pi * tf.abs(y_true - y_pred)\n"
    )
    assert "import math as m\n" in subject.source
    assert "no_such_library" not in subject.source


def test_an_import_under_silenced_warnings_is_one_like_any_other() -> None:
    subject = taken(
        "import warnings\n"
        "with warnings.catch_warnings():\n"
        "    warnings.simplefilter('ignore')  # FutureWarnings\n"
        "    import math as m  # for the loss\n"
        "def a_loss(y_true, y_pred):\n    return m.pi * tf.abs(y_true - y_pred)\n"
    )
    assert subject.unverifiable == ""
    assert "\nimport math as m\n" in subject.source
    assert "simplefilter" not in subject.source


def test_what_a_script_calls_as_the_loss_calls_its_own_is_not_taken() -> None:
    subject = taken(
        "a, e = load()\n"
        "y_pred = model.predict(a)\n"
        "def a_loss(y_true, y_pred):\n"
        "    e = y_true - y_pred\n"
        "    return sum(tf.abs(e[..., a]) for a in range(2))\n"
    )
    assert subject.unverifiable == ""
    assert "load" not in subject.source
    assert "predict" not in subject.source


@pytest.mark.parametrize(
    "line",
    [
        "WEIGHTS[0] = 2.0",
        "WEIGHTS.append(2.0)",
        "global WEIGHTS; WEIGHTS = WEIGHTS + [1.0]",
        "part = lambda WEIGHTS=WEIGHTS: WEIGHTS",
        "part = [WEIGHTS for WEIGHTS in WEIGHTS]",
    ],
)
def test_what_a_loss_changes_or_binds_elsewhere_is_still_read(line: str) -> None:
    subject = taken(
        "WEIGHTS = [1.0, 3.0]\n"
        f"def a_loss(y_true, y_pred):\n    {line}\n    return tf.abs(y_true - y_pred)\n"
    )
    assert "WEIGHTS = [1.0, 3.0]" in subject.source


def test_decorators_are_taken_along() -> None:
    subject = taken(f"@tf.function\n{LOSS}")
    assert "@tf.function\ndef a_loss" in subject.source


SIGNED = (
    "from .kinds import Batch\n"
    "class ALoss(tf.keras.losses.Loss):\n"
    "    {decorator}def call(self, y_true: Batch, y_pred: 'Batch') -> Batch:\n"
    "        return tf.abs(y_true - y_pred)\n"
)
KINDS = {".kinds": "import sys\nif sys.argv:\n    Batch = sys.argv\n"}


@pytest.mark.parametrize("decorator", ["", "@tf.function\n    ", "@staticmethod\n    "])
def test_the_types_of_a_signature_need_not_exist(decorator: str) -> None:
    subject = taken(SIGNED.format(decorator=decorator), "ALoss", KINDS)
    assert subject.unverifiable == ""
    assert not subject.modules
    if "tf" not in decorator:
        run(replace(subject, source=subject.source.replace("tf.keras.losses.Loss", "object")))


def test_a_decorator_of_another_library_may_check_the_types_of_a_signature() -> None:
    checked = "from runtime_types import checked\n" + SIGNED.format(decorator="@checked\n    ")
    assert taken(checked, "ALoss", KINDS).unverifiable == (
        "it needs `Batch`, which line 2 of `.kinds` binds by an `if` whose condition is no constant: "
        "that is not run here"
    )


def test_types_that_are_known_are_left_as_they_are() -> None:
    subject = taken("def a_loss(y_true: float, y_pred: tf.Tensor) -> float:\n    return y_pred\n")
    assert "__future__" not in subject.source


def test_an_assignment_from_what_nothing_binds_is_told() -> None:
    scaled = "def a_loss(y_true, y_pred):\n    return scale * tf.abs(y_true - y_pred)\n"
    reason = taken("scale = max(history['loss'])\n" + scaled).unverifiable
    assert reason == (
        "it needs `scale`, which line 2 computes from `history`: nothing in the file binds that"
    )
    plain = "scale = (lambda x: 2.0 * x)(sum(each for each in (1.0, 2.0)))\n"
    assert "nothing in the file binds" not in taken(plain + scaled).unverifiable


def test_a_method_that_lacks_self_is_measured_as_a_function_of_its_class() -> None:
    code = (
        "class Gap(tf.keras.losses.Loss):\n"
        "    def call({self}y_true, y_pred):\n"
        "        return tf.abs(y_true - y_pred)\n"
    )
    assert taken(code.format(self=""), "Gap").expression == "Gap.call"
    assert taken(code.format(self="self, "), "Gap").expression == "Gap()"


@pytest.mark.parametrize(("package", "dot"), [(".", ""), ("kit.src", ".")])
def test_a_module_that_its_package_imports_too_is_found(package: str, dot: str) -> None:
    modules = {
        package: f"from {package} import (\n    losses,\n    scores,\n)\n",
        f"{package}{dot}scores": (
            "import tensorflow as tf\n\n\ndef gap(a, b):\n    return tf.abs(a - b)\n"
        ),
    }
    text = (
        f"import tensorflow as tf\n\nfrom {package} import scores\n\n\n"
        "def gap_loss(y_true, y_pred):\n    return 2.0 * scores.gap(y_true, y_pred)\n"
    )
    module = ast.parse(text)
    (candidate,) = discover(module)
    subject = extract(text, candidate, reader(modules))
    assert not subject.unverifiable
    ((_, source),) = subject.modules
    assert "def gap(a, b):" in source


def test_everything_of_a_library_may_be_imported_under_a_condition() -> None:
    modules = {
        ".k": (
            "from .settings import is_alone\n\n\n"
            "if is_alone():\n    from keras.backend import *\n"
            "else:\n    from tensorflow import *\n    from tensorflow.math import *\n"
        ),
        ".settings": "def is_alone():\n    return False\n",
    }
    subject = taken(
        "from . import k as K\ndef a_loss(y_true, y_pred):\n    return K.abs(y_true - y_pred)\n",
        modules=modules,
    )
    assert subject.unverifiable == ""
    (settings, _), (stars, source) = subject.modules
    assert f"from {settings} import is_alone" in source
    assert "from tensorflow.math import *" in source
    assert stars in subject.source


def test_classes_that_extend_one_another_in_a_circle_have_no_constructor() -> None:
    subject = taken(
        "class A(B):\n    def a_loss(self, y_true, y_pred):\n        return self.w * (y_true - y_pred)\n"
        "class B(A):\n    pass\n"
        "model.compile(loss=A().a_loss)\n",
        "A.a_loss",
    )
    assert subject.expression == "A().a_loss"


ABSTRACT = """
from abc import ABC, abstractmethod
class Base(ABC, tf.keras.losses.Loss):
    @abstractmethod
    def error(self, a, b): ...
    def call(self, y_true, y_pred):
        return tf.reduce_mean(self.error(y_true, y_pred), axis=-1)
"""
STILL = "class Still(Base):\n    def also(self): ...\n"
WHOLE = "class Whole(Still):\n    def error(self, a, b):\n        return tf.abs(a - b)\n"


def test_a_class_with_abstract_methods_is_built_as_one_that_has_them() -> None:
    subject = taken(ABSTRACT + STILL + WHOLE, "Base")
    assert subject.expression == "Whole()"
    assert subject.assumptions == ("Whole()",)
    for name in ("Base", "Still", "Whole"):
        assert f"class {name}(" in subject.source


def test_what_is_gone_from_the_defaults_of_a_class_that_stands_in_is_given() -> None:
    built = (
        "    def __init__(self, scale, reduction=tf.keras.losses.Reduction.AUTO):\n"
        "        super().__init__(reduction=reduction)\n        self.scale = scale\n"
    )
    whole = WHOLE.replace("):\n", f"):\n{built}", 1)
    subject = taken(ABSTRACT + STILL + whole, "Base")
    assert subject.expression == "Whole(scale=0.5, reduction='sum_over_batch_size')"


@pytest.mark.parametrize("code", [ABSTRACT + STILL, ABSTRACT.replace("@abstractmethod", "")])
def test_a_class_that_nothing_completes_or_that_lacks_nothing_is_built_itself(code: str) -> None:
    assert taken(code, "Base").expression == "Base()"


@pytest.mark.filterwarnings("error")
def test_nothing_is_said_of_the_escapes_in_what_is_taken() -> None:
    pattern = 'PATTERN = "\\d"\n'
    loss = LOSS.replace("return", "assert PATTERN\n    return")
    assert pattern in taken(pattern + loss).source
    elsewhere = taken(f"from parts import PATTERN\n{loss}", modules={"parts": pattern})
    assert [source.strip() for _, source in elsewhere.modules] == [pattern.strip()]


@pytest.mark.parametrize(
    ("returned", "built"),
    [
        ("{'whole': whole, 'a': gap_loss}", "make()['a']"),
        ("{TAG: gap_loss}", "make()[TAG]"),
        ("whole, gap_loss", "make()[1]"),
        ("[gap_loss]", "make()[0]"),
        ("gap_loss", "make()"),
        ("{'a': wrapped(gap_loss)}", "make()"),
    ],
)
def test_a_loss_is_taken_out_of_what_its_factory_returns(returned: str, built: str) -> None:
    subject = taken(
        "TAG = 'a'\n"
        "def make():\n"
        "    def whole(y_true, y_pred):\n        return tf.reduce_sum(y_true - y_pred)\n"
        "    def gap_loss(y_true, y_pred):\n        return tf.abs(y_true - y_pred)\n"
        f"    return {returned}\n",
        "make.gap_loss",
    )
    assert subject.expression == built


def test_the_steepness_of_such_a_loss_is_given_to_the_factory() -> None:
    subject = taken(
        "def make(steepness=10.0):\n"
        "    def gap_loss(y_true, y_pred):\n"
        "        return tf.sigmoid(steepness * (y_true - y_pred))\n"
        "    return {'a': gap_loss}\n",
        "make.gap_loss",
    )
    assert subject.steepened == "make(steepness={steepness})['a']"
