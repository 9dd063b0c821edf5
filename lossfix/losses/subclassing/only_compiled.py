"""Whether all that becomes of an expression is that a model is compiled with it.

It is followed through names, functions, lists, dictionaries and loops. What is only asked for the names of
a dictionary, compared with nothing or printed is not called either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.code.parameters import parameter_names
from lossfix.losses.codebase.origins import is_library
from lossfix.losses.discovery.called import called_with_two, compiles_by_itself
from lossfix.losses.discovery.holders import (
    CHOICES,
    COPIES,
    HANDS_ON,
    NAMES,
    PUTS_IN,
    RUNS_OVER,
    TAKES_OUT,
    TELLS,
)
from lossfix.losses.discovery.uses import LOADS, TAKEN, uses_of
from lossfix.losses.subclassing.reads import is_label, reads, reads_of
from lossfix.syntax.blocks import Definition
from lossfix.syntax.tree import dotted, last_part, walk

_CUSTOM_OBJECTS = "get_custom_objects()"
_FUNCTIONS = cst.FunctionDef | cst.Lambda
_PAIRS = frozenset({"enumerate", "items"})
"""What gives pairs, of which the second is what is kept."""


@dataclass(frozen=True)
class _Way:
    """How an expression was come by."""

    seen: frozenset[str] = frozenset()
    """The names under which it was looked for already."""
    is_dictionary: bool = False
    """It is a dictionary that keeps what is looked for."""
    column: int | None = None
    """Its place in the rows of a table that is written out: 1 in ``[("gap", gap), ("edge", edge)]``."""


def is_only_compiled(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether an expression, under all names that it is given, only ever ends in ``compile``."""
    return _ends_well(loss, node, _Way())


def _ends_well(loss: Loss, node: cst.CSTNode, way: _Way) -> bool:
    above = loss.tree.parents.get(node)
    match above:
        case cst.Arg():
            call = loss.tree.parents.get(above)
            return isinstance(call, cst.Call) and _argument_ends_well(loss, call, above, way)
        case cst.Attribute() if above.value is node:
            return _method_ends_well(loss, above, way)
        case cst.DictElement() if above.value is node:
            return _ends_well(loss, loss.tree.parents[above], replace(way, is_dictionary=True))
        case cst.StarredDictElement():
            return _ends_well(loss, loss.tree.parents[above], way)
        case cst.Tuple() if isinstance(loss.tree.parents.get(above), cst.Element):
            return _ends_well(loss, above, replace(way, column=above.elements.index(node)))
        case cst.Element() | cst.IfExp() | cst.List() | cst.Tuple() | cst.BooleanOperation():
            return _ends_well(loss, above, way)
        case cst.Subscript() if above.value is node:
            return _is_bound(loss, above) or _ends_well(loss, above, _Way(way.seen))
        case cst.DictComp() if above.value is node:
            return _ends_well(loss, above, replace(way, is_dictionary=True))
        case cst.ListComp() | cst.GeneratorExp():
            return _ends_well(loss, above, _Way(way.seen))
        case cst.For() | cst.CompFor() if above.iter is node:
            return _loop_ends_well(loss, above.target, node, way)
        case cst.Comparison():
            return _is_only_compared(above, node)
        case cst.ComparisonTarget():
            return _is_only_compared(loss.tree.parents[above], node)
        case cst.FormattedStringExpression() | cst.UnaryOperation() | cst.Expr():
            return True
        case cst.If() | cst.While() | cst.Assert():
            return above.test is node
        case cst.Assign(targets=targets):
            return all(_target_ends_well(loss, each.target, way) for each in targets)
        case cst.AnnAssign(target=target) if above.value is node:
            return _target_ends_well(loss, target, way)
        case cst.NamedExpr(target=target) if above.value is node:
            return _target_ends_well(loss, target, way) and _ends_well(loss, above, way)
        case cst.Return():
            return _result_ends_well(loss, above, way)
        case cst.Param() if above.default is node:
            return _default_ends_well(loss, above, way)
    return False


def _is_bound(loss: Loss, node: cst.CSTNode) -> bool:
    """Whether an entry is set, or deleted, rather than read: ``LOSSES["mse"] = "mse"``."""
    return isinstance(loss.tree.parents.get(node), cst.AssignTarget | cst.Del)


def _target_ends_well(loss: Loss, target: cst.BaseExpression, way: _Way) -> bool:
    match target:
        case cst.Subscript(value=holder) if loss.tree.code(holder).endswith(_CUSTOM_OBJECTS):
            return True
        case cst.Subscript(value=holder):
            return _holder_ends_well(loss, holder, replace(way, is_dictionary=True))
        case cst.Attribute(value=holder):
            return (loss.operation(holder) or "").endswith("keras.losses")
        case cst.Name():
            return _name_ends_well(loss, target, way)
    return False


def _holder_ends_well(loss: Loss, holder: cst.CSTNode, way: _Way) -> bool:
    """Whether all that is put into a dictionary or a list ends well."""
    origin = loss.tree.module_scope.resolve(dotted(holder) or "")
    if origin is not None:
        # What becomes of what another file keeps, here and elsewhere, is told with the files of the run.
        return not is_library(origin)
    return isinstance(holder, cst.Name) and _name_ends_well(loss, holder, way)


def _name_ends_well(loss: Loss, target: cst.Name, way: _Way) -> bool:
    if target.value in way.seen:
        return True
    found = reads_of(loss, target)
    known = replace(way, seen=way.seen | {target.value})
    return found is not None and all(_ends_well(loss, each, known) for each in found)


def _loop_ends_well(loss: Loss, target: cst.BaseExpression, series: cst.CSTNode, way: _Way) -> bool:
    """Whether what runs over ``series`` ends well: the names of a dictionary, or what is kept."""
    if way.is_dictionary:
        return True
    match target:
        case cst.Name():
            return _name_ends_well(loss, target, way)
        case cst.Tuple(elements=elements) if (
            isinstance(series, cst.List | cst.Tuple | cst.Set)
            and way.column is not None
            and way.column < len(elements)
        ):
            column = elements[way.column].value
            known = replace(way, column=None)
            return isinstance(column, cst.Name) and _name_ends_well(loss, column, known)
        case cst.Tuple(elements=[_, cst.Element(value=cst.Name() as second)]) if (
            isinstance(series, cst.Call) and _last(series) in _PAIRS
        ):
            return _name_ends_well(loss, second, way)
    return False


def _is_only_compared(comparison: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether a comparison says nothing of what ``node`` is: ``name in LOSSES``, ``loss is None``."""
    match comparison:
        case cst.Comparison(
            comparisons=[cst.ComparisonTarget(operator=cst.In() | cst.NotIn(), comparator=right)]
        ):
            return right is node
        case cst.Comparison(comparisons=[cst.ComparisonTarget(comparator=cst.Name("None"))]):
            return True
    return False


def _last(call: cst.Call) -> str:
    """The last part of the name of what is called."""
    match call.func:
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name
    return ""


def _method_ends_well(loss: Loss, attribute: cst.Attribute, way: _Way) -> bool:
    """Whether a method of what keeps losses gives nothing of them, or that ends well."""
    call = loss.tree.parents.get(attribute)
    if not isinstance(call, cst.Call) or call.func is not attribute:
        return False
    method = attribute.attr.value
    if method == NAMES or method in PUTS_IN:
        return True
    if method not in TAKES_OUT:
        return False
    return _ends_well(loss, call, way if method == "copy" else _Way(way.seen))


def _argument_ends_well(loss: Loss, call: cst.Call, argument: cst.Arg, way: _Way) -> bool:
    if _takes_losses(loss, call, argument) or _passes_on(loss, call, argument, way):
        return True
    called, is_method = _last(call), isinstance(call.func, cst.Attribute)
    if argument.keyword is not None:
        chosen = way.is_dictionary and argument.keyword.value == CHOICES
        match call.func:
            case cst.Attribute(value=holder) if called in PUTS_IN:
                return _holder_ends_well(loss, holder, replace(way, is_dictionary=True))
        kept = called == "dict" and not is_method
        return chosen or (kept and _ends_well(loss, call, replace(way, is_dictionary=True)))
    if called in RUNS_OVER | COPIES:
        names = called in RUNS_OVER and way.is_dictionary
        return names or _ends_well(loss, call, way)
    if not is_method:
        return called in TELLS
    if called in TAKES_OUT:
        # What it gives where there is no such name.
        return _ends_well(loss, call, way)
    match call.func:
        case cst.Attribute(value=holder) if called in PUTS_IN:
            return _holder_ends_well(loss, holder, way)
    return called == "format" or (called == "join" and way.is_dictionary)


def _result_ends_well(loss: Loss, statement: cst.Return, way: _Way) -> bool:
    """Whether what a function returns ends well wherever the file calls it."""
    function = next(e for e in loss.tree.ancestors(statement) if isinstance(e, cst.FunctionDef))
    name = function.name.value
    if name in way.seen:
        return True
    if any(last_part(_called(each.decorator)) not in HANDS_ON for each in function.decorators):
        return False
    calls = _calls_of(loss, function)
    known = replace(way, seen=way.seen | {name})
    return calls is not None and all(_ends_well(loss, call, known) for call in calls)


def _called(decorator: cst.BaseExpression) -> cst.BaseExpression:
    return decorator.func if isinstance(decorator, cst.Call) else decorator


def _calls_of(loss: Loss, function: cst.FunctionDef) -> list[cst.Call] | None:
    """The calls of a function, or of a method by whatever instance; ``None`` where it may have others."""
    name = function.name.value
    around = [e for e in loss.tree.ancestors(function) if isinstance(e, Definition)]
    found: list[cst.CSTNode] = [*reads(loss, name)]
    if around:
        used = (loss.tree.parents[each] for each in loss.tree.names.get(name, ()))
        found = [e for e in used if isinstance(e, cst.Attribute) and e.attr.value == name]
        if not found or not isinstance(around[0], cst.ClassDef):
            return None
    calls = []
    for each in found:
        call = loss.tree.parents.get(each)
        if not isinstance(call, cst.Call) or call.func is not each:
            return None
        calls.append(call)
    return calls


def _passes_on(loss: Loss, call: cst.Call, argument: cst.Arg, way: _Way) -> bool:
    """Whether a function of this file, given the argument by position, only ever compiles it."""
    if not isinstance(call.func, cst.Name) or any(each.star or each.keyword for each in call.args):
        return False
    path = (call.func.value,)
    called = [each for where, each in loss.tree.definitions if where == path]
    match called:
        case [cst.FunctionDef() as function]:
            names = parameter_names(function)
            position = call.args.index(argument)
            if position >= len(names) or ".".join((*path, names[position])) in way.seen:
                return False
            name = names[position]
            known = replace(way, seen=way.seen | {".".join((*path, name))})
            return _parameter_ends_well(loss, function, name, known)
    return False


def _default_ends_well(loss: Loss, parameter: cst.Param, way: _Way) -> bool:
    """Whether a function only ever compiles what a parameter of it is where nothing is passed."""
    function = next(e for e in loss.tree.ancestors(parameter) if isinstance(e, _FUNCTIONS))
    return isinstance(function, cst.FunctionDef) and _parameter_ends_well(
        loss, function, parameter.name.value, way
    )


def _parameter_ends_well(loss: Loss, function: cst.FunctionDef, name: str, way: _Way) -> bool:
    return all(
        _ends_well(loss, each, way)
        for each in walk(function.body, cst.Name)
        if each.value == name and not is_label(loss, each)
    )


def _compiles_elsewhere(loss: Loss, call: cst.Call, argument: cst.Arg) -> bool:
    """Whether a function of another file compiles a model with an argument, or keeps it for others."""
    origin = loss.tree.module_scope.resolve(dotted(call.func) or "")
    key: int | str = call.args.index(argument)
    if argument.keyword is not None:
        key = argument.keyword.value
    elif any(each.star for each in call.args):
        return False
    return origin is not None and (origin, key) in loss.project.compiling


def _takes_losses(loss: Loss, call: cst.Call, argument: cst.Arg) -> bool:
    keyword = argument.keyword.value if argument.keyword is not None else None
    called = last_part(call.func)
    if keyword in TAKEN:
        # A class or a function of this file may call what it takes as `loss`.
        own = any(path == (called,) for path, _ in loss.tree.definitions)
        if called == "compile":
            return not compiles_by_itself(loss.tree.outline)
        return not own or keyword not in called_with_two(loss.tree.outline)
    if keyword == "custom_objects":
        return True
    if keyword is None and called in LOADS:
        return True
    if loss.tree.code(call.func).endswith(f"{_CUSTOM_OBJECTS}.update"):
        return True
    if called in ("CustomObjectScope", "custom_object_scope"):
        return True
    if _compiles_elsewhere(loss, call, argument):
        return True
    if called == "compile":
        return keyword is None and not compiles_by_itself(loss.tree.outline)
    # A function of this file that compiles a model with it.
    return called in uses_of(loss.tree.outline).passed_on
