"""What a file does with its losses, whichever they are: what it compiles, tapes and adds to a model.

Works on ``ast`` alone: nothing is rewritten here, and a file that only wires losses needs no LibCST tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lossfix.losses.discovery.candidate import Candidate, Settings
from lossfix.losses.discovery.discover import discover
from lossfix.losses.discovery.uses import compiles
from lossfix.losses.operations.keras_names import LOSS_FUNCTIONS
from lossfix.losses.operations.names import canonical
from lossfix.model import Severity
from lossfix.syntax.lineage import lineage
from lossfix.syntax.nodes import below, every, parents
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import (
    Definition,
    Scope,
    assignments,
    definitions,
    dotted,
    parameters,
    scope_of,
    scope_of_module,
    statements,
)

MODEL = "keras.Model"
MODELS = frozenset({MODEL, "keras.Sequential"})
STEPS = frozenset({"train_step", "test_step"})
"""The methods in which a model computes its loss itself."""

Owner = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module


@dataclass(frozen=True, eq=False)
class Misuse:
    """One place where a loss is wired wrongly."""

    node: ast.expr | ast.stmt
    message: str
    reason: str = ""
    """What to do about it."""
    severity: Severity | None = None
    """Where it differs from the rule's."""
    loss: str = ""
    """The qualified name of the loss, where there is one in the file."""


@dataclass(frozen=True, eq=False)
class Wiring:
    """One file as a place where losses are put to use."""

    module: ast.Module
    candidates: tuple[Candidate, ...] = ()
    """The losses that the file itself defines."""

    @cached_property
    def _scopes(self) -> dict[ast.AST, Scope]:
        return {self.module: scope_of_module(self.module)}

    def _scope(self, owner: Owner) -> Scope:
        """The names of a function or class, found out when they are first asked for."""
        if owner not in self._scopes and not isinstance(owner, ast.Module):
            self._scopes[owner] = scope_of(owner, self._scope(self.owner(owner)))
        return self._scopes[owner]

    @cached_property
    def functions(self) -> tuple[tuple[tuple[str, ...], Definition], ...]:
        """All functions and classes with their paths, in document order."""
        return tuple(definitions(self.module.body))

    def owner(self, node: ast.AST) -> Owner:
        """The function, class or module in which a node stands; for a definition, the one around it."""
        above = parents(self.module).get(node)
        while above is not None and not isinstance(above, Definition):
            above = parents(self.module).get(above)
        return self.module if above is None else above

    def owners(self, node: ast.AST) -> Iterator[Owner]:
        """The functions and the module whose names a node sees, the nearest first."""
        owner = self.owner(node)
        first = True
        while True:
            # Python skips classes when it looks up a name from within a method.
            if first or not isinstance(owner, ast.ClassDef):
                yield owner
            if isinstance(owner, ast.Module):
                return
            owner, first = self.owner(owner), False

    def qualified(self, node: ast.AST) -> str | None:
        """The absolute dotted name of an expression; ``None`` where it is no import."""
        name = dotted(node)
        return None if name is None else self._scope(self.owner(node)).resolve(name)

    def operation(self, node: ast.AST) -> str | None:
        """The canonical name of what a call calls, or of a dotted name.

        ``tf_keras`` is Keras 2, of which nothing that is said here is true: it has none.
        """
        name = self.qualified(node.func if isinstance(node, ast.Call) else node)
        if name is None or name.partition(".")[0] == "tf_keras":
            return None
        return canonical(name)

    def bindings(self, owner: Owner) -> Mapping[str, tuple[ast.expr | None, ...]]:
        """What each name of a function or module is set to; ``None`` stands for what is not spelled out."""
        return _bindings(owner)

    def values(self, node: ast.Name) -> tuple[ast.expr | None, ...]:
        """All that a name may stand for where ``node`` reads it."""
        for owner in self.owners(node):
            found = _bindings(owner).get(node.id)
            if found is not None:
                return found
        return ()

    def value(self, node: ast.expr | None) -> ast.expr | None:
        """What a name stands for, through further names; ``None`` where it was set more than once."""
        for _ in range(9):
            if not isinstance(node, ast.Name):
                return node
            found = self.values(node)
            node = found[0] if len(found) == 1 else None
        return None

    def class_called(self, node: ast.expr) -> ast.ClassDef | None:
        """The one class of this file that an expression names."""
        path = (dotted(node),)
        found = [each for where, each in self.functions if where == path]
        match found:
            case [ast.ClassDef() as definition]:
                return definition
        return None

    def bases(self, node: ast.ClassDef) -> frozenset[str]:
        """Canonical names of all classes that a class derives from, through those of its file."""
        named = (base for each in lineage(node, self._parents) for base in each.bases)
        return frozenset(name for base in named if (name := self.operation(base)) is not None)

    def _parents(self, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
        own = (self.class_called(base) for base in node.bases if self.operation(base) is None)
        return filter(None, own)

    def is_model(self, node: ast.expr) -> bool:
        """Whether an expression is certainly a Keras model."""
        value = self.value(node)
        if not isinstance(value, ast.Call):
            return False
        operation = self.operation(value) or ""
        if operation in MODELS or operation in (
            "keras.saving.load_model",
            "keras.models.clone_model",
        ):
            return True
        if operation.startswith("keras.applications."):
            return True
        made = self.class_called(value.func)
        return made is not None and bool(self.bases(made) & MODELS)

    def has_weights(self, node: ast.expr) -> bool:
        """Whether the file reads the trainable weights of what an expression names: a layer or model."""
        name = dotted(node)
        return name is not None and name in self._with_weights

    @cached_property
    def _with_weights(self) -> frozenset[str]:
        return frozenset(
            name
            for each in every(self.module, ast.Attribute)
            if each.attr in ("trainable_variables", "trainable_weights")
            and (name := dotted(each.value)) is not None
        )

    def steps(self) -> Iterator[ast.FunctionDef]:
        """``train_step`` and ``test_step`` of the file's own models."""
        for _, node in self.functions:
            around = self.owner(node)
            if (
                isinstance(node, ast.FunctionDef)
                and node.name in STEPS
                and isinstance(around, ast.ClassDef)
                and self.bases(around) & MODELS
            ):
                yield node

    @cached_property
    def compiled(self) -> tuple[ast.expr, ...]:
        """What ``compile`` is given as a loss, out of the lists, dictionaries and names that it is in."""
        return tuple(
            each
            for call in every(self.module, ast.Call)
            for value in _given_as_loss(call)
            for each in self._elements(value, frozenset())
        )

    def _elements(self, node: ast.expr, seen: frozenset[str]) -> Iterator[ast.expr]:
        match node:
            case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Dict(values=elements):
                for each in elements:
                    yield from self._elements(each, seen)
            case ast.IfExp(body=first, orelse=second):
                yield from self._elements(first, seen)
                yield from self._elements(second, seen)
            case ast.Name(id=name) if name not in seen:
                found = [each for each in self.values(node) if each is not None]
                if not found:
                    yield node
                for each in found:
                    yield from self._elements(each, seen | {name})
            case _:
                yield node

    def is_provided_for(self, node: ast.AST) -> bool:
        """Whether the code asks for a name before it uses it, or goes on without it."""
        above = parents(self.module).get(node)
        while above is not None:
            match above:
                case ast.Try(handlers=[_, *_]) | ast.ExceptHandler():
                    return True
                case ast.If(test=test) | ast.IfExp(test=test):
                    if any(_asks(each) for each in below(test)):
                        return True
            above = parents(self.module).get(above)
        return False

    def never_runs(self, node: ast.AST) -> bool:
        """Whether a node stands under ``if False:``, by which code is kept and not run."""
        inner, above = node, parents(self.module).get(node)
        while above is not None:
            match above:
                case ast.If(test=ast.Constant(value=test), body=body, orelse=orelse):
                    if inner in (orelse if test else body):
                        return True
            inner, above = above, parents(self.module).get(above)
        return False


def _asks(node: ast.AST) -> bool:
    match node:
        case ast.Name(id="hasattr") | ast.Attribute(attr="__version__" | "VERSION"):
            return True
    return False


@remembered(512)
def _bindings(owner: Owner) -> Mapping[str, tuple[ast.expr | None, ...]]:
    found: dict[str, tuple[ast.expr | None, ...]] = {}

    def bind(target: ast.expr, value: ast.expr | None) -> None:
        match target:
            case ast.Name(id=name):
                found[name] = (*found.get(name, ()), value)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                # Of several outputs, each is what all of them are.
                parts: list[ast.expr | None] = [value] * len(targets)
                if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(targets):
                    parts = list(value.elts)
                for each, part in zip(targets, parts, strict=True):
                    bind(each, part)
            case ast.Starred(value=inner):
                bind(inner, None)

    if not isinstance(owner, ast.Module | ast.ClassDef):
        found.update(dict.fromkeys(parameters(owner), (None,)))
    for statement in statements(owner.body):
        for target, value in assignments(statement):
            bind(target, None if isinstance(statement, ast.AugAssign) else value)
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            name = statement.name
            found[name] = (*found.get(name, ()), None)
    return found


@remembered(4)
def wiring_of(module: ast.Module) -> Wiring:
    """A file by itself: for what is asked of its names only."""
    return Wiring(module, discover(module, Settings()))


def wires_a_loss(module: ast.Module) -> bool:
    """Whether a rule may have something to say on how a file wires losses; yes where it cannot be told."""
    for node in every(module, ast.Call, ast.FunctionDef):
        match node:
            case ast.FunctionDef(name=name) if name in STEPS:
                return True
            case ast.Call(func=ast.Attribute(attr=("gradient" | "jacobian"))):
                return True
            case ast.Call(func=ast.Attribute(attr="minimize"), keywords=[_, *_]):
                return True
            case ast.Call(func=ast.Attribute(value=receiver, attr="add_loss")) if (
                dotted(receiver) != "self"
            ):
                return True
    wiring = Wiring(module)
    return any(not _is_plainly_a_loss(wiring, each) for each in wiring.compiled)


def _given_as_loss(call: ast.Call) -> Iterator[ast.expr]:
    """What ``compile`` is given as the loss, by keyword or in the second place."""
    if not compiles(call):
        return
    yield from (each.value for each in call.keywords if each.arg == "loss")
    if len(call.args) > 1 and not any(isinstance(each, ast.Starred) for each in call.args[:2]):
        yield call.args[1]


def _is_plainly_a_loss(wiring: Wiring, node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str) or is_built_in(node.value)
    if isinstance(node, ast.Lambda):
        return False
    if isinstance(node, ast.Call) and any(isinstance(each, ast.Lambda) for each in node.args):
        return False
    called = node.func if isinstance(node, ast.Call) else node
    operation = wiring.operation(called)
    if operation is not None:
        return not operation.startswith("keras.metrics.")
    if isinstance(node, ast.Call) and len(node.args) > 1:
        # `loss=gap(y, outputs)` may be handed a tensor.
        return False
    return wiring.class_called(called) is None


def is_built_in(name: str) -> bool:
    """Whether Keras has a loss function of this name, as ``compile(loss="mse")`` looks it up."""
    return canonical(f"keras.losses.{name}") in LOSS_FUNCTIONS
