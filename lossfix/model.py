"""The nouns of lossfix: plain, frozen data and the standard library only.

Everything that crosses from one module to another is one of these: strings, numbers, tuples and
enumerations of strings. They compare with ``==``, can be pickled, and know how to do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Severity(str, Enum):
    """How bad a finding is for training."""

    ERROR = "error"
    """The loss does not train, or does not run."""
    WARNING = "warning"
    """It trains badly, or would fail under XLA, with sample weights or when saved."""
    INFO = "info"
    """It trains; only the shape of the code is at stake."""


class Safety(str, Enum):
    """The promise that comes with a rewrite, on which the verifier collects."""

    EXACT = "exact"
    """Same values, and a gradient that is at least as good."""
    RELAXED = "relaxed"
    """The values approach the old ones as ``steepness`` grows; the gradient is alive and leads downhill."""
    MANUAL = "manual"
    """No rewrite: the finding carries the reason."""


class Evidence(str, Enum):
    """Why a callable is believed to be a loss, strongest first."""

    COMPILED = "compiled"
    SUBCLASS = "subclass"
    GRADIENT = "gradient"
    REACHED = "reached"
    NAMED = "named"


class Form(str, Enum):
    """How a loss is written."""

    FUNCTION = "function"
    CLOSURE = "closure"
    """The inner function that a factory returns."""
    SUBCLASS = "subclass"
    """``call`` of a subclass of ``keras.losses.Loss``."""
    WRAPPER = "wrapper"
    """A subclass without a ``call`` of its own, whose constructor says what its base class computes."""
    METHOD = "method"
    """A method of another class (``self.loss``)."""
    LAMBDA = "lambda"
    """An expression: a lambda, or a function that is applied partially."""
    NESTED = "nested"
    """A function inside another one that does not return it, and that may capture its locals."""


class Gate(str, Enum):
    """What becomes of a hard gate."""

    SIGMOID = "sigmoid"
    DETACHED = "detached"
    """A sigmoid whose weight is under ``stop_gradient``: a declared surrogate."""
    KEEP = "keep"


@dataclass(frozen=True, order=True)
class Span:
    """A range of source text: lines and code-point columns, both counted from 1; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True)
class Source:
    """One unit of Python text and where it came from.

    ``path`` is relative and POSIX where it lies below the working directory. A notebook is one
    ``Source`` whose text joins its code cells; ``cells`` then maps lines of the text to cells.
    """

    path: str
    text: str
    cells: tuple[Cell, ...] = ()
    """For a notebook, its code cells in order; empty for a Python file."""


@dataclass(frozen=True)
class Cell:
    """A code cell of a notebook within the joined text."""

    number: int
    """Counted from 1 over all cells of the notebook, as editors show it."""
    line: int
    """The line of the joined text at which the cell's source starts (counted from 1)."""
    lines: int


@dataclass(frozen=True)
class Finding:
    """One fault of one loss at one place."""

    path: str
    span: Span
    code: str
    rule: str
    severity: Severity
    safety: Safety
    message: str
    loss: str
    """The qualified name of the loss within its file, such as ``make_loss.loss``."""
    reason: str = ""
    """Why it is not rewritten; empty where it can be."""
    cell: int | None = None
    """The notebook cell to which the lines of ``span`` are relative."""
    further: tuple[int, ...] = ()
    """Other lines of the whole text at which the same fault shows, and is told by this finding."""


@dataclass(frozen=True)
class FileChange:
    """The whole text of a file before and after."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Step:
    """One rewrite that settles one finding: the unit of review, of a code action and of the verifier."""

    finding: Finding
    before: str
    after: str
    """The whole text of the finding's file before and after."""
    elsewhere: tuple[FileChange, ...] = ()
    """What it changes in other files."""


@dataclass(frozen=True)
class Subject:
    """A loss that can be built and measured without anything else of its project.

    ``source`` is a module that holds the loss and whatever it reaches. ``expression`` evaluates in
    that module to a callable of (y_true, y_pred), for example ``make_loss(0.7)`` or ``HardGateLoss()``.
    """

    source: str
    expression: str
    steepened: str = ""
    """The same with a hole for the steepness, ``HardGateLoss(steepness={steepness})``; empty where
    nothing was smoothed."""
    assumptions: tuple[str, ...] = ()
    """What had to be assumed to build it, such as ``make_loss(alpha=0.5)``."""
    unverifiable: str = ""
    """Why it cannot be built; empty where it can be."""
    modules: tuple[tuple[str, str], ...] = ()
    """What ``source`` imports of the project: names and sources, each behind those that it imports."""


@dataclass(frozen=True)
class Repair:
    """A candidate rewrite of one loss."""

    loss: str
    becomes: str
    """What the loss is called afterwards; its old name where the form did not change."""
    steps: tuple[Step, ...]
    before: str
    after: str
    """The whole text of the file before and after."""
    promise: Safety
    gate: Gate = Gate.SIGMOID
    steepness: float = 0.0
    """The default that was written into the code; 0 where no gate was smoothed."""
    left: tuple[Finding, ...] = ()
    """What this candidate does not mend, with the reasons."""
    elsewhere: tuple[FileChange, ...] = ()
    """The other files that have to change with it: what the loss calls in them is mended there."""


@dataclass(frozen=True)
class Probe:
    """What is asked of the verifier: one loss before and, unless it is only measured, after."""

    name: str
    before: Subject
    after: Subject | None
    promise: Safety
    gate: Gate = Gate.SIGMOID
    steepness: float | None = None
    """``None``: the verifier calibrates it."""
    thresholds: tuple[float, ...] = ()
    """Constants that the loss compares with: where the gates are likely to lie."""
    families: tuple[str, ...] = ()
    """Families of inputs that the configuration or the code suggests, best first."""
    head: str = ""
    """The activation with which the models of the file end; empty where that is not known."""
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Of one sample's ``y_true`` and ``y_pred``, without the batch, as the configuration says."""
    ranges: tuple[tuple[str, tuple[float, float]], ...] = ()
    """The lowest and highest value of ``y_true`` and ``y_pred``, as the configuration says."""
    exact_tolerance: float | None = None
    """Relative difference up to which values are equal; ``None``: as precision allows."""
    relaxed_tolerance: float | None = None
    """Share of the first deviation that may be left where a smoothed gate is steep."""
    leaves_gradient: bool = False
    """Whether all that changes is what a class saves and how it is built, or names that are gone: its
    gradient may stay as it was."""
    key: str = ""
    """The dotted name under which a configuration speaks of the loss."""


class State(str, Enum):
    """What becomes of the gradient with respect to the predictions, worst first."""

    RAISES = "raises"
    NONE = "none"
    ZERO = "zero"
    NONFINITE = "not finite"
    DETACHED = "detached"
    """The gradient does not account for how the value changes: a part of it left the graph."""
    JUMPS = "jumps"
    """The value jumps where the gradient sees nothing: a hard gate with live branches."""
    SATURATED = "vanishing"
    LIVE = "alive"


class Ruling(str, Enum):
    """What the verifier decides about a rewrite, or about a loss as it is (``MEASURED``)."""

    PRESERVED = "preserved"
    FIXED = "fixed"
    APPROXIMATED = "approximated"
    CHANGED_MEANING = "changed meaning"
    STILL_BROKEN = "still broken"
    REGRESSED = "regressed"
    TRAINS_WORSE = "trains worse"
    OVERREACH = "overreach"
    UNVERIFIABLE = "unverifiable"
    MEASURED = "measured"


WRITABLE = frozenset({Ruling.PRESERVED, Ruling.FIXED, Ruling.APPROXIMATED})
"""The rulings that permit a rewrite to be written."""


@dataclass(frozen=True)
class Curve:
    """The loss and its slope along one line of predictions, for one fixed target."""

    y_true: float
    y_pred: tuple[float, ...]
    before: tuple[float | None, ...]
    before_slope: tuple[float | None, ...]
    after: tuple[float | None, ...] = ()
    after_slope: tuple[float | None, ...] = ()


@dataclass(frozen=True)
class Reach:
    """How far from a smoothed gate the values still differ from the hard one's."""

    jump_share: float
    """The values are off by less than this share of the jump ..."""
    distance: float
    """... beyond this distance from the gate, in units of the predictions; by half of it at the gate."""


@dataclass(frozen=True)
class Verdict:
    """A ruling and everything that it rests on."""

    ruling: Ruling
    summary: str
    """One line for people: ``gradient none → alive, values equal (1e-7)``."""
    before: State
    after: State | None = None
    reasons: tuple[str, ...] = ()
    """All reasons, the one that decided first."""
    notes: tuple[str, ...] = ()
    """What was measured and is worth knowing, though it decided nothing."""
    assumptions: tuple[str, ...] = ()
    family: str = ""
    """The family of inputs that it was measured on."""
    steepness: float | None = None
    """The steepness that was chosen, in 1 / units of the gated quantity."""
    deviation: float | None = None
    """Mean difference between the values, as a share of the mean size of the original's."""
    reach: Reach | None = None
    """Where a gate was smoothed: how far from it the values still differ."""
    coverage: tuple[int, int] = (0, 0)
    """Gates that were crossed, of all gates seen."""
    curve: Curve | None = None
    seconds: float = 0.0

    @property
    def writable(self) -> bool:
        """Whether the rewrite keeps its promise."""
        return self.ruling in WRITABLE

    @property
    def dead(self) -> bool:
        """Whether a loss that was measured as it is does not train."""
        return self.ruling is Ruling.MEASURED and self.before not in (State.LIVE, State.JUMPS)


class Status(str, Enum):
    """What became of a loss in a run."""

    FIXED = "fixed"
    """The rewrite was written, or would be under ``--diff``."""
    KEPT = "kept"
    """It stays as it was, and the outcome says why."""
    MEASURED = "measured"
    """``verify`` without a rewrite."""


@dataclass(frozen=True)
class Outcome:
    """What became of one loss, and on what grounds."""

    path: str
    loss: str
    status: Status
    codes: tuple[str, ...] = ()
    """The codes of the findings that were settled, or that would have been."""
    becomes: str = ""
    reason: str = ""
    verified: bool = True
    verdict: Verdict | None = None
    steps: tuple[Step, ...] = ()
    gate: Gate | None = None
    elsewhere: tuple[str, ...] = ()
    """The other files that change with it."""

    @property
    def smoothed(self) -> bool:
        """Whether the rewrite moves values, as every smoothing does."""
        return any(step.finding.safety is Safety.RELAXED for step in self.steps)


@dataclass(frozen=True)
class FileReport:
    """One file: what was found, what became of it, and its text before and after."""

    path: str
    findings: tuple[Finding, ...] = ()
    """``check``: all findings. ``fix``: the findings that remain."""
    outcomes: tuple[Outcome, ...] = ()
    before: bytes = b""
    after: bytes = b""

    @property
    def changed(self) -> bool:
        """Whether the run changes the bytes of this file."""
        return self.before != self.after


@dataclass(frozen=True)
class Environment:
    """Where the losses were measured."""

    python: str
    python_version: str = ""
    tensorflow: str = ""
    keras: str = ""
    numpy: str = ""


@dataclass(frozen=True)
class Report:
    """All that a run has to say. Every output format is a function of it."""

    command: str
    version: str
    files: tuple[FileReport, ...] = ()
    checked: int = 0
    """Files that were looked at, also those with nothing to say."""
    environment: Environment | None = None
    undo: str = ""
    """The identifier for ``lossfix undo``; empty where nothing was written."""
    unreadable: tuple[str, ...] = ()
    arguments: tuple[str, ...] = field(default=())
    """The command line, so that a report can say how to reproduce it."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the files."""
        return tuple(finding for file in self.files for finding in file.findings)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """All outcomes, in the order of the files."""
        return tuple(outcome for file in self.files for outcome in file.outcomes)
