"""Derive from the installed TensorFlow and Keras which public names are gone and what they became.

    python tools/derive_names.py            write lossfix/losses/operations/renames.py
    python tools/derive_names.py --check    compare it with what would be written, exit 1 if they differ

The inputs are TensorFlow's own upgrade tables (``tensorflow.tools.compatibility``) and the signatures
of ``tf.compat.v1``. `backend_signatures` and `legacy_names` say what Keras 2 had, from the legacy Keras
within TensorFlow (``tensorflow/python/keras``) and ``tf.keras.backend``: the tests hold the hand-written
translations of those against them. To be run when a new release changes the names.
"""

from __future__ import annotations

import ast
import functools
import inspect
import os
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import tensorflow as tf
from tensorflow.tools.compatibility import all_renames_v2, tf_upgrade_v2

TABLE = Path(__file__).resolve().parent.parent / "lossfix" / "losses" / "operations" / "renames.py"
HEADER = '''"""What TensorFlow renamed and removed, derived from TensorFlow {tensorflow}.

Written by ``tools/derive_names.py``, which says from what; not to be edited.
"""
'''
SECTIONS = {
    "RENAMED": "Gone names, and the name under which any call of them works as it is.",
    "REORDERED": "Gone names whose parameters changed: old signature, new call, other keywords.",
    "ONLY_V1": "Names that ``tf.compat.v1`` alone still has.",
    "KEYWORDS": "Functions that still exist, with the old and the new name of a keyword.",
}
MODULES = (
    "tf",
    "tf.bitwise",
    "tf.debugging",
    "tf.dtypes",
    "tf.image",
    "tf.linalg",
    "tf.losses",
    "tf.manip",
    "tf.math",
    "tf.metrics",
    "tf.nn",
    "tf.quantization",
    "tf.random",
    "tf.sets",
    "tf.signal",
    "tf.sparse",
    "tf.spectral",
)
"""Where losses find their operations: no files, sessions, summaries or strings."""


def resolve(name: str) -> object | None:
    """What a dotted name below ``tf`` or ``keras`` stands for, if anything."""
    head, _, rest = name.partition(".")
    root = {"tf": tf, "keras": keras}[head]
    try:
        found: object = functools.reduce(getattr, rest.split("."), root)
    except AttributeError:
        return None
    return found


def parameters(function: object) -> dict[str, bool] | None:
    """The parameters of a function in order, and whether each one must be given."""
    try:
        signature = inspect.signature(function)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if any(parameter.kind in kinds for parameter in signature.parameters.values()):
        return None
    return {
        name: parameter.default is inspect.Parameter.empty
        for name, parameter in signature.parameters.items()
    }


def renames() -> Iterator[tuple[str, str]]:
    """The names of TensorFlow 1 that are gone, and what TensorFlow's upgrade script makes of them."""
    for old, new in sorted(all_renames_v2.symbol_renames.items()):
        new = new.replace("tf.compat.v2.", "tf.")
        homes = {old.rpartition(".")[0], new.replace("tf.compat.v1", "tf").rpartition(".")[0]}
        if homes <= set(MODULES) and resolve(old) is None:
            yield old, new


def derived() -> dict[str, list[str]]:
    """The entries of each section."""
    spec = tf_upgrade_v2.TFAPIChangeSpec(True)
    sections: dict[str, list[str]] = {name: [] for name in SECTIONS}
    for old, new in renames():
        if new.startswith("tf.compat.v1."):
            sections["ONLY_V1"].append(old)
            continue
        if resolve(new) is None:
            continue
        before = parameters(resolve("tf.compat.v1." + old.removeprefix("tf.")))
        after = parameters(resolve(new))
        if before is None or after is None or list(after)[: len(before)] == list(before):
            sections["RENAMED"].append(f"{old}={new}")
        else:
            moved = spec.function_keyword_renames.get(old, {})
            sections["REORDERED"].append(reordered(old, new, before, after, moved))
    for function, keywords in sorted(spec.function_keyword_renames.items()):
        present = parameters(resolve(function)) if function.startswith("tf.") else None
        for old, new in sorted(keywords.items()):
            known = present and new in present and old not in present
            if known and function.rpartition(".")[0] in MODULES:
                sections["KEYWORDS"].append(f"{function}:{old}={new}")
    return sections


def reordered(
    old: str, new: str, before: dict[str, bool], after: dict[str, bool], moved: dict[str, str]
) -> str:
    """The old signature in the new names, the new call, and the old names as further keywords.

    TensorFlow 1 lists a parameter that was renamed twice, the second one far behind: the first
    decides over the position.
    """
    order: list[str] = []
    aliases: list[str] = []
    for name in before:
        current = moved.get(name) or name
        if current not in order:
            order.append(current)
        if current != name:
            aliases.append(f"{name}={current}")
    arguments = [
        f"{{{name}}}" if must else f"{name}={{{name}}}"
        for name, must in after.items()
        if name in order
    ]
    return (
        f"{old}({', '.join(order)}) | {new}({', '.join(arguments)}) | {' '.join(sorted(aliases))}"
    )


def backend_signatures() -> Iterator[str]:
    """The signatures of the functions that ``keras.backend`` had in Keras 2."""
    legacy: dict[str, Callable[..., object]] = {
        name: value
        for name, value in vars(tf.keras.backend).items()
        if not name.startswith("_") and callable(value)
    }
    source = Path(tf.__file__).parent / "python" / "keras" / "backend.py"
    for node in ast.parse(source.read_text()).body:
        if not isinstance(node, ast.FunctionDef) or node.name in legacy:
            continue
        if not node.name.startswith("_") and ast.get_docstring(node):
            yield f"{node.name}({', '.join(argument.arg for argument in node.args.args)})"
    for name, value in legacy.items():
        yield f"{name}({', '.join(parameters(value) or ())})"


def legacy_names(module: str) -> Iterator[str]:
    """The public classes, functions and aliases of a module of the legacy Keras within TensorFlow."""
    source = Path(tf.__file__).parent / "python" / "keras" / f"{module}.py"
    for node in ast.parse(source.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def table() -> str:
    """The whole text of the table."""
    text = HEADER.format(tensorflow=tf.__version__)
    for name, entries in derived().items():
        if name == "REORDERED":
            wrapped = (textwrap.fill(entry, 100, subsequent_indent="    ") for entry in entries)
            body = "".join(f"{entry}\n" for entry in wrapped)
        else:
            body = textwrap.fill(" ".join(entries), 100, break_long_words=False) + "\n"
        text += f'\n{name} = """\n{body}"""\n"""{SECTIONS[name]}"""\n'
    return text


def main(arguments: list[str]) -> int:
    """Write the table, or with ``--check`` compare it; the exit code."""
    text = table()
    if "--check" in arguments:
        return int(TABLE.read_text() != text)
    TABLE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
