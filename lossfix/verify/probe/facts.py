"""What a worker answers: plain, frozen data, standard library only.

Both sides read this file: the probe fills in a ``Facts`` per ``Job``, and the judge is a pure
function of it. A record survives JSON unchanged (``records.py``).

Words used throughout. *Spread*: the standard deviation of the original's scalar value over the
draws of a family, at least a thousandth of its mean size. *Steepness*: the number that stands in
the code of the rewrite, in 1 / units of the gated quantity. *Row*: one sample of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

LIVE_ROWS = 0.3
"""A loss that was dead is as good as dead when less than this share of its rows has a float32
gradient above 1e-4 of the largest row's."""


@dataclass(frozen=True)
class Outcome:
    """How one way of calling a loss went."""

    ok: bool = True
    error: str = ""
    """``Type: first line of the message``; empty where it went well."""


@dataclass(frozen=True)
class Jump:
    """A step of the value inside a segment between two predictions that the gradient cannot see."""

    family: str
    at: float
    """Where on the segment, from 0 to 1."""
    size: float
    """Signed, in units of the loss."""


@dataclass(frozen=True)
class TermFacts:
    """One additive term of the value, found from the operations that produced it."""

    line: int
    """Line of the module at which the term's last operation stands; 0 where unknown."""
    op: str
    share: float
    """Standard deviation of the term over the draws, as a share of the sum over all terms."""
    state: str
    """A value of ``lossfix.model.State``."""


@dataclass(frozen=True)
class ChannelFacts:
    """One channel (index on the last axis) of the predictions."""

    index: int
    moves: float
    """Total variation of the value when it alone moves, as a share of the channel that moves it
    most."""
    seen: float
    """The share of that variation which the gradient accounts for, from 0 to 1."""


@dataclass(frozen=True)
class GradientFacts:
    """The value and the gradient with respect to y_pred of one candidate."""

    state: str
    """The headline, a value of ``lossfix.model.State``."""
    eager: Outcome
    """A direct call on float32 tensors under a ``GradientTape``."""
    graph: Outcome
    """The same in a ``tf.function`` with an unknown batch size, traced as ``fit`` does: without
    AutoGraph."""
    gradient: str
    """``none``, ``zero``, ``not finite`` or ``alive``: what autodiff gives over all draws, in
    ``mode``."""
    mode: str = "eager"
    """``eager`` or ``graph``: where the gradient was taken (graph where only that one runs)."""
    precision: str = "float64"
    """``float64`` where the candidate could be lifted, else ``float32``."""
    jump_share: float = 0.0
    """Share of the total variation along the segments that happens in jumps."""
    detached_share: float = 0.0
    """Share of the total variation that is smooth and that the gradient does not account for."""
    steep_share: float = 0.0
    """Share of the total variation that the steepest 0.5 % of the segments carries."""
    jumps: tuple[Jump, ...] = ()
    fd_error: float = 0.0
    """Largest |autodiff - finite difference| in units of its tolerance: wrong above 1."""
    kinks: int = 0
    """Directions in which the one-sided slopes differ; there any slope between them is accepted."""
    live_rows: float = 1.0
    """Share of rows whose float32 gradient exceeds 1e-4 of the largest row's."""
    not_finite: tuple[str, ...] = ()
    """Edge inputs at which the value is finite and the gradient is not: ``p=0``, ``p=y``, ..."""
    value_not_finite: tuple[str, ...] = ()
    """Edge inputs at which the value itself is not finite."""
    overflows: tuple[str, ...] = ()
    """Inputs far out (``y_pred = 100``) at which value or gradient are not finite in float32."""
    flat: tuple[str, ...] = ()
    """Inputs far out, or at the bounds, at which the gradient is exactly zero, although the loss is not."""
    idle: tuple[str, ...] = ()
    """The same inputs, where that holds for some of the rows that have a gradient within the domain."""
    terms: tuple[TermFacts, ...] = ()
    channels: tuple[ChannelFacts, ...] = ()


@dataclass(frozen=True)
class Rung:
    """The distance between the rewrite and the original at one steepness."""

    steepness: float
    mean_error: float
    """Mean over the draws of |after - before|, in units of the spread."""
    max_error: float
    off: float
    """Share of draws that differ by more than 1e-3 of the spread."""


@dataclass(frozen=True)
class ValueFacts:
    """How the values of the rewrite relate to the original's on one family."""

    family: str
    relation: str
    """``equal``, ``converges``, ``differs``, ``raises`` (the rewrite raised) or ``unknown``
    (the original cannot be evaluated on this family)."""
    mean_error: float = 0.0
    """At the steepness that stands in the code, in units of the spread."""
    max_error: float = 0.0
    spread: float = 1.0
    level: float = 0.0
    """Mean size of the original's value over the draws, in units of the loss."""
    ladder: tuple[Rung, ...] = ()
    """Ever steeper; empty where nothing was smoothed or the values are equal."""
    order: Optional[float] = None
    """Of convergence: -slope of log error over log steepness; about 1 for a sigmoid gate."""
    residual: float = 0.0
    """Mean error that is left at the steepest rung, in units of the spread."""
    side: str = ""
    """Where the residual sits, such as ``y_pred > 0.5``; empty where that is not known."""
    shape_before: tuple[int, ...] = ()
    """Shape of the unreduced value for a batch of ``rows``."""
    shape_after: tuple[int, ...] = ()
    rows: int = 7
    binding: bool = True
    """Whether this family is of the same kind as the main one, so that a difference here refuses;
    otherwise it is only worth a note."""
    error: str = ""
    on_gate: int = 0
    """Draws left out because they lie exactly on a gate."""


MAP = 4096
"""Elements of a large map: few enough for a loss that compares all of them in pairs."""

DROWNED = 0.25
"""The share of what finding an element of a large map is worth below which the background drowns it. A model
misses three times as much at 0.01 as with a soft count in the place of the gate, and no more at 0.6."""


@dataclass(frozen=True)
class SlopeFacts:
    """How the gradient of a rewrite compares with the original's, where the values are equal."""

    batches: int = 0
    apart: int = 0
    """On how many of ``batches`` they differ."""
    worst: float = 0.0
    """The largest difference, as a share of the original's gradient."""


@dataclass(frozen=True)
class ReachFacts:
    """How far from a gate the values of its relaxation still differ."""

    share: Optional[float] = None
    """Of the jump; ``None`` where the difference does not fall off within the inputs."""
    distance: Optional[float] = None
    """From the gate, in units of the predictions, beyond which the values are off by less than
    ``share`` of the jump."""
    at_gate: Optional[float] = None
    """Share of the jump by which they are off at the gate; half of it is what a sigmoid leaves.
    ``None`` where it cannot be told from what else differs."""


@dataclass(frozen=True)
class GateFacts:
    """One hard operation on a quantity that depends on y_pred, as traced and measured."""

    kind: str
    """``mask`` (does not depend on y_pred), ``continuous`` (both sides agree at the boundary),
    ``guard`` (keeps a branch finite), ``jump`` (the value jumps, both branches carry gradient),
    ``dead`` (no gradient reaches y_pred past it), ``blocker`` (round, argmax, an int cast, ...)
    or ``unexercised`` (never flipped on any input that was tried)."""
    op: str
    """TensorFlow's name of the operation: ``Greater``, ``Round``, ``ArgMax``, ..."""
    line: int = 0
    """The operation's span in the subject's module, from 1, the end exclusive; 0 where unknown
    (columns need Python 3.11)."""
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    crossed: bool = False
    """Whether it flipped among the inputs that were tried."""
    jump: float = 0.0
    """|step| of the scalar loss when one element crosses, in units of the spread."""
    scale: Optional[float] = None
    """Median |lhs - rhs| in units of the gated quantity; ``None`` where it has no margin."""
    threshold: Optional[float] = None
    """The constant on one side of the comparison; ``None`` where there is none."""
    computed: bool = False
    """Whether the margin is a computed quantity (a per-sample loss, a rank, an argmax) rather than
    an elementwise expression of y_pred, y_true and constants: such gates were put there on
    purpose."""
    note: str = ""


@dataclass(frozen=True)
class DescentFacts:
    """Where gradient descent on the predictions themselves ends up, scored by the original."""

    steepness: Optional[float]
    """``None`` where the rewrite has none."""
    stuck: float = 0.0
    """Share of rows that end worse than under the original's own gradient by more than a tenth of
    the initial median."""
    start: float = 0.0
    """The original's value at the start, under the original's own gradient, and under the
    rewrite's."""
    original: Optional[float] = None
    """``None`` where the original has no gradient to descend along."""
    rewrite: float = 0.0
    """The original's value where the rewrite's gradient leads."""
    dead: float = 0.0
    """Share of rows without a gradient (float32) that are not at their optimum."""
    alignment: Optional[float] = None
    """Cosine between the rewrite's gradient integrated over segments and the original's change of
    value over them; asked for surrogates."""
    passed: bool = True
    """Whether it stays within the limits of verifier.md: few stuck rows, or a batch value within
    two hundredths of the start of where the original's own gradient leads."""
    note: str = ""


@dataclass(frozen=True)
class Check:
    """One check of the contract, for the original and for the rewrite."""

    name: str
    """One of ``job.CHECKS``."""
    before: Optional[str] = None
    """``""`` passed, a text says what failed, ``None`` was not run."""
    after: Optional[str] = None
    detail: str = ""
    """Numbers behind it, such as ``loss 0.31 → 0.02``."""

    @property
    def regressed(self) -> bool:
        """Whether the original passed (or was not asked) and the rewrite fails."""
        return bool(self.after) and not self.before


@dataclass(frozen=True)
class ContractFacts:
    """Everything else that a Keras loss is expected to do."""

    checks: tuple[Check, ...] = ()
    weights_before: str = ""
    """``per sample`` (a row of weight 0 has no gradient), ``global``, ``ignored`` or ``""`` (unknown)."""
    weights_after: str = ""


@dataclass(frozen=True)
class CurveFacts:
    """The scalar loss and its slope along one line of predictions, for one fixed target."""

    y_true: float
    y_pred: tuple[float, ...]
    before: tuple[Optional[float], ...]
    before_slope: tuple[Optional[float], ...]
    after: tuple[Optional[float], ...] = ()
    after_slope: tuple[Optional[float], ...] = ()


@dataclass(frozen=True)
class RefusalFacts:
    """Of all the inputs that the original does not accept, those that came furthest through its code.

    What was raised there is the error of the facts that these belong to.
    """

    tried: int
    """So many kinds of inputs were refused."""
    line: str = ""
    """The line of the code that raised; empty where its value was refused."""
    true_shape: tuple[int, ...] = ()
    """Of one sample of the targets."""
    pred_shape: tuple[int, ...] = ()
    true_values: str = ""
    """What the targets were, in words."""
    pred_values: str = ""
    parts: str = ""
    """The tensors that a loss of others than one of targets and one of predictions was handed; empty
    for one of these two."""


@dataclass(frozen=True)
class Facts:
    """The whole answer for one job; what was not reached keeps its default."""

    name: str
    stage: str = "done"
    """Where the battery stopped: ``before`` or ``after`` (could not be built), ``family`` (no
    inputs that the original accepts), ``gradient``, ``values``, ``descent``, ``contract``, or
    ``done``."""
    error: str = ""
    """What the user's code, or our own, raised there."""
    shimmed: bool = False
    """Whether the original ran only with stand-ins for removed names."""
    arrays: bool = False
    """Whether it ran only on NumPy arrays instead of tensors."""
    promoted: bool = False
    """Whether it ran only where dtypes mix in arithmetic as NumPy mixes them."""
    untraced: bool = False
    """Whether it ran only where a ``tf.function`` runs as the function that it was made of."""
    apart: str = ""
    """``rows`` or ``elements``, where it ran only on each of them by itself; the value of a batch is
    then put together of these."""
    sums: bool = False
    """Whether it sums such values, as batches show on which it can be asked at once; else it
    averages them."""
    rows: int = 0
    """The one size of batches on which it runs; 0: any."""
    deterministic: bool = True
    """Whether the original gave the same value twice for the same input."""
    family: str = ""
    affine: tuple[float, float] = (1.0, 0.0)
    """Scale and shift that were applied to the family's predictions and targets to reach the
    gates."""
    tried: tuple[str, ...] = ()
    """Families that the original did not accept, with the reason."""
    refused: Optional[RefusalFacts] = None
    """Where it accepted none: the one that came furthest."""
    alike: Optional[str] = None
    """Where no values could be compared of a rewrite that may leave them and the gradient as they are: what
    of it is not as it was besides how it is built and saved, ``""`` where nothing; ``None``: not asked."""
    before: Optional[GradientFacts] = None
    meant: Optional[GradientFacts] = None
    """Of an original that runs with stand-ins for removed names alone: the gradient that it has with them."""
    after: Optional[GradientFacts] = None
    values: tuple[ValueFacts, ...] = ()
    """The main family first, then the others."""
    slopes: Optional[SlopeFacts] = None
    """Where the values are equal and the original has a gradient."""
    repeatable: bool = True
    """Whether the rewrite, called once more after everything else, gave what it gave at first."""
    remembers: tuple[str, ...] = ()
    """Variables that calls of the rewrite change, and calls of the original do not."""
    gates_before: tuple[GateFacts, ...] = ()
    steepness: Optional[float] = None
    """The steepness that stands in the code while gradient, descent and contract were measured."""
    ladder: tuple[float, ...] = ()
    """The calibrated steepnesses, steepest first."""
    sharpening: Optional[float] = None
    """n, where the width of a smoothed gate goes with the steepness to the power of -n; 1 is what a
    steepness in units of the operand means."""
    deviation_bound: Optional[float] = None
    """Bound on the mean difference that follows from the gates' jumps and scales, in spreads."""
    reach: Optional[ReachFacts] = None
    """Where a gate was smoothed, at the steepness that was chosen."""
    found_worth: Optional[float] = None
    """By how much a smoothed loss falls when the one element of a large map is found that is there, as a
    share of the original's fall; ``None`` where it is not about such elements."""
    descent: tuple[DescentFacts, ...] = ()
    contract: ContractFacts = ContractFacts()
    curve: Optional[CurveFacts] = None
    notes: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    """Functions of the measurement, or that it rests on, that the measured code put others in place
    of."""
    seconds: float = 0.0
    environment: tuple[tuple[str, str], ...] = ()
    """Versions: ``python``, ``tensorflow``, ``keras``, ``numpy``."""

    @property
    def only_shimmed(self) -> bool:
        """Whether stand-ins for removed names are all that the original needed."""
        mended = self.arrays or self.promoted or self.untraced or self.apart
        return self.shimmed and not mended

    @property
    def drowned(self) -> bool:
        """Whether of a large map it is mostly the background that the smoothed loss goes by."""
        return self.found_worth is not None and self.found_worth < DROWNED
