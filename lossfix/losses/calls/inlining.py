"""A wrapped Python function called directly: ``tf.numpy_function(f, [t, p], tf.float32)`` as ``f(t, p)``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.tensors import called_builtin
from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.discovery.wording import pair_of
from lossfix.syntax.build import atom, expression
from lossfix.syntax.tree import dotted, last_part, names_below, walk

_OUTSIDE = ("np.", "math.", "scipy.", "sklearn.", "pandas.")
_BINDS = (cst.Lambda, cst.BaseComp, cst.NamedExpr, cst.FunctionDef, cst.ClassDef)
_FLOATS = frozenset({"float32", "dtype"})
_EFFECTS = frozenset({"print", "open", "input", "exec", "eval", "setattr", "next"})


_ELSEWHERE = "what it calls is not a function of this file"


class _Substitute(cst.CSTTransformer):
    def __init__(self, values: Mapping[str, cst.BaseExpression]) -> None:
        self.values = values

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        value = self.values.get(original_node.value)
        return updated_node if value is None else atom(value.deep_clone())

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        # The right side of a dot is no variable.
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)


def substituted(
    node: cst.BaseExpression, values: Mapping[str, cst.BaseExpression]
) -> cst.BaseExpression:
    """``node`` with each name of ``values`` replaced by its value, in brackets where it needs them."""
    new = node.visit(_Substitute(values))
    assert isinstance(new, cst.BaseExpression)
    return new.deep_clone()


def function_of(node: cst.Call) -> str | None:
    """The dotted name of what a wrapper calls; ``None`` of a lambda."""
    named = [each.value for each in node.args if each.keyword and each.keyword.value == "func"]
    placed = [each.value for each in node.args[:1] if each.keyword is None]
    return next(map(dotted, [*named, *placed]), None)


def called_directly(loss: Loss, node: cst.Call) -> cst.BaseExpression | str:
    """What a call of ``tf.py_function`` or ``tf.numpy_function`` computes, without the wrapper.

    A string says why that cannot be written.
    """
    given: dict[str, cst.BaseExpression] = {}
    for each, name in zip(node.args, ("func", "inp", "Tout"), strict=False):
        if each.star:
            return "it unpacks its arguments"
        given[each.keyword.value if each.keyword else name] = each.value
    function, inputs, result = given.get("func"), given.get("inp"), given.get("Tout")
    if not isinstance(inputs, cst.List | cst.Tuple) or function is None or result is None:
        return "its inputs are not listed where it is called"
    if dotted(result) is None and not isinstance(result, cst.SimpleString):
        return "it gives several results"
    values = [each.value for each in inputs.elements]
    new = _applied(loss, function, values)
    if isinstance(new, str) or last_part(result) in _FLOATS:
        return new
    return expression(f"{loss.spell('tf.cast')}({{x}}, {{t}})", x=new, t=result)


def _applied(
    loss: Loss, function: cst.BaseExpression, values: Sequence[cst.BaseExpression]
) -> cst.BaseExpression | str:
    if isinstance(function, cst.Lambda):
        return _inlined(loss, function.params, function.body, values)
    if not isinstance(function, cst.Name):
        name = dotted(function) or ""
        return f"`{name}` is a method" if name.startswith("self.") else _ELSEWHERE
    definition = _definition(loss, function.value)
    if definition is None:
        return _ELSEWHERE
    if definition.decorators:
        return f"`{function.value}` is decorated"
    if _has_effects(loss, definition):
        return f"`{function.value}` has effects besides its result"
    only = _only_return(definition)
    if only is not None and not _reads_what_differs(loss, definition, only):
        new = _inlined(loss, definition.params, only, values)
        if not isinstance(new, str):
            return new
    if _leaves_graph(loss, definition):
        parameters = [each.name.value for each in definition.params.params]
        if pair_of(parameters, Settings()) is None:
            return f"`{function.value}` computes outside of the graph itself"
        if _is_read_elsewhere(loss, function):
            return f"`{function.value}` is used elsewhere too, and would have to be rewritten"
    call = cst.Call(function.deep_clone(), [cst.Arg(each.deep_clone()) for each in values])
    return expression("{call}", call=call)


def _inlined(
    loss: Loss,
    params: cst.Parameters,
    body: cst.BaseExpression,
    values: Sequence[cst.BaseExpression],
) -> cst.BaseExpression | str:
    names = [each.name.value for each in params.params]
    others = (params.star_arg, params.star_kwarg, *params.kwonly_params, *params.posonly_params)
    if len(names) != len(values) or any(isinstance(each, cst.Param) for each in others):
        return "its inputs do not fit its parameters one by one"
    if any(isinstance(each, _BINDS) for each in walk(body)):
        return "it binds names of its own"
    for name, value in zip(names, values, strict=True):
        count = sum(each.value == name for each in walk(body, cst.Name))
        if count > 1 and dotted(value) is None and not isinstance(value, cst.Subscript):
            return f"`{loss.tree.code(value)}` would be written out {count} times: name it first"
    return substituted(body, dict(zip(names, values, strict=True)))


def _definition(loss: Loss, name: str) -> cst.FunctionDef | None:
    """The one function called ``name`` that the loss sees: its own, or one of the module."""
    found = [
        node
        for path, node in loss.tree.definitions
        if path[-1] == name
        and isinstance(node, cst.FunctionDef)
        and (len(path) == 1 or path[:-1] == loss.candidate.path)
    ]
    return found[0] if len(found) == 1 else None


def _only_return(definition: cst.FunctionDef) -> cst.BaseExpression | None:
    match definition.body:
        case cst.IndentedBlock(
            body=[cst.SimpleStatementLine(body=[cst.Return(value=cst.BaseExpression() as value)])]
        ):
            return value
    return None


def _reads_what_differs(loss: Loss, definition: cst.FunctionDef, body: cst.BaseExpression) -> bool:
    """Whether a name of the body means something else where the loss stands."""
    parameters = {each.name.value for each in definition.params.params}
    own = loss.scope.names - {definition.name.value}
    return bool((names_below(body) - parameters) & own)


def _has_effects(loss: Loss, definition: cst.FunctionDef) -> bool:
    for node in walk(definition.body):
        match node:
            case cst.Global() | cst.Nonlocal() | cst.Yield() | cst.Await() | cst.Raise():
                return True
            case cst.Call() if called_builtin(loss, node) in _EFFECTS:
                return True
            case cst.Assign(targets=targets) if any(
                isinstance(each.target, cst.Attribute) for each in targets
            ):
                return True
    return False


def _leaves_graph(loss: Loss, definition: cst.FunctionDef) -> bool:
    scope = loss.tree.scope(definition)
    for node in walk(definition.body):
        match node:
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="numpy"))):
                return True
            case cst.Call(func=function):
                name = dotted(function)
                resolved = scope.resolve(name) if name else None
                if resolved and resolved.replace("numpy.", "np.").startswith(_OUTSIDE):
                    return True
    return False


def _is_read_elsewhere(loss: Loss, function: cst.Name) -> bool:
    count = 0
    for node in walk(loss.tree.module, cst.Name):
        if node.value == function.value:
            above = loss.tree.parents.get(node)
            count += not (isinstance(above, cst.FunctionDef) and above.name is node)
    return count > 1
