"""What a loss reads of its instance or its class, as far as plain numbers can say.

``self.threshold`` is what the constructor sets it to: a constant, or what a parameter is by default. A
parameter without one stands for some number, as those of factories do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.outline import ITSELF
from lossfix.losses.smoothing.evaluation import Evaluation, Unknown, Value
from lossfix.syntax.lineage import lineage
from lossfix.syntax.tree import dotted, methods_of

_LOWEST, _HIGHEST = 0.1, 0.9
"""Between them lies the number that a parameter without a default stands for: inside of any probability."""


def attributes(
    loss: Loss, known: Mapping[str, Value], random_: random.Random
) -> Mapping[str, Value]:
    """The values of ``self.threshold``, ``cls.threshold`` and ``Losses.threshold``, by these names.

    Args:
        known: the values of the names of the module.
    """
    found: dict[str, Value] = {}
    for owner in _classes(loss):
        for name, value in (
            *_set_by_the_constructor(loss, owner, known, random_),
            *_of_the_class(loss, owner, known),
        ):
            found.setdefault(name, value)
    return found


def _classes(loss: Loss) -> Iterator[cst.ClassDef]:
    """The class of a loss and those of the file that it extends, the nearest first."""
    around = (loss.definition, *loss.tree.ancestors(loss.definition))
    own = next((each for each in around if isinstance(each, cst.ClassDef)), None)
    by_path = dict(loss.tree.definitions)

    def parents(node: cst.ClassDef) -> Iterator[cst.ClassDef]:
        named = (by_path.get((dotted(each.value) or "",)) for each in node.bases)
        return (each for each in named if isinstance(each, cst.ClassDef))

    return iter(()) if own is None else lineage(own, parents)


def _of_the_class(
    loss: Loss, owner: cst.ClassDef, known: Mapping[str, Value]
) -> Iterator[tuple[str, Value]]:
    run = Evaluation(loss, dict(known))
    for statement in owner.body.body:
        for name, value in _assigned(statement):
            try:
                result = run.known[name] = run.value(value)
            except (Unknown, ArithmeticError, ValueError):
                continue
            for holder in (*ITSELF, owner.name.value):
                yield f"{holder}.{name}", result


def _set_by_the_constructor(
    loss: Loss, owner: cst.ClassDef, known: Mapping[str, Value], random_: random.Random
) -> Iterator[tuple[str, Value]]:
    constructor = methods_of(owner).get("__init__")
    if constructor is None:
        return
    run = Evaluation(loss, dict(known))
    for each in (*constructor.params.params[1:], *constructor.params.kwonly_params):
        try:
            default = random_.uniform(_LOWEST, _HIGHEST)
            run.known[each.name.value] = run.value(each.default) if each.default else default
        except (Unknown, ArithmeticError, ValueError):
            run.known.pop(each.name.value, None)
    for statement in constructor.body.body:
        for name, value in _assigned(statement):
            try:
                run.known[name] = run.value(value)
            except (Unknown, ArithmeticError, ValueError):
                run.known.pop(name, None)
                continue
            if name.startswith("self."):
                yield name, run.known[name]


def _assigned(
    statement: cst.BaseStatement | cst.BaseSmallStatement,
) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The names, and attributes of the instance, that a statement alone on its line sets."""
    for part in statement.body if isinstance(statement, cst.SimpleStatementLine) else ():
        match part:
            case cst.Assign(targets=targets, value=value):
                for each in targets:
                    if name := dotted(each.target):
                        yield name, value
            case cst.AnnAssign(target=target, value=cst.BaseExpression() as value):
                if name := dotted(target):
                    yield name, value
