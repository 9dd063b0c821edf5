"""What one file says about its own names and those that it imports, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lossfix.losses.discovery.candidate import Candidate, Roles

THROUGH = "calls it under another name"
"""Why what stands behind a name stays a function."""
GIVEN_BACK = "calls what it returns"
"""The same of a function that gives back losses."""


class Role(str, Enum):
    """What a name is used for in a file that imports it."""

    COMPILED = "compiled"
    BUILT = "built"
    """Called for a loss."""
    METRIC = "metric"
    DIFFERENTIATED = "differentiated"
    CALLED = "called"
    """With targets and predictions and nothing else: such a call can be rewritten."""
    ATTRIBUTE = "attribute"
    """Asked for an attribute, where it is no module."""
    FUNCTION = "function"
    """Used as only a function can be."""
    LISTED = "listed"
    """Run over, which gives the names of a dictionary, and what else keeps losses hands them on."""
    RESULT = "result"
    """What it returns is used as only a function can be."""


@dataclass(frozen=True)
class Reference:
    """A name as a file writes it: imported, with its origin (``.losses.dice``), or the file's own."""

    name: str
    imported: bool
    direct: bool = True
    """Whether the value itself is meant, rather than what calling it gives."""


@dataclass(frozen=True)
class Argument:
    """A place in the calls of a function of the project."""

    function: Reference
    key: int | str
    """The position or the keyword."""


COMPILE = Argument(Reference("compile", imported=False), "loss")
"""What ``compile`` of any model takes, be it Keras's or a model's own."""


@dataclass(frozen=True)
class Passed:
    """What a call hands a function of the project."""

    to: Argument
    values: tuple[Reference, ...] = ()
    """What the argument may be, where that is the project's."""
    parameter: tuple[str, str] | None = None
    """The function around the call and the parameter of it that is passed on, where it is one."""


@dataclass(frozen=True)
class Use:
    """One use of an imported name."""

    role: Role
    name: str
    """The origin, with the dots of a relative import."""
    line: int = 0
    reason: str = ""
    """What the file does by it, where that keeps a function from becoming a class; a call by its own name
    does not, and one by an alias does."""
    to: Argument | None = None
    """Where it is passed to; what that function does with it decides."""
    exact: bool = False
    """Whether it means nothing where it is not followed to its end."""


@dataclass(frozen=True)
class Keeper:
    """A parameter that a function puts into a dictionary or a list."""

    function: str
    is_returned: bool
    """Whether it is one of what the function returns, as of a decorator with arguments."""
    parameter: str
    holders: tuple[Reference, ...]


@dataclass(frozen=True)
class Kept:
    """What a file puts into a dictionary or a list of another one, or has a function put there."""

    origin: str
    """Of what keeps it; of a decorator, where it is decorated."""
    values: tuple[Reference, ...]
    line: int
    decorated: bool | None = None
    """Whether what decorates it is called first; ``None`` where it is not decorated."""


@dataclass(frozen=True)
class Read:
    """A function or class of the project, as a definition of a file reads it."""

    by: str
    """The innermost definition around it, by its dotted name; empty where there is none."""
    written: str
    """The dotted name that stands there."""
    reference: Reference
    called: bool
    given: tuple[tuple[int | str, frozenset[str]], ...] = ()
    """Where it is called: of each argument, by position or keyword, the parameters of ``by`` that its
    value depends on."""
    beside: frozenset[str] = frozenset()
    """The parameters of ``by`` on which depends what the result of the call weighs, picks, or is kept for."""


@dataclass(frozen=True)
class Known:
    """A loss by its file's own word."""

    name: str
    roles: Roles
    own_loop: bool = False
    """A training loop of the file's own calls it, and Keras does not."""


@dataclass(frozen=True)
class Named:
    """A name that stands alone in a file of settings, which no module is told by."""

    name: str
    line: int


@dataclass(frozen=True)
class Shared:
    """What one file says to others, and about them."""

    defined: frozenset[str] = frozenset()
    """Functions and classes at its top level."""
    methods: frozenset[str] = frozenset()
    """Of its classes at the top level, by their dotted names."""
    imports: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Names with the origins that they may have."""
    links: tuple[tuple[str, tuple[Reference, ...]], ...] = ()
    """What its other names stand for; under ``name()`` what calling a function of it may return."""
    stars: tuple[str, ...] = ()
    """Modules from which it imports everything."""
    uses: tuple[Use, ...] = ()
    strings: frozenset[str] = frozenset()
    """What models are compiled with by name."""
    registered: tuple[tuple[str, tuple[Reference, ...]], ...] = ()
    """What Keras is told that such names stand for."""
    reads: tuple[Read, ...] = ()
    passed: tuple[Passed, ...] = ()
    compiles: tuple[tuple[str, str], ...] = ()
    """Functions with their parameters that they compile a model with, and do not call themselves."""
    classes: tuple[tuple[str, tuple[Reference, ...]], ...] = ()
    """Its classes with those of their bases that are the project's, where a name speaks of losses."""
    parameters: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Of its functions at the top level, those that may be filled by position."""
    losses: tuple[Known, ...] = ()
    loss_classes: frozenset[str] = frozenset()
    """Its classes that extend a loss of Keras, be it without a ``call``."""
    variables: frozenset[str] = frozenset()
    """What its top level sets, be it to nothing of the project: ``LOSSES = {}``."""
    dictionaries: frozenset[str] = frozenset()
    """Those of its other names that are dictionaries."""
    keepers: tuple[Keeper, ...] = ()
    kept: tuple[Kept, ...] = ()
    framework: bool = False
    """Whether it mentions TensorFlow or Keras."""
    named: tuple[Named, ...] = ()
    calls: tuple[tuple[str, int], ...] = ()
    """The last parts of all that it calls with two arguments or more, each with the first line."""
    attributes: tuple[tuple[str, tuple[Reference, ...]], ...] = ()
    """What attributes stand for that it sets, by their last part, and what its methods return."""
    compiles_by_itself: int = 0
    """The line at which a model of it calls the loss that its own ``compile`` takes; 0: nowhere."""
    looks_anywhere: int = 0
    """The line at which it looks functions up in a module that is not written out either; 0: nowhere."""


@dataclass(frozen=True)
class Reading:
    """What one parse of a file found out."""

    shared: Shared
    holds: bool
    """Whether it holds or wires a loss without another file saying so, or does not parse."""
    losses: tuple[Candidate, ...] | None = None
    """Its losses, as far as no other file says anything of it; ``None`` where it does not parse."""
    wires: bool = True
    """Whether a rule may have something to say on how it wires losses."""


def joined(module: str, name: str) -> str:
    """The origin of a name of a module, which may be a relative one: ``..`` has its dots already."""
    return f"{module}{'' if module.endswith('.') else '.'}{name}"
