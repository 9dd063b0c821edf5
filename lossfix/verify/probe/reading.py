"""Reads off the code of a loss what it asks of its inputs.

The function is walked, with the names of its module, of what it captures and of its object at
their real values, so that ``y_pred[..., :4 + NUM_CLASSES]`` is a number. Only what is certain is
noted: columns that are taken, splits, reshapes, constants of known shape that an input meets. What
is not understood is no demand, and whether a shape suits is decided by running the loss on it.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Sequence
from types import FunctionType, MethodType
from typing import Any, Callable, Optional, Union

import numpy as np

from .code import code_of
from .constants import asked, compare, compute, evaluate
from .demands import Demands, Known, ShapeOf, Value, View, Wide, shape_of
from .extents import alike, asserted, attribute, called, extent, unpacked
from .operations import operation
from .sizes import Sizes
from .subscripts import columns

_ANY_KEYS = ("first", "second")
"""Stand for the keys of a dictionary of which only is known that it is gone through."""
DEPTH = 4
"""Functions of the user's that call one another are followed so far."""
_OF_CONSTANTS = ("numpy", "builtins", "tensorflow", "keras", "math", "operator")


def read(function: Callable[..., Any]) -> Optional[Demands]:
    """The demands of a function; ``None`` where its source cannot be read."""
    plain: Any = inspect.unwrap(function)
    if isinstance(function, MethodType) and isinstance(plain, FunctionType):
        # What a decorator wrapped does not know of the instance.
        plain = MethodType(plain, function.__self__)
    given: dict[str, Value] = {}
    try:
        signature = inspect.signature(plain)
        if isinstance(plain, functools.partial):
            bound = inspect.signature(plain.func).bind_partial(*plain.args, **plain.keywords)
            given = {name: Known(value) for name, value in bound.arguments.items()}
            plain = plain.func
    except (TypeError, ValueError):
        return None
    inputs = tuple(
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    )
    demands = Demands(inputs)
    try:
        for _ in range(2):
            # What becomes known at the end of the code is known at its start the second time.
            _Walk(demands, plain, DEPTH).run({**given, **{name: View((name,)) for name in inputs}})
    except (RecursionError, SyntaxError, OSError, TypeError):
        return None
    return demands


class _Walk:
    """One walk through one function."""

    def __init__(self, demands: Demands, function: Any, depth: int) -> None:
        self.demands = demands
        self.sizes = Sizes(demands)
        self.depth = depth
        self.names: dict[str, Value] = {}
        self.returned: Value = None
        self.code = code_of(function)
        self.world = self.code.world

    def run(self, inputs: dict[str, Value]) -> Value:
        """Walks the body with these values of the parameters."""
        self.names = {name: Known(value) for name, value in self.code.defaults.items()}
        self.names.update(inputs)
        self.body(self.code.statements)
        return self.returned

    # Statements

    def body(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        asserted(self.sizes, node, self.value)
        if isinstance(node, ast.Assign):
            count = None
            for target in node.targets:
                if isinstance(target, (ast.Tuple, ast.List)):
                    count = len(target.elts)
            value = self.value(node.value, count)
            for target in node.targets:
                self.bind(target, value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            self.bind(node.target, self.value(node.value))
        elif isinstance(node, ast.AugAssign):
            value = self.binary(self.value(_loaded(node.target)), self.value(node.value), node.op)
            self.bind(node.target, value)
        elif isinstance(node, ast.Return) and node.value is not None:
            self.returned = self.value(node.value)
        elif isinstance(node, ast.Expr):
            self.value(node.value)
        elif isinstance(node, ast.For):
            self.bind(node.target, self.last(node.iter))
            self.body(node.body)
        elif isinstance(node, ast.If):
            test = self.value(node.test)
            if isinstance(test, Known):
                self.body(node.body if test.value else node.orelse)
            else:
                self.body(node.body)
                self.body(node.orelse)
        elif isinstance(node, (ast.With, ast.While, ast.Try)):
            self.body(node.body)
        elif isinstance(node, ast.FunctionDef):
            self.names[node.name] = node
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self.imported(node)

    def imported(self, node: Union[ast.Import, ast.ImportFrom]) -> None:
        """What a function imports for itself: ``from config import weights``."""
        names = dict(self.world)
        whole = ast.fix_missing_locations(ast.Module([node], []))
        if asked(lambda: exec(compile(whole, "<sizes>", "exec"), names)) is not None:
            for each in node.names:
                bound = each.asname or each.name.partition(".")[0]
                self.names[bound] = Known(names[bound])

    def bind(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            count = len(target.elts)
            if isinstance(value, View) and value == View(value.path):
                self.demands.at(value.path).items = count
                paths = [(*value.path, str(index)) for index in range(count)]
                for path, each in zip(paths, target.elts):
                    self.demands.called[path] = getattr(each, "id", "")
                value = [View(path) for path in paths]
            elif isinstance(value, ShapeOf):
                unpacked(self.sizes, value, count)
            elif isinstance(value, Known) and isinstance(value.value, (tuple, list)):
                value = [Known(each) for each in value.value]
            parts = value if isinstance(value, list) and len(value) == count else [None] * count
            for each, part in zip(target.elts, parts):
                self.bind(each, part)

    def last(self, node: ast.expr) -> Value:
        """The last of what a loop runs over: it asks for the most."""
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "enumerate" and node.args:
                inner = self.value(node.args[0])
                size = self.sized(inner)
                return [Known(size - 1) if size else None, self.last(node.args[0])]
            if node.func.id == "zip":
                return [self.last(argument) for argument in node.args]
        value = self.value(node)
        if isinstance(value, list):
            return value[-1] if value else None
        if isinstance(value, Known) and self.sized(value):
            return asked(lambda: _most(list(value.value)))
        return None

    def sized(self, value: Value) -> int:
        if isinstance(value, list):
            return len(value)
        try:
            return len(value.value) if isinstance(value, Known) else 0
        except Exception:
            return 0

    # Expressions

    def value(self, node: Optional[ast.expr], count: Optional[int] = None) -> Value:
        """What an expression is; ``count``: into how many names it is unpacked."""
        if node is None:
            return None
        if isinstance(node, ast.Constant):
            return Known(node.value)
        if isinstance(node, ast.Name):
            if node.id in self.names:
                return self.names[node.id]
            return Known(self.world[node.id]) if node.id in self.world else None
        if isinstance(node, ast.Attribute):
            owner = self.value(node.value)
            if isinstance(owner, Known):
                return asked(lambda: getattr(owner.value, node.attr))
            return attribute(owner, node.attr)
        if isinstance(node, (ast.Tuple, ast.List)):
            values = [self.value(each) for each in node.elts]
            if all(isinstance(each, Known) for each in values):
                return Known([each.value for each in values])
            return values
        if isinstance(node, ast.UnaryOp):
            return self.unary(node)
        if isinstance(node, ast.BinOp):
            return self.binary(self.value(node.left), self.value(node.right), node.op)
        if isinstance(node, ast.Compare):
            return self.compared(node)
        if isinstance(node, ast.Subscript):
            return self.subscript(node)
        if isinstance(node, ast.Call):
            return self.call(node, count)
        if isinstance(node, ast.IfExp):
            return self.chosen(node)
        if isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.SetComp)):
            for generator in node.generators:
                self.bind(generator.target, self.last(generator.iter))
            self.value(node.elt)
            return None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child)
        return None

    def chosen(self, node: ast.IfExp) -> Value:
        test = self.value(node.test)
        if isinstance(test, Known):
            return self.value(node.body if test.value else node.orelse)
        self.value(node.orelse)
        return self.value(node.body)

    def unary(self, node: ast.UnaryOp) -> Value:
        inner = self.value(node.operand)
        if isinstance(inner, Known) and isinstance(node.op, ast.USub):
            return asked(lambda: -inner.value)
        if isinstance(inner, Known) and isinstance(node.op, ast.Not):
            return asked(lambda: not inner.value)
        return inner if isinstance(inner, View) else None

    def binary(self, left: Value, right: Value, op: ast.operator) -> Value:
        if isinstance(left, Known) and isinstance(right, Known):
            return asked(lambda: compute(left.value, op, right.value))
        if isinstance(op, ast.MatMult):
            if isinstance(left, View) and isinstance(right, Known):
                self.sizes.multiplied(left, shape_of(right.value))
            return None
        self.sizes.meet([left, right])
        parts = [each for each in (left, right) if isinstance(each, (View, Wide))]
        widest = max((left, right), key=self.sizes.width)
        if parts and isinstance(widest, Known) and self.sizes.width(widest) > 1:
            return Wide(self.sizes.width(widest))
        return max(parts, key=self.sizes.width) if parts else None

    def compared(self, node: ast.Compare) -> Value:
        values = [self.value(each) for each in (node.left, *node.comparators)]
        if all(isinstance(each, Known) for each in values) and len(values) == 2:
            return asked(lambda: compare(values[0].value, node.ops[0], values[1].value))
        if any(isinstance(op, (ast.Eq, ast.NotEq)) for op in node.ops):
            self.sizes.coded(values)
        widths = [self.sizes.width(each) for each in values if isinstance(each, Known)]
        if widths and max(widths) > 1:
            # Levels: what is compared may be as wide, or one number for all of them.
            return Wide(max(widths))
        return next((each for each in values if isinstance(each, View)), None)

    # Subscripts

    def subscript(self, node: ast.Subscript) -> Value:
        owner = self.value(node.value)
        index = node.slice
        if isinstance(owner, list):
            position = self.value(index)
            number = position.value if isinstance(position, Known) else None
            inside = isinstance(number, int) and -len(owner) <= number < len(owner)
            return owner[number] if inside and number is not None else None
        if isinstance(owner, Known):
            if isinstance(index, (ast.Tuple, ast.Slice)):
                return asked(lambda: evaluate(node, dict(self.world), self.plain_names()))
            position = self.value(index)
            return asked(lambda: owner.value[position.value]) if position else None
        if isinstance(owner, ShapeOf):
            return extent(self.sizes, owner, self.value(index))
        if not isinstance(owner, View):
            return None
        if isinstance(index, ast.Tuple):
            return columns(self.demands.at(owner.path), owner, index.elts, self.number)
        position = self.value(index)
        if isinstance(position, Known) and isinstance(position.value, str):
            keys = self.demands.at(owner.path).keys
            for key in _ANY_KEYS if position.value in _ANY_KEYS else (position.value,):
                if key not in keys:
                    keys.append(key)
            return View((*owner.path, position.value))
        if isinstance(index, ast.Slice):
            return owner
        if isinstance(index, ast.Constant):
            return columns(self.demands.at(owner.path), owner, [index], self.number)
        return None

    def plain_names(self) -> dict[str, Any]:
        return {name: each.value for name, each in self.names.items() if isinstance(each, Known)}

    def number(self, node: Optional[ast.expr]) -> Optional[int]:
        found = self.value(node)
        if isinstance(found, Known) and isinstance(found.value, (int, np.integer)):
            return int(found.value)
        return None

    # Calls

    def call(self, node: ast.Call, count: Optional[int]) -> Value:
        name = _name(node.func)
        if (written := _written_there(node.func)) is not None and len(node.args) == 1:
            return self.applied(written, node.args[0])
        if isinstance(node.func, ast.Attribute):
            owner = self.value(node.func.value)
            if isinstance(owner, View) and name in ("keys", "items", "values"):
                return self.entries(owner, name)
            if isinstance(owner, (View, ShapeOf)):
                return owner if name in ("astype", "copy") else called(name, owner)
        arguments = [self.value(each) for each in node.args]
        named = {each.arg: self.value(each.value) for each in node.keywords if each.arg}
        if name == "range" and isinstance(node.func, ast.Name):
            sizes = [a.value for a in arguments if isinstance(a, Known)]
            return asked(lambda: range(*sizes)) if len(sizes) == len(arguments) else None
        function = self.value(node.func)
        if isinstance(function, ast.FunctionDef):
            return self.within(function, arguments, named) if self.depth > 0 else None
        target = function.value if isinstance(function, Known) else None
        if isinstance(node.func, ast.Name):
            name = _own_name(target) or name
        everything = [*arguments, *named.values()]
        if len(everything) == 1 and (of_shape := called(name, everything[0])) is not None:
            return of_shape
        if name == "assert_equal":
            alike(self.sizes, everything[:2])
        if everything and all(isinstance(each, Known) for each in everything):
            return self.constant(target, arguments, named)
        rank = getattr(getattr(target, "input_spec", None), "ndim", None)
        if isinstance(rank, int) and arguments:
            self.sizes.of_rank(arguments[0], rank)
            return None
        # An instance of a loss is called as that.
        own = target if self.code.is_own(target) else getattr(target, "call", None)
        if self.code.is_own(own) and self.depth > 0:
            return self.followed(own, arguments, named)
        return operation(self.sizes, name, arguments, named, count)

    def within(
        self, function: ast.FunctionDef, arguments: list[Value], named: dict[str, Value]
    ) -> Value:
        """What a function gives that the loss itself defines."""
        outer, returned = dict(self.names), self.returned
        names = [each.arg for each in function.args.args]
        self.names.update({**dict(zip(names, arguments)), **named})
        self.depth -= 1
        self.returned = None
        self.body(function.body)
        given, self.depth = self.returned, self.depth + 1
        self.names, self.returned = outer, returned
        return given

    def applied(self, function: ast.Lambda, argument: ast.expr) -> Value:
        """What a function of one argument gives that is written where it is called."""
        name = function.args.args[0].arg
        outer = dict(self.names)
        self.names[name] = self.value(argument)
        given = self.value(function.body)
        self.names = outer
        return given

    def entries(self, view: View, name: str) -> Value:
        """What stands for the keys, values or items of a dictionary of tensors."""
        demand = self.demands.at(view.path)
        demand.keys = demand.keys or list(_ANY_KEYS)
        key = demand.keys[-1]
        value = View((*view.path, key))
        return [{"keys": Known(key), "values": value, "items": [Known(key), value]}[name]]

    def constant(self, target: Any, arguments: list[Value], named: dict[str, Value]) -> Value:
        origin = (getattr(target, "__module__", None) or type(target).__module__).split(".")[0]
        if not callable(target) or origin not in _OF_CONSTANTS:
            return None
        return asked(
            lambda: target(*(a.value for a in arguments), **{k: v.value for k, v in named.items()})
        )

    def followed(self, target: Any, arguments: list[Value], named: dict[str, Value]) -> Value:
        try:
            walk = _Walk(self.demands, target, self.depth - 1)
            names = list(inspect.signature(target).parameters)
        except (OSError, TypeError, SyntaxError, ValueError):
            return None
        return walk.run({**dict(zip(names, arguments)), **named})


def _most(values: Sequence[Any]) -> Any:
    """The largest of whole numbers, and the last of anything else."""
    return max(values) if all(isinstance(each, int) for each in values) else values[-1]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _written_there(node: ast.expr) -> Optional[ast.Lambda]:
    """The lambda that is called, on its own or as a layer: `Lambda(lambda x: x[:, 0])(y_true)`."""
    if isinstance(node, ast.Call) and _name(node.func) == "Lambda" and len(node.args) == 1:
        node = node.args[0]
    return node if isinstance(node, ast.Lambda) and len(node.args.args) == 1 else None


def _own_name(target: Any) -> str:
    """What TensorFlow or Keras calls one of their functions, by whatever name it was imported."""
    origin = (getattr(target, "__module__", None) or "").split(".")[0]
    if origin not in ("tensorflow", "keras") or not callable(target):
        return ""
    return getattr(target, "__name__", "").removesuffix("_v2")


def _loaded(node: ast.expr) -> ast.expr:
    return ast.parse(ast.unparse(node), mode="eval").body
