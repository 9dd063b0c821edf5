"""Which families of inputs a loss seems to be written for, read off its text.

Only an order in which to try: whether a family suits is decided by running the loss on it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from .families import BY_NAME, FAMILIES, Family

_PARAMETERS = ("y_true", "y_pred")

_CUES: tuple[tuple[str, str, int], ...] = (
    (r"argmax\(\s*y_true", "onehot_prob onehot_logits seg_multi", 6),
    (r"argmax|categorical_crossentropy|in_top_k|softmax", "onehot_prob onehot_logits", 4),
    (r"from_logits\s*=\s*True|_with_logits|logits|softmax\(\s*y_pred", "onehot_logits", 3),
    (r"from_logits\s*=\s*True|sigmoid\(\s*y_pred|sigmoid_cross", "bin_logits multilabel_logits", 4),
    (r"softmax_cross_entropy", "onehot_logits", 4),
    (
        r"sparse|one_hot\(\s*(tf\.cast\(\s*)?y_true|gather\w*\(.*y_true|in_top_k\(",
        "sparse sparse_column sparse_logits",
        6,
    ),
    (r"one_hot\(\s*(tf\.cast\(\s*)?(tf\.squeeze\(\s*)?y_true.*depth\s*=\s*\d", "sparse", 1),
    (
        r"\blog\(\s*(1(\.0?)?\s*-\s*)?\(?y_pred|binary_crossentropy|epsilon\(\)|1(\.0?)?\s*-\s*y_pred",
        "bin_prob multilabel unit",
        4,
    ),
    (r"equal\(\s*y_true,\s*[01]\b|y_true\s*==\s*[01]\b", "bin_prob multilabel sparse", 4),
    (
        r"clip(_by_value)?\(\s*y_pred,\s*[^,]+,\s*1(\.0?)?\s*(-|\))",
        "bin_prob multilabel onehot_prob",
        4,
    ),
    (
        r"round\(.*clip|\btp\b|\bfp\b|true_pos|precision|recall|\bf1\b|fbeta",
        "bin_prob multilabel",
        5,
    ),
    (r"dice|jaccard|tversky|intersection|\biou\b", "seg_bin multilabel bin_prob onehot_prob", 4),
    (r"axis\s*=\s*[\[(]\s*(0\s*,\s*)?1\s*,\s*2", "seg_bin seg_multi", 8),
    (r"axis\s*=\s*[\[(]\s*(0\s*,\s*)?1\s*,\s*2\s*,\s*3|conv|image", "seg_bin seg_multi", 3),
    (r"log1p|log\(\s*y_true|squared_log|msle", "pos pos_vec3", 6),
    (
        r"y_true\s*\*\s*y_pred.*(maximum|relu)|(maximum|relu).*y_true\s*\*\s*y_pred|hinge",
        "pm1 pm1_vec3",
        4,
    ),
    (r"sign\(", "reg reg_vec3 pm1 seq", 3),
    (r"\[\s*:\s*,\s*1\s*:|\[\s*1\s*:|roll\(|diff\(", "seq reg_vec3 vec", 4),
    (r"\[\s*(\.\.\.|:)\s*,\s*[23]\s*(:\s*4\s*)?\]|box|split\(.*,\s*4", "boxes onehot_prob", 5),
    (r"\[\s*:\s*,\s*-1\s*\]", "seq", 6),
    (r"round\(|floor\(|ceil\(|rint\(", "rating reg unit bin_prob", 1),
    (r"rating|star|kappa", "rating", 3),
    (r"is_nan|isnan|is_finite|isfinite|\bnan(sum|mean|_to_num)\b|\bf(max|min)\b", "gaps", 3),
    (
        r"not_equal\(\s*y_true\s*,\s*-1|y_true\s*!=\s*-1|>=\s*0(\.0)?(?![.\d])",
        "padded_minus_one",
        2,
    ),
    (r"not_equal\(\s*y_true\s*,\s*0|y_true\s*!=\s*0", "padded", 2),
    (r"contrastive|margin", "pairs pm1", 2),
    (r"triplet|anchor", "triplet embedding", 5),
    (r"yolo|anchor|objectness|grid", "yolo", 4),
    (r"quantile|pinball", "reg quantiles", 1),
    (r"cosine|l2_normalize|embedding", "embedding reg_vec3", 3),
    (r"\bnorm\(.*axis", "reg_vec3", 1),
    (r"label_smoothing|alpha\s*\*|gamma|focal", "bin_prob onehot_prob", 2),
)
"""(regular expression, families, score): what a loss mentions says what it is fed with."""

GROUPED = 12
"""Samples that groups of two, three, four or six make without a rest: ``y_pred[0::2]``, ``y_pred[1::2]``."""

_DEFAULT = {"reg": 1.5, "reg_vec3": 1.0, "unit": 0.9, "bin_prob": 0.6, "multilabel": 0.5}


def suggest(
    source: str, thresholds: Iterable[float] = (), families: Iterable[str] = ()
) -> list[tuple[Family, float]]:
    """All families with their scores, best first; ``families`` (from a configuration) lead.

    A score above 2 says that something in the text or the configuration speaks for the family.
    """
    text = _normalised(source)
    scores = {family.name: _DEFAULT.get(family.name, 0.0) for family in FAMILIES}
    for pattern, names, score in _CUES:
        if re.search(pattern, text):
            for rank, name in enumerate(names.split()):
                scores[name] += score - 0.2 * rank
    inside = [t for t in thresholds if 0.0 < t < 1.0]
    if inside and len(inside) == len([t for t in thresholds if t != 0.0]):
        for rank, name in enumerate(("unit", "unit_vec3", "bin_prob", "multilabel")):
            scores[name] += 2.2 - 0.3 * rank
    for rank, name in enumerate(families):
        if name in scores:
            scores[name] += 100.0 - rank
    order = sorted(scores, key=lambda name: -scores[name])
    return [(BY_NAME[name], scores[name]) for name in order]


def batch_sizes(source: str, most: int = 6) -> tuple[int, ...]:
    """Numbers that may be the size of a batch for which the code is written, the likeliest first:
    what is called so, what a loop runs to, what leads a list of sizes, and `GROUPED` where steps are taken.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    named: dict[str, int] = {}
    scores: dict[int, int] = {}

    def speaks(node: ast.AST, score: int) -> None:
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, (ast.Name, ast.Attribute)):
            name = node.id if isinstance(node, ast.Name) else node.attr
            value = named.get(name)
            score += 3 * ("batch" in name.lower())
        if type(value) is int and 1 < value <= 1024:
            scores[value] = max(score, scores.get(value, 0))

    for node in ast.walk(tree):
        for name, value in _bindings(node):
            if isinstance(value, ast.Constant) and type(value.value) is int:
                named[name] = value.value
                if "batch" in name.lower():
                    speaks(value, 3)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "range" and node.args:
                speaks(node.args[-1] if len(node.args) < 3 else node.args[1], 2)
        elif isinstance(node, (ast.List, ast.Tuple)) and node.elts:
            speaks(node.elts[0], 1)
        elif isinstance(node, ast.Slice) and node.step is not None:
            speaks(ast.Constant(GROUPED), 1)
    return tuple(sorted(scores, key=lambda size: (-scores[size], size))[:most])


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement or a signature binds to a value, with that value."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, (ast.Name, ast.Attribute)):
                yield (target.id if isinstance(target, ast.Name) else target.attr), node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for each, value in zip(target.elts, node.value.elts):
                    if isinstance(each, ast.Name):
                        yield each.id, value
    elif isinstance(node, ast.arguments):
        defaults = node.defaults
        for argument, default in zip(node.args[len(node.args) - len(defaults) :], defaults):
            yield argument.arg, default
        for argument, chosen in zip(node.kwonlyargs, node.kw_defaults):
            if chosen is not None:
                yield argument.arg, chosen


def _normalised(source: str) -> str:
    """The source without comments and docstrings, the first two parameters of each function (after
    ``self``) called y_true and y_pred."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            names = [a.arg for a in node.args.args if a.arg not in ("self", "cls")][:2]
            if len(names) == 2:
                mapping = dict(zip(names, _PARAMETERS))
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Name) and inner.id in mapping:
                        inner.id = mapping[inner.id]
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
