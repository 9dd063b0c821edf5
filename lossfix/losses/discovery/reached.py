"""What the losses of a file are made of: the functions that they call, through any number of others."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from itertools import pairwise

from lossfix.losses.discovery.candidate import Candidate, Roles
from lossfix.losses.discovery.handed import depending, handed
from lossfix.losses.discovery.outline import (
    ITSELF,
    File,
    around_of,
    belongs_elsewhere,
    called_name,
    classes_of,
    handed_parameters,
    is_loss_class,
    is_metric_class,
    methods_of,
    yields,
)
from lossfix.losses.discovery.wording import names_a_metric, names_a_score, pair_of
from lossfix.model import Evidence, Form
from lossfix.syntax.lineage import lineage
from lossfix.syntax.nodes import below
from lossfix.syntax.scope import Definition, dotted, last_part

_PLAIN = ("y_true", "y_pred")


def reaches(file: File, start: Iterable[int]) -> set[int]:
    """The functions of a file that some of its definitions call, through any number of others."""
    functions: dict[str, list[int]] = {}
    methods: dict[str, list[int]] = {}
    for number, (path, node) in enumerate(file.listed):
        if isinstance(node, ast.FunctionDef):
            held = isinstance(around_of(file, path), ast.ClassDef)
            (methods if held else functions).setdefault(path[-1], []).append(number)
    classes = classes_of(file)
    seen: set[int] = set()
    queue = list(start)
    while queue:
        caller = queue.pop()
        for call in below(file.definition(caller)):
            if not isinstance(call, ast.Call):
                continue
            match call.func:
                case ast.Name(id=name):
                    called = functions.get(name, [])
                case ast.Attribute(value=ast.Name(id=holder), attr=name) if holder in ITSELF:
                    named = methods.get(name, [])
                    # What no relative of its class defines is inherited from a class of another file.
                    called = [each for each in named if _may_be_own(file, caller, each)] or named
                case ast.Attribute(value=ast.Name(id=holder), attr=name) if holder in classes:
                    named = methods.get(name, [])
                    called = [each for each in named if file.listed[each][0] == (holder, name)]
                case _:
                    continue
            queue += (number for number in called if number not in seen)
            seen.update(called)
    return seen


def _may_be_own(file: File, caller: int, method: int) -> bool:
    """Whether ``self`` may have a method where a definition calls it: by its class, a parent or a child."""
    path = file.listed[caller][0] if caller < len(file.listed) else ()
    around = next(
        (path[:end] for end in range(len(path), 0, -1) if _is_class(file, path[:end])), ()
    )
    holder = file.listed[method][0][:-1]
    return holder in _lineage(file, around) or around in _lineage(file, holder)


def _is_class(file: File, path: tuple[str, ...]) -> bool:
    return isinstance(file.definition(file.by_path[path]), ast.ClassDef)


def _lineage(file: File, path: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """A class and those of the file that it extends, by their paths."""

    def parents(each: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        number = file.by_path.get(each)
        node = None if number is None else file.definition(number)
        bases = node.bases if isinstance(node, ast.ClassDef) else ()
        named = ((last_part(base) or "",) for base in bases)
        return (name for name in named if name in file.by_path)

    return frozenset(lineage(path, parents))


def with_reached(file: File, direct: list[Candidate]) -> Iterator[Candidate]:
    """The losses that are known, with what else they are by now, and then the parts that they call."""
    called = _numbers(file, file.project.parts.reached)
    losses = {candidate.number for candidate in direct if not candidate.metric}
    reached = called | reaches(file, losses | called)
    of_metrics = _metrics(file, direct, reached)
    for candidate in direct:
        evidence = candidate.evidence
        if candidate.number in reached:
            evidence = tuple(dict.fromkeys((*evidence, Evidence.REACHED)))
        metric = candidate.metric or candidate.number in of_metrics
        yield replace(candidate, evidence=evidence, metric=metric)
    traced = {each.number for each in direct if not loops(each.evidence)}
    traced |= called - _numbers(file, file.project.parts.own_loop)
    traced |= reaches(file, traced)
    parts = _roles_of(file, direct, reached - {each.number for each in direct})
    for number in sorted(parts):
        part = _part(file, number, *parts[number])
        yield replace(part, metric=number in of_metrics, own_loop=number not in traced)


def _metrics(file: File, direct: Iterable[Candidate], reached: Set[int]) -> set[int]:
    """The metrics of a file, by their use, their base or their name, and what they call.

    Args:
        reached: what losses call, which may bear the name of a metric.
    """
    own = {each.number for each in direct}
    compiled = {each.number for each in direct if Evidence.COMPILED in each.evidence}
    metrics = {
        number
        for number, (path, node) in enumerate(file.listed)
        if not file.uses.metrics.isdisjoint((path[-1], ".".join(path)))
        or (names_a_metric(path[-1]) and number not in reached | compiled)
        or (names_a_score(path[-1]) and number not in reached | own)
        or (isinstance(node, ast.ClassDef) and is_metric_class(file, node))
    }
    return reaches(file, metrics) | metrics


def _part(file: File, number: int, roles: Roles, swapped: bool) -> Candidate:
    """A function as a part of losses."""
    path, node = file.listed[number]
    around = around_of(file, path)
    form, bound = Form.FUNCTION if around is None else Form.NESTED, False
    if isinstance(around, ast.ClassDef):
        form, bound = Form.METHOD, not node.decorator_list and is_loss_class(file, around)
    return Candidate(
        path,
        number,
        form,
        (Evidence.REACHED,),
        roles.y_true,
        roles.y_pred,
        swapped=swapped,
        bound=bound,
        line=node.lineno,
        also=roles.also,
    )


def loops(evidence: Iterable[Evidence]) -> bool:
    """Whether a loss is known for a training loop of one's own that calls it, and not for Keras doing so."""
    kinds = set(evidence)
    return Evidence.GRADIENT in kinds and not kinds & {Evidence.COMPILED, Evidence.SUBCLASS}


def _numbers(file: File, names: Iterable[str]) -> set[int]:
    return {file.by_path[(name,)] for name in names if (name,) in file.by_path}


_Parts = dict[int, tuple[Roles, bool]]
"""Functions with what their parameters are handed, and whether their names put the predictions first."""


def _roles_of(file: File, direct: Sequence[Candidate], reached: Iterable[int]) -> _Parts:
    """Of the functions that losses reach, what they call targets and predictions.

    Their own names say so, or else what the losses hand them.
    """
    elsewhere = dict(file.project.parts.handed)
    found: _Parts = {}
    parts: dict[str, list[int]] = {}
    for number in reached:
        path, node = file.listed[number]
        if (
            not isinstance(node, ast.FunctionDef)
            or yields(node)
            or belongs_elsewhere(file, path, node)
        ):
            continue
        known = _by_name(file, number, elsewhere.get(".".join(path)))
        if known is not None:
            found[number] = known
        elif _has_a_gradient_of_its_own(node):
            continue
        parts.setdefault(path[-1], []).append(number)
    # Of several functions of one name it is not told here which one is meant.
    callable_parts = {name: each[0] for name, each in parts.items() if len(each) == 1}
    _follow_calls(file, direct, callable_parts, found)
    return found


def _by_name(file: File, number: int, handed_elsewhere: Roles | None) -> tuple[Roles, bool] | None:
    """What a function's own names say, or else what other files hand it; ``None`` for neither."""
    # A helper may take something else before them: `masked(mask, y_true, y_pred)`.
    pairs = [
        pair
        for each in pairwise(handed_parameters(file, number))
        if (pair := pair_of(list(each), file.settings)) is not None
    ]
    pair = min(pairs, key=lambda pair: pair[:2] != _PLAIN, default=None)
    if pair is not None:
        also = () if handed_elsewhere is None else _besides(pair[:2], handed_elsewhere)
        return Roles(*pair[:2], also), pair[2]
    return None if handed_elsewhere is None else (handed_elsewhere, False)


def _follow_calls(
    file: File, direct: Sequence[Candidate], parts: Mapping[str, int], found: _Parts
) -> None:
    """Add to ``found`` what the calls in losses, and in what these call, hand to parts.

    Args:
        parts: the functions that may be one, by the name by which they are called.
    """
    classes = classes_of(file)
    queue = [(each.number, Roles(each.y_true, each.y_pred)) for each in direct if not each.metric]
    queue += [(number, roles) for number, (roles, _) in found.items()]
    while queue:
        number, roles = queue.pop()
        caller = _computing(file.definition(number))
        if caller is None:
            continue
        targets = depending(caller, roles.y_true)
        predictions = depending(caller, roles.y_pred, *roles.also)
        for call in below(caller):
            part = parts.get(called_name(call, classes)) if isinstance(call, ast.Call) else None
            if not isinstance(call, ast.Call) or part is None:
                continue
            given = handed(call, handed_parameters(file, part), targets, predictions)
            if given is None:
                continue
            before, swapped = found.get(part, (given, False))
            also = (*before.also, *_besides((before.y_true, before.y_pred, *before.also), given))
            after = replace(before, also=also)
            if part not in found or after != before:
                found[part] = (after, swapped)
                queue.append((part, after))


def _besides(known: Sequence[str], given: Roles) -> tuple[str, ...]:
    """What is handed predictions besides the parameters that are known."""
    return tuple(each for each in (given.y_pred, *given.also) if each not in known)


def _has_a_gradient_of_its_own(node: ast.FunctionDef) -> bool:
    return any((dotted(each) or "").endswith("custom_gradient") for each in node.decorator_list)


def _computing(node: Definition) -> ast.FunctionDef | None:
    """The function of a loss that computes its value."""
    if isinstance(node, ast.ClassDef):
        methods = methods_of(node)
        return methods.get("call") or methods.get("__call__")
    return node if isinstance(node, ast.FunctionDef) else None
