"""Wrong rewrites made from right ones: one small change each, of a named kind.

A mutant is derived from the ``call`` of a right rewrite. What a change of its kind cannot alter by
construction is not made at all: the functions below say which, and why; single mutants whose
sameness needs an argument of their own stand in ``SAME``, with it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from pairs import PAIRS
from pairs.pair import REFUSED, Pair

PER_KIND = 2
"""At most so many mutants of one kind are made of one rewrite, from the end of it: what comes last
is nearest to the value."""

EPSILON = 1e-3
"""A smaller constant guards a denominator or a logarithm; without it values differ by less than
the tolerance, or only where the original is not finite."""

_OPAQUE = frozenset(
    "stop_gradient floor shape size range equal not_equal argsort argmax greater less".split()
)
"""What no gradient passes, whatever it is given."""

_REDUCTIONS = ("reduce_mean", "reduce_sum", "mean")


@dataclass(frozen=True)
class Mutant:
    """A wrong rewrite."""

    kind: str
    pair: Pair


@dataclass(frozen=True)
class _Site:
    """An expression of ``call`` and where it stands."""

    node: ast.expr
    parents: tuple[ast.AST, ...]
    live: frozenset[str]
    """Names that a gradient reaches from y_pred."""

    @property
    def parent(self) -> ast.AST:
        return self.parents[-1]

    def within(self, *names: str) -> bool:
        """Whether this stands among the arguments of a call of one of these."""
        return any(_called(parent) in names for parent in self.parents)

    def predicted(self) -> bool:
        """Whether a gradient passes through this: not through a size, a rank or a dtype."""
        return _reached(self.node, self.live)


def mutants() -> Iterator[Mutant]:
    """All mutants of all right rewrites, in a fixed order, without those in ``SAME``."""
    seen: set[tuple[str, str]] = {(pair.before, pair.after) for pair in PAIRS}
    for pair in PAIRS:
        if not pair.right or pair.gate.value == "detached":
            continue
        for kind, made in _KINDS.items():
            fresh = []
            for text in made(pair):
                if (pair.before, text) not in seen:
                    seen.add((pair.before, text))
                    fresh.append(text)
            for number, text in enumerate(fresh[-PER_KIND:]):
                name = f"{pair.name} / {kind} {number + 1}"
                if name not in SAME:
                    yield Mutant(kind, replace(pair, name=name, after=text, rulings=REFUSED))


SAME: dict[str, str] = {
    "top two: margin to the second other / lost weight 1": (
        "own - 1 in place of own - 1e30 among the others: where it is one of the two largest, own is "
        "larger than the second other, and the margin is positive as it should be"
    ),
}
"""Mutants that do what the original does, and why."""


# How a change is made


def _changed(change: Callable[[_Site], Iterator[ast.expr | None]]) -> Callable[[Pair], list[str]]:
    """Texts in which one expression of ``call`` is another one; ``None`` is not a change."""

    def made(pair: Pair) -> list[str]:
        tree = ast.parse(pair.after)
        texts = []
        for index, site in enumerate(_sites(tree)):
            for other in change(site):
                if other is not None:
                    texts.append(_with(tree, index, other))
        return texts

    return made


def _with(tree: ast.Module, index: int, other: ast.expr) -> str:
    fresh = copy.deepcopy(tree)
    site = list(_sites(fresh))[index]
    for field, value in ast.iter_fields(site.parent):
        if value is site.node:
            setattr(site.parent, field, other)
        elif isinstance(value, list) and any(item is site.node for item in value):
            value[:] = [other if item is site.node else item for item in value]
    return "\n\n" + ast.unparse(ast.fix_missing_locations(fresh)) + "\n"


def _sites(tree: ast.Module) -> Iterator[_Site]:
    """The expressions of ``call``, without those that name a shape, an axis or an index."""
    call = _method(tree, "call")
    live = _live(call)

    def visit(node: ast.AST, parents: tuple[ast.AST, ...]) -> Iterator[_Site]:
        for field, value in ast.iter_fields(node):
            if field in ("func", "slice", "targets", "annotation"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST) or isinstance(child, ast.keyword):
                    continue
                if isinstance(child, ast.expr) and not isinstance(child, (ast.List, ast.Tuple)):
                    yield _Site(child, (*parents, node), live)
                yield from visit(child, (*parents, node))

    for statement in call.body:
        if not _aligns(statement):
            yield from visit(statement, (call,))


def _method(tree: ast.Module, name: str) -> ast.FunctionDef:
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name]
    return found[-1]


def _aligns(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and _called(statement.value) == "same_rank"


def _live(call: ast.FunctionDef) -> frozenset[str]:
    live: set[str] = {"y_pred"}
    for statement in ast.walk(call):
        if not isinstance(statement, ast.Assign) or _aligns(statement):
            continue
        if _reached(statement.value, live):
            live |= {name.id for target in statement.targets for name in _names(target)}
    # What is only compared passes nothing on.
    compared = [n for each in ast.walk(call) if isinstance(each, ast.Compare) for n in _names(each)]
    read = [n for n in _names(call) if isinstance(n.ctx, ast.Load)]
    for name in live - {"y_pred"}:
        uses = [sum(n.id == name for n in names) for names in (read, compared)]
        if uses[0] == uses[1]:
            live = live - {name}
    return frozenset(live)


def _reached(node: ast.AST, live: frozenset[str] | set[str]) -> bool:
    if isinstance(node, ast.Attribute | ast.Compare) or _called(node) in _OPAQUE:
        return False
    if isinstance(node, ast.Name):
        return node.id in live
    return any(_reached(child, live) for child in ast.iter_child_nodes(node))


def _names(node: ast.AST) -> list[ast.Name]:
    return [child for child in ast.walk(node) if isinstance(child, ast.Name)]


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _parse(template: str, *nodes: ast.expr) -> ast.expr:
    return ast.parse(template.format(*map(ast.unparse, nodes)), mode="eval").body


def _size(node: ast.AST) -> float | None:
    """The size of a number with or without a sign."""
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return abs(float(node.value))
    return None


def _negligible(node: ast.AST) -> bool:
    """A term that is zero or an epsilon: dropping, doubling or turning it alters nothing."""
    size = _size(node)
    return size is not None and size < EPSILON


def _sum(site: _Site, *operators: type[ast.operator]) -> ast.BinOp | None:
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, operators):
        return node
    return None


# The kinds


def _dropped(site: _Site) -> Iterator[ast.expr | None]:
    node = _sum(site, ast.Add, ast.Sub)
    if node is not None and not _negligible(node.right):
        yield node.left
    if node is not None and isinstance(node.op, ast.Add) and not _negligible(node.right):
        yield node.right


def _doubled(site: _Site) -> Iterator[ast.expr | None]:
    node = _sum(site, ast.Add, ast.Sub)
    if node is not None and not _negligible(node.right):
        sign = "+" if isinstance(node.op, ast.Add) else "-"
        yield _parse(f"({{}}) {sign} 2.0 * ({{}})", node.left, node.right)
    if isinstance(site.parent, ast.Return):
        yield _parse("2.0 * ({})", site.node)


def _sign(site: _Site) -> Iterator[ast.expr | None]:
    node = _sum(site, ast.Add, ast.Sub)
    # |a - b| and |b - a| are the same; a - b and a + b are not.
    if node is not None and not _negligible(node.right):
        sign = "-" if isinstance(node.op, ast.Add) else "+"
        yield _parse(f"({{}}) {sign} ({{}})", node.left, node.right)
    if isinstance(site.parent, ast.Return):
        yield _parse("-({})", site.node)


def _swapped(site: _Site) -> Iterator[ast.expr | None]:
    node = site.node
    if isinstance(node, ast.Call) and _called(node) == "where" and len(node.args) == 3:
        yield _parse("tf.where({}, {}, {})", node.args[0], node.args[2], node.args[1])
    complement = (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and _size(node.left) == 1.0
        and isinstance(node.right, ast.Name)
    )
    # a * s + b * (1 - s): the whole sum is written with s and 1 - s exchanged.
    both = _sum(site, ast.Add)
    if both is not None and not complement:
        gates = {
            child.right.id
            for child in ast.walk(both)
            if isinstance(child, ast.BinOp)
            and isinstance(child.op, ast.Sub)
            and _size(child.left) == 1.0
            and isinstance(child.right, ast.Name)
        }
        for gate in sorted(gates):
            if any(name.id == gate for name in _names(both.left)):
                other: ast.expr = _Exchanged(gate).visit(copy.deepcopy(both))
                yield other


class _Exchanged(ast.NodeTransformer):
    """Puts 1 - s in place of s."""

    def __init__(self, gate: str) -> None:
        self.gate = gate

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _parse("(1.0 - {})", node) if node.id == self.gate else node


def _is_threshold(site: _Site) -> bool:
    return any(isinstance(p, ast.Compare) for p in site.parents) or (
        site.within("sigmoid", "tanh") and isinstance(site.parent, ast.BinOp)
    )


def _number(site: _Site) -> float | None:
    """The size of a number that is a quantity: no axis, no count, no index, no epsilon, and not so
    large that it stands for infinity."""
    node = site.node
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return None
    if isinstance(node.value, int) and not isinstance(site.parent, (ast.BinOp, ast.Compare)):
        return None
    size = _size(node)
    return size if size is not None and (size == 0.0 or EPSILON <= size < 1e6) else None


def _constant(site: _Site) -> Iterator[ast.expr | None]:
    size = _number(site)
    # A factor of the steepness is only another steepness.
    factor = isinstance(site.parent, ast.BinOp) and any(
        _steepness(child) for child in (site.parent.left, site.parent.right)
    )
    if size and not _is_threshold(site) and not factor:
        yield _parse("{} * 1.2", site.node)


def _threshold(site: _Site) -> Iterator[ast.expr | None]:
    size = _number(site)
    if size is None or not _is_threshold(site):
        return
    if isinstance(site.parent, ast.BinOp) and isinstance(site.parent.op, (ast.Mult, ast.Div)):
        return
    # A target of one is written so: a comparison of labels with any number between is the same.
    labels = any(isinstance(p, ast.Compare) for p in site.parents) and not _compares(site)
    yield None if labels else _parse(f"({{}} + {0.1 * max(size, 0.5):g})", site.node)


def _compares(site: _Site) -> bool:
    compared = next(p for p in site.parents if isinstance(p, ast.Compare))
    return any(name.id in site.live for name in _names(compared))


def _axis(pair: Pair) -> list[str]:
    """Along the batch in place of along a sample."""
    texts = []
    tree = ast.parse(pair.after)
    calls = [n for n in ast.walk(_method(tree, "call")) if _called(n) in _REDUCTIONS]
    for number in range(len(calls)):
        fresh = copy.deepcopy(tree)
        call = [n for n in ast.walk(_method(fresh, "call")) if _called(n) in _REDUCTIONS][number]
        assert isinstance(call, ast.Call)
        for keyword in call.keywords:
            if keyword.arg == "axis":
                keyword.value = ast.Constant(0)
                texts.append("\n\n" + ast.unparse(fresh) + "\n")
    return texts


def _scalar(pair: Pair) -> list[str]:
    """One number for the batch, where the original gives one per sample. Where it gives one number
    itself, the reduction over the batch is what Keras does next."""
    if not _per_sample(pair.before):
        return []
    tree = ast.parse(pair.after)
    returned = [n for n in ast.walk(_method(tree, "call")) if isinstance(n, ast.Return)][-1]
    assert returned.value is not None
    returned.value = _parse("tf.reduce_mean({})", returned.value)
    return ["\n\n" + ast.unparse(tree) + "\n"]


def _per_sample(before: str) -> bool:
    """Whether nothing in the original reduces over the batch."""
    tree = ast.parse(before)
    reduced = ("reduce_mean", "reduce_sum", "mean", "sum", "count_nonzero", "in_top_k")
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _called(n) in reduced]
    return all(any(k.arg == "axis" for k in call.keywords) for call in calls)


def _parameter(pair: Pair) -> list[str]:
    """A parameter that is not stored, and one that is not saved."""
    texts = []
    tree = ast.parse(pair.after)
    init = _method(tree, "__init__")
    own = [
        (argument.arg, default)
        for argument, default in zip(
            init.args.args[-len(init.args.defaults) :], init.args.defaults, strict=True
        )
        if argument.arg not in ("reduction", "name", "dtype")
    ]
    for name, default in own:
        stored = f"self.{name} = {name}"
        texts.append(ast.unparse(tree).replace(stored, f"self.{name} = {ast.unparse(default)}"))
        saved = f", '{name}': self.{name}"
        texts.append(ast.unparse(tree).replace(saved, ""))
    return ["\n\n" + text + "\n" for text in texts]


def _weight(site: _Site) -> Iterator[ast.expr | None]:
    node = _sum(site, ast.Mult)
    if node is None:
        return
    # The steepness is no weight, a factor of it only makes another steepness, and times one is no
    # factor.
    for one, other in ((node.left, node.right), (node.right, node.left)):
        beside = _steepness(other) or any(_steepness(child) for child in ast.walk(one))
        if not beside and _size(one) != 1.0:
            yield other


def _inverted(site: _Site) -> Iterator[ast.expr | None]:
    node = site.node
    if _called(node) == "sigmoid":
        yield _parse("(1.0 - {})", node)
    if isinstance(node, ast.Compare):
        yield _parse("tf.logical_not({})", node)


def _kinks(pair: Pair) -> list[str]:
    """A hundredth of the units in which the predictions come stands where a kink was."""
    unit = max([1.0, *map(abs, pair.thresholds)])
    return _changed(partial(_smoothed, unit=unit))(pair)


def _smoothed(site: _Site, unit: float) -> Iterator[ast.expr | None]:
    node = site.node
    if not isinstance(node, ast.Call) or not site.predicted():
        return
    if _called(node) == "abs":
        yield _parse(f"tf.sqrt(tf.square({{}}) + {0.01 * unit * unit})", node.args[0])
    if _called(node) in ("maximum", "minimum") and not site.within("sigmoid"):
        sign, width = ("+", 0.1 * unit) if _called(node) == "maximum" else ("-", -0.1 * unit)
        yield _parse(
            f"({{0}}) {sign} {0.1 * unit} * tf.nn.softplus(({{1}} - ({{0}})) / {width})", *node.args
        )
    if _called(node) == "where" and isinstance(node.args[0], ast.Compare):
        compare, high, low = node.args
        assert isinstance(compare, ast.Compare)
        if len(compare.ops) == 1 and isinstance(compare.ops[0], ast.Lt | ast.Gt):
            sign = "" if isinstance(compare.ops[0], ast.Gt) else "-"
            yield _parse(
                f"({{0}}) + (({{1}}) - ({{0}})) * tf.sigmoid({sign}8.0 * ({{2}} - {{3}}))",
                low,
                high,
                compare.left,
                compare.comparators[0],
            )


def _steepness(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "steepness"


def _ignored(site: _Site) -> Iterator[ast.expr | None]:
    if _steepness(site.node):
        # Far from the limit of any loss here, in its units.
        yield _parse("(0.0 * {} + 3.0)", site.node)


def _squared(pair: Pair) -> list[str]:
    """Every mention of the steepness: one alone may be a normalisation."""
    call = ast.unparse(ast.parse(pair.after))
    head, body = call.split("def call", 1)
    body, tail = body.split("def get_config", 1)
    squared = body.replace("self.steepness", "self.steepness ** 2")
    return [f"\n\n{head}def call{squared}def get_config{tail}\n"] if squared != body else []


def _detached(site: _Site) -> Iterator[ast.expr | None]:
    """A path from y_pred is cut. Labels, masks and comparisons have none to cut."""
    if isinstance(site.parent, (ast.Assign, ast.BinOp)) and site.predicted():
        if site.within(*_OPAQUE):
            return
        # What is bound to a name that is only compared has no gradient to lose.
        bound = [each for p in site.parents if isinstance(p, ast.Assign) for each in p.targets]
        if bound and not any(name.id in site.live for each in bound for name in _names(each)):
            return
        if any(isinstance(parent, ast.Compare) for parent in site.parents):
            return
        if not isinstance(site.node, (ast.Constant, ast.Compare)):
            yield _parse("tf.stop_gradient({})", site.node)


def _hidden(site: _Site) -> Iterator[ast.expr | None]:
    """A guard that keeps the value finite, and not the gradient behind it."""
    node = site.node
    if isinstance(node, ast.Name) and node.id == "safe" and isinstance(site.parent, ast.BinOp):
        yield _parse("x")
    if _called(node) == "sqrt" and isinstance(node, ast.Call):
        inner = node.args[0]
        if isinstance(inner, ast.BinOp) and _negligible(inner.right):
            yield _parse("tf.where({0} > 0.0, tf.sqrt({0}), 0.0)", inner.left)
    if _called(node) == "log" and isinstance(node, ast.Call):
        raw = ast.parse(ast.unparse(node).replace("p)", "y_pred)"), mode="eval").body
        if ast.unparse(raw) != ast.unparse(node) and isinstance(raw, ast.Call):
            yield _parse("tf.where({1} > 0.0, {0}, -16.0)", raw, raw.args[0])


def _broadcast(pair: Pair) -> list[str]:
    """Targets of shape (N,) against predictions of (N, 1), where Keras aligned them. Losses that
    flatten do it themselves, those over classes have targets of another shape anyway, and those that
    name the axes of an image take no other rank."""
    tree = ast.parse(pair.after)
    call = _method(tree, "call")
    kept = [statement for statement in call.body if not _aligns(statement)]
    flat = any(
        word in pair.after
        for word in ("[-1]", "axis=[1", "total_variation", "one_hot", "softmax", "top_k")
    )
    if len(kept) == len(call.body) or flat:
        return []
    call.body = kept
    return ["\n\n" + ast.unparse(tree) + "\n"]


_KINDS: dict[str, Callable[[Pair], list[str]]] = {
    "dropped term": _changed(_dropped),
    "doubled term": _changed(_doubled),
    "sign": _changed(_sign),
    "swapped branches": _changed(_swapped),
    "wrong constant": _changed(_constant),
    "wrong axis": _axis,
    "scalar for vector": _scalar,
    "lost parameter": _parameter,
    "lost weight": _changed(_weight),
    "wrong threshold": _changed(_threshold),
    "inverted gate": _changed(_inverted),
    "smoothed kink": _kinks,
    "steepness ignored": _changed(_ignored),
    "steepness squared": _squared,
    "detached path": _changed(_detached),
    "hidden NaN": _changed(_hidden),
    "rank broadcast": _broadcast,
}

KINDS = tuple(_KINDS)
