"""A callable that is believed to be a loss, and what is known about it before its file is looked at."""

from __future__ import annotations

from dataclasses import dataclass

from lossfix.model import Evidence, Form


@dataclass(frozen=True)
class Settings:
    """What the configuration says about how losses are named."""

    targets: frozenset[str] = frozenset()
    predictions: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    """Qualified names of functions that are losses, though NumPy may be all that they use."""


@dataclass(frozen=True)
class Roles:
    """What the parameters of a part of a loss are handed."""

    y_true: str
    y_pred: str
    """The first that is handed predictions; ``y_true`` is the same one where none is handed targets alone."""
    also: tuple[str, ...] = ()
    """The others whose values depend on the predictions."""


@dataclass(frozen=True)
class Candidate:
    """A callable that is believed to be a loss, or to be a part of one."""

    path: tuple[str, ...]
    number: int
    """It is the n-th definition of the file, in document order; losses that are expressions come behind."""
    form: Form
    evidence: tuple[Evidence, ...]
    y_true: str
    y_pred: str
    swapped: bool = False
    """The predictions come first."""
    metric: bool = False
    """It is also used as a metric, or reached from one."""
    bound: bool = False
    """It is a method that is called on an instance, and that instance is a loss of Keras."""
    line: int = 0
    arguments: tuple[str, ...] = ()
    """For a factory or a class: the source of the arguments of one of its calls."""
    also: tuple[str, ...] = ()
    """Of a part, the parameters besides ``y_pred`` that are handed what depends on the predictions."""
    own_loop: bool = False
    """It is a part of losses that nothing but a training loop of one's own calls."""

    @property
    def name(self) -> str:
        """The qualified name within the file."""
        return ".".join(self.path)


@dataclass(frozen=True)
class Elsewhere:
    """A definition in another file of the run."""

    path: str
    """Of its file, for people."""
    name: str
    """The dotted name; empty for what stands in that file outside of all definitions."""


@dataclass(frozen=True)
class Helper:
    """A function of another file that losses of this one are made of."""

    written: str
    """The dotted name by which this file calls it."""
    path: str
    name: str
    module: str = ""
    """What this file would write to import from that one; empty where that is not known."""
    direct: bool = True
    """Whether this file has it from there, rather than by way of a third one."""


@dataclass(frozen=True)
class Used:
    """As what other files use the names of this one."""

    compiled: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()
    """Called for a loss: classes and factories."""
    metrics: frozenset[str] = frozenset()
    differentiated: frozenset[str] = frozenset()
    """Called under a gradient tape, and the gradient is taken of the result."""


@dataclass(frozen=True)
class Called:
    """How other files call the functions of this one."""

    plainly: frozenset[str] = frozenset()
    """With targets and predictions alone: such calls are rewritten along with a function."""
    functions: tuple[tuple[str, str], ...] = ()
    """Names that another file uses as only a function can be, with the place and the reason."""
    results: tuple[tuple[str, str], ...] = ()
    """The same for factories of which that is true of what they return."""


@dataclass(frozen=True)
class Parts:
    """Functions of this file that losses of other files are made of."""

    reached: frozenset[str] = frozenset()
    """All of them."""
    handed: tuple[tuple[str, Roles], ...] = ()
    """Those with the parameters that are handed targets and predictions, where that is known."""
    weighs: frozenset[str] = frozenset()
    """Those whose result goes into a term with something else that depends on the predictions."""
    own_loop: frozenset[str] = frozenset()
    """Those of which all these losses are called by training loops of one's own, and not by Keras."""
    readers: tuple[tuple[str, Elsewhere], ...] = ()
    """Those with everything in other files that reads them."""


@dataclass(frozen=True)
class Project:
    """What other files say about the names of this one."""

    path: str = ""
    """Of the file itself, for people."""
    used: Used = Used()
    called: Called = Called()
    parts: Parts = Parts()
    helpers: tuple[Helper, ...] = ()
    compiling: frozenset[tuple[str, int | str]] = frozenset()
    """The origins of functions that this file imports and that compile a model with an argument, or keep it
    for others to do so, by its position or keyword."""
    bases: frozenset[str] = frozenset()
    """The origins of classes that this file imports and that are losses of Keras."""
    lent: frozenset[str] = frozenset()
    """Names that this file imports itself, and that others import from it; ``*`` for all of them."""
    framework: bool = False
    """Whether a file with Keras makes losses of these names: this one need not mention it."""
    exported: bool = False
    """The file is part of a package: code that was not scanned may import from it."""
    of_losses: bool = False
    """The file's name says that it holds losses: ``losses.py``, ``losses/focal.py``."""

    @property
    def decides(self) -> bool:
        """Whether anything is said that decides over which of the file's callables are losses.

        What others call or pass on decides over their form, and ``framework`` over nothing in a file that
        imports one itself.
        """
        return self.of_losses or self.used != Used() or bool(self.parts.reached or self.bases)
