"""What the losses of a file are made of: the functions that they call, through any number of others."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from lossfix.losses.candidate import Candidate
from lossfix.losses.handed import depending, handed
from lossfix.losses.outline import (
    File,
    around_of,
    belongs_elsewhere,
    called_in,
    called_name,
    class_bases,
    is_loss_class,
    methods_of,
    positional_of,
    yields,
)
from lossfix.losses.wording import names_a_metric, pair_of
from lossfix.model import Evidence, Form
from lossfix.syntax.scope import Definition, dotted

_PLAIN = ("y_true", "y_pred")


def reaches(file: File, start: Iterable[int]) -> set[int]:
    by_name: dict[str, list[int]] = {}
    for number, (path, node) in enumerate(file.listed):
        if isinstance(node, ast.FunctionDef):
            by_name.setdefault(path[-1], []).append(number)
    seen: set[int] = set()
    queue = list(start)
    while queue:
        node = file.listed[queue.pop()][1]
        for name in called_in(node):
            for number in by_name.get(name, ()):
                if number not in seen:
                    seen.add(number)
                    queue.append(number)
    return seen


def with_reached(file: File, direct: list[Candidate]) -> Iterator[Candidate]:
    called = {file.by_path[(name,)] for name in file.project.reached if (name,) in file.by_path}
    losses = {candidate.number for candidate in direct if not candidate.metric}
    reached = called | reaches(file, losses | called)
    compiled = {each.number for each in direct if Evidence.COMPILED in each.evidence}
    metrics = {
        number
        for number, (path, node) in enumerate(file.listed)
        if path[-1] in file.uses.metrics
        or (names_a_metric(path[-1]) and number not in reached | compiled)
        or (
            isinstance(node, ast.ClassDef)
            and any(b.endswith("Metric") for b in class_bases(file, node))
        )
    }
    of_metrics = reaches(file, metrics) | metrics
    known = set()
    for candidate in direct:
        known.add(candidate.number)
        evidence = candidate.evidence
        if candidate.number in reached:
            evidence = tuple(dict.fromkeys((*evidence, Evidence.REACHED)))
        yield replace(
            candidate,
            evidence=evidence,
            metric=candidate.metric or candidate.number in of_metrics,
        )
    pairs = _pairs_of(file, direct, reached - known)
    for number in sorted(pairs):
        path, node = file.listed[number]
        around = around_of(file, path)
        form, bound = Form.FUNCTION if around is None else Form.NESTED, False
        if isinstance(around, ast.ClassDef):
            form, bound = Form.METHOD, not node.decorator_list and is_loss_class(file, around)
        yield Candidate(
            path,
            number,
            form,
            (Evidence.REACHED,),
            *pairs[number],
            metric=number in of_metrics,
            bound=bound,
            line=node.lineno,
        )


def _pairs_of(
    file: File, direct: Sequence[Candidate], reached: Iterable[int]
) -> dict[int, tuple[str, str, bool]]:
    """Of the functions that losses reach, what they call targets and predictions.

    Their own names say so, or else what the losses hand them.
    """
    found: dict[int, tuple[str, str, bool]] = {}
    waiting: dict[str, list[int]] = {}
    elsewhere = {name: (y_true, y_pred) for name, y_true, y_pred in file.project.handed}
    for number in reached:
        path, node = file.listed[number]
        if (
            not isinstance(node, ast.FunctionDef)
            or yields(node)
            or belongs_elsewhere(file, path, node)
        ):
            continue
        # A helper may take something else before them: `masked(mask, y_true, y_pred)`.
        pairs = [
            pair
            for each in pairwise(_handed_parameters(file, number))
            if (pair := pair_of(list(each), file.settings)) is not None
        ]
        pair = min(pairs, key=lambda pair: pair[:2] != _PLAIN, default=None)
        if pair is None and (handed_elsewhere := elsewhere.get(".".join(path))) is not None:
            pair = (*handed_elsewhere, False)
        if pair is not None:
            found[number] = pair
        elif not _has_a_gradient_of_its_own(node):
            waiting.setdefault(path[-1], []).append(number)
    queue = [(each.number, each.y_true, each.y_pred) for each in direct if not each.metric]
    queue += [(number, y_true, y_pred) for number, (y_true, y_pred, _) in found.items()]
    while queue and waiting:
        number, y_true, y_pred = queue.pop()
        caller = _computing(file.listed[number][1])
        if caller is None:
            continue
        targets, predictions = depending(caller, y_true), depending(caller, y_pred)
        for call in ast.walk(caller):
            if not isinstance(call, ast.Call) or (name := called_name(call)) not in waiting:
                continue
            # Of several functions of one name it is not told here which one is meant.
            if len(waiting[name]) == 1:
                (part,) = waiting[name]
                roles = handed(call, _handed_parameters(file, part), targets, predictions)
                if roles is not None:
                    del waiting[name]
                    found[part] = (*roles, False)
                    queue.append((part, *roles))
    return found


def _has_a_gradient_of_its_own(node: ast.FunctionDef) -> bool:
    return any((dotted(each) or "").endswith("custom_gradient") for each in node.decorator_list)


def _handed_parameters(file: File, number: int) -> list[str]:
    """The parameters of a function that its calls fill by position."""
    path, node = file.listed[number]
    assert isinstance(node, ast.FunctionDef)
    static = any(dotted(each) == "staticmethod" for each in node.decorator_list)
    is_method = isinstance(around_of(file, path), ast.ClassDef) and not static
    return positional_of(node)[is_method:]


def _computing(node: Definition) -> ast.FunctionDef | None:
    """The function of a loss that computes its value."""
    if isinstance(node, ast.ClassDef):
        methods = methods_of(node)
        return methods.get("call") or methods.get("__call__")
    return node if isinstance(node, ast.FunctionDef) else None
