"""Removed names where they stand in a loss, and the code that takes their place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from lossfix.losses.calls.rewrite_call import filled, split_arguments
from lossfix.losses.code.loss import Loss
from lossfix.losses.code.reach import Use, uses
from lossfix.losses.code.tensors import is_boolean
from lossfix.losses.discovery.patched import is_patched
from lossfix.losses.operations.removed import (
    FORMS,
    Removed,
    fails_to_import,
    removed,
    replacement_of,
)
from lossfix.losses.operations.removed_table import MOVED
from lossfix.losses.operations.translation import Binding, argument
from lossfix.syntax.build import name as name_node
from lossfix.syntax.nodes import every
from lossfix.syntax.remembered import remembered
from lossfix.syntax.scope import Scope
from lossfix.syntax.scope import dotted as ast_dotted
from lossfix.syntax.tree import Tree, dotted, walk

_BACKEND = re.compile(r"(?<![\w.])keras\.backend\.")
"""Keras 3's, and not the one that TensorFlow bundles."""
_TRUTH = "tf.cast({x}, tf.bool)"
_SHORT = 60
"""Characters of code that a message has room for."""
_SHAPE = re.compile(r"tuple\((\{\w+\}\.shape)\)")


@dataclass(frozen=True, eq=False)
class Gone:
    """A removed name in use."""

    node: cst.Name | cst.Attribute
    """The name as far as the table knows it: of ``keras.losses.mse.__doc__`` the first three parts."""
    entry: Removed
    use: Use

    @property
    def call(self) -> cst.Call | None:
        """The call, where the name is called."""
        above = self.use.loss.tree.parents.get(self.node)
        return above if isinstance(above, cst.Call) and above.func is self.node else None

    @property
    def place(self) -> cst.CSTNode:
        """What is replaced: the whole call where its arguments change, else the name."""
        call = self.call
        return call if call is not None and self.entry.calls else self.node


def gone_names(loss: Loss) -> Iterator[Gone]:
    """The removed names that the loss, and what it reaches in its file, looks up when it runs.

    Names whose import fails are left out: those never get as far as a use.
    """
    for use in uses(loss):
        if not _fails_before(use) and not _is_provided_for(use):
            found = gone(use)
            if found is not None and not is_patched(loss.tree.outline, use.qualified):
                yield found


def _is_provided_for(use: Use) -> bool:
    """Whether the code asks for the name, or for the version, before it uses it, or goes on without it."""
    inner: cst.CSTNode = use.node
    for above in use.loss.tree.ancestors(use.node):
        match above:
            case cst.Try(handlers=[_, *_]) | cst.ExceptHandler():
                return True
            case cst.If(test=test) | cst.IfExp(test=test) if inner is not test:
                if any(_asks(each) for each in walk(test)):
                    return True
        inner = above
    return False


def _asks(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name(value="hasattr")):
            return True
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name in ("__version__", "VERSION")
    return False


def gone(use: Use) -> Gone | None:
    """The longest part of ``use`` that is in the table of removed names, or a call of a form that is gone."""
    form = FORMS.get(use.qualified)
    if form is not None and isinstance(use.node, cst.Attribute | cst.Name):
        called = Gone(use.node, form, use)
        mended = called.call is not None and isinstance(current(called), cst.BaseExpression)
        return called if mended else None
    node: cst.BaseExpression = use.node
    qualified = use.qualified
    while isinstance(node, cst.Attribute | cst.Name):
        entry = removed(qualified)
        if entry is not None:
            return Gone(node, entry, use)
        if not isinstance(node, cst.Attribute):
            return None
        node, qualified = node.value, qualified.rpartition(".")[0]
    return None


def _fails_before(use: Use) -> bool:
    # `from keras.losses import mse`, or `loss = keras.losses.mse` above: mended there.
    origin = use.scope.resolve(use.root) or ""
    if use.qualified in MOVED and origin not in MOVED:
        return False
    return fails_to_import(origin) or (not use.imported and removed(origin) is not None)


def current(found: Gone, call: cst.Call | None = None) -> cst.BaseExpression | str:
    """What stands in for `Gone.place` today; a string says why nothing can be put there.

    ``call`` is the call with its arguments already rewritten, where that differs from `Gone.call`.
    """
    entry, loss = found.entry, found.use.loss
    call = call or found.call
    if entry.calls and call is not None:
        split = split_arguments(call)
        if split is None:
            return "it unpacks its arguments"
        positional, keywords = split
        if entry.name in _OF_BOTH and len(positional) == 2 and is_for_tensorflow_1(loss.tree):
            keywords |= dict(zip(_OF_BOTH[entry.name], positional, strict=True))
            positional = []
        binding = replacement_of(
            entry,
            [loss.tree.code(each) for each in positional],
            {key: loss.tree.code(each) for key, each in keywords.items()},
        )
        if isinstance(binding, Binding):
            binding = _in_the_files_backend(loss, binding)
            binding = _indexed_shape(found, binding)
            binding = _with_condition(loss, binding, positional, keywords)
            binding = _without_cast(loss, binding, positional, keywords)
        return filled(loss, binding, positional, keywords)
    if entry.becomes:
        return _renamed(found)
    if entry.calls:
        return "it is passed on, and no function of today takes the same arguments"
    return entry.reason


@remembered(4)
def is_for_tensorflow_1(tree: Tree) -> bool:
    """Whether a file uses names that TensorFlow had before version 2 and not since."""
    scope = tree.module_scope
    for node in every(tree.outline, ast.Attribute):
        qualified = scope.resolve(ast_dotted(node) or "") or ""
        of_tensorflow = qualified.startswith("tensorflow.") and not qualified.startswith(_OF_KERAS)
        if of_tensorflow and removed(qualified) is not None:
            return True
    return False


_OF_KERAS = ("tensorflow.keras.", "tensorflow.losses.", "tensorflow.metrics.", "tensorflow.python.")
_OF_BOTH = {"tensorflow.losses.mean_squared_error": ("labels", "predictions")}
"""What versions 1 and 2 both called so and computed differently, with version 1's keywords."""


def _renamed(found: Gone) -> cst.BaseExpression:
    """The new name, reached through the module by which the file reached the old one."""
    becomes = found.entry.becomes
    loss = found.use.loss
    if not becomes.replace("_", "a").replace(".", "a").isalnum():
        return cst.parse_expression(becomes)
    new = "tensorflow" + becomes[2:] if becomes.startswith("tf.") else becomes
    spelled, qualified = dotted(found.node) or "", found.entry.name
    shared, local = qualified, spelled
    while "." in local:
        shared, local = shared.rpartition(".")[0], local.rpartition(".")[0]
        if new.startswith(f"{shared}."):
            return name_node(f"{local}.{new[len(shared) + 1 :]}")
    return name_node(loss.spell(becomes))


def _in_the_files_backend(loss: Loss, binding: Binding) -> Binding:
    # `K.floatx()` rather than `keras.backend.floatx()`, where there is a `K`.
    if not _BACKEND.search(binding.template):
        return binding
    module = loss.tree.module_scope
    alias = bound_module(module, "keras.backend") or bound_module(
        module, "tensorflow.keras.backend"
    )
    if alias is None:
        return binding
    return replace(binding, template=_BACKEND.sub(f"{alias}.", binding.template))


def _indexed_shape(found: Gone, binding: Binding) -> Binding:
    # `K.int_shape(x)[-1]` is `x.shape[-1]`: only as a whole does a shape have to be a tuple.
    match = _SHAPE.fullmatch(binding.template)
    above = found.use.loss.tree.parents.get(found.place)
    if match is None or not isinstance(above, cst.Subscript) or len(above.slice) != 1:
        return binding
    if not isinstance(above.slice[0].slice, cst.Index):
        return binding
    return replace(binding, template=match[1])


def _with_condition(
    loss: Loss,
    binding: Binding,
    positional: list[cst.BaseExpression],
    keywords: dict[str, cst.BaseExpression],
) -> Binding:
    # The backend took any number for a condition: a mask of zeros and ones, mostly.
    key = binding.arguments.get("condition")
    if key is None:
        return binding
    condition = argument(key, positional, keywords)
    if is_boolean(loss, condition):
        return binding
    return replace(
        binding,
        template=binding.template.replace("{condition}", "tf.cast({condition}, tf.bool)"),
    )


def _without_cast(
    loss: Loss,
    binding: Binding,
    positional: list[cst.BaseExpression],
    keywords: dict[str, cst.BaseExpression],
) -> Binding:
    # The backend's `any` and `all` took numbers, too: a comparison needs no cast.
    key = binding.arguments.get("x")
    if key is None or _TRUTH not in binding.template:
        return binding
    if not is_boolean(loss, argument(key, positional, keywords)):
        return binding
    return replace(binding, template=binding.template.replace(_TRUTH, "{x}"))


def bound_module(scope: Scope, module: str) -> str | None:
    """The first name, in order of the alphabet, by which a file knows a module."""
    return next((name for name, origin in sorted(scope.imports.items()) if origin == module), None)


def told(found: Gone, new: cst.BaseExpression) -> str:
    """What to name in a message: the new function where it takes what the old one took or the new code is
    long, else that code."""
    tree = found.use.loss.tree
    if not isinstance(new, cst.Call) or found.call is None:
        return tree.line(new, _SHORT)
    old = [each.value for each in found.call.args]
    alike = all(any(each.value.deep_equals(was) for was in old) for each in new.args)
    brief = len(tree.code(new)) <= _SHORT and not alike
    return tree.line(new if brief else new.func, _SHORT)
