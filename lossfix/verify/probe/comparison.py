"""The rewrite beside the original, the cheap and decisive measurements first, until a refusal is certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Optional

import numpy as np

from .agreement import (
    apart_in,
    compare_slopes,
    degenerate,
    far_out,
    other_sizes,
    out_of_bounds,
    with_zeros,
)
from .calling import Calling
from .contract import contract
from .curve import draw_curve
from .descent import ROWS, Yardstick, alignment, descent, yardstick
from .extremes import EDGE, at_edges
from .facts import LIVE_ROWS, DescentFacts, Facts, GradientFacts, Outcome, ValueFacts
from .families import Batch, edges
from .foreground import found_worth
from .gates import HARD
from .gradient import along_paths, live_rows, quick_gradient, raised
from .inputs import near_gates, refusal, sides
from .job import Job
from .kinds import COMPARISONS
from .memory import changed, memory
from .numeric import Objective, Side, lift, objective
from .original import Original
from .reach import measure_reach
from .roots import NEARLY, but_for_guards
from .rounding import ROUNDED, rounds
from .rungs import rungs
from .sharpening import sharpening
from .steepness import deviation_bound
from .subject import Candidate, Failure, load
from .traced import traced_pair
from .values import EQUAL, GROWTH, REMAINS, RUNGS, compare, cross_families

EPSILON = 1e-6
"""Values may differ by this share where the original's gradient is not finite: what mends it is an
epsilon."""


class Comparison:
    """The facts so far, and what the next measurement needs of the ones before."""

    def __init__(self, job: Job, directory: str, facts: Facts, original: Original) -> None:
        self.job = job
        self.directory = directory
        self.facts = facts
        self.original = original
        self.before = original.side
        self.family = original.choice.family
        self.batches = original.batches
        self.gates = original.gates
        self.rounded = False

    def compare(self) -> Facts:
        """The rewrite beside the original, until a refusal is certain, or to the end."""
        for step in (
            self._rewrite,
            self._values,
            self._edges,
            self._steepness,
            self._gradient,
            self._elsewhere,
            self._contract,
            self._curve,
            self._once_more,
        ):
            if not step():
                return self.facts
        return self._note(stage="done")

    def _note(self, **fields: object) -> Facts:
        self.facts = replace(self.facts, **fields)  # type: ignore[arg-type]
        return self.facts

    def _stop(self, stage: str, error: str = "") -> bool:
        self._note(stage=stage, error=error)
        return False

    def _quick(self, side: Side, refused: bool = False) -> GradientFacts:
        return quick_gradient(side.plain, side.wide, self.family, self.job.seed, refused)

    def _rewrite(self) -> bool:
        """Builds the rewrite, as it is and in double precision."""
        assert self.job.after is not None
        slots = self.before.plain.candidate.calling.slots
        built = load(self.job.after, self.directory, "after.py", calling=Calling(slots))
        if isinstance(built, Failure):
            outcome = Outcome(False, str(built))
            self._note(after=GradientFacts("raises", outcome, outcome, "none"))
            return self._stop("after", str(built))
        plain = objective(built)
        if self.before.plain.direct and refusal(plain, self.family, self.job.seed):
            plain = objective(built, direct=True)
        wide = lift(self.job.after, self.directory, "after64.py", plain, self.batches[0])
        self.after = Side(plain, wide)
        self.ladder = rungs(self.job, self.original) if self.job.after.steepened else ()
        if self.ladder:
            steepest = self.after.at(self.ladder[0])
            self.after = self.after if isinstance(steepest, Failure) else steepest
        self.first = self._value()
        if self.ladder:
            # At every rung of a ladder many values are needed.
            steep = (self.ladder[0] * GROWTH**RUNGS, self.ladder[-1])
            self.before, self.after = traced_pair(self.before, self.after, self.batches[0], steep)
        self._note(ladder=self.ladder)
        return True

    def _pair(self, after: Side) -> tuple[Objective, Objective]:
        return self.before.beside(after)

    def _tolerance(self, precision: str) -> Optional[float]:
        before, asked = self.facts.before, self.job.exact_tolerance
        if before is not None and (before.gradient == "not finite" or before.not_finite):
            return max(EPSILON, EQUAL[precision], asked or 0.0)
        if self.rounded:
            return max(ROUNDED, EQUAL[precision], asked or 0.0)
        return asked

    @property
    def _remains(self) -> float:
        asked = self.job.relaxed_tolerance
        return REMAINS if asked is None else asked

    def _compared(self, after: Side, batches: Sequence[Batch]) -> ValueFacts:
        one, other = self._pair(after)
        k0 = self.ladder[0] if self.ladder else None
        gates = {gate.facts.threshold for gate in self.gates}
        thresholds = sorted({*self.job.thresholds, *(t for t in gates if t is not None)})
        near = [
            *near_gates(self.family, self.gates, thresholds, self.job.seed),
            *other_sizes(self.family, self.job.seed),
            *far_out(self.family, self.job.seed),
            # Where predictions are zero, too, they lie on a gate: there a smoothing is a half.
            *(
                with_zeros(self.family, self.batches[0])
                if self.ladder
                else degenerate(self.family, self.batches[0])
            ),
        ]
        compared = partial(
            compare,
            one,
            other,
            k0=k0,
            thresholds=thresholds,
            remains=self._remains,
        )
        facts = compared(batches, tolerance=self._tolerance(one.precision), near=near)
        if facts.relation in ("equal", "raises") or max(facts.max_error, facts.residual) > NEARLY:
            return facts
        if one.precision == "float64" and not self.rounded:
            self.rounded = any(rounds(each, batches[0]) for each in (one, other))
            if self.rounded:
                facts = compared(batches, tolerance=self._tolerance(one.precision), near=near)
        if facts.relation == "differs" and not self.ladder:
            return but_for_guards(compared, one, batches, near, self._tolerance(one.precision))
        return facts

    def _values(self) -> bool:
        """The relation of the values on the main family, and the gradient over a few draws; where the
        values refuse, all is said."""
        facts = self._compared(self.after, self.batches)
        refused = facts.relation in ("differs", "raises")
        self._note(values=(facts,), after=self._quick(self.after, refused))
        if refused:
            return self._stop("values", facts.error)
        before, after = self.facts.meant or self.facts.before, self.facts.after
        as_it_was = before is not None and after is not None and before.state == after.state
        if self.job.leaves_gradient and as_it_was and facts.max_error == 0.0:
            return True
        if after is not None and after.state in ("raises", "none", "zero", "not finite"):
            return self._stop("gradient", after.eager.error or after.graph.error)
        return True

    def _edges(self) -> bool:
        """Equal values are equal in batches of nothing but padding, of one class, of zeros, too."""
        if self.facts.values[0].relation != "equal":
            return True
        one, other = self._pair(self.after)
        tolerance = max(EDGE, self.job.exact_tolerance or 0.0)
        spread = self.facts.values[0].spread
        found = at_edges(one, other, self.family, self.batches[0], spread, tolerance)
        if not found:
            return True
        self._note(values=(*self.facts.values, *found))
        return self._stop("values")

    def _steepness(self) -> bool:
        """The descent test, down the ladder until it passes."""
        self.chosen = self.after
        if self.facts.values[0].relation == "equal" and not self.job.surrogate:
            return True
        if self.ladder:
            segments = sides(self.family, self.job.seed)
            found = sharpening(*self._pair(self.after), segments, self.ladder[0])
            self._note(sharpening=found, found_worth=self._found_worth(self.after))
            if self.facts.drowned:
                # A gentler gate leaves more of the background.
                return self._stop("values")
        against = self._yardstick()
        if against is None:
            return True
        tests: list[DescentFacts] = []
        for steepness in self.ladder or (None,):
            first = steepness is None or steepness == self.ladder[0]
            side = self.after if first else self.after.at(steepness or 0.0)
            if isinstance(side, Failure):
                continue
            test = descent(side.plain.candidate.call, steepness, against)
            tests.append(self._awake(self._aligned(test, side, against), side))
            self.chosen = side
            if tests[-1].passed:
                break
        self._note(descent=tuple(tests), steepness=tests[-1].steepness if tests else None)
        if self.facts.steepness is not None:
            hard = [gate for gate in self.gates if gate.facts.kind in HARD]
            self._note(deviation_bound=deviation_bound(hard, self.facts.steepness))
        if self.chosen is not self.after:
            self._note(
                values=(self._compared(self.chosen, self.batches),),
                found_worth=self._found_worth(self.chosen) if self.ladder else None,
            )
        if self.ladder:
            pair = self._pair(self.chosen)
            self._note(reach=measure_reach(*pair, self.gates, self.family))
        return True

    def _found_worth(self, side: Side) -> Optional[float]:
        if self.facts.apart:
            return None
        return found_worth(self.before.plain, side.plain, self.family, self.gates)

    def _yardstick(self) -> Optional[Yardstick]:
        batch = self.family.batches(self.job.seed + 11, 1, ROWS)[0]
        try:
            return yardstick(self.before.plain.candidate.call, batch)
        except Exception as error:
            self._note(notes=(*self.facts.notes, f"no descent test: {raised(error)}"))
            return None

    def _aligned(self, test: DescentFacts, side: Side, against: Yardstick) -> DescentFacts:
        if not self.job.surrogate:
            return test
        batch = against.batch
        end = np.roll(batch.y_pred, 1, axis=0)
        original = self.before.plain.candidate.call
        try:
            cosine = alignment(side.plain.candidate.call, original, batch, end)
        except Exception:
            return test
        return replace(test, alignment=cosine)

    def _awake(self, test: DescentFacts, side: Side) -> DescentFacts:
        """Not passed where a dead loss stays as good as dead in single precision."""
        before = self.facts.before
        if before is None or before.gradient not in ("none", "zero") or not test.passed:
            return test
        share = live_rows(side.plain, self.family, self.job.seed)
        if share >= LIVE_ROWS:
            return test
        return replace(test, passed=False, note="vanishes in single precision")

    def _gradient(self) -> bool:
        """Both gradients along paths, at the steepness that was chosen."""
        before, after = self.facts.before, self.facts.after
        assert before is not None
        assert after is not None
        quick = after if self.chosen is self.after else self._quick(self.chosen)
        family, seed = self.family, self.job.seed
        # An original that lends its values alone has no gradient.
        if not self.original.oracle:
            self._note(before=along_paths(before, self.before, family, seed))
        self._note(after=along_paths(quick, self.chosen, family, seed))
        if self.facts.values[0].relation == "equal" and before.gradient == "alive":
            one, other = self._pair(self.chosen)
            batches = [
                *self.batches[:6],
                *other_sizes(self.family, self.job.seed),
                *far_out(self.family, self.job.seed),
                *out_of_bounds(self.family, self.job.seed),
            ]
            tolerance = apart_in(one.precision, mended=bool(before.not_finite))
            self._note(slopes=compare_slopes(one, other, batches, tolerance))
        return True

    def _elsewhere(self) -> bool:
        """The values on other families."""
        found = list(self.facts.values)
        one, other = self._pair(self.chosen)
        k0 = self.ladder[0] if self.ladder else None
        for family, binding in cross_families(self.family, self.original.suggested):
            family = family.scaled(*self.original.choice.affine)
            batches = family.batches(self.job.seed, 6)
            # Targets (N,) meet predictions (N, 3) of other samples, unless each sample is called alone.
            parted = self.facts.apart and batches[0].ranks != self.batches[0].ranks
            if parted or refusal(one, family, self.job.seed):
                continue
            tolerance = 10.0 * (self._tolerance(one.precision) or EQUAL[one.precision])
            compared = partial(
                compare, one, other, k0=k0, binding=binding, rungs=1, remains=self._remains
            )
            facts = compared(batches, tolerance=tolerance)
            if facts.relation == "differs" and not self.ladder and facts.max_error <= NEARLY:
                facts = but_for_guards(compared, one, batches, (), tolerance)
            found.append(facts)
        found += self._beyond(one, other)
        self._note(values=tuple(found))
        return True

    def _beyond(self, before: Objective, after: Objective) -> list[ValueFacts]:
        """The values beyond the bounds of the domain, where a loss may clip."""
        batches = list(out_of_bounds(self.family, self.job.seed))
        rounds = any(g.facts.kind in HARD and g.facts.op not in COMPARISONS for g in self.gates)
        relation = self.facts.values[0].relation
        # A sigmoid stands for the rounding of probabilities between 0 and 1 alone.
        if not batches or (relation == "converges" and rounds):
            return []
        k0 = self.ladder[0] if self.ladder and relation == "converges" else None
        found = compare(
            before,
            after,
            batches,
            k0,
            self._tolerance(before.precision),
            rungs=1,
            remains=self._remains,
        )
        return [replace(found, family=f"{self.family.name} beyond its bounds")]

    def _contract(self) -> bool:
        """What Keras expects of the survivors."""
        before, after = self.facts.before, self.facts.after
        assert before is not None
        assert after is not None
        tests = self.facts.descent
        meant = self.facts.meant or before
        if after.state not in ("alive", "detached", before.state, meant.state) or (
            tests and not any(test.passed for test in tests)
        ):
            return True
        family, seed = self.family, self.job.seed
        found = contract(
            self.before.plain.candidate,
            self.chosen.plain.candidate,
            family.batches(seed + 11, 1, ROWS)[0],
            self.directory,
            list(edges(family, self.batches[0])),
            self.facts.steepness,
            self.job.checks,
            seed,
            len(self.batches[0].y_pred),
        )
        self._note(contract=found)
        return True

    def _once_more(self) -> bool:
        """Whether the rewrite still gives what it gave at first, after some hundred calls, and what
        it remembers of them."""
        kept = [memory(candidate) for candidate in self._candidates()]
        repeatable = self._value() == self.first
        try:
            self.before.plain.value(self.batches[0].y_true, self.batches[0].y_pred)
        except Exception:  # told where the original is measured
            return True
        names = [changed(*pair) for pair in zip(kept, map(memory, self._candidates()))]
        self._note(repeatable=repeatable, remembers=() if names[0] else names[1])
        return True

    def _candidates(self) -> tuple[Candidate, Candidate]:
        return self.before.plain.candidate, self.after.plain.candidate

    def _value(self) -> str:
        """What the rewrite gives for the first batch, in single precision."""
        try:
            called = replace(self.after.plain, graph=None)
            value = called.value(self.batches[0].y_true, self.batches[0].y_pred)
        except Exception as error:  # told where the values are compared
            return raised(error)
        return f"{value:.6g}"

    def _curve(self) -> bool:
        one, other = self._pair(self.chosen)
        self._note(curve=draw_curve(self.family, one, other, self.job.seed))
        return True
