"""Names that Keras 3 and TensorFlow 2 no longer have, and what stands there now.

Half of all real losses that fail do so on such a name. What a file means by ``K`` decides: Keras 3's own
``keras.backend`` lost nearly all of its functions, while ``tf.keras.backend`` still has them. So names are
looked up as they resolve through the imports (``keras.backend.mean``, ``tensorflow.log``), never by
what an alias is called. The TensorFlow part is derived (`lossfix.losses.operations.renames`), the Keras part
is written by hand and held by the tests against what Keras 2 had.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from lossfix.losses.operations.backend_table import BACKEND, BACKEND_REFUSED
from lossfix.losses.operations.gradients import KNOWN
from lossfix.losses.operations.keras_names import LOSS_ALIASES, LOSS_CLASSES, LOSS_FUNCTIONS
from lossfix.losses.operations.names import borrowed, canonical
from lossfix.losses.operations.removed_table import (
    ADDONS,
    BACKEND_MODULES,
    BEFORE_1,
    COSINE,
    CROSSENTROPY,
    HUBER,
    IDLE_KEYWORDS,
    LOSS_REASONS,
    LOSSES_UTILS,
    MATH_NEVER,
    METRIC_REASONS,
    MODULES,
    MOVED,
    NEVER,
    NEVER_CALLS,
    REDUCTIONS,
    SHORT,
    TF_KERAS_BACKEND_LOST,
    UTILITIES,
    V1_CALLS,
    V1_FORMS,
    V1_NAMES,
    V1_REASONS,
    WEIGHTED,
)
from lossfix.losses.operations.renames import KEYWORDS, ONLY_V1, RENAMED, REORDERED
from lossfix.losses.operations.translation import (
    Binding,
    Refusal,
    Translation,
    by_source,
    translate,
    translation,
)


@dataclass(frozen=True)
class Removed:
    """A name that is gone, or that is still there and refused or private."""

    name: str
    """As it resolves through the imports, such as ``keras.backend.mean``."""
    becomes: str = ""
    """An expression that stands in wherever the name stands: another dotted name, or a literal. Heads
    are written as in ``tf.math.log`` and ``keras.losses``."""
    calls: tuple[Translation, ...] = ()
    """Translations of a call of it, because arguments are called otherwise or a new name alone does not do;
    a call goes by these, and by ``becomes`` only where there are none."""
    reason: str = ""
    """What to do by hand; empty where one of the others is given."""
    never: bool = False
    """Whether it was never there, but is written for what another library has."""
    form: bool = False
    """Whether it is still there, and gone is the form of its calls that ``calls`` translates."""


def _entries() -> Iterator[Removed]:
    """All entries; of two for one name the later one holds."""
    for name, reason in {**MODULES, **V1_REASONS}.items():
        yield Removed(name, reason=reason)
    for name, reason in ADDONS.items():
        yield Removed(f"tensorflow_addons.losses.{name}", reason=reason)
    for name, becomes in UTILITIES.items():
        yield Removed(name, becomes=becomes)
    yield from _tensorflow()
    yield from _keras()
    yield from _backend()


def _backend() -> Iterator[Removed]:
    calls = by_source(BACKEND)
    for module in BACKEND_MODULES:
        for name, choices in calls.items():
            full = f"{module}.{name}"
            renamed = tuple(replace(choice, source=full) for choice in choices)
            yield Removed(full, becomes=_function(choices), calls=renamed)
        for name, reason in BACKEND_REFUSED.items():
            yield Removed(f"{module}.{name}", reason=reason)
    for name in sorted(TF_KERAS_BACKEND_LOST):
        full = f"tensorflow.keras.backend.{name}"
        yield Removed(
            full,
            calls=tuple(replace(choice, source=full) for choice in calls.get(name, ())),
            reason=BACKEND_REFUSED.get(name, ""),
        )


def _function(choices: Sequence[Translation]) -> str:
    """The function that takes the same arguments in the same order, if it is as simple as that."""
    if len(choices) != 1 or choices[0].defaults or choices[0].only:
        return ""
    match = re.fullmatch(
        r"([\w.]+)\(((?:\w+=)?\{\w+\}(?:, (?:\w+=)?\{\w+\})*)\)", choices[0].target
    )
    if match is None or tuple(re.findall(r"\{(\w+)\}", match[2])) != choices[0].parameters:
        return ""
    return match[1]


def _keras() -> Iterator[Removed]:
    for module, reasons, cosine in (
        ("losses", LOSS_REASONS, COSINE),
        ("metrics", METRIC_REASONS, {}),
    ):
        renamed = {**CROSSENTROPY, **HUBER, **cosine}
        for head in ("keras", "tensorflow.keras", "tensorflow"):
            own = LOSS_ALIASES if head == "keras" else SHORT
            target = "keras" if head == "keras" else "tf.keras"
            for name, new in {**own, **renamed}.items():
                full = f"{head}.{module}.{name}"
                if full not in V1_CALLS:
                    yield Removed(full, becomes=f"{target}.{module}.{new}")
            for name, reason in reasons.items():
                yield Removed(f"{head}.{module}.{name}", reason=reason)
    same = {name: name for each in LOSS_FUNCTIONS if (name := each.rpartition(".")[2])}
    for name, new in {**same, **LOSS_ALIASES, **CROSSENTROPY, **COSINE}.items():
        yield Removed(f"keras.objectives.{name}", becomes=f"keras.losses.{new}")
    for name, literal in REDUCTIONS.items():
        yield Removed(f"keras.losses.Reduction.{name}", becomes=literal)
        for module in (*LOSSES_UTILS, "tensorflow.python.keras.utils.losses_utils"):
            for enumeration in ("ReductionV2", "Reduction"):
                yield Removed(f"{module}.{enumeration}.{name}", becomes=literal)
    for module in LOSSES_UTILS:
        yield Removed(f"{module}.compute_weighted_loss", reason=WEIGHTED)
    for head in ("tensorflow.keras", "tensorflow"):
        # The enumeration is still there, but Keras 3 takes this one for no reduction that it knows.
        yield Removed(f"{head}.losses.Reduction.AUTO", becomes=REDUCTIONS["AUTO"])


def _tensorflow() -> Iterator[Removed]:
    for pair in RENAMED.split():
        old, _, new = pair.partition("=")
        yield Removed("tensorflow" + old[2:], becomes=new)
    for name, new in BEFORE_1.items():
        yield Removed(f"tensorflow.{name}", becomes=new)
    for name, new in MOVED.items():
        yield Removed(name, becomes=new)
    for name, new in NEVER.items():
        yield Removed(f"tensorflow.{name}", becomes=new, never=True)
    for name, new in MATH_NEVER.items():
        yield Removed(f"tensorflow.math.{name}", becomes=new, never=True)
    for name, calls in NEVER_CALLS.items():
        yield Removed(name, calls=calls, never=True)
    for entry in re.sub(r"\n +", " ", REORDERED.strip()).splitlines():
        signature, target, aliases = (part.strip() for part in entry.split("|"))
        choice = translation("tensorflow" + signature[2:], target, aliases=aliases, named=True)
        yield Removed(choice.source, calls=(choice,))
    for old in ONLY_V1.split():
        name = "tensorflow" + old[2:]
        if name in V1_CALLS:
            yield Removed(name, calls=V1_CALLS[name])
        elif name in V1_NAMES:
            yield Removed(name, becomes=V1_NAMES[name])
        elif name not in V1_REASONS:
            yield Removed(name, reason=f"only `tf.compat.v1{old[2:]}` still has it")


REMOVED: Mapping[str, Removed] = MappingProxyType(
    {entry.name: entry for entry in sorted(_entries(), key=lambda entry: entry.name)}
)
"""By name as it resolves through the imports; `removed` knows the modules too."""


FORMS: Mapping[str, Removed] = MappingProxyType(
    {name: Removed(name, calls=calls, form=True) for name, calls in V1_FORMS.items()}
)
"""Functions that are still there, by name, and their calls of TensorFlow 1."""

_VERSION_2 = "tensorflow.compat.v2."
"""The same as ``tensorflow`` today, for what Google's packages import."""


def _keywords() -> Mapping[str, Mapping[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for entry in (*KEYWORDS.split(), *IDLE_KEYWORDS.split()):
        function, _, pair = entry.partition(":")
        old, _, new = pair.partition("=")
        for module in ("tensorflow.", _VERSION_2):
            table.setdefault(module + function.removeprefix("tf."), {})[old] = new
    return MappingProxyType({name: MappingProxyType(pairs) for name, pairs in table.items()})


REMOVED_KEYWORDS = _keywords()
"""For functions that are still there: their keywords of TensorFlow 1, and the present ones, empty where
nothing is to be said today."""


_PUBLIC = KNOWN | LOSS_CLASSES | {"keras.Model", "keras.layers.Layer", "keras.metrics.Metric"}
"""Canonical names that are sure to exist: what a private import may be replaced by."""


def is_public(canonical_name: str) -> bool:
    """Whether a canonical name is sure to exist today."""
    return canonical_name in _PUBLIC


_AUTO = "losses.Reduction.AUTO"


def removed(qualified: str) -> Removed | None:
    """What became of a name as it resolves through the imports; ``None`` where nothing is known of it.

    A name below a module that is gone as a whole carries the module's reason. ``K.tf.log`` and
    ``tf.compat.v2.log`` are what ``tf.log`` is.
    """
    if qualified.startswith(_VERSION_2):
        of_tensorflow = removed(f"tensorflow.{qualified.removeprefix(_VERSION_2)}")
        return None if of_tensorflow is None else replace(of_tensorflow, name=qualified)
    for module in BACKEND_MODULES:
        if qualified.startswith(f"{module}.tf."):
            rest = qualified.removeprefix(f"{module}.tf.")
            entry = removed(f"tensorflow.{rest}") or Removed("", becomes=f"tf.{rest}")
            return replace(entry, name=qualified)
    if borrowed(qualified) == f"keras.{_AUTO}":
        # Whichever Keras it is: this member is of none today.
        return replace(REMOVED[f"tensorflow.keras.{_AUTO}"], name=qualified)
    module = qualified
    while module:
        found = REMOVED.get(module)
        if found is not None and (module == qualified or module in MODULES):
            public = canonical(qualified) if module == "tensorflow.python" else ""
            return replace(
                found, name=qualified, becomes=public if public in _PUBLIC else found.becomes
            )
        module = module.rpartition(".")[0]
    return None


def replacement_of(
    entry: Removed, positional: Sequence[str], keywords: Mapping[str, str]
) -> Binding | Refusal:
    """How to write one call of a removed function: see `lossfix.losses.operations.translation.translate`.

    For an entry that only ``becomes`` another name there is nothing to bind: its name is replaced.
    """
    if entry.calls:
        return translate(entry.calls, positional, keywords)
    return Refusal(f"`{entry.name}` is gone: {entry.reason or f'it is `{entry.becomes}` now'}")


def fails_to_import(origin: str) -> bool:
    """Whether ``from ... import name`` of this absolute name raises, or is of a private module."""
    return bool(removed(origin) is not None or origin in _GONE_WITHOUT_ENTRY or public_name(origin))


def public_name(origin: str) -> str:
    """What is called so today that is imported from ``keras.api``; empty for anything else."""
    for module, public in _API.items():
        if origin == module or origin.startswith(f"{module}."):
            name = public + origin.removeprefix(module)
            # TensorFlow's Keras kept what Keras' own backend lost.
            kept = f"tensorflow.{name}"
            lost = public == "keras" and removed(name) is not None and removed(kept) is None
            return kept if lost else name
    return ""


_API = {"keras.api._v2.keras": "tensorflow.keras", "keras.api": "keras"}
"""Where the public modules of Keras lay in some releases, and editors found them; the longest first."""


_GONE_WITHOUT_ENTRY = frozenset(
    {"keras.backend.tensorflow_backend", "keras.losses.Reduction", "keras.objectives"}
)
"""What the table knows only by what was in it."""
