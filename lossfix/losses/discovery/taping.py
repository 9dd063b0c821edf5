"""Whether a gradient leads from what a tape differentiates to the model whose variables are asked for.

Only "no" can be relied on: whatever is not understood is taken to lead there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from lossfix.losses.discovery.wiring import Owner, Wiring
from lossfix.losses.discovery.wording import names_a_loss
from lossfix.losses.operations.gradients import Gradient, gradient_of
from lossfix.syntax.nodes import below, children
from lossfix.syntax.scope import assignments, dotted, parameters, statements

_WEIGHTS = frozenset({"trainable_variables", "trainable_weights", "variables", "weights"})
_NUMBERS = frozenset({"numpy", "item", "tolist", "predict", "predict_on_batch"})
_OF_KERAS = frozenset({"self.compute_loss", "self.compiled_loss"})
_LIST = frozenset({"append", "extend"})


@dataclass(frozen=True, eq=False)
class Severed:
    """Why no gradient leads to the model: what does not pass one on."""

    node: ast.expr
    outside: bool
    """It is what the model was called for above the tape; otherwise an operation under the tape."""


def severed(
    wiring: Wiring, owner: Owner, taped: frozenset[ast.AST], target: ast.expr, sources: ast.expr
) -> Severed | None:
    """What keeps the gradient of ``target`` from the model whose weights ``sources`` are.

    Args:
        taped: all that runs under the tape.
    """
    model = _model(sources)
    if model is None:
        return None
    search = _Search(wiring, owner, taped, model)
    if search.leads(target) or not search.cuts:
        return None
    return search.cuts[0]


def _model(sources: ast.expr) -> str | None:
    """Of ``model.trainable_variables`` the model."""
    match sources:
        case ast.Attribute(value=model, attr=attr) if attr in _WEIGHTS:
            return dotted(model)
    return None


@dataclass(eq=False)
class _Search:
    wiring: Wiring
    owner: Owner
    taped: frozenset[ast.AST]
    model: str
    cuts: list[Severed] = field(default_factory=list)
    """Where a way to the model was cut, in the order in which they were met."""
    seen: set[str] = field(default_factory=set)

    def leads(self, node: ast.AST) -> bool:
        match node:
            case ast.Constant():
                return False
            case ast.Name(id=name):
                return self._leads_by_name(name)
            case ast.Compare():
                return False
            case ast.Call():
                return self._leads_by_call(node)
            case ast.BinOp() | ast.UnaryOp() | ast.List() | ast.Tuple() | ast.Starred():
                return any(self.leads(each) for each in _values(node))
            case ast.Subscript(value=value):
                return self.leads(value)
            case ast.Attribute(value=ast.Name(id="tf" | "np" | "math" | "keras")):
                return False
        return True

    def _leads_by_name(self, name: str) -> bool:
        if name in self.seen:
            return False
        self.seen.add(name)
        bound = list(_bindings(self.owner, name))
        if not bound:
            is_given = isinstance(self.owner, ast.FunctionDef) and name in parameters(self.owner)
            return not is_given
        if all(each in self.taped for each, _ in bound):
            return any(value is None or self.leads(value) for _, value in bound)
        if any(each in self.taped for each, _ in bound):
            return True
        for _, value in bound:
            if isinstance(value, ast.Call) and dotted(value.func) == self.model:
                self.cuts.append(Severed(ast.Name(name), outside=True))
            elif value is None or not self._is_computed(value):
                return True
        return False

    def _is_computed(self, value: ast.expr) -> bool:
        """Whether what is bound above the tape is a tensor or number, of which the tape knows nothing."""
        match value:
            case ast.Constant():
                return True
            case ast.Name():
                return isinstance(self.owner, ast.FunctionDef) and value.id in parameters(
                    self.owner
                )
            case ast.Call():
                operation = self.wiring.operation(value) or ""
                return (
                    operation.startswith(("tf.", "keras.ops.", "np."))
                    and operation != "tf.Variable"
                )
            case ast.BinOp(left=left, right=right):
                return self._is_computed(left) and self._is_computed(right)
            case ast.Subscript(value=inner):
                return self._is_computed(inner)
        return False

    def _leads_by_call(self, node: ast.Call) -> bool:
        name = dotted(node.func) or ""
        given = [*node.args, *(each.value for each in node.keywords)]
        operation = self.wiring.operation(node)
        if operation is not None and operation.startswith(("tf.", "keras.ops.", "keras.losses.")):
            passes = gradient_of(operation)
            cast = operation == "tf.cast" and _is_to_integers(node)
            if passes in (Gradient.NONE, Gradient.ZERO) or cast:
                return self._cut_by(node, given)
            known = passes is Gradient.FLOWS or operation == "tf.cast"
            return not known or any(self.leads(each) for each in given)
        match node.func:
            case ast.Name(id="float" | "int"):
                return self._cut_by(node, given)
            case ast.Attribute(value=inner, attr=method) if method in _NUMBERS:
                return self._cut_by(node, [inner, *given])
            case ast.Attribute(value=ast.Name(id="self")) if name not in _OF_KERAS:
                return True
        if name in _OF_KERAS or (name != self.model and self._is_loss(name)):
            return any(self.leads(each) for each in given)
        return True

    def _cut_by(self, node: ast.Call, given: list[ast.expr]) -> bool:
        """Note what passes no gradient on where one would have come."""
        if any(self._holds_the_model(each, frozenset()) for each in given):
            self.cuts.append(Severed(node, outside=False))
        return False

    def _holds_the_model(self, node: ast.AST, seen: frozenset[str]) -> bool:
        for each in below(node):
            match each:
                case ast.Call(func=function) if dotted(function) == self.model:
                    return True
                case ast.Attribute() if dotted(each) == self.model:
                    return True
                case ast.Name(id=name) if name == self.model:
                    return True
                case ast.Name(id=name) if name not in seen:
                    values = (value for _, value in _bindings(self.owner, name))
                    if any(
                        value is not None and self._holds_the_model(value, seen | {name})
                        for value in values
                    ):
                        return True
        return False

    def _is_loss(self, name: str) -> bool:
        """Whether a function is a loss of what it is given, by its name or by what it is set to."""
        if names_a_loss(name.rpartition(".")[2]):
            inner = [node for path, node in self.wiring.functions if path == (name,)]
            reads = (dotted(each) for node in inner for each in below(node))
            return self.model not in reads
        return False


def _values(node: ast.AST) -> Iterator[ast.AST]:
    return (each for each in children(node) if isinstance(each, ast.expr))


def _is_to_integers(call: ast.Call) -> bool:
    given = [*call.args[1:2], *(each.value for each in call.keywords if each.arg == "dtype")]
    shown = ast.unparse(given[0]) if given else ""
    return "int" in shown or "bool" in shown


def _bindings(owner: Owner, name: str) -> Iterator[tuple[ast.AST, ast.expr | None]]:
    """The statements of a function that bind a name, and to what; ``None`` where that is not spelled out."""
    for each in statements(owner.body):
        for target, value in assignments(each):
            if isinstance(target, ast.Name):
                if target.id == name:
                    yield each, value
            elif not isinstance(each, ast.AugAssign) and any(
                isinstance(x, ast.Name) and x.id == name for x in below(target)
            ):
                yield each, value if _holds(target, name) else None
        match each:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=held), attr=method))):
                if held == name and method in _LIST:
                    yield each, None
            case ast.FunctionDef(name=bound) | ast.ClassDef(name=bound) if bound == name:
                yield each, None


def _holds(target: ast.expr, name: str) -> bool:
    """Whether a name is one of several that a value is taken apart into."""
    match target:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return any(isinstance(each, ast.Name) and each.id == name for each in elements)
    return False
