"""Giving a loss one more parameter, wherever its form keeps parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.methods import function_from, get_config, is_typed
from lossfix.model import Form
from lossfix.syntax.build import Replacement, appended, comma, expression, tight_equal
from lossfix.syntax.tree import methods_of, names_below, walk


@dataclass(frozen=True, eq=False)
class Added:
    """How the body refers to the parameter, and what must be replaced to have it."""

    reference: cst.BaseExpression
    replace: Mapping[cst.CSTNode, Replacement]


PASSED_ON = ("reduction", "name", "dtype")
"""What ``keras.losses.Loss`` takes; it saves the first two."""
RESERVED = frozenset({"self", "call", "get_config", "from_config", *PASSED_ON})
"""What means something else in a class of losses than a parameter of its own."""
_OBJECTS = frozenset({"KerasTensor", "Layer", "Model", "Tensor", "Variable"})
"""Types, by the last part of their names: a configuration keeps functions by name, and tensors in no file."""
_PLAIN = frozenset({"bool", "dict", "float", "int", "list", "str", "tuple"})


def number(value: float) -> str:
    """A float as a person writes it: ``3.0``, ``0.00012``."""
    text = f"{value:.6g}"
    return text if any(mark in text for mark in ".en") else f"{text}.0"


def parameter_names(function: cst.FunctionDef) -> tuple[str, ...]:
    """All named parameters of a function, in order."""
    params = function.params
    listed = (*params.posonly_params, *params.params, *params.kwonly_params)
    return tuple(each.name.value for each in listed)


def own_parameters(init: cst.FunctionDef) -> tuple[str, ...]:
    """The constructor's parameters that ``keras.losses.Loss`` knows nothing of."""
    return tuple(name for name in parameter_names(init)[1:] if name not in PASSED_ON)


def is_annotated_as_object(parameter: cst.Param) -> bool:
    """Whether the type of a parameter is one that no saved configuration holds, and no plain one besides."""
    if parameter.annotation is None:
        return False
    named = {each.value for each in walk(parameter.annotation.annotation, cst.Name)}
    return "Callable" in named or (not _OBJECTS.isdisjoint(named) and _PLAIN.isdisjoint(named))


def kept_as_given(init: cst.FunctionDef) -> Mapping[str, str]:
    """Parameters of a constructor with the attributes that keep them as they were given, whatever that is.

    What is kept under a condition alone is not always kept: ``if isinstance(n, int): self.n = n``.
    """
    stored: dict[str, str] = {}
    for node in _outermost(init):
        match node:
            case cst.Assign(
                targets=[
                    cst.AssignTarget(
                        target=cst.Attribute(
                            value=cst.Name(value="self"), attr=cst.Name(value=attribute)
                        )
                    )
                ],
                value=(
                    cst.Name(value=name)
                    | cst.Call(
                        func=cst.Name(value="float" | "int" | "str" | "bool" | "list" | "tuple"),
                        args=[cst.Arg(value=cst.Name(value=name))],
                    )
                ),
            ):
                stored.setdefault(name, attribute)
            case cst.AnnAssign(
                target=cst.Attribute(value=cst.Name(value="self"), attr=cst.Name(value=attribute)),
                value=cst.Name(value=name),
            ):
                stored.setdefault(name, attribute)
    for node in walk(init.body):
        # A parameter that is assigned again is not what was given.
        if isinstance(node, cst.AssignTarget | cst.AugAssign) and isinstance(node.target, cst.Name):
            stored.pop(node.target.value, None)
    return stored


def _outermost(function: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    """The statements of a body that no other statement holds."""
    for each in function.body.body:
        if isinstance(each, cst.SimpleStatementLine):
            yield from each.body
        else:
            yield each


def default_of(function: cst.FunctionDef, name: str) -> cst.BaseExpression | None:
    """The default of a parameter; ``None`` where there is none."""
    params = function.params
    for each in (*params.posonly_params, *params.params, *params.kwonly_params):
        if each.name.value == name:
            return each.default
    return None


def with_parameter(params: cst.Parameters, name: str, default: str) -> cst.Parameters:
    """``params`` with ``name=default`` behind the last named parameter, laid out and typed as they are."""
    value = cst.parse_expression(default)
    named = (*params.posonly_params, *params.params, *params.kwonly_params)
    kind = _kind_of(value) if any(each.annotation for each in named) else None
    new = cst.Param(
        cst.Name(name),
        annotation=None if kind is None else cst.Annotation(cst.Name(kind)),
        default=value,
        equal=tight_equal() if kind is None else cst.AssignEqual(),
    )
    if isinstance(params.star_arg, cst.ParamStar | cst.Param):
        return params.with_changes(kwonly_params=appended(params.kwonly_params, new))
    return params.with_changes(params=appended(params.params, new))


def _kind_of(value: cst.BaseExpression) -> str | None:
    """The type of a default that is a number or a string; the members of ``Reduction`` are strings."""
    match value:
        case cst.Float():
            return "float"
        case cst.SimpleString() | cst.Attribute(
            value=cst.Name("Reduction") | cst.Attribute(attr=cst.Name("Reduction"))
        ):
            return "str"
    return None


def add(loss: Loss, wish: str, default: str) -> Added | None:
    """A parameter called ``wish`` with the given default; one that is there already is used again.

    ``None`` where this form has no place for a parameter.
    """
    if loss.form is Form.SUBCLASS or loss.candidate.bound:
        return _add_to_class(loss, wish, default)
    holder = loss.factory or loss.function
    name = _usable(loss, holder, wish, default)
    if name in parameter_names(holder):
        return Added(cst.Name(name), {})
    return Added(
        cst.Name(name),
        {holder: lambda node: _with_signature(node, name, default)},
    )


def _with_signature(node: cst.CSTNode, name: str, default: str) -> cst.CSTNode:
    assert isinstance(node, cst.FunctionDef)
    return node.with_changes(params=with_parameter(node.params, name, default))


def _usable(loss: Loss, holder: cst.FunctionDef, wish: str, default: str) -> str:
    # The same name and default is our own parameter from an earlier gate.
    if wish in parameter_names(holder):
        known = default_of(holder, wish)
        if known is not None and loss.tree.code(known) == default:
            return wish
        return loss.fresh(f"gate_{wish}")
    used = names_below(holder)
    return loss.fresh(f"gate_{wish}") if wish in used else wish


def _add_to_class(loss: Loss, wish: str, default: str) -> Added | None:
    definition = loss.owner
    if definition is None or not isinstance(definition.body, cst.IndentedBlock):
        return None
    methods = methods_of(definition)
    init, config = methods.get("__init__"), methods.get("get_config")
    if init is not None and wish in parameter_names(init):
        known = default_of(init, wish)
        if known is not None and loss.tree.code(known) == default:
            return Added(expression(f"self.{wish}"), {})
        wish = f"gate_{wish}"
    replace: dict[cst.CSTNode, Replacement] = {}
    new_methods: list[cst.BaseStatement] = []
    if init is None:
        new_methods.append(
            function_from(
                loss,
                f"{_head_of_constructor(loss, wish, default)}\n"
                "    super().__init__(**kwargs)\n"
                f"    self.{wish} = {wish}\n",
                blank_lines=1,
            )
        )
    elif isinstance(init.body, cst.IndentedBlock):
        replace[init] = lambda node: _with_attribute(node, wish, default)
    else:
        return None
    if config is None:
        kept = {} if init is None else kept_as_given(init)
        own = () if init is None else own_parameters(init)
        saved = {**{each: kept[each] for each in own if each in kept}, wish: wish}
        tail = get_config(loss, {each: f"self.{attribute}" for each, attribute in saved.items()})
    else:
        tail = None
        returned = _only_return(config)
        if returned is None:
            return None
        replace[returned] = lambda node: _with_entry(node, wish)
    if new_methods or tail is not None:
        first = init is None
        replace[definition.body] = lambda node: _with_methods(
            node, new_methods if first else [], [tail] if tail is not None else []
        )
    return Added(expression(f"self.{wish}"), replace)


def _head_of_constructor(loss: Loss, wish: str, default: str) -> str:
    if is_typed(loss):
        return f"def __init__(self, {wish}: float = {default}, **kwargs) -> None:"
    return f"def __init__(self, {wish}={default}, **kwargs):"


def _with_attribute(node: cst.CSTNode, name: str, default: str) -> cst.CSTNode:
    assert isinstance(node, cst.FunctionDef)
    assert isinstance(node.body, cst.IndentedBlock)
    line = cst.parse_statement(f"self.{name} = {name}")
    body = node.body.with_changes(body=[*node.body.body, line])
    return node.with_changes(params=with_parameter(node.params, name, default), body=body)


def _only_return(config: cst.FunctionDef) -> cst.BaseExpression | None:
    if not isinstance(config.body, cst.IndentedBlock):
        return None
    match config.body.body[-1]:
        case cst.SimpleStatementLine(body=[cst.Return(value=cst.BaseExpression() as value)]):
            return value
    return None


def _with_entry(node: cst.CSTNode, name: str) -> cst.CSTNode:
    entry = cst.DictElement(cst.SimpleString(f'"{name}"'), expression(f"self.{name}"))
    if isinstance(node, cst.Dict):
        elements = list(node.elements)
        if elements and not isinstance(elements[-1].comma, cst.Comma):
            elements[-1] = elements[-1].with_changes(comma=comma())
        return node.with_changes(elements=[*elements, entry])
    assert isinstance(node, cst.BaseExpression)
    return expression('{{**{base}, "' + name + '": self.' + name + "}}", base=node)


def _with_methods(
    node: cst.CSTNode, first: list[cst.BaseStatement], last: list[cst.BaseStatement]
) -> cst.CSTNode:
    assert isinstance(node, cst.IndentedBlock)
    body = list(node.body)
    start = 0
    match body[:1]:
        case [cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())])]:
            start = 1
    blank = cst.EmptyLine(indent=False)
    if first and not start:
        first = [first[0].with_changes(leading_lines=[]), *first[1:]]
    if first and start < len(body):
        lines = getattr(body[start], "leading_lines", ())
        if not lines or lines[0].comment is not None:
            body[start] = body[start].with_changes(leading_lines=[blank, *lines])
    return node.with_changes(body=[*body[:start], *first, *body[start:], *last])
