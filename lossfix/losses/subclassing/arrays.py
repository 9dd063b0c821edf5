"""Parameters of a factory or of a class that are arrays, of which the class saves a list.

Keras writes an array of NumPy into a configuration as ``{"class_name": "__numpy__", ...}``, and hands a loss
just that when it loads a ``.keras`` file: the first batch raises then (measured on 3.15).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.unsavable import given_arrays
from lossfix.losses.operations.words import words
from lossfix.losses.subclassing.obstacles import constructor_parameters
from lossfix.syntax.scope import definitions
from lossfix.syntax.tree import walk

_MAKERS = words("""
    np.array np.asarray tf.constant tf.convert_to_tensor tf.cast tf.Variable
    keras.backend.constant keras.backend.variable keras.backend.cast keras.ops.array
    keras.ops.convert_to_tensor keras.ops.cast
    """)
_SEVERAL = re.compile(r"s$|matrix|vector|array")
"""In the name of a parameter: what holds several numbers."""


def arrays(loss: Loss) -> frozenset[str]:
    """The parameters that arrays are given for, or several numbers that are made a tensor of."""
    factory = loss.factory
    node = dict(definitions(loss.tree.outline.body)).get(loss.candidate.path[:-1])
    if factory is None or not isinstance(node, ast.FunctionDef):
        return frozenset()
    given = given_arrays(loss.tree.outline, node.name, node)
    return frozenset(
        each.name.value
        for each in constructor_parameters(loss)
        if not _may_be_none(each)
        and (each.name.value in given or (_holds_several(each) and is_made(loss, each.name.value)))
    )


def is_made(loss: Loss, name: str) -> bool:
    """Whether the code does nothing with a parameter but make a tensor or an array of it."""
    factory = loss.factory
    assert factory is not None
    makers = [call for call in walk(factory.body, cst.Call) if _makes_of(loss, call, name)]
    if any(_is_bound_to(loss.tree.parents[call], name) for call in makers):
        return True
    arguments = {call.args[0].value for call in makers}
    reads = [each for each in walk(factory.body, cst.Name) if each.value == name]
    return bool(reads) and all(each in arguments for each in reads)


def kept_arrays(loss: Loss, kept: Mapping[str, cst.Param]) -> frozenset[str]:
    """The attributes that hold several numbers, of which the class makes tensors and asks nothing else but
    whether they are given: whoever has an array gives that.

    Args:
        kept: attributes of the instance, each with the parameter that it holds as it was given.
    """
    several = {each for each, parameter in kept.items() if _holds_several(parameter)}
    made, read_otherwise = set[str](), set[str]()
    for node in walk(loss.definition, cst.Attribute):
        match node:
            case cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=name)) if (
                name in several
            ):
                match loss.tree.parents[node]:
                    case cst.AssignTarget():
                        pass
                    case cst.Comparison(comparisons=[cst.ComparisonTarget(cst.Is() | cst.IsNot())]):
                        pass
                    case cst.Arg(keyword=None) as argument if _makes_it(loss, argument):
                        made.add(name)
                    case _:
                        read_otherwise.add(name)
    return frozenset(made - read_otherwise)


def _makes_it(loss: Loss, argument: cst.Arg) -> bool:
    call = loss.tree.parents[argument]
    return (
        isinstance(call, cst.Call) and call.args[0] is argument and loss.operation(call) in _MAKERS
    )


def _makes_of(loss: Loss, call: cst.Call, name: str) -> bool:
    match call.args:
        case [cst.Arg(keyword=None, value=cst.Name(value=read)), *_] if read == name:
            return loss.operation(call) in _MAKERS
    return False


def _is_bound_to(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))]):
            return target == name
    return False


def _may_be_none(parameter: cst.Param) -> bool:
    return isinstance(parameter.default, cst.Name) and parameter.default.value == "None"


def _holds_several(parameter: cst.Param) -> bool:
    number = isinstance(parameter.default, cst.Integer | cst.Float)
    return not number and _SEVERAL.search(parameter.name.value) is not None
