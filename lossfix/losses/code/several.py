"""Whether a loss is handed several tensors, in a tuple, a list or a dictionary, by what it does with them.

Keras hands a loss a tensor of targets and one of predictions. A function that takes one of them apart,
looks it up by a key, or asks whether it is a list is for a training loop of one's own, or for all outputs
of a model at once: its other argument may be a list as well.
"""

from __future__ import annotations

import libcst as cst

from lossfix.losses.code.asked_once import asked_once
from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.wording import words
from lossfix.syntax.tree import last_part, walk

_CONTAINERS = frozenset({"list", "tuple", "dict", "Mapping", "Sequence", "Iterable"})
_OF_DICTIONARIES = frozenset({"keys", "values", "items", "get", "pop"})
_NAMES = frozenset({"dict", "dicts", "list", "lists", "tuple", "tuples"})


def is_handed_several(loss: Loss) -> bool:
    """Whether the targets or the predictions of a loss are certainly no single tensor."""
    return _is_handed_several(loss, loss.function)


@asked_once(unsure=False)
def _is_handed_several(loss: Loss, function: cst.CSTNode) -> bool:
    # What is set anew, as the last one of a list is under its name, is what it is set to.
    handed = {name for name in (loss.y_true, *loss.predictions) if not loss.flow.values(name)}
    if any(words(name) & _NAMES for name in handed):
        return True
    return any(_holds_several(loss, node) in handed for node in walk(function))


def _holds_several(loss: Loss, node: cst.CSTNode) -> str:
    """The name that stands for several tensors where ``node`` is run; empty where none does."""
    match node:
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Tuple(elements=[_, _, *_]))],
            value=cst.Name(value=name),
        ):
            return name
        case cst.Call(
            func=cst.Name(value="isinstance"),
            args=[cst.Arg(value=cst.Name(value=name)), cst.Arg(value=kinds)],
        ):
            listed = kinds.elements if isinstance(kinds, cst.Tuple) else [cst.Element(kinds)]
            last = {last_part(each.value) or "" for each in listed}
            return name if last <= _CONTAINERS else ""
        case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=method))):
            return name if method in _OF_DICTIONARIES else ""
        case cst.Subscript(
            value=cst.Name(value=name),
            slice=[cst.SubscriptElement(slice=cst.Index(value=key))],
        ):
            return name if _is_text(loss, key) else ""
    return ""


def _is_text(loss: Loss, node: cst.BaseExpression) -> bool:
    """Whether a key is a string, be it one that a factory takes with a string for a default."""
    if isinstance(node, cst.SimpleString | cst.FormattedString | cst.ConcatenatedString):
        return True
    if not isinstance(node, cst.Name) or loss.flow.values(node.value):
        return False
    defaults = (
        each.default
        for around in (loss.function, *loss.tree.ancestors(loss.function))
        if isinstance(around, cst.FunctionDef)
        for each in (*around.params.params, *around.params.kwonly_params)
        if each.name.value == node.value
    )
    return any(isinstance(each, cst.SimpleString) for each in defaults)
