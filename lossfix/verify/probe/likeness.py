"""Whether a rewrite that no inputs run is still the original, but for how it is built and saved.

A repair of an import, of a default or of `get_config` leaves the code alone that computes. What runs then,
on whatever inputs, is read off two objects instead of off two values: the same instructions, which find the
same under every name that they read, in an object with the same attributes, whatever its constructor is
given.
"""

from __future__ import annotations

import inspect
import os
import re
import types
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, Optional, Union

import numpy as np
import tensorflow as tf

from .compat import removed_names, within
from .job import Job
from .parameters import others, variants
from .subject import Candidate, Failure, load

BUILDING = frozenset({"__init__", "get_config", "from_config"})
"""Methods that may change: what they do is seen in the objects that they build."""
_OF_THE_CLASS = frozenset(
    "__module__ __doc__ __dict__ __weakref__ __annotations__ __abstractmethods__ _abc_impl __parameters__ "
    "__orig_bases__ __firstlineno__ __static_attributes__".split()
)
_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), np.generic, tf.DType)
_ARRAYS = (np.ndarray, tf.Tensor, tf.Variable)


_ANYTHING = object()
_DEEPEST = 6
"""Containers and objects within one another are followed so far."""


class _Unlike(Exception):
    """Two things differ; says which."""


def built_alike(job: Job, directory: str) -> Optional[str]:
    """What of the rewrite is not as it was, ``""`` where all but building and saving is.

    ``None`` where either of the two cannot be built, or is no instance of a class of the user's.
    """
    assert job.after is not None
    before: Union[Candidate, Failure] = Failure("build", "", "")
    # Old arguments by position may pass for others: it is what its author meant with the stand-ins.
    for shimmed in (True, False):
        before = load(job.before, directory, "before.py", shimmed, adapt=_concrete)
        if isinstance(before, Candidate):
            break
    after = load(job.after, directory, "after.py", adapt=_concrete)
    if isinstance(before, Failure) or isinstance(after, Failure):
        return None
    if not (before.is_loss and after.is_loss):
        return None
    if before.shimmed:
        # What runs it under the stand-ins.
        vars(before.target).pop("call", None)
    alike = _Likeness(directory)
    try:
        alike.losses(before.target, after.target)
        _built_with_others(alike, before, after)
        _saved(alike, before, after)
    except _Unlike as unlike:
        return str(unlike)
    return ""


def _concrete(module: types.ModuleType) -> None:
    """Lets the abstract classes of a module be built: what they leave to others is not called."""
    for kind in list(vars(module).values()):
        if (
            inspect.isclass(kind)
            and kind.__module__ == module.__name__
            and inspect.isabstract(kind)
        ):
            kind.__abstractmethods__ = frozenset()  # type: ignore[attr-defined]


def _others(name: str, value: Any) -> list[Any]:
    """Other values of a parameter; an object that nothing else holds shows where one ends up, too."""
    return [*others(name, value), _ANYTHING]


def _built_with_others(alike: _Likeness, before: Candidate, after: Candidate) -> None:
    """Each parameter in turn has another value than its default."""
    ours = {name: built for name, _, built in variants(after, _others)}

    def theirs() -> list[tuple[str, Any, Any]]:
        return list(variants(before, _others))

    for name, _, built in within(removed_names, theirs)() if before.shimmed else theirs():
        if name not in ours:
            raise _Unlike(f"its parameter `{name}` does not take what it took")
        alike.losses(built, ours[name])


def _saved(alike: _Likeness, before: Candidate, after: Candidate) -> None:
    """What Keras loads again is what was saved, where the class says itself what is, unless it said so before
    and could not be loaded then."""
    kind = type(after.target)
    says_so = alike.configures(kind)
    if alike.configures(type(before.target)) and not _loads(before):
        says_so = False
    for name, given, built in variants(after, handed_on=True):
        if name == "reduction" and getattr(built, name, given) != given:
            raise _Unlike("its parameter `reduction` is ignored")
        if not says_so:
            continue
        try:
            copy = kind.from_config(built.get_config())
        except Exception as error:
            said = f"with another `{name}` its configuration does not load: {type(error).__name__}"
            raise _Unlike(said) from error
        alike.losses(built, copy)


def _loads(candidate: Candidate) -> bool:
    """Whether Keras can build the loss of its own configuration."""
    with removed_names() if candidate.shimmed else nullcontext():
        try:
            type(candidate.target).from_config(candidate.target.get_config())
        except Exception:
            return False
    return True


class _Likeness:
    """Compares what two imports of one project hold; each pair once, since things refer to one another.

    All methods raise ``_Unlike``.
    """

    def __init__(self, directory: str) -> None:
        self.directory = directory
        """Where the user's modules lie, of both imports."""
        self.numbered = ("", "")
        """The names of the two losses at hand, where Keras made them and numbered them."""
        self.seen: set[tuple[int, int]] = set()
        """Functions and classes, which the modules keep; of an object that is gone another has the number."""

    def configures(self, kind: type) -> bool:
        """Whether a class of the user's says what is saved of it."""
        return any("get_config" in vars(each) for each in kind.__mro__ if self._is_own(each))

    def _is_own(self, value: Any) -> bool:
        if isinstance(value, types.FunctionType):
            return os.path.dirname(value.__code__.co_filename) == self.directory
        functions = (each for each in vars(value).values() if isinstance(each, types.FunctionType))
        return any(map(self._is_own, functions)) or value.__module__.startswith("lossfix_subject")

    def losses(self, one: Any, other: Any) -> None:
        """Two instances of a loss, which may hand on the names that Keras made for them."""
        self.numbered = ("", "")
        if _given(one) == _given(other) == "":
            self.numbered = (str(one.name), str(other.name))
        self.instances(one, other)

    def instances(self, one: Any, other: Any, deep: int = _DEEPEST) -> None:
        """The same class with the same attributes, and others by names that nothing of it had."""
        self._classes(type(one), type(other), but=BUILDING)
        ours = vars(other)
        for name, value in vars(one).items():
            if name not in ours:
                raise _Unlike(f"`self.{name}` is gone")
            if name == "name" and _given(one) == _given(other) == "":
                continue
            self.values(value, ours[name], f"`self.{name}`", deep)
        for name in ours.keys() - vars(one).keys():
            if hasattr(type(one), name):
                raise _Unlike(f"`self.{name}` hides what its class calls so")

    def values(self, one: Any, other: Any, name: str, deep: int = _DEEPEST) -> None:
        """The same value, as far as it is of a kind that can be compared."""
        if one is other:
            return
        if isinstance(one, types.FunctionType) and self._is_own(one):
            self.functions(one, other, name)
        elif inspect.isclass(one) and inspect.isclass(other):
            self._classes(one, other)
        elif type(one).__qualname__ != type(other).__qualname__ or not deep:
            raise _Unlike(f"{name} is another one")
        elif isinstance(one, (list, tuple, set, frozenset, dict)):
            self._items(one, other, name, deep - 1)
        elif isinstance(one, _ARRAYS + _PLAIN + (types.ModuleType,)):
            if not _equal(one, other, self.numbered):
                raise _Unlike(f"{name} is another one")
        elif hasattr(one, "__dict__"):
            self.instances(one, other, deep - 1)
        else:
            raise _Unlike(f"{name} is another one")

    def _items(self, one: Any, other: Any, name: str, deep: int) -> None:
        if len(one) != len(other):
            raise _Unlike(f"{name} is another one")
        if isinstance(one, dict):
            one, other = [[*each.keys(), *each.values()] for each in (one, other)]
        elif isinstance(one, (set, frozenset)):
            one, other = sorted(one, key=repr), sorted(other, key=repr)
        for each, ours in zip(one, other):
            self.values(each, ours, name, deep)

    def functions(self, one: Any, other: Any, name: str) -> None:
        """The same instructions, defaults and captured values, and the same under the names of the module."""
        if (id(one), id(other)) in self.seen:
            return
        self.seen.add((id(one), id(other)))
        if not isinstance(other, types.FunctionType):
            raise _Unlike(f"{name} is another one")
        if _instructions(one.__code__) != _instructions(other.__code__):
            raise _Unlike(f"the code of {name} is another one")
        self.values(one.__defaults__, other.__defaults__, f"a default of {name}")
        self.values(one.__kwdefaults__, other.__kwdefaults__, f"a default of {name}")
        cells = zip(one.__closure__ or (), other.__closure__ or ())
        for bound, (theirs, ours) in zip(one.__code__.co_freevars, cells):
            # A method that calls `super()` captures the class that it stands in.
            if bound != "__class__":
                self.values(theirs.cell_contents, ours.cell_contents, f"`{bound}`")
        for read in _names(one.__code__):
            there, here = one.__globals__, other.__globals__
            if (read in there) != (read in here):
                raise _Unlike(f"`{read}` is not in both modules")
            if read in there:
                self.values(there[read], here[read], f"`{read}`")

    def _classes(self, one: type, other: type, but: frozenset[str] = frozenset()) -> None:
        """The same methods and attributes, ``but`` for some, on the same parents."""
        if one is other or (id(one), id(other)) in self.seen:
            return
        self.seen.add((id(one), id(other)))
        theirs, ours = one.__mro__, other.__mro__
        if [each.__qualname__ for each in theirs] != [each.__qualname__ for each in ours]:
            raise _Unlike(f"the parents of `{one.__name__}` are others")
        for parent, mine in zip(theirs, ours):
            if parent is mine:
                continue
            if not self._is_own(parent):
                raise _Unlike(f"`{parent.__name__}` is another class")
            self._members(parent, mine, but)

    def _members(self, one: type, other: type, but: frozenset[str]) -> None:
        members = [
            {k: v for k, v in vars(each).items() if k not in _OF_THE_CLASS and k not in but}
            for each in (one, other)
        ]
        if members[0].keys() != members[1].keys():
            name, *_ = sorted(members[0].keys() ^ members[1].keys())
            raise _Unlike(f"`{one.__name__}.{name}` is not in both")
        for name, value in members[0].items():
            pair = [value, members[1][name]]
            if isinstance(value, (staticmethod, classmethod)):
                pair = [getattr(each, "__func__", each) for each in pair]
            elif isinstance(value, property):
                pair = [getattr(each, "fget", each) for each in pair]
            self.values(pair[0], pair[1], f"`{one.__name__}.{name}`")


def _given(instance: Any) -> str:
    """The name of a loss; empty where Keras made it of the name of its class and a number."""
    name, made = str(instance.name), type(instance).__name__.strip("_").lower()
    return "" if re.sub(r"_\d+$", "", name).replace("_", "") == made else name


def _equal(one: Any, other: Any, numbered: tuple[str, str]) -> bool:
    if isinstance(one, _ARRAYS):
        return bool(np.array_equal(np.asarray(one), np.asarray(other)))
    if isinstance(one, types.ModuleType):
        return bool(one.__name__ == other.__name__)
    return repr(one) == repr(other) or (
        isinstance(one, str) and bool(numbered[0]) and one.replace(*numbered) == other
    )


def _instructions(code: types.CodeType) -> tuple[Any, ...]:
    """All that decides over what code does, but for what its names stand for."""
    constants = tuple(
        _instructions(each) if isinstance(each, types.CodeType) else repr(each)
        for each in code.co_consts
    )
    counts = (code.co_argcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return code.co_code, counts, names, constants


def _names(code: types.CodeType) -> Iterator[str]:
    """The names that code reads of its module, and those of attributes."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _names(each)
