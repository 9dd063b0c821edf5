"""What holds of any loss, whatever its code wears: generated losses in generated clothes."""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from lossfix.checking import Options, check
from lossfix.engine import repair, repairable
from lossfix.rules import RULES
from lossfix.syntax.scope import unbound

OPTIONS = Options(RULES)
relaxed = settings(deadline=None, max_examples=25)

# (import, how it calls tf.abs, tf.square and tf.reduce_mean)
TENSORFLOW = [
    ("import tensorflow as tf", "tf"),
    ("import tensorflow", "tensorflow"),
    ("import tensorflow as T", "T"),
    ("import tensorflow.compat.v2 as tf", "tf"),
    ("import tensorflow as tf_\nflow = tf_", "flow"),
    ("try:\n    import tensorflow as tf\nexcept ImportError:\n    raise", "tf"),
]
NUMPY = ["np", "numpy", "N"]
NAMES = [("y_true", "y_pred"), ("labels", "logits"), ("target", "output"), ("gt", "pred")]

ELEMENTS = st.sampled_from(["{t}", "{p}", "0.5", "{p} - {t}", "{t} * {p}", "-{p}", "{p} ** 2"])


def _wrap(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        inner.map(lambda x: f"{{np}}.abs({x})"),
        inner.map(lambda x: f"{{np}}.square({x})"),
        inner.map(lambda x: f"{{tf}}.square({x})"),
        inner.map(lambda x: f"({x})"),
        inner.map(lambda x: f"({x}).numpy()" if "{p}" in x and "np" not in x else f"({x})"),
        inner.map(lambda x: f"{{tf}}.cast({x} > 0.25, {{tf}}.float32)" if "{p}" in x else x),
        inner.map(lambda x: f"{{tf}}.where({x} > 0.25, 1.0, 0.0)" if "{p}" in x else x),
        st.tuples(inner, inner, st.sampled_from("+-*")).map(lambda x: f"{x[0]} {x[2]} ({x[1]})"),
    )


expressions = st.recursive(ELEMENTS, _wrap, max_leaves=4)


def written(
    expression: str,
    tensorflow: tuple[str, str] = TENSORFLOW[0],
    np: str = "np",
    pair: tuple[str, str] = NAMES[0],
    statements: tuple[str, ...] = (),
    use: str = "model.compile(loss=a_loss)",
) -> str:
    """A file with one loss, and nothing else that a rule could have a say on."""
    line, tf = tensorflow
    true, pred = pair
    body = [*statements, f"return {tf}.reduce_mean(({expression}) + 0.0 * {{p}}, axis=-1)"]
    code = "\n    ".join(body).format(np=np, tf=tf, t=true, p=pred)
    numpy = "import numpy" if np == "numpy" else f"import numpy as {np}"
    return f"{line}\n{numpy}\n\n\ndef a_loss({true}, {pred}):\n    {code}\n\n\n{use}\n"


def codes(text: str) -> Counter[str]:
    return Counter(finding.code for finding in check("x.py", text, OPTIONS))


def mended(text: str) -> str:
    for name in [loss.name for loss in repairable(text, OPTIONS)]:
        text = repair("x.py", text, name, OPTIONS).after
    return text


def comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


@relaxed
@given(expressions, st.sampled_from(TENSORFLOW), st.sampled_from(NUMPY), st.sampled_from(NAMES))
def test_the_same_is_found_under_whatever_names(
    expression: str, tensorflow: tuple[str, str], np: str, pair: tuple[str, str]
) -> None:
    assert codes(written(expression, tensorflow, np, pair)) == codes(written(expression))


@relaxed
@given(
    expressions,
    st.sampled_from(
        [
            lambda text: text.replace("\n", "\r\n"),
            lambda text: text.replace("    ", "\t"),
            lambda text: text.replace(" = ", "=").replace(", ", " ,"),
            lambda text: text.replace("(y_true, y_pred)", "(y_true,  # one\n           y_pred)", 1),
            lambda text: text.replace("\n    return ", "\n    # why\n\n    return ", 1),
            lambda text: text.replace("return ", "return (", 1).replace("-1)\n", "-1))\n", 1),
            lambda text: text.replace("return ", "value = ", 1).replace(
                "-1)\n", "-1)\n    return value\n", 1
            ),
            lambda text: text.replace("\n\n\ndef ", "\n\n\n@tf.function\ndef ", 1),
            lambda text: text.rstrip("\n"),
        ]
    ),
)
def test_the_same_is_found_in_whatever_layout(expression: str, dress: object) -> None:
    text = written(expression)
    dressed = dress(text)  # type: ignore[operator]
    ast.parse(dressed)
    assert codes(dressed) == codes(text)


@relaxed
@given(expressions, st.sampled_from(["if FLAG:", "try:", "with tf.name_scope('a'):"]))
def test_the_same_faults_are_found_however_the_loss_is_nested(expression: str, around: str) -> None:
    text = written(expression)
    head, body = text.split("\n\n\n", 1)
    inner = "\n".join(f"    {line}" if line else "" for line in body.splitlines())
    end = "\nexcept ValueError:\n    pass\n" if around == "try:" else "\n"
    nested = f"{head}\nFLAG = True\n\n{around}\n{inner}{end}"
    ast.parse(nested)
    faults = {code for code in codes(text) if not code.startswith("LF3")}
    assert {code for code in codes(nested) if not code.startswith("LF3")} == faults


@relaxed
@given(expressions, st.sampled_from(TENSORFLOW), st.sampled_from(NUMPY))
def test_fixing_twice_is_fixing_once(expression: str, tensorflow: tuple[str, str], np: str) -> None:
    once = mended(written(expression, tensorflow, np))
    assert mended(once) == once


@relaxed
@given(expressions, st.sampled_from(TENSORFLOW), st.sampled_from(NUMPY))
def test_no_mended_text_uses_a_name_that_it_does_not_bind(
    expression: str, tensorflow: tuple[str, str], np: str
) -> None:
    after = mended(written(expression, tensorflow, np))
    assert unbound(ast.parse(after)) - {"model"} - set(dir(builtins)) == set()


@relaxed
@given(expressions)
def test_no_comment_is_lost(expression: str) -> None:
    commented = expression.replace("(", "(  # c\n").replace(",", ",  # d\n")
    text = written(commented, statements=("# first", "unused = 1  # last"))
    ast.parse(text)
    after = mended(text)
    assert comments(text) - comments(after) == Counter()


@relaxed
@given(expressions)
def test_exact_rewrites_leave_the_line_outside_of_the_loss_alone(expression: str) -> None:
    text = written(expression, use="model.compile(loss=a_loss)  # the use\nx = 1;y=2\n\n\n\nz=3")
    after = mended(text)
    assert after.endswith("model.compile(loss=a_loss)  # the use\nx = 1;y=2\n\n\n\nz=3\n")


PLAIN = st.lists(
    st.sampled_from(
        [
            "import tensorflow as tf",
            "x = 1",
            "def plot_loss(history, path): return history",
            "def norm(a, b): return tf.abs(a - b)",
            "class Loss: pass",
            "model.compile(loss='mse')",
            "# a comment about loss",
            "closs = {'loss': 1}",
            "\x0c",
            "",
        ]
    ),
    max_size=8,
)


@relaxed
@given(PLAIN, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_files_without_losses_have_no_findings_and_nothing_to_repair(
    lines: list[str], ends: str, ended: bool
) -> None:
    text = ends.join(lines) + (ends if ended else "")
    assert check("x.py", text, OPTIONS) == ()
    assert repairable(text, OPTIONS) == ()
