"""What a class of losses has from its parents, as far as they stand in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import kept_as_given, own_parameters, parameter_names
from lossfix.losses.code.subclass import super_calls
from lossfix.losses.operations.keras_names import BEFORE_REDUCTION, LOSS_CLASSES
from lossfix.model import Form
from lossfix.syntax.tree import dotted, methods_of, walk

_LOSSES = LOSS_CLASSES - BEFORE_REDUCTION.keys() - {"keras.losses.Dice"}
"""Keras' classes of losses of which it saves the name and the reduction, and that take no more."""
_OF_ITS_OWN = frozenset({"__init_subclass__", "__new__", "from_config"})
"""Methods by which a class may keep what it is given, and load it, in a way of its own."""


def parents(loss: Loss) -> tuple[cst.ClassDef, ...] | None:
    """The classes of the file between a class of losses and the one of Keras, the nearest first.

    ``None`` where it has several parents, one stands elsewhere or is made in a way of its own, or Keras'
    takes more than ``keras.losses.Loss`` does.
    """
    current = loss.definition
    if loss.form is not Form.SUBCLASS or not isinstance(current, cst.ClassDef):
        return None
    by_path = dict(loss.tree.definitions)
    found: list[cst.ClassDef] = []
    while len(current.bases) == 1:
        base = current.bases[0].value
        if loss.operation(base) in _LOSSES:
            return tuple(found)
        above = by_path.get((dotted(base) or "",))
        if not isinstance(above, cst.ClassDef) or above in (*found, loss.definition):
            return None
        if above.decorators or above.keywords or _OF_ITS_OWN & methods_of(above).keys():
            return None
        found.append(above)
        current = above
    return None


def constructor_above(loss: Loss) -> cst.FunctionDef | None:
    """The constructor that a class of losses calls by ``super``; ``None`` for Keras' own."""
    inits = (methods_of(each).get("__init__") for each in parents(loss) or ())
    return next((each for each in inits if each is not None), None)


def takes_keywords_above(loss: Loss) -> bool:
    """Whether all that ``keras.losses.Loss`` takes may be handed to the constructor of the parent."""
    parent = constructor_above(loss)
    if parent is None:
        return parents(loss) is not None
    return isinstance(parent.params.star_kwarg, cst.Param)


@dataclass(frozen=True)
class Listed:
    """What a ``get_config`` names, and what of its instance it reads."""

    said: frozenset[str]
    read: frozenset[str]


def listed(config: cst.FunctionDef) -> Listed | None:
    """``None`` where more may be named than can be seen: in a loop, or of the instance as a whole."""
    said, read = set[str](), set[str]()
    bases, bare = set[cst.CSTNode](), set[cst.CSTNode]()
    for node in walk(config.body):
        match node:
            case cst.SimpleString():
                said.add(str(node.evaluated_value))
            case cst.Arg(keyword=cst.Name(value=name)):
                said.add(name)
            case cst.Attribute(
                value=cst.Name(value="self") as base, attr=cst.Name(value=attribute)
            ):
                bases.add(base)
                read.add(attribute)
            case cst.Call(
                func=cst.Name(value="super"),
                args=[_, cst.Arg(value=cst.Name(value="self") as base)],
            ):
                # `super(DiceLoss, self)`: how Python 2 writes `super()`.
                bases.add(base)
            case cst.Name(value="self"):
                bare.add(node)
            case cst.For() | cst.BaseComp() | cst.Lambda():
                return None
    return None if bare - bases else Listed(frozenset(said), frozenset(read))


def saved_above(loss: Loss) -> frozenset[str] | None:
    """The parameters that parents put into the configuration; ``None`` where that cannot be seen."""
    above = parents(loss)
    if above is None:
        return None
    saved = set[str]()
    for parent in above:
        methods = methods_of(parent)
        config, init = methods.get("get_config"), methods.get("__init__")
        if config is None:
            continue
        found = listed(config)
        own = () if init is None else own_parameters(init)
        if found is None or (own and found.said.isdisjoint(own)):
            # One that names nothing of its own hands on what was made elsewhere.
            return None
        saved |= found.said
    return frozenset(saved)


def kept_above(loss: Loss, init: cst.FunctionDef) -> Mapping[str, str]:
    """The parameters of a constructor that a parent keeps as they were given, with the attributes."""
    return _kept_above(init, parents(loss) or ())


def _kept_above(init: cst.FunctionDef, above: tuple[cst.ClassDef, ...]) -> Mapping[str, str]:
    calls = [*super_calls(init)]
    inits = (methods_of(each).get("__init__") for each in above)
    at, parent = next(((n, each) for n, each in enumerate(inits) if each is not None), (0, None))
    if parent is None or len(calls) != 1 or isinstance(calls[0].func, cst.Name):
        return {}
    stored = {**_kept_above(parent, above[at + 1 :]), **kept_as_given(parent)}
    args = calls[0].args
    if args and dotted(args[0].value) == "self":
        args = args[1:]
    names = parameter_names(parent)[1:]
    found: dict[str, str] = {}
    for number, each in enumerate(args):
        if each.star:
            break
        taken = each.keyword.value if each.keyword else names[number : number + 1]
        for name in (taken,) if isinstance(taken, str) else taken:
            if isinstance(each.value, cst.Name) and name in stored:
                found[each.value.value] = stored[name]
    return {name: kept for name, kept in found.items() if name in own_parameters(init)}
