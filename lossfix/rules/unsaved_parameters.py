"""The parameters of a loss are not saved

## What it does

Finds subclasses of `keras.losses.Loss`, directly or by way of others in their file, whose constructor takes
parameters of its own and that have no `get_config`, or one that leaves some of them out, and adds what is
missing.

## Why is this bad

Keras builds a loaded loss from its configuration. What is missing there takes its default again, without
a word; a parameter without a default makes loading fail (measured on Keras 3.15). Training itself is not
affected, and the gradient is the same.

## Example

```python
import keras
import tensorflow as tf


class ScaledLoss(keras.losses.Loss):
    def __init__(self, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * keras.losses.mean_absolute_error(y_true, y_pred)
```

## Use instead

```python
import keras
import tensorflow as tf


class ScaledLoss(keras.losses.Loss):
    def __init__(self, scale=2.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * keras.losses.mean_absolute_error(y_true, y_pred)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}
```

## Fix safety

Exact: nothing but the configuration changes. A number, a text or a switch that is stored in another form than
it was given is kept as it was given as well (`self.scale = scale`); any other parameter that is stored so is
reported and left to the author, and so is one that is given a variable or a tensor, which an `.h5` file
cannot hold.

## References

- https://keras.io/guides/serialization_and_saving/#custom-objects
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import libcst as cst

from lossfix.losses.code.inherited import kept_above, listed, saved_above
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.methods import get_config
from lossfix.losses.code.parameters import (
    default_of,
    is_annotated_as_object,
    kept_as_given,
    own_parameters,
)
from lossfix.losses.code.subclass import keeping, method
from lossfix.losses.discovery.unsavable import given_arrays, unsavable
from lossfix.losses.operations.words import words
from lossfix.losses.subclassing.arrays import kept_arrays
from lossfix.model import Safety, Severity
from lossfix.rules.rule import Edit, Match, Rule
from lossfix.syntax.build import expression
from lossfix.syntax.scope import definitions
from lossfix.syntax.tree import walk

_OF_EVERY_LOSS = frozenset({"call", "dtype", "from_config", "get_config", "name", "reduction"})
"""Attributes that ``keras.losses.Loss`` has itself."""
_OF_VALUES = frozenset(
    each for kind in (bool, int, float, str, list, tuple, dict, set) for each in dir(kind)
) | words(
    """
    T all any argmax argmin assign astype clip cumsum dot dtype fill flatten get_shape item max mean min
    ndim numpy prod ravel reshape round shape size squeeze std sum tolist transpose value values var
    """
)
"""What plain values, collections and arrays have, and tensors."""


def match(loss: Loss) -> Iterator[Match]:
    init, saved = method(loss, "__init__"), saved_above(loss)
    if init is None or saved is None:
        return
    config = method(loss, "get_config")
    names = _lost(loss, init, config, saved)
    if not names:
        return
    set_anew = _set_anew(loss, init)
    stored = {name: kept for name, kept in _stored(loss, init).items() if kept not in set_anew}
    known = {*stored, *_to_keep(loss, init)} if config is None else set(stored)
    lost = [each for each in names if each not in known]
    reason = f"`{lost[0]}` is not kept as it was given" if lost else ""
    if config is not None and _listing(config) is None:
        reason = "its `get_config` holds no dictionary of them to add to"
    called = next((each for each in names if _is_called(loss, stored.get(each))), None)
    if called is not None:
        reason = f"`{called}` is called, and no function comes back out of a saved configuration"
    typed = {
        each.name.value
        for each in (*init.params.params, *init.params.kwonly_params)
        if is_annotated_as_object(each)
    }
    asked = next(
        (each for each in names if each in typed or _is_an_object(loss, stored.get(each))), None
    )
    if asked is not None:
        reason = f"`{asked}` is an object of its own, and comes back out of no saved configuration"
    for name, kind in _unsavable(loss):
        reason = (
            f"`{name}` is given a {kind}, which a saved configuration cannot hold in every format"
        )
    for name in _arrays(loss, stored) & stored.keys():
        if not _may_be_a_list(loss, stored[name]):
            reason = (
                f"`{name}` is given an array, and a model that is loaded gives back a list: make it an array "
                "in the constructor"
            )
    without = f"`{loss.name}` has no `get_config`"
    partly = f"`get_config` of `{loss.name}` leaves parameters out"
    yield Match(
        init.name if config is None else config.name,
        f"{without if config is None else partly}: `{'`, `'.join(names)}`"
        f" {'is' if len(names) == 1 else 'are'} lost when a model is saved",
        reason,
    )


def _lost(
    loss: Loss, init: cst.FunctionDef, config: cst.FunctionDef | None, saved: frozenset[str]
) -> tuple[str, ...]:
    """The parameters that no ``get_config`` of a class and its parents saves."""
    names = own_parameters(init) if config is None else _left_out(loss, init, config)
    return tuple(each for each in names if each not in saved)


def _stored(loss: Loss, init: cst.FunctionDef) -> Mapping[str, str]:
    return {**kept_above(loss, init), **kept_as_given(init)}


def _set_anew(loss: Loss, init: cst.FunctionDef) -> frozenset[str]:
    """The attributes that other methods than the constructor set: they need not hold what was given."""
    others = [each for each in walk(loss.definition, cst.FunctionDef) if each is not init]
    return frozenset(
        node.target.attr.value
        for each in others
        for node in walk(each.body, cst.AssignTarget, cst.AugAssign, cst.AnnAssign)
        if isinstance(node, cst.AssignTarget | cst.AugAssign | cst.AnnAssign)
        and isinstance(node.target, cst.Attribute)
        and isinstance(node.target.value, cst.Name)
        and node.target.value.value == "self"
    )


def _is_called(loss: Loss, attribute: str | None) -> bool:
    """Whether a method of the class calls what is kept in an attribute."""
    return any(
        isinstance(call.func, cst.Attribute)
        and call.func.attr.value == attribute
        and isinstance(call.func.value, cst.Name)
        and call.func.value.value == "self"
        for call in walk(loss.definition, cst.Call)
    )


def _is_an_object(loss: Loss, attribute: str | None) -> bool:
    """Whether a method of the class asks what is kept in an attribute for something that neither plain
    values nor arrays have: ``self.decoder.weights``, ``self.scaler.transform(...)``."""
    return any(
        isinstance(node.value, cst.Attribute)
        and node.value.attr.value == attribute
        and isinstance(node.value.value, cst.Name)
        and node.value.value.value == "self"
        and node.attr.value not in _OF_VALUES
        for node in walk(loss.definition, cst.Attribute)
    )


def _unsavable(loss: Loss) -> Iterator[tuple[str, str]]:
    if (init := _constructor(loss)) is not None:
        yield from unsavable(loss.tree.outline, loss.candidate.path[-1], init)


def _arrays(loss: Loss, stored: Mapping[str, str]) -> frozenset[str]:
    """The parameters that calls of the class in this file give an array, and of which it makes tensors."""
    init, made = _constructor(loss), method(loss, "__init__")
    if init is None or made is None:
        return frozenset()
    listed = {each.name.value: each for each in (*made.params.params, *made.params.kwonly_params)}
    holders = {kept: listed[name] for name, kept in stored.items() if name in listed}
    of_tensors = kept_arrays(loss, holders)
    given = given_arrays(loss.tree.outline, loss.candidate.path[-1], init)
    return frozenset(given) | {name for name, kept in stored.items() if kept in of_tensors}


def _may_be_a_list(loss: Loss, attribute: str) -> bool:
    """Whether all that reads an attribute takes a list as it takes an array: functions of a library, and
    operators beside a tensor."""
    for node in walk(loss.definition, cst.Attribute):
        match node:
            case cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=name)) if (
                name == attribute
            ):
                if not _takes_a_list(loss, node, loss.tree.parents[node]):
                    return False
    return True


def _takes_a_list(loss: Loss, node: cst.Attribute, above: cst.CSTNode) -> bool:
    match above:
        case cst.AssignTarget():
            return True
        case cst.Comparison(comparisons=[cst.ComparisonTarget(cst.Is() | cst.IsNot())]):
            return True
        case cst.BinaryOperation(left=left, right=right):
            return loss.is_tensor(right if left is node else left)
        case cst.Arg():
            call = loss.tree.parents[above]
            return isinstance(call, cst.Call) and loss.operation(call) is not None
    return False


def _constructor(loss: Loss) -> ast.FunctionDef | None:
    listed = dict(definitions(loss.tree.outline.body))
    init = listed.get((*loss.candidate.path, "__init__"))
    return init if isinstance(init, ast.FunctionDef) else None


def _to_keep(loss: Loss, init: cst.FunctionDef) -> tuple[str, ...]:
    """The plain parameters that are stored in another form, or not at all, and whose names are free.

    A default shows what is plain: a number, a text or a switch can be saved and given again.
    """
    stored, definition = _stored(loss, init), loss.definition
    taken, set_anew = set(_OF_EVERY_LOSS), set[str]()
    for node in walk(definition):
        match node:
            case cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=attribute)):
                taken.add(attribute)
            case cst.FunctionDef(name=cst.Name(value=name)):
                taken.add(name)
            case (
                cst.AssignTarget(target=cst.Name(value=name))
                | cst.AugAssign(target=cst.Name(value=name))
                | cst.AnnAssign(target=cst.Name(value=name))
            ):
                set_anew.add(name)
    return tuple(
        each
        for each in own_parameters(init)
        if each not in {*stored, *taken, *set_anew} and _is_plain(default_of(init, each))
    )


def _is_plain(default: cst.BaseExpression | None) -> bool:
    match default:
        case cst.Name(value="True" | "False"):
            return True
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _is_plain(inner)
    return isinstance(default, cst.Integer | cst.Float | cst.SimpleString)


def _left_out(loss: Loss, init: cst.FunctionDef, config: cst.FunctionDef) -> tuple[str, ...]:
    """The parameters that an own ``get_config`` neither names nor reads; none where it may do so unseen."""
    if not _is_loaded_as_usual(method(loss, "from_config")):
        return ()
    found = listed(config)
    if found is None:
        return ()
    stored = _stored(loss, init)
    names = own_parameters(init)
    known = [each for each in names if each in found.said]
    # One that names none of them may hand on a dictionary that was made elsewhere.
    return tuple(
        each
        for each in names
        if known and each not in found.said and stored.get(each) not in found.read
    )


def _is_loaded_as_usual(loading: cst.FunctionDef | None) -> bool:
    """Whether ``from_config`` is Keras' own, or does no more than that: ``return cls(**config)``."""
    if loading is None:
        return True
    match loading.params.params, loading.body:
        case (
            [_, cst.Param(name=cst.Name(value=given))],
            cst.IndentedBlock(
                body=[
                    *_,
                    cst.SimpleStatementLine(
                        body=[
                            cst.Return(
                                value=cst.Call(
                                    args=[cst.Arg(star="**", value=cst.Name(value=read))]
                                )
                            )
                        ]
                    ),
                ]
            ),
        ):
            lines = len(loading.body.body) - (loading.get_docstring() is not None)
            return given == read and lines == 1
    return False


def _listing(config: cst.FunctionDef) -> tuple[cst.Dict, int] | None:
    """The one dictionary of parameters in ``get_config``, and where its last entry stands."""
    found = []
    for node in walk(config.body):
        if isinstance(node, cst.Dict):
            entries = [
                at
                for at, each in enumerate(node.elements)
                if isinstance(each, cst.DictElement) and isinstance(each.key, cst.SimpleString)
            ]
            found += [(node, entries[-1])] if entries else []
    return found[0] if len(found) == 1 else None


def rewrite(loss: Loss, match: Match) -> Edit | None:
    init = method(loss, "__init__")
    definition = loss.definition
    if init is None or not isinstance(definition.body, cst.IndentedBlock):
        return None
    stored, saved = _stored(loss, init), saved_above(loss) or frozenset()
    config = method(loss, "get_config")
    names = _lost(loss, init, config, saved)
    if config is not None:
        listing = _listing(config)
        if listing is None:
            return None
        codes = _codes(loss, {each: stored[each] for each in names})
        return Edit({listing[0]: _with_entries(*listing, codes)})
    kept = _to_keep(loss, init)
    stored = {**stored, **{each: each for each in kept}}
    added = get_config(loss, _codes(loss, {each: stored[each] for each in names}))

    def with_config(node: cst.CSTNode) -> cst.CSTNode:
        assert isinstance(node, cst.IndentedBlock)
        return node.with_changes(body=[*node.body, added])

    if not kept:
        return Edit({definition.body: with_config})
    return Edit({init: lambda node: keeping(node, kept), definition.body: with_config})


def _codes(loss: Loss, stored: Mapping[str, str]) -> Mapping[str, str]:
    """What is saved of each parameter: of an array a list, since no ``.keras`` file gives an array back."""
    arrays = _arrays(loss, stored)
    to_list = f"{loss.spell('np.asarray')}(self.{{}}).tolist()"
    return {
        each: to_list.format(kept) if each in arrays else f"self.{kept}"
        for each, kept in stored.items()
    }


def _with_entries(listing: cst.Dict, last: int, new: Mapping[str, str]) -> cst.Dict:
    """The dictionary with entries behind its ``last`` one, set apart as its others are."""
    elements = list(listing.elements)
    entry = elements[last]
    assert isinstance(entry, cst.DictElement)
    assert isinstance(entry.key, cst.SimpleString)
    opening = listing.lbrace.whitespace_after
    between = cst.Comma(
        whitespace_after=(
            opening
            if isinstance(opening, cst.ParenthesizedWhitespace)
            else cst.SimpleWhitespace(" ")
        )
    )
    mark = entry.key.quote
    added = [
        cst.DictElement(
            cst.SimpleString(f"{mark}{name}{mark}"),
            expression(code),
            comma=between,
        )
        for name, code in new.items()
    ]
    added[-1] = added[-1].with_changes(comma=entry.comma)
    elements[last : last + 1] = [entry.with_changes(comma=between), *added]
    return listing.with_changes(elements=elements)


RULE = Rule("LF308", Safety.EXACT, Severity.WARNING, match, rewrite, __doc__, __name__)
