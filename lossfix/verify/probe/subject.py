"""From the text of a loss to something that can be called.

The text becomes a real file, because AutoGraph and ``inspect`` read source from files, and is
imported under a name of its own. Whatever the user's code raises on the way, ``SystemExit``
included, comes back as a ``Failure``: it is a fact about the loss, not an error of ours.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import io
import itertools
import os
import random
import re
import sys
import tokenize
import traceback
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Callable, Optional, Union

import keras
import numpy as np
import tensorflow as tf

from .calling import AS_IT_IS, Calling
from .compat import removed_names, within
from .job import SubjectSource

Adapt = Callable[[ModuleType], None]
"""Changes a module after it was imported and before the loss is built from it."""

_TENSOR = "__steepness__"
"""The name under which a module holds a steepness that is a tensor, while a graph is traced."""
_KERAS = ("keras", "tf_keras", "tensorflow")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Failure:
    """What the user's code raised where a loss was to be built."""

    stage: str
    """``import`` (the module), ``build`` (the expression) or ``steepen`` (the same with a
    steepness)."""
    kind: str
    """The name of the exception's type."""
    message: str
    """The first line of its message."""
    line: int = 0
    """The line of the module that was running, from 1; 0 where it was none of the module's."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}" if self.message else self.kind


@dataclass(frozen=True)
class Candidate:
    """A loss that was built and can be called."""

    subject: SubjectSource
    module: ModuleType
    path: str
    target: Any
    """A function or another callable, or an instance of ``keras.losses.Loss``."""
    shimmed: bool = False
    """Whether removed names have stand-ins while it runs."""
    calling: Calling = AS_IT_IS
    """How the author's function is called."""

    @property
    def is_loss(self) -> bool:
        """Whether it is an instance of Keras' own ``Loss`` rather than a plain callable."""
        return isinstance(self.target, _loss_types())

    def raised(self, error: BaseException) -> bool:
        """Whether the error passed through the code of its module."""
        return bool(_lines_of(error, self.path))

    @property
    def name(self) -> str:
        """What Keras would call it."""
        # Any object may have a name, as losses have; functions have theirs.
        names = (getattr(self.target, each, None) for each in ("name", "__name__"))
        return str(next(filter(None, names), type(self.target).__name__))

    @property
    def function(self) -> Callable[..., Any]:
        """The author's function: of an instance its ``call``, of Keras' own wrapper what that calls, with the
        arguments that it gives it."""
        # An instance that runs under stand-ins alone is called by a function around it.
        target = inspect.unwrap(self.target) if inspect.isroutine(self.target) else self.target
        call, wrapped = getattr(target, "call", None), getattr(target, "fn", None)
        if call is None:
            return target  # type: ignore[no-any-return]
        of_keras = (getattr(call, "__module__", None) or "").startswith(_KERAS)
        if not (of_keras and inspect.isfunction(wrapped)):
            return call  # type: ignore[no-any-return]
        given = getattr(target, "_fn_kwargs", None)
        return functools.partial(wrapped, **given) if given else wrapped

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The value before any reduction, exactly as its author wrote it.

        Neither argument is converted or aligned; the shape and dtype of what comes back, and what
        is raised, are the author's. A loss that ends Python, as ``exit()`` does, raises ``RuntimeError``.
        """
        try:
            return (self.target.call if self.is_loss else self.target)(y_true, y_pred)
        except SystemExit as error:
            raise RuntimeError("the loss ends Python (SystemExit)") from error

    def wrapped(self) -> Any:
        """What ``compile(loss=...)`` makes of it: a ``keras.losses.Loss``.

        Keras wraps a function in a class that also aligns the ranks of targets and predictions; an
        instance of ``Loss`` stays as it is, and its ranks as they come.
        """
        if self.is_loss:
            return self.target
        # `<lambda>` and `huber, delta=2` are no scopes of a graph, and Keras leaves out what is no letter.
        # Nor is `_loss` one outside of another scope, and Keras has one around it.
        name = re.sub(r"\W+", "", self.name).lstrip("_")
        return _function_wrapper()(self.target, name=name)

    def mean(self, y_true: Any, y_pred: Any, **options: Any) -> float:
        """The value through Keras' own ``Loss``, over all that it is made of where it is not reduced.

        ``options`` are its other arguments, such as ``sample_weight``. Raises what the loss raises.
        """
        return float(np.mean(self.wrapped()(y_true, y_pred, **options)))

    def at(self, steepness: Any) -> Union[Candidate, Failure]:
        """The same loss at another steepness (a number or a tensor), built in the same module.

        ``Failure`` where the subject has no steepness or building it raises.
        """
        if not self.subject.steepened:
            return Failure("steepen", "ValueError", "nothing was smoothed in this loss")
        if isinstance(steepness, tf.Tensor):
            vars(self.module)[_TENSOR], text = steepness, _TENSOR
        else:
            text = repr(float(steepness))
        expression = self.subject.steepened.replace("{steepness}", text)
        built = _build(
            self.subject, self.module, self.path, expression, "steepen", self.shimmed, self.calling
        )
        if isinstance(built, Candidate) and not built.is_loss and inspect.isfunction(built.target):
            # A function that was given its steepness is still the one of that name in that source.
            functools.update_wrapper(built.target, self.target)
        return built


def load(
    subject: SubjectSource,
    directory: str,
    filename: str,
    compat: bool = False,
    adapt: Optional[Adapt] = None,
    calling: Calling = AS_IT_IS,
) -> Union[Candidate, Failure]:
    """Writes, imports and builds ``subject``.

    Each call writes a new file in ``directory`` named after ``filename`` and imports it as a new
    module, so the same subject can be loaded twice. With ``compat``, names that TensorFlow and
    Keras removed have stand-ins while the loss is imported, built and called. ``adapt`` may change
    the module's globals before the loss is built. ``calling`` is how its function is called.

    Raises ``OSError`` where the file cannot be written; all that the user's code raises comes back
    as a ``Failure``.
    """
    _draw_alike()
    stem, extension = os.path.splitext(filename)
    number = next(_numbers)
    for name, source in subject.modules:
        part = os.path.join(directory, f"{name}_{number}.py")
        with open(part, "wb") as file:
            file.write(_encode(source))
        failed = _import(name, part, compat)
        if isinstance(failed, Failure):
            return failed
    path = os.path.join(directory, f"{stem}_{number}{extension or '.py'}")
    with open(path, "wb") as file:
        file.write(_encode(subject.source))
    imported = _import(f"lossfix_subject_{number}", path, compat)
    if isinstance(imported, Failure):
        return imported
    if adapt is not None:
        adapt(imported)
    return _build(subject, imported, path, subject.expression, "build", compat, calling)


def _draw_alike() -> None:
    """What a module draws when it is imported, such as the weights of a teacher, is the same each time."""
    random.seed(7)
    np.random.seed(7)
    tf.random.set_seed(7)


def _import(name: str, path: str, compat: bool) -> Union[ModuleType, Failure]:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise OSError(f"{path} cannot be imported as a module")
    module = importlib.util.module_from_spec(spec)
    # Dataclasses, pickle and Keras' registry look a class's module up by name.
    sys.modules[name] = module
    execute = spec.loader.exec_module
    try:
        (within(removed_names, execute) if compat else execute)(module)
    except BaseException as error:
        del sys.modules[name]
        return _failure("import", error, path)
    return module


def _build(
    subject: SubjectSource,
    module: ModuleType,
    path: str,
    expression: str,
    stage: str,
    compat: bool,
    calling: Calling,
) -> Union[Candidate, Failure]:
    def build() -> Any:
        target = eval(compile(expression, f"<{stage}>", "eval"), vars(module))
        if inspect.isclass(target):  # compile(loss=SomeLoss) builds it too
            target = target()
        if not callable(target):
            raise TypeError(f"`{expression}` is not callable, it gives {type(target).__name__}")
        return target

    try:
        target = within(removed_names, build)() if compat else build()
    except BaseException as error:
        return _failure(stage, error, path)
    built = Candidate(subject, module, path, target, compat, calling)
    if not compat and calling == AS_IT_IS:
        return built
    function = target.call if built.is_loss else target
    called = calling.around(within(removed_names, function) if compat else function)
    if built.is_loss:
        target.call = called
        return built
    return replace(built, target=called)


def _failure(stage: str, error: BaseException, path: str) -> Failure:
    lines = str(error).strip().splitlines()
    inside = _lines_of(error, path)
    line = inside[-1] if inside else 0
    if isinstance(error, SyntaxError) and error.filename == path:
        line = error.lineno or 0
    return Failure(stage, type(error).__name__, lines[0] if lines else "", line or 0)


def _lines_of(error: BaseException, path: str) -> list[int]:
    """The lines of a file that an error passed through, the innermost last."""
    frames = traceback.walk_tb(error.__traceback__)
    return [line for frame, line in frames if frame.f_code.co_filename == path]


def _encode(source: str) -> bytes:
    """The bytes that Python reads back as ``source``, in the encoding that it declares."""
    plain = source.encode("utf-8", "surrogatepass")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(plain).readline)
        return source.encode(encoding)
    except (SyntaxError, UnicodeEncodeError):
        return plain


def _loss_types() -> tuple[type, ...]:
    # The two differ where tf.keras is the legacy package.
    return (keras.losses.Loss, tf.keras.losses.Loss)


def _function_wrapper() -> Any:
    """The class in which Keras wraps a loss function: it has no public name, but is the parent of
    every built-in loss in Keras 2 and 3."""
    return tf.keras.losses.MeanSquaredError.__bases__[0]
