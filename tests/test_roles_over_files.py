"""What the files of a project do with a loss, by whatever name, and what that says of it."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest
from program import lossfix

LOSSES = """
import tensorflow as tf


def gap(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


alias = gap
TABLE = {"gap": gap}


def pick(name):
    return TABLE[name]
"""
NAMES = {
    "itself": ("from losses import gap", "gap"),
    "an alias": ("from losses import alias", "alias"),
    "a name of its own": ("from losses import gap as other", "other"),
    "its module": ("import losses", "losses.alias"),
    "a dictionary": ("from losses import TABLE", 'TABLE["gap"]'),
    "a selector": ("from losses import pick", 'pick("gap")'),
    "a package": ("from hub import again", "again"),
}
USES = {
    "called": "value = {}(a, b)",
    "called with numbers": "value = {}(0, b)",
    "called with keywords": "value = {}(y_true=a, y_pred=b)",
    "called with more": "value = {}(a, b, 2.0)",
    "passed on": "value = run({}, a, b)",
    "passed on by keyword": "value = run(how={}, a=a, b=b)",
    "compared": "value = model.loss is {}",
    "asked for its name": "value = {}.__name__",
    "named and called": "f = {}\n    value = f(a, b)",
    "kept and called": "f = [{}]\n    value = f[0](a, b)",
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"))
    return folder


def findings(folder: Path, files: dict[str, str]) -> list[dict[str, object]]:
    ended = lossfix("check", "--output-format", "json", ".", at=written(folder, files))
    found: list[dict[str, object]] = json.loads(ended.out)["findings"]
    return found


def is_refused_in_silence(found: dict[str, object]) -> bool:
    """Whether a finding is not mended and its reason says no more than a place."""
    words = str(found["reason"] or "").split()
    return found["fix"] is None and not any(map(str.isalpha, words))


def test_no_refusal_is_without_a_reason(tmp_path: Path) -> None:
    # Each of them a project in a folder of its own: an import leads to the nearest module of its name.
    files = {}
    for number, ((imported, name), use) in enumerate(product(NAMES.values(), USES.values())):
        files[f"p{number}/losses.py"] = LOSSES
        files[f"p{number}/hub.py"] = "from losses import alias as again\n"
        files[f"p{number}/train.py"] = (
            f"import tensorflow as tf\nfrom losses import gap as compiled\n{imported}\n\n\n"
            "def build(model, a, b):\n    model.compile(loss=compiled)\n"
            f"    {use.format(name)}\n"
        )
    found = findings(tmp_path, files)
    assert [each["code"] for each in found] == ["LF301"] * len(NAMES) * len(USES)
    assert [each for each in found if is_refused_in_silence(each)] == []


def test_no_fixture_of_several_files_is_refused_without_a_reason() -> None:
    fixtures = Path(__file__).parents[1] / "fixtures" / "projects"
    ended = lossfix("check", "--output-format", "json", ".", at=fixtures)
    assert not any(map(is_refused_in_silence, json.loads(ended.out)["findings"]))


SELECTED = """
import keras
import tensorflow as tf
from functools import partial


def reach(a, b, w=1.0):
    return w * tf.reduce_mean(tf.abs(a - b), axis=-1)


def wide(w):
    def inner(a, b):
        return w * tf.reduce_mean(tf.abs(a - b), axis=-1)

    return inner


class Far(keras.losses.Loss):
    def call(self, a, b):
        return tf.reduce_mean(tf.abs(a - b), axis=-1)
"""
SELECTORS = {
    "partial(reach, w=2.0)": {"reach"},
    "wide(2.0)": {"wide.inner"},
    "Far()": {"Far"},
    "reach if name else wide(2.0)": {"reach", "wide.inner"},
    "reach(1.0, 2.0) + 1.0": set(),
}


@pytest.mark.parametrize(("returned", "names"), SELECTORS.items())
def test_what_a_selector_of_another_file_gives_is_compiled(
    tmp_path: Path, returned: str, names: set[str]
) -> None:
    files = {
        "reaching.py": f"{SELECTED}\n\ndef pick(name):\n    return {returned}\n",
        "train.py": "import keras\nfrom reaching import pick\n\n\n"
        "def build(model):\n    model.compile(loss=pick(1))\n",
    }
    said = lossfix("check", "-v", ".", at=written(tmp_path, files)).err
    compiled = {line.split(": ")[1] for line in said.splitlines() if "(compiled" in line}
    assert compiled == names


KEPT = """
import tensorflow as tf


def gap(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)


TABLE = {"gap": gap}
ROW = [gap]
"""
USED_AS_A_DICTIONARY = {
    "in order": "print(sorted(TABLE))",
    "as choices": "parser.add_argument('--loss', choices=list(TABLE))",
    "as choices themselves": "parser.add_argument('--loss', choices=TABLE)",
    "as choices by keys": "parser.add_argument('--loss', choices=TABLE.keys())",
    "asked for a name": "known = name in TABLE",
    "asked for no name": "assert name not in TABLE, f'one of {sorted(TABLE)}, not {name}'",
    "copied": "own = dict(TABLE)",
    "counted": "print(len(TABLE))",
    "joined": "raise KeyError(', '.join(TABLE))",
    "formatted": "raise KeyError(f'{name}: {list(TABLE)}')",
    "run over": "for each in TABLE:\n        print(each)",
    "run over with numbers": "for n, each in enumerate(TABLE):\n        print(n, run(each))",
    "run over by keys": "for each in sorted(TABLE.keys()):\n        run(each)",
    "compiled each": "for n, each in TABLE.items():\n        model.compile(loss=each)",
    "got": "model.compile(loss=TABLE.get(name))",
    "got under a name": "chosen = TABLE.get(name)\n    model.compile(loss=chosen)",
    "filled": "TABLE.update(more=name)",
    "copied and filled": "own = {**TABLE, 'mse': 'mse'}\n    model.compile(loss=own[name])",
    "compared with nothing": "assert TABLE['gap'] is not None",
    "loaded with": "model = load_model(name, TABLE)",
    "loaded by position": "model = load_model(name, {'gap': gap})",
    "registered": "tf.keras.utils.get_custom_objects().update({'gap': gap})",
    "registered for a while": "with tf.keras.utils.custom_object_scope({'gap': gap}):\n        run()",
    "printed": "print(gap)",
}
USED_AS_FUNCTIONS = {
    "taken out and called": "value = TABLE['gap'](a, b)",
    "got and called": "value = TABLE.get(name)(a, b)",
    "got, named and called": "f = TABLE.get(name)\n    value = f(a, b)",
    "taken out and passed on": "value = run(TABLE['gap'], a, b)",
    "run over and called": "for f in ROW:\n        value = f(a, b)",
    "numbered and called": "for n, f in enumerate(ROW):\n        value = f(a, b)",
    "values called": "for f in TABLE.values():\n        value = f(a, b)",
    "items called": "for n, f in TABLE.items():\n        value = f(a, b)",
    "items called at once": "values = {n: f(a, b) for n, f in TABLE.items()}",
    "first called": "value = next(iter(TABLE.values()))(a, b)",
    "copied and called": "own = dict(TABLE)\n    value = own[name](a, b)",
    "listed and passed on": "value = run(list(ROW), a, b)",
    "passed on": "value = run(TABLE, a, b)",
    "passed on in a list": "value = run([gap], a, b)",
    "passed on as items": "value = run(TABLE.items())",
    "asked for its name": "value = TABLE['gap'].__name__",
}


@pytest.mark.parametrize(
    ("uses", "refused"), [(USED_AS_A_DICTIONARY, False), (USED_AS_FUNCTIONS, True)]
)
def test_what_is_asked_of_a_registry_of_another_file_decides(
    tmp_path: Path, uses: dict[str, str], refused: bool
) -> None:
    files = {}
    for number, use in enumerate(uses.values()):
        files[f"p{number}/keeping.py"] = KEPT
        files[f"p{number}/train.py"] = (
            "import tensorflow as tf\nfrom keeping import ROW, TABLE, gap\n\n\n"
            "def build(model, parser, name, a, b):\n    model.compile(loss=gap)\n"
            f"    {use}\n"
        )
    found = {str(each["filename"]).split("/")[-2]: each for each in findings(tmp_path, files)}
    told = {use: found[f"p{number}"] for number, use in enumerate(uses)}
    assert {use: each["reason"] for use, each in told.items() if (not each["fix"]) != refused} == {}


REGISTRY = """
REGISTRY = {}
ROW = []


def register(name):
    def keep(function):
        REGISTRY[name] = function
        return function

    return keep


def registered(function):
    REGISTRY[function.__name__] = function
    return function


def add(name, function):
    REGISTRY[name] = function
"""
REGISTERED = {
    "by a decorator": "from registry import registered\n{head}@registered\n{loss}",
    "by a decorator with a name": "from registry import register\n{head}@register('g')\n{loss}",
    "by a module's decorator": "import registry\n{head}@registry.register('g')\n{loss}",
    "by a re-exported decorator": "from hub import register\n{head}@register('g')\n{loss}",
    "as an entry": "from registry import REGISTRY\n{head}{loss}\n\nREGISTRY['g'] = gap_of\n",
    "as an entry of a module": "import registry\n{head}{loss}\n\nregistry.REGISTRY['g'] = gap_of\n",
    "by an update": "from registry import REGISTRY\n{head}{loss}\n\nREGISTRY.update(g=gap_of)\n",
    "by an update of a dictionary": (
        "from registry import REGISTRY\n{head}{loss}\n\nREGISTRY.update({{'g': gap_of}})\n"
    ),
    "by a call": "from registry import add\n{head}{loss}\n\nadd('g', gap_of)\n",
}
GAP_OF = "def gap_of(a, b):\n    return tf.reduce_mean(tf.abs(a - b), axis=-1)\n"


@pytest.mark.parametrize("how", REGISTERED)
@pytest.mark.parametrize(
    ("use", "becomes"),
    [("model.compile(loss=REGISTRY[name])", True), ("value = REGISTRY[name](1, 2)", False)],
)
def test_what_is_registered_from_another_file_has_the_role_of_what_is_taken_out(
    tmp_path: Path, how: str, use: str, becomes: bool
) -> None:
    text = REGISTERED[how].format(head="import tensorflow as tf\n\n\n", loss=GAP_OF)
    files = {
        "registry.py": REGISTRY,
        "hub.py": "from registry import register\n",
        "gaps.py" if "add" not in text else "losses.py": text,
        "train.py": "import keras\nfrom registry import REGISTRY\n\n\n"
        f"def build(model, name):\n    {use}\n",
    }
    ended = lossfix("check", "-v", "--output-format", "json", ".", at=written(tmp_path, files))
    assert ("gap_of: loss (compiled" in ended.err) is becomes
    for found in json.loads(ended.out)["findings"]:
        decorated = "@" in text
        assert (found["fix"] is None) is (decorated or not becomes)


OF_A_CLASS = """
class Registry:
    def __init__(self):
        self.items = {}

    def register(self, name=None):
        def taken(function):
            self.items[name or function.__name__] = function
            return function

        return taken

    def __getitem__(self, name):
        return self.items[name]

    def build(self, settings):
        return self.items[settings["name"]]
"""


@pytest.mark.parametrize("taken", ["{}[name]", "{}.get(name)", "{}.build(name)"])
@pytest.mark.parametrize("kept", ["losses", "metrics"])
def test_a_registry_of_a_class_of_its_own_keeps_what_its_methods_are_handed(
    tmp_path: Path, taken: str, kept: str
) -> None:
    holders = "LOSSES = Registry()\nMETRICS = Registry()\n"
    train = f"def build(model, name):\n    model.compile(loss={taken.format('LOSSES')})\n"
    files = {
        "kinds.py": OF_A_CLASS,
        "registry.py": f"from kinds import Registry\n\n{holders}",
        "gaps.py": "import tensorflow as tf\nfrom registry import LOSSES, METRICS\n\n\n"
        f"@{kept.upper()}.register('g')\n{GAP_OF}",
        "train.py": f"import keras\nimport gaps\nfrom registry import LOSSES\n\n\n{train}",
    }
    ended = lossfix("check", "-v", ".", at=written(tmp_path, files))
    assert ("gap_of: loss (compiled)" in ended.err) is (kept == "losses")


def test_what_is_put_where_no_file_keeps_it_stays_a_function(tmp_path: Path) -> None:
    text = REGISTERED["as an entry"].format(head="import tensorflow as tf\n\n\n", loss=GAP_OF)
    text += "\n\ndef build(model):\n    model.compile(loss=gap_of)\n"
    (found,) = findings(tmp_path, {"gaps.py": text})
    assert found["reason"] == (
        "gaps.py:9 keeps it in `registry.REGISTRY`, which no file of the run defines"
    )


BY_ANOTHER_NAME = {
    "a selector": "from losses import pick\n\nvalue = pick('gap')(1, 2)\n",
    "a registry": "from losses import TABLE\n\nvalue = TABLE['gap'](1, 2)\n",
    "an alias": "from losses import alias\n\nvalue = alias(1, 2)\n",
    "a name given in passing": "from losses import gap\n\nvalue = (f := gap) and f(1, 2)\n",
    "a re-export": "from hub import again\n\nvalue = again(1, 2, 3)\n",
    "a registry of another file": "from store import KEPT\n\nvalue = KEPT['gap'](1, 2)\n",
}


@pytest.mark.parametrize("script", BY_ANOTHER_NAME.values(), ids=BY_ANOTHER_NAME.keys())
def test_a_script_without_keras_may_come_by_a_loss_under_any_name(
    tmp_path: Path, script: str
) -> None:
    files = {
        "losses.py": f"{LOSSES}\n\nfrom store import KEPT\n\nKEPT['gap'] = gap\n",
        "store.py": "KEPT = {}\n",
        "hub.py": "from losses import gap as again\n",
        "train.py": "import keras\nfrom losses import gap\n\n\n"
        "def build(model):\n    model.compile(loss=gap)\n",
        "script.py": script,
    }
    at = written(tmp_path, files)
    for command in (("check",), ("fix", "--no-verify")):
        ended = lossfix(*command, "--output-format", "json", ".", at=at)
        (found,) = json.loads(ended.out)["findings"]
        assert found["reason"].startswith("script.py:3 calls ")


@pytest.mark.parametrize(
    ("lends", "found"),
    [("import tensorflow as tf\nimport numpy as np\n", ["LF301", "LF102", "LF102"]), ("", [])],
)
def test_what_a_star_lends_is_the_framework_that_it_is_called_after(
    tmp_path: Path, lends: str, found: list[str]
) -> None:
    files = {
        "kit/__init__.py": "",
        "kit/imports.py": lends,
        "kit/gaps.py": "from .imports import *\n\n\ndef gap_of(a, b):\n"
        "    return tf.convert_to_tensor(np.mean(np.abs(a - b), axis=-1))\n",
        # A file that compiles a model need not mention where that comes from.
        "kit/train.py": "from .imports import *\nfrom .gaps import gap_of\n\n\n"
        "def build(model):\n    model.compile(loss=gap_of, optimizer='adam')\n",
    }
    if not lends:
        files["kit/gaps.py"] = files["kit/gaps.py"].replace("tf.", "").replace("np.", "")
    assert [each["code"] for each in findings(tmp_path, files)] == found


def test_a_name_of_its_own_is_not_lent_by_a_star(tmp_path: Path) -> None:
    text = "from .imports import *\nfrom .fast import np, tf\n\n\ndef gap_loss(y_true, y_pred):\n"
    files = {
        "kit/__init__.py": "",
        "kit/gaps.py": f"{text}    return np.mean(abs(y_true - y_pred))\n",
    }
    assert findings(tmp_path, files) == []


def test_a_call_by_way_of_packages_that_hand_on_everything_is_followed(tmp_path: Path) -> None:
    files = {
        "kit/__init__.py": "from .core import *\n",
        "kit/core/__init__.py": "from .gaps import *\n",
        "kit/core/gaps.py": LOSSES,
        "kit/core/models.py": "import keras\nfrom .gaps import gap\n\n\n"
        "def build(model):\n    model.compile(loss=gap)\n",
        "tests/test_kit.py": "import kit\n\n\ndef test():\n    assert kit.gap(1, y).shape == ()\n",
    }
    (found,) = findings(tmp_path, files)
    assert found["reason"] == "tests/test_kit.py:5 calls it with numbers, which are no tensors"


def test_what_a_selector_gives_is_called_under_another_name(tmp_path: Path) -> None:
    files = {
        "losses.py": LOSSES,
        "train.py": "import keras\nfrom losses import gap\n\n\n"
        "def build(model):\n    model.compile(loss=gap)\n",
        "test_it.py": "from losses import pick\n\n\ndef test():\n    assert pick('gap')(a, b)\n",
    }
    (found,) = findings(tmp_path, files)
    assert found["reason"] == "test_it.py:5 calls it under another name"


FACTORY = """
import tensorflow as tf


def wide_gap(weight=2.0):
    def gap(y_true, y_pred):
        return tf.reduce_mean(weight * tf.abs(y_true - y_pred), axis=-1)

    return gap
"""
PASSED_ON = {
    "to a function that asks for its name": ("loss = named(loss)", True),
    "to one of several": ("loss = blend(1.0, parts=[loss])", True),
    "as it is made": ("loss = named(wide_gap(1.0))", True),
    "to one that compiles it": ("compiled(model, loss)", False),
    "to one of a library": ("loss = tf.keras.losses.get(loss)", False),
    "nowhere": ("loss = loss", False),
}


@pytest.mark.parametrize(("line", "refused"), PASSED_ON.values(), ids=PASSED_ON)
def test_what_a_factory_gave_stays_a_function_where_another_may_call_it(
    line: str, refused: bool, tmp_path: Path
) -> None:
    script = f"""
import tensorflow as tf
from losses import wide_gap


def named(part):
    return part if part.__name__ == "gap" else None


def blend(scale, parts):
    return [each.__name__ for each in parts]


def compiled(model, loss):
    model.compile(loss=loss)


def train(model):
    loss = wide_gap(3.0)
    {line}
    model.compile(loss=loss)
"""
    (found,) = findings(tmp_path, {"losses.py": FACTORY, "script.py": script})
    assert found["code"] == "LF302"
    assert ("may call it" in str(found["reason"])) is refused


BOXES = """
import tensorflow as tf


class BoxLoss:
    def __call__(self, outputs, labels, boxes):
        labels = tf.cast(labels, tf.int32)
        return self._picked(outputs, labels) - boxes

    def _picked(self, outputs, labels):
        return tf.one_hot(labels, 3) * outputs
"""
TASK = """
import tensorflow as tf
from boxes import BoxLoss


def build_losses(outputs, labels):
    box_loss = BoxLoss()
    return tf.reduce_mean(box_loss(outputs["of"], labels["of"], labels["boxes"]))


def train_step(x, y, model):
    with tf.GradientTape() as tape:
        value = build_losses(model(x), y)
    return tape.gradient(value, model.trainable_variables)
"""


def test_what_takes_more_than_a_loss_hands_its_methods_what_it_made(tmp_path: Path) -> None:
    found = findings(tmp_path, {"boxes.py": BOXES, "task.py": TASK})
    assert "LF111" not in [each["code"] for each in found]
