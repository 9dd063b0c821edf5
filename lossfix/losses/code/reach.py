"""What a loss is made of: its definition, and what that reaches within the file.

A rule on the flow of values looks at one function. A name that is gone breaks a loss wherever it stands:
in a helper without targets or predictions, in the factory around it, in a constant of the module.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from lossfix.losses.code.loss import Loss
from lossfix.losses.discovery.outline import ITSELF
from lossfix.losses.discovery.unbound import unbound_names
from lossfix.syntax.blocks import Definition, inner_statements
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import Scope
from lossfix.syntax.tree import Tree, children, dotted


@dataclass(frozen=True, eq=False)
class Use:
    """A dotted name that stands in the code for something imported."""

    node: cst.Name | cst.Attribute
    """The longest chain of attributes, such as ``keras.losses.Reduction.AUTO``."""
    qualified: str
    """As it resolves through the imports."""
    scope: Scope
    loss: Loss
    """The function in which it stands, as a loss; the loss itself within its own function."""
    outside: bool
    """Whether it stands outside of the loss's own statement."""

    @property
    def root(self) -> str:
        """The plain name with which the chain begins."""
        return (dotted(self.node) or "").partition(".")[0]

    @property
    def imported(self) -> bool:
        """Whether an import statement binds the root, rather than an assignment."""
        scope: Scope | None = self.scope
        while scope is not None:
            if self.root in scope.everything():
                return self.root in scope.imports
            scope = scope.parent
        return False


@remembered(64)
def uses(loss: Loss) -> tuple[Use, ...]:
    """Every imported name that the loss and what it reaches in this file make use of."""
    found: list[Use] = []
    for part in _parts(loss):
        outside = part is not loss.outermost
        for named in _names(part, loss.tree):
            qualified = _resolved(named, loss.tree)
            if qualified is not None and not _own(loss, qualified):
                found.append(_use(loss, named, qualified, outside))
    return tuple(found)


def unbound(loss: Loss) -> str:
    """A name that the loss, or what it reaches in this file, reads and nothing binds; mostly none.

    Names that the code provides for by a ``try``, and those of annotations, are left out.
    """
    missing = {each.id for each in unbound_names(loss.tree.outline)}
    for part in _parts(loss) if missing else ():
        for named in _names(part, loss.tree):
            name = named.written.partition(".")[0]
            if name not in missing or name in named.hidden:
                continue
            above = loss.tree.ancestors(named.node)
            if not loss.tree.scope(named.above).binds(name) and not any(
                isinstance(each, cst.Try | cst.Annotation) for each in above
            ):
                return name
    return ""


def references(loss: Loss, name: str, origin: str) -> tuple[Use, ...]:
    """Every use in the whole file of ``name`` where it stands for ``origin``."""
    found = []
    own = {use.node for use in uses(loss) if not use.outside}
    for named in _names_by_root(loss.tree).get(name, ()):
        qualified = _resolved(named, loss.tree)
        if qualified is not None and loss.tree.scope(named.above).resolve(name) == origin:
            found.append(_use(loss, named, qualified, named.node not in own))
    return tuple(found)


def _use(loss: Loss, named: _Named, qualified: str, outside: bool) -> Use:
    scope, seen_from = loss.tree.scope(named.above), _seen_from(loss, named.node, named.above)
    return Use(named.node, qualified, scope, seen_from, outside)


@remembered(4)
def _names_by_root(tree: Tree) -> Mapping[str, Sequence[_Named]]:
    """All dotted names of a file by the plain name with which they begin."""
    found: dict[str, list[_Named]] = {}
    for named in _names(tree.module, tree):
        found.setdefault(named.written.partition(".")[0], []).append(named)
    return found


def _own(loss: Loss, qualified: str) -> bool:
    # A package that others import may well be gone for them; its own files are what is left of it.
    root = qualified.partition(".")[0]
    return root == loss.package.partition(".")[0] and root not in ("keras", "tensorflow")


def _resolved(named: _Named, tree: Tree) -> str | None:
    if named.written.partition(".")[0] in named.hidden:
        return None
    return tree.scope(named.above).resolve(named.written)


def _parts(loss: Loss) -> tuple[cst.CSTNode, ...]:
    """The loss's own statement first, then what it reaches, in the order in which it is met."""
    by_path = dict(loss.tree.definitions)
    paths = {node: path for path, node in loss.tree.definitions}
    assigned = dict(_assignments(loss.tree.module))
    parts: list[cst.CSTNode] = [loss.outermost]
    for part in parts:
        path = paths.get(part, ())  # type: ignore[call-overload]
        for named in _names(part, loss.tree):
            name, _, rest = named.written.partition(".")
            target: cst.CSTNode | None = None
            if name in ITSELF and rest:
                target = _method(path, rest.partition(".")[0], by_path)
            else:
                where = _bound_at(loss.tree.scope(named.above), name)
                if where is not None:
                    target = by_path.get((*where, name)) or (None if where else assigned.get(name))
            if target is not None and not any(_holds(each, target, loss.tree) for each in parts):
                parts.append(target)
    return tuple(parts)


def _holds(part: cst.CSTNode, node: cst.CSTNode, tree: Tree) -> bool:
    return node is part or any(above is part for above in tree.ancestors(node))


def _method(
    path: tuple[str, ...], name: str, by_path: dict[tuple[str, ...], Definition]
) -> cst.CSTNode | None:
    for end in range(len(path), 0, -1):
        if isinstance(by_path.get(path[:end]), cst.ClassDef):
            return by_path.get((*path[:end], name))
    return None


def _bound_at(scope: Scope, name: str) -> tuple[str, ...] | None:
    """The path of the function, or the module, to which a name belongs; ``None`` for a builtin."""
    within: Scope | None = scope
    while within is not None:
        # Python skips class scopes when it looks up a name from within a method.
        if (within is scope or not within.is_class) and name in within.everything():
            return within.path
        within = within.parent
    return None


def _assignments(module: cst.Module) -> Iterator[tuple[str, cst.CSTNode]]:
    """The names that top-level assignments bind, with their lines."""
    stack: list[cst.CSTNode] = list(module.body)
    while stack:
        statement = stack.pop(0)
        match statement:
            case cst.SimpleStatementLine(body=body):
                for each in body:
                    if isinstance(each, cst.Assign):
                        for target in each.targets:
                            if isinstance(target.target, cst.Name):
                                yield target.target.value, statement
                    elif isinstance(each, cst.AnnAssign) and isinstance(each.target, cst.Name):
                        yield each.target.value, statement
            case cst.If() | cst.Try():
                stack[:0] = inner_statements(statement)


@dataclass(frozen=True, eq=False)
class _Named:
    """A maximal dotted name where it stands."""

    node: cst.Name | cst.Attribute
    written: str
    above: Definition | None
    """The definition around it."""
    hidden: frozenset[str]
    """The parameters of the lambdas around it, up to that definition."""


def _names(top: cst.CSTNode, tree: Tree) -> tuple[_Named, ...]:
    """The maximal dotted names below ``top`` in document order."""
    hidden = frozenset[str]()
    for above in tree.ancestors(top):
        if isinstance(above, Definition):
            return _names_below(top, above, hidden)
        if isinstance(above, cst.Lambda):
            hidden |= {*_parameters(above.params)}
    return _names_below(top, None, hidden)


@remembered(256)
def _names_below(
    top: cst.CSTNode, around: Definition | None, hidden: frozenset[str]
) -> tuple[_Named, ...]:
    # The losses of a file reach the same helpers, and several rules ask each loss.
    found: list[_Named] = []
    pending = [(top, around, hidden)]
    while pending:
        node, above, hidden = pending.pop()
        if type(node) in _NAMELESS:
            continue
        # The node's own class is asked for: LibCST's are abstract, and `isinstance` takes its time.
        skipped: cst.CSTNode | None = None
        if type(node) is cst.Name or type(node) is cst.Attribute:
            written = dotted(node)
            if written is not None:
                found.append(_Named(node, written, above, hidden))
                continue
        if type(node) is cst.Attribute:
            skipped = node.attr
        elif type(node) is cst.Arg:
            skipped = node.keyword
        elif type(node) is cst.Param:
            skipped = node.name
        elif type(node) is cst.FunctionDef or type(node) is cst.ClassDef:
            skipped, above, hidden = node.name, node, frozenset()
        elif type(node) is cst.Lambda:
            hidden |= {*_parameters(node.params)}
        inner = [(child, above, hidden) for child in children(node) if child is not skipped]
        pending += reversed(inner)
    return tuple(found)


_NAMELESS = frozenset({cst.Import, cst.ImportFrom, cst.Global, cst.Nonlocal, cst.SimpleString})


def _seen_from(loss: Loss, node: cst.CSTNode, above: cst.CSTNode | None) -> Loss:
    """The function around ``node`` as a loss, so that what is asked of losses can be asked of it."""
    if _holds(loss.function, node, loss.tree) or not isinstance(above, cst.FunctionDef):
        return loss
    return _as_loss(loss, above)


@remembered(64)
def _as_loss(loss: Loss, function: cst.FunctionDef) -> Loss:
    # What it finds out about itself is kept with it, for all that is used in it.
    positional = [each for each in _parameters(function.params) if each not in ("self", "cls")]
    number = loss.tree.numbers.get(function)
    if not positional or number is None:
        return loss
    path, _ = loss.tree.definitions[number]
    y_pred, y_true = positional[0], positional[min(1, len(positional) - 1)]
    candidate = replace(loss.candidate, path=path, number=number, y_true=y_true, y_pred=y_pred)
    return replace(loss, candidate=candidate, definition=function, function=function, factory=None)


def _parameters(node: cst.Parameters) -> list[str]:
    listed = [*node.posonly_params, *node.params, *node.kwonly_params]
    return [each.name.value for each in listed]
