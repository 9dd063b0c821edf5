"""From a subclass of ``LossFunctionWrapper`` to one of ``Loss`` that calls the function itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.methods import function_from, get_config
from lossfix.losses.code.parameters import PASSED_ON, parameter_names
from lossfix.losses.operations.keras_names import LOSS_FUNCTIONS
from lossfix.losses.subclassing.same_rank import rank_function, rank_function_to_add
from lossfix.syntax.build import Replacement, tight_equal
from lossfix.syntax.build import name as name_node
from lossfix.syntax.tree import dotted, methods_of, walk

_OF_THE_WRAPPER = frozenset({"_fn_kwargs", "fn"})


@dataclass(frozen=True, eq=False)
class Unwrapped:
    """The new code of a class."""

    replace: Mapping[cst.CSTNode, Replacement]
    before: tuple[cst.BaseStatement, ...]
    """The function that aligns ranks, where the file has none."""


def unwrapped(loss: Loss) -> Unwrapped | str:
    """How the class is rewritten; a string says why it cannot be.

    The function is looked up in the constructor's call of its parent; all its other arguments become
    attributes, which ``call`` passes on and ``get_config`` saves.
    """
    definition, constructor = loss.definition, loss.function
    if not isinstance(definition, cst.ClassDef) or len(definition.bases) != 1:
        return "it has other parents too"
    if constructor.name.value != "__init__" or not isinstance(definition.body, cst.IndentedBlock):
        return "it has a `call` of its own: subclass `keras.losses.Loss`"
    read = {node.attr.value for node in walk(definition) if isinstance(node, cst.Attribute)}
    if read & _OF_THE_WRAPPER:
        return "it reads what the wrapper kept"
    found = _parent_call(constructor)
    if found is None:
        return "its constructor does not simply hand a function to its parent"
    line, call = found
    split = _split(loss, call)
    if isinstance(split, str):
        return split
    function, passed, own = split
    code = loss.tree.code
    assigned = {
        node.attr.value: code(node)
        for node in walk(constructor)
        if isinstance(node, cst.Attribute) and dotted(node) == f"self.{node.attr.value}"
    }
    if assigned.keys() & own.keys():
        return "its attributes have the names of the function's arguments"
    lines: list[cst.BaseStatement] = [
        line.with_changes(body=[cst.Expr(call.with_changes(args=passed))])
    ]
    lines += [loss.tree.statement(f"self.{name} = {code(value)}") for name, value in own.items()]
    aligned = loss.operation(function) in LOSS_FUNCTIONS
    methods = [_call(loss, code(function), tuple(own), aligned)]
    taken = [each.name.value for each in constructor.params.params]
    saved = [name for name in own if name in taken]
    if saved and "get_config" not in methods_of(definition):
        methods.append(get_config(loss, {name: f"self.{name}" for name in saved}))
    replace: dict[cst.CSTNode, Replacement] = {
        definition.bases[0].value: name_node(loss.spell("keras.losses.Loss")),
        line: lines,
        constructor: lambda node: [node, *methods],
    }
    return Unwrapped(replace, () if aligned else rank_function_to_add(loss))


def _parent_call(
    constructor: cst.FunctionDef,
) -> tuple[cst.SimpleStatementLine, cst.Call] | None:
    """The one line ``super().__init__(...)`` of a constructor."""
    found = [
        (line, call)
        for line in constructor.body.body
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
        for call in [_expression(line.body[0])]
        if isinstance(call, cst.Call)
        and isinstance(call.func, cst.Attribute)
        and call.func.attr.value == "__init__"
        and isinstance(call.func.value, cst.Call)
        and dotted(call.func.value.func) == "super"
    ]
    return found[0] if len(found) == 1 else None


def _expression(statement: cst.BaseSmallStatement) -> cst.BaseExpression | None:
    return statement.value if isinstance(statement, cst.Expr) else None


def _split(
    loss: Loss, call: cst.Call
) -> tuple[cst.BaseExpression, list[cst.Arg], dict[str, cst.BaseExpression]] | str:
    """The function, what remains for the parent, and what belongs to the function."""
    unpacked = [each for each in call.args if each.star]
    positional = [each.value for each in call.args if each.keyword is None and not each.star]
    keywords = {each.keyword.value: each.value for each in call.args if each.keyword is not None}
    keywords = {**dict(zip(("fn", *PASSED_ON), positional, strict=False)), **keywords}
    function = keywords.pop("fn", None)
    if function is None or dotted(function) is None or (dotted(function) or "").startswith("self."):
        return "the function that it hands to its parent has no name"
    if unpacked and not _is_all_for_the_parent(loss, function, unpacked):
        return "its constructor unpacks arguments for its parent"
    passed = [
        cst.Arg(
            keyword=cst.Name(name),
            value=keywords.pop(name),
            equal=tight_equal(),
        )
        for name in ("name", "reduction", "dtype")
        if name in keywords
    ]
    return function, [*passed, *unpacked], keywords


def _is_all_for_the_parent(
    loss: Loss, function: cst.BaseExpression, unpacked: list[cst.Arg]
) -> bool:
    """Whether ``**kwargs`` of a constructor can hold nothing for the function, which takes no more than
    targets and predictions."""
    rest = loss.function.params.star_kwarg
    match unpacked:
        case [cst.Arg(star="**", value=cst.Name(value=name))] if rest is not None:
            known = [each for path, each in loss.tree.definitions if path == (dotted(function),)]
            takes = [parameter_names(each) for each in known if isinstance(each, cst.FunctionDef)]
            return name == rest.name.value and [len(each) for each in takes] == [2]
    return False


def _call(loss: Loss, function: str, names: tuple[str, ...], aligned: bool) -> cst.FunctionDef:
    """``call``; Keras' own functions align ranks themselves."""
    align = f"    y_true, y_pred = {rank_function(loss)}(y_true, y_pred)\n"
    arguments = "".join(f", {name}=self.{name}" for name in names)
    return function_from(
        loss,
        "def call(self, y_true, y_pred):\n"
        f"{'' if aligned else align}"
        f"    return {function}(y_true, y_pred{arguments})\n",
        blank_lines=1,
    )
