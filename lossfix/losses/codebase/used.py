"""What a file does with the names that it imports: what makes losses of them, or keeps them functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lossfix.losses.codebase.origins import Origins, is_library
from lossfix.losses.codebase.renamed import renamed_reads
from lossfix.losses.codebase.said import (
    COMPILE,
    GIVEN_BACK,
    THROUGH,
    Argument,
    Role,
    Use,
    joined,
)
from lossfix.losses.discovery.assigned import called_through, references
from lossfix.losses.discovery.holders import (
    HANDS_ON,
    NAMES,
    PUTS_IN,
    REGISTERS,
    TAKES_OUT,
    asks_for_names,
    dictionaries,
    only_compared,
    only_tells,
    outermost,
)
from lossfix.losses.discovery.lookups import EVERY, Lookup, lookups_in
from lossfix.losses.discovery.uses import TAKEN, Uses, takes_losses, uses_of
from lossfix.syntax.nodes import every
from lossfix.syntax.scope import dotted, last_part, scope_of_module

_LOSS_MODULES = frozenset({"loss", "losses"})
_METRIC_MODULES = frozenset({"metric", "metrics"})
_PASSED = "passes it to a function that may call it"
_HANDED_OUT = "hands it to whoever asks for it, who may call it"
_READS = ("getattr", "hasattr")
_UNPACK = ("compile", "dict")
"""What takes its keywords from a dictionary, and calls none of them."""
_PATH = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*[.:][^\W\d]\w*")


def uses_in(module: ast.Module, names: Origins) -> Iterator[Use]:
    """The uses of imported names in a file."""
    yield from _looked_up(module, names)
    yield from _written_out(module)
    if not names.imported and not names.stars:
        # What it imports is of libraries.
        return
    uses = uses_of(module)
    yield from _set_by_name(module, names)
    yield from _roles(uses, names)
    for node, origin in names.reads():
        yield from _attribute(node, origin, names)
        yield from _Read(node, origin, names, uses).uses()
    yield from _called_through(module, names)
    yield from _renamed(module, names, uses)
    yield from _results_handed_on(module, names, uses)


def _roles(uses: Uses, names: Origins) -> Iterator[Use]:
    for role, used in (
        (Role.COMPILED, uses.compiled),
        (Role.BUILT, uses.built),
        (Role.METRIC, uses.metrics),
        (Role.DIFFERENTIATED, uses.differentiated),
    ):
        for name in sorted(used):
            for origin in _meant(role, names.of(name)):
                yield Use(role, origin)
            for origin in () if role is Role.DIFFERENTIATED else names.of_instances(name):
                yield Use(role, origin, exact=True)


def _meant(role: Role, origins: tuple[str, ...]) -> tuple[str, ...]:
    """Of ``losses.dice`` and ``metrics.dice`` in one file, the one that the role speaks of."""
    unlikely = _LOSS_MODULES if role is Role.METRIC else _METRIC_MODULES
    kept = tuple(each for each in origins if unlikely.isdisjoint(each.split(".")[:-1]))
    return kept or origins


def _attribute(node: ast.expr, origin: str, names: Origins) -> Iterator[Use]:
    """What ``LOSSES.get`` or ``dice.__name__`` says of what stands before the dot."""
    if not isinstance(node, ast.Attribute):
        return
    holder = origin.rpartition(".")[0]
    above = names.parents.get(node)
    if isinstance(above, ast.Call) and above.func is node:
        if node.attr in TAKES_OUT:
            yield from _Read(node.value, holder, names, uses_of(names.module)).uses()
        if node.attr in TAKES_OUT or node.attr in PUTS_IN or node.attr == NAMES:
            return
        if node.attr.startswith(REGISTERS):
            return
    reason = f"uses `.{node.attr}` of it, which an instance has not"
    yield Use(Role.ATTRIBUTE, holder, node.lineno, reason)


@dataclass(frozen=True)
class _Read:
    """A place at which an imported name is read."""

    node: ast.expr
    origin: str
    names: Origins
    local: Uses

    def uses(self) -> Iterator[Use]:
        """What becomes of it there, or of what it keeps, where that is no loss of Keras."""
        node, lists = outermost(self.node, self.names.parents)
        match self.names.parents.get(node):
            case ast.Call(func=function) as call if function is node:
                yield self._called(call) if node is self.node else self._use(THROUGH, lists)
            case ast.Call() as call:
                yield from self._passed(node, call, None, lists)
            case ast.keyword(arg=keyword) as argument:
                around = self.names.parents[argument]
                assert isinstance(around, ast.Call | ast.ClassDef)
                if isinstance(around, ast.Call) and keyword is not None:
                    yield from self._passed(node, around, keyword, lists)
                elif isinstance(around, ast.Call) and last_part(around.func) not in _UNPACK:
                    yield self._use(_PASSED, lists)
            case ast.Attribute(attr=attr) if node is not self.node:
                yield self._use(f"uses `.{attr}` of it, which an instance has not", lists)
            case ast.FunctionDef() | ast.ClassDef() | ast.Delete() | ast.Match():
                yield self._use("uses it as more than a loss", lists)
            case ast.Return() as returned if _is_decorated(returned, self.names):
                yield self._use(_HANDED_OUT, lists)
            case ast.Yield() | ast.YieldFrom() | ast.Lambda():
                yield self._use(_HANDED_OUT, lists)
            case ast.Compare() as comparison if not only_compared(comparison, node):
                yield self._use("compares it with something", lists)

    def _use(self, reason: str, lists: bool, to: Argument | None = None) -> Use:
        role = Role.LISTED if lists else Role.FUNCTION
        return Use(role, self.origin, self.node.lineno, reason, to)

    def _called(self, call: ast.Call) -> Use:
        plain = len(call.args) == 2 and not call.keywords
        if plain and any(isinstance(each, ast.Constant | ast.List) for each in call.args):
            return self._use("calls it with numbers, which are no tensors", lists=False)
        if plain and not any(isinstance(each, ast.Starred) for each in call.args):
            return Use(Role.CALLED, self.origin, self.node.lineno, THROUGH)
        return self._use("calls it with more than targets and predictions", lists=False)

    def _passed(
        self, node: ast.expr, call: ast.Call, keyword: str | None, lists: bool
    ) -> Iterator[Use]:
        passed_on = self.local.passed_on
        functions = self.names.called(call)
        # What takes it as `loss` may be the project's own, and call it.
        may_call = keyword in TAKEN and bool(functions) and last_part(call.func) not in passed_on
        if (takes_losses(passed_on, call, keyword) and not may_call) or _keeps(call, keyword):
            if _may_be_overridden(call, keyword, self.names):
                yield self._use("compiles a model with it", lists, COMPILE)
            return
        if only_tells(call):
            return
        key = keyword if keyword is not None else call.args.index(node)
        to = Argument(functions[0], key) if len(functions) == 1 else None
        lists = lists or asks_for_names(call, keyword)
        yield self._use(_PASSED, lists, to)


def _is_decorated(node: ast.AST, names: Origins) -> bool:
    """Whether the function around a node is called by its decorator, which hands on what it returns."""
    while not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        node = names.parents[node]
    called = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return any(last_part(each) not in HANDS_ON for each in called)


def _may_be_overridden(call: ast.Call, keyword: str | None, names: Origins) -> bool:
    """Whether ``compile`` may be a model's own: as far as the file tells, Keras has not made the model."""
    match call.func:
        case ast.Attribute(attr="compile", value=model) if keyword in (None, "loss"):
            made = names.assigned.values.get(last_part(model) or "", (model,))
            return not all(
                isinstance(each, ast.Call) and _is_library_call(each, names) for each in made
            )
    return False


def _is_library_call(call: ast.Call, names: Origins) -> bool:
    """Whether a library is called: ``keras.Sequential(...)``."""
    root = (dotted(call.func) or "").partition(".")[0]
    return is_library(scope_of_module(names.module).imports.get(root, root or "."))


def _keeps(call: ast.Call, keyword: str | None) -> bool:
    """Whether a call puts an argument into a list or a dictionary: ``LOSSES.update(more)``."""
    method = isinstance(call.func, ast.Attribute) and call.func.attr in PUTS_IN
    return last_part(call.func) == "dict" if keyword is not None and not method else method


def _called_through(module: ast.Module, names: Origins) -> Iterator[Use]:
    """Functions that are called by another name, out of a dictionary, or fresh from a factory."""
    for node, name, direct in called_through(module, names.assigned):
        role = Role.FUNCTION if direct else Role.RESULT
        reason = THROUGH if direct else GIVEN_BACK
        for origin in names.of(name):
            yield Use(role, origin, node.lineno, reason)


def _renamed(module: ast.Module, names: Origins, local: Uses) -> Iterator[Use]:
    """What becomes of what is imported by the names that variables and attributes give it, but for calls."""
    own = dictionaries(module)
    for each in renamed_reads(names):
        above = names.parents.get(each.node)
        match above:
            case ast.Call(func=function) if function is each.node:
                continue
            case ast.Attribute(attr=attr) if attr not in TAKES_OUT:
                if not each.is_kept and dotted(above) is not None:
                    reason = f"uses `.{attr}` of it, which an instance has not"
                    yield Use(Role.FUNCTION, each.origin, each.node.lineno, reason)
                continue
        for use in _Read(each.node, each.origin, names, local).uses():
            if use.role is not Role.LISTED:
                yield replace(use, role=Role.LISTED) if each.is_run_over else use
            elif last_part(each.node) not in own:
                yield use


def _results_handed_on(module: ast.Module, names: Origins, local: Uses) -> Iterator[Use]:
    """What a factory gave that a function of the project is handed, which may call it or ask for its name."""
    for call in every(module, ast.Call):
        assert isinstance(call, ast.Call)
        functions = names.called(call)
        if not any(not each.imported or not is_library(each.name) for each in functions):
            continue
        given: list[tuple[int | str, ast.expr]] = [*enumerate(call.args)]
        given += [(each.arg, each.value) for each in call.keywords if each.arg is not None]
        for key, value in given:
            keyword = key if isinstance(key, str) else None
            if takes_losses(local.passed_on, call, keyword) or _keeps(call, keyword):
                continue
            to = Argument(functions[0], key) if len(functions) == 1 else None
            for name, direct in references(value, names.assigned):
                for origin in () if direct else names.of(name):
                    reason = "passes what it returns to a function that may call it"
                    yield Use(Role.RESULT, origin, call.lineno, reason, to)


def _looked_up(module: ast.Module, names: Origins) -> Iterator[Use]:
    """Whatever may be meant by a name that is not written out, which may be called."""
    for each in lookups_in(module):
        if each.anywhere:
            # Those that are meant are named in other files.
            continue
        reason = "looks functions up by a name that is not written out, and may call it"
        to = _filled(each.node, names)
        for origin in _reached_by(each, names):
            for role in (Role.FUNCTION, Role.RESULT):
                yield Use(role, origin, each.node.lineno, reason, to)


def _written_out(module: ast.Module) -> Iterator[Use]:
    """What a string names by its whole path, as configurations do: ``"project.losses.dice"``."""
    for node in every(module, ast.Constant):
        assert isinstance(node, ast.Constant)
        if isinstance(node.value, str) and _PATH.fullmatch(node.value):
            origin = node.value.replace(":", ".")
            if not is_library(origin):
                reason = "names it in a string, by which it may be looked up and called"
                for role in (Role.FUNCTION, Role.RESULT):
                    yield Use(role, origin, node.lineno, reason, exact=True)


def _set_by_name(module: ast.Module, names: Origins) -> Iterator[Use]:
    """What a string names beside its module, as tests put something in its place that has no ``call``:
    ``monkeypatch.setattr(losses, "dice", stub)``."""
    for node in every(module, ast.Call):
        match node:
            case ast.Call(
                func=function,
                args=[ast.Name() | ast.Attribute() as holder, ast.Constant(str(name)), *_],
            ) if (
                last_part(function) not in _READS
            ):
                reason = "names it in a string, by which it may be set"
                for origin in names.meanings(holder):
                    yield Use(Role.FUNCTION, f"{origin}.{name}", node.lineno, reason, exact=True)


def _filled(node: ast.expr, names: Origins) -> Argument | None:
    """The argument of a function of the project that an expression is, by itself or by keyword."""
    above = names.parents.get(node)
    call = names.parents.get(above) if isinstance(above, ast.keyword) else above
    if not isinstance(call, ast.Call) or len(functions := names.called(call)) != 1:
        return None
    if isinstance(above, ast.keyword):
        return Argument(functions[0], above.arg) if above.arg is not None else None
    return Argument(functions[0], call.args.index(node)) if node in call.args else None


def _reached_by(lookup: Lookup, names: Origins) -> Iterator[str]:
    if lookup.name:
        # Which leads nowhere, and so to all of that name.
        yield f"{lookup.module}.{lookup.name}"
        return
    if lookup.module:
        root, _, rest = lookup.module.partition(".")
        known = (root,) if lookup.named else names.imported.get(root, ())
        for origin in known:
            yield ".".join(filter(None, (origin, rest, EVERY)))
        return
    for origin in dict.fromkeys(e for origins in names.imported.values() for e in origins):
        yield origin
        if lookup.evaluated:
            yield f"{origin}.{EVERY}"
    for star in names.stars:
        yield joined(star, EVERY)
