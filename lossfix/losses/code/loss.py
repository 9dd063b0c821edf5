"""What a rule is handed: one loss of one file, and the questions that rules ask of it."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from lossfix.losses.code.static import is_static
from lossfix.losses.discovery.candidate import Candidate, Project, Settings
from lossfix.losses.discovery.wording import names_a_test, pair_of
from lossfix.losses.operations.injected import BACKEND, injected_in, is_handed_a_backend
from lossfix.losses.operations.names import canonical
from lossfix.losses.operations.spelling import (
    bound_above,
    first_free,
    imported_by,
    keras_origin,
    names_in,
    spelled,
    tensorflow,
)
from lossfix.model import Evidence, Form, Gate
from lossfix.syntax.blocks import all_statements
from lossfix.syntax.flow import Flow
from lossfix.syntax.scope import Scope
from lossfix.syntax.tree import Tree, dotted, names_below, walk

_OPS = ("keras.ops.", "tensorflow.keras.ops.")


@dataclass(frozen=True)
class Relaxation:
    """How gates are to be smoothed."""

    gate: Gate = Gate.SIGMOID
    steepness: float = 10.0
    asked: bool = False
    """Whether the form was asked for by name: gates that are there on purpose are then taken, too."""


@dataclass(frozen=True, eq=False)
class Loss:
    """A loss within its file."""

    tree: Tree
    candidate: Candidate
    definition: cst.FunctionDef | cst.ClassDef
    """The function or class that is the loss; for a closure, its inner function."""
    function: cst.FunctionDef
    """The function that computes the value: ``definition`` itself, or ``call`` of the class."""
    factory: cst.FunctionDef | None = None
    """For a closure, the function that returns it."""
    relaxation: Relaxation = field(default_factory=Relaxation)
    package: str = "custom"
    """Under which the class is registered with Keras."""
    project: Project = field(default_factory=Project)
    """What other files say about this one's names."""
    among: Sequence[Loss] = ()
    """All losses of the file and their parts, this one among them."""
    expression: cst.BaseExpression | None = None
    """For a loss that is an expression, all of it; ``definition`` is then the function that it would be."""

    @property
    def name(self) -> str:
        """The qualified name within the file."""
        return self.candidate.name

    @property
    def form(self) -> Form:
        """How it is written."""
        return self.candidate.form

    @property
    def y_true(self) -> str:
        """What this loss calls its targets."""
        return self.candidate.y_true

    @property
    def y_pred(self) -> str:
        """What this loss calls its predictions."""
        return self.candidate.y_pred

    @property
    def predictions(self) -> frozenset[str]:
        """``y_pred`` and, of a part, all other parameters that depend on the predictions."""
        return frozenset((self.y_pred, *self.candidate.also))

    @property
    def only_reached(self) -> bool:
        """Whether it is a part of a loss, and not known to be one itself."""
        return self.candidate.evidence == (Evidence.REACHED,)

    @property
    def roles_are_guessed(self) -> bool:
        """Whether it is a part, and only what it is handed says what its parameters are."""
        pair = pair_of([self.y_true, self.y_pred], Settings())
        return self.only_reached and pair is None

    @property
    def is_in_a_test(self) -> bool:
        """Whether it is defined inside of a test: odd on purpose, and of a model that nobody saves."""
        return any(names_a_test(each) for each in self.candidate.path[:-1])

    @property
    def is_of_deepxde(self) -> bool:
        """Whether it is DeepXDE whose models a file compiles: they take functions, and save weights alone."""
        imported = {each.partition(".")[0] for each in self.tree.module_scope.imports.values()}
        return "deepxde" in imported and "keras" not in self.tree.text

    @property
    def takes_instance(self) -> bool:
        """Whether its first parameter is its instance or its class, and no argument of a call."""
        if self.form is not Form.METHOD:
            return False
        if any(dotted(each.decorator) == "staticmethod" for each in self.function.decorators):
            return False
        params = self.function.params
        names = [each.name.value for each in (*params.posonly_params, *params.params)[:1]]
        return names != [self.y_true] and names != [self.y_pred]

    @property
    def outermost(self) -> cst.CSTNode:
        """The whole statement, or expression, that a change of form would replace."""
        return self.expression or self.factory or self.definition

    @property
    def owner(self) -> cst.ClassDef | None:
        """The class in whose constructor the parameters of this loss stand, if any."""
        if isinstance(self.definition, cst.ClassDef):
            return self.definition
        if not self.candidate.bound:
            return None
        around = (each for each in self.tree.ancestors(self.definition))
        return next((each for each in around if isinstance(each, cst.ClassDef)), None)

    @cached_property
    def scope(self) -> Scope:
        """The names that the function sees."""
        return self.tree.scope(self.function)

    @cached_property
    def flow(self) -> Flow:
        """What depends on the targets and the predictions."""
        seeds = {self.y_true: "y_true", **dict.fromkeys(self.predictions, "y_pred")}
        return Flow(self.function, seeds, lambda node: is_static(node, self.scope, self.operation))

    def qualified(self, node: cst.CSTNode | None) -> str | None:
        """The absolute dotted name of an expression, ``None`` where it is no import."""
        name = dotted(node)
        return None if name is None else self.scope.resolve(name)

    def operation(self, node: cst.CSTNode | None) -> str | None:
        """The canonical name of what a call calls (``tf.where``), or of a dotted name."""
        written = dotted(node.func if type(node) is cst.Call else node)
        if written is None:
            return None
        if written not in self._operations:
            self._operations[written] = self._operation(written)
        return self._operations[written]

    @cached_property
    def _operations(self) -> dict[str, str | None]:
        """What names were found to mean: a body is evaluated at a thousand predictions."""
        return {}

    def _operation(self, written: str) -> str | None:
        name = self.scope.resolve(written)
        if name is None and self.injected:
            held, _, last = written.rpartition(".")
            name = f"{BACKEND}.{last}" if held in self.injected else None
        return None if name is None else canonical(name)

    @cached_property
    def injected(self) -> frozenset[str]:
        """The names by which the function has a backend that is handed to it; none in most files."""
        if not is_handed_a_backend(self.tree.outline):
            return frozenset()
        node = self.tree.outlines.get(self.function)
        return injected_in(node) if isinstance(node, ast.FunctionDef) else frozenset()

    def predicts(self, node: cst.CSTNode) -> bool:
        """Whether the value of ``node`` depends on the predictions."""
        return "y_pred" in self.flow.depends(node)

    def is_tensor(self, node: cst.CSTNode) -> bool:
        """Whether the value of ``node`` depends on the targets or the predictions."""
        return bool(self.flow.depends(node))

    @cached_property
    def returned(self) -> tuple[cst.BaseExpression, ...]:
        """What the function returns, by each of its own ``return`` statements."""
        inner = {
            each
            for node in walk(self.function.body, cst.FunctionDef, cst.Lambda)
            for each in walk(node)
        }
        return tuple(
            node.value
            for node in walk(self.function.body, cst.Return)
            if node.value is not None and node not in inner
        )

    def last_set(self, node: cst.Name) -> cst.BaseExpression | None:
        """What a name was last set to where ``node`` reads it; ``None`` where that is unsure.

        ``y_pred = tf.round(y_pred)`` in the function's own block holds for all that stands below.
        """
        order = self._order
        if node not in order:
            return None
        around = (each for each in self.tree.ancestors(node) if isinstance(each, cst.FunctionDef))
        if next(around, None) is not self.function:
            return None
        current = None
        for each in self.flow.values(node.value):
            line = self.tree.parents.get(each.node)
            block = None if line is None else self.tree.parents.get(line)
            if not each.whole or block is not self.function.body:
                return None
            if order[each.node] < order[node] and node not in set(walk(each.node)):
                current = each.value
        return current

    @cached_property
    def answers(self) -> dict[tuple[object, ...], object]:
        """What was found out about nodes of this loss, kept by ``asked_once``."""
        return {}

    @cached_property
    def _order(self) -> Mapping[cst.CSTNode, int]:
        """Where each node of the function stands among all of them, as they are read."""
        return {node: number for number, node in enumerate(walk(self.function))}

    @cached_property
    def statements(self) -> tuple[cst.CSTNode, ...]:
        """All statements of the function, in document order."""
        return tuple(all_statements(self.function))

    @property
    def docstring(self) -> str | None:
        """The function's docstring."""
        return self.function.get_docstring()

    @property
    def tensorflow(self) -> str:
        """What this file calls TensorFlow, or would."""
        return tensorflow(self._module)

    @property
    def keras_origin(self) -> str:
        """The module that ``keras`` is imported from where this file has yet to import it."""
        return keras_origin(self._imported)

    @cached_property
    def _imported(self) -> frozenset[str]:
        own = map(self.tree.scope, self.tree.outlines)
        return imported_by([self._module, *own])

    @cached_property
    def _module(self) -> Scope:
        # A base class and a decorator are looked up where they stand: an import below comes too late.
        return bound_above(self.tree.module_scope, self.tree.outline, self.candidate.line)

    def spell(self, operation: str) -> str:
        """``operation`` (``tf.where``, ``keras.losses.Loss``) as this file would write it.

        A module that the file does not import yet is spelled as it is usually imported; the engine
        adds the import.
        """
        return spelled(operation, self._module, self._imported, self.ops)

    @property
    def computes_with_ops(self) -> bool:
        """Whether what is added to the function is written with ``keras.ops`` as far as that goes."""
        return not self.spell("tf.reduce_mean").startswith(f"{self.tensorflow}.")

    @cached_property
    def ops(self) -> str:
        """What the function calls ``keras.ops``, where it computes by that and by no TensorFlow function."""
        found = set[str]()
        for node in walk(self.function.body, cst.Attribute):
            if (name := self.qualified(node)) is None:
                continue
            written = dotted(node) or ""
            if name.startswith(_OPS):
                found.add(written.rpartition(".")[0])
            elif name.startswith("tensorflow.") and "keras" not in name.split("."):
                return ""
        return found.pop() if len(found) == 1 else ""

    def fresh(self, *wishes: str) -> str:
        """The first of ``wishes`` that means nothing in this file yet, else the first with a number."""
        return first_free(wishes, names_in(self.tree.outline))

    def local(self, *wishes: str) -> str:
        """The same for a name that only this function, and what is around it, must not use yet."""
        return first_free(wishes, names_below(self.outermost))
