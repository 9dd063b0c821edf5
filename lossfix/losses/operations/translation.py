"""How a call is said in TensorFlow: a signature, a template with holes, and the binding of one to the other.

A translation reads like two lines of code::

    np.mean(a, axis, *, keepdims)
    tf.reduce_mean({a}, axis={axis}, keepdims={keepdims})

The signature names the arguments that are understood, in their positional order; those after the
``*`` by keyword only, and any other argument makes the call untranslatable. A hole that stands as
the value of a keyword may stay empty, and takes its keyword along; any other hole must be filled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar

Given = TypeVar("Given")
"""An argument: its source text, or its node."""

_HOLE = re.compile(r"\{(\*?)(\w+)\}")
_OPTIONAL = re.compile(r",?\s*\b\w+=\{(\w+)\}")
_POSITIONAL = re.compile(r"(?<=[(\s])\{(\w+)\}")
_MODULE = re.compile(r"(?<![\w.])(tf|keras|np|math)\.")
_SIMPLE = re.compile(r"[\w.]+|[\w.]+\[[\w\s.,:-]*\]")
_IMPURE = re.compile(r"random|dropout|:=|\bawait\b|\byield\b|shuffle|uniform|normal\(")


@dataclass(frozen=True)
class Translation:
    """A call of ``source`` and the TensorFlow code that computes the same."""

    source: str
    """The canonical name of the function, the bare name of a method, or a removed name as written."""
    parameters: tuple[str, ...]
    """The arguments in positional order. Those without a hole or a pattern are known by name only, and
    a call that gives one is refused; ``*name`` takes all that are left."""
    target: str
    """TensorFlow code with a hole for each argument; a method's object is ``{self}``."""
    keyword_only: frozenset[str] = frozenset()
    exact: bool = True
    """Whether the values are the same for float operands, to rounding; ``note`` says what differs."""
    note: str = ""
    floats: frozenset[str] = frozenset()
    """Holes that must be float for the values to be the source's: an integer or boolean tensor has to be
    cast there, and an integer literal has to become a float one (``tf.maximum(0, x)`` is an error in a
    graph, as it takes its dtype from the 0)."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other keywords for a parameter."""
    defaults: Mapping[str, str] = field(default_factory=dict)
    """What fills a hole that was not given."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Patterns that the text of an argument must match entirely; an argument that was not given, and
    has no default, has the empty text. It need not have a hole."""
    named: bool = False
    """Whether the target's own parameters are called as the holes are: what is given by keyword stays so."""

    @property
    def holes(self) -> frozenset[str]:
        """The names of all holes, without ``self``."""
        return frozenset(name for _, name in _HOLE.findall(self.target)) - {"self"}

    @property
    def repeated(self) -> frozenset[str]:
        """Holes that stand more than once in the target, ``self`` among them."""
        names = [name for _, name in _HOLE.findall(self.target)]
        return frozenset(name for name in names if names.count(name) > 1)


def argument(key: int | str, positional: Sequence[Given], keywords: Mapping[str, Given]) -> Given:
    """The argument of a call at a position, or under a keyword."""
    return positional[key] if isinstance(key, int) else keywords[key]


@dataclass(frozen=True)
class Binding:
    """A translation that fits one call."""

    translation: Translation
    template: str
    """The target with the holes that remain: all of them must be filled."""
    arguments: Mapping[str, int | str]
    """For each hole, the position or the keyword of the argument that fills it (never ``self``)."""

    @property
    def modules(self) -> frozenset[str]:
        """The modules that the template names: of ``tf``, ``keras``, ``np`` and ``math``."""
        return frozenset(_MODULE.findall(self.template))

    def count(self, name: str) -> int:
        """How often the hole ``name`` stands in the template."""
        return self.template.count(f"{{{name}}}")


@dataclass(frozen=True)
class Refusal:
    """Why a call cannot be translated, in words for the person whose code it is."""

    reason: str


def translation(
    signature: str,
    target: str,
    *,
    exact: bool = True,
    note: str = "",
    floats: str = "",
    aliases: str = "",
    only: Mapping[str, str] | None = None,
    named: bool = False,
) -> Translation:
    """A `Translation` from its two lines.

    ``signature`` is ``np.sort(a, axis=-1)``; ``floats`` lists holes; ``aliases`` pairs, ``min=a_min``.
    """
    source, _, rest = signature.partition("(")
    parameters: list[str] = []
    keyword_only: set[str] = set()
    defaults: dict[str, str] = {}
    after_star = False
    for part in filter(None, (piece.strip() for piece in rest.rstrip(")").split(","))):
        if part == "*":
            after_star = True
            continue
        name, _, default = part.partition("=")
        parameters.append(name)
        if default:
            defaults[name] = default
        if after_star:
            keyword_only.add(name)
    return Translation(
        source=source,
        parameters=tuple(parameters),
        target=target,
        keyword_only=frozenset(keyword_only),
        exact=exact,
        note=note,
        floats=frozenset(floats.split()),
        aliases=dict(pair.split("=") for pair in aliases.split()),
        defaults=defaults,
        only=dict(only or {}),
        named=named,
    )


def by_source(choices: Iterable[Translation]) -> Mapping[str, tuple[Translation, ...]]:
    """Translations by what they translate, in the order in which they are to be tried."""
    table: dict[str, tuple[Translation, ...]] = {}
    for choice in choices:
        table[choice.source] = (*table.get(choice.source, ()), choice)
    return MappingProxyType(table)


def bind(
    choice: Translation, positional: Sequence[str], keywords: Mapping[str, str]
) -> Binding | Refusal:
    """The template for one call and what fills it, or why this translation does not fit.

    ``positional`` and ``keywords`` hold the source text of the arguments. ``*args`` and ``**kwargs``
    in the call are to be refused by the caller.
    """
    given = _given(choice, positional, keywords)
    if isinstance(given, Refusal):
        return given
    arguments, spread = given
    texts = {name: argument(key, positional, keywords) for name, key in arguments.items()}
    for name, pattern in choice.only.items():
        text = texts.get(name, choice.defaults.get(name, ""))
        if not re.fullmatch(pattern, text, re.DOTALL):
            value = f"`{name}={text}`" if text else f"a call without `{name}`"
            return Refusal(f"`{choice.source}` with {value} has no counterpart in TensorFlow")
    for name, key in arguments.items():
        if name not in choice.holes and name not in choice.only:
            said = key if isinstance(key, str) else name
            return Refusal(f"`{said}=` of `{choice.source}` has no counterpart in TensorFlow")
    template = choice.target
    for name, keys in spread.items():
        template = template.replace(
            f"{{*{name}}}", ", ".join(f"{{{name}_{index}}}" for index in range(len(keys)))
        )
        arguments |= {f"{name}_{index}": key for index, key in enumerate(keys)}
    for name, default in choice.defaults.items():
        if name not in arguments:
            template = template.replace(f"{{{name}}}", default)
    template = _OPTIONAL.sub(
        lambda match: match.group() if match.group(1) in arguments else "", template
    )
    if choice.named:
        template = _by_keyword(template, arguments)
    holes = {name for _, name in _HOLE.findall(template)} - {"self"}
    missing = sorted(holes - arguments.keys())
    if missing:
        return Refusal(f"`{choice.source}` without `{missing[0]}` has no counterpart in TensorFlow")
    for name in sorted(choice.repeated & texts.keys()):
        if _IMPURE.search(texts[name]):
            return Refusal(f"`{texts[name]}` would be evaluated twice")
    return Binding(choice, template, {name: arguments[name] for name in sorted(holes)})


def _by_keyword(template: str, arguments: Mapping[str, int | str]) -> str:
    """``template`` with keywords from the first argument on that was given by one."""
    holes = list(_POSITIONAL.finditer(template))
    first = next(
        (n for n, hole in enumerate(holes) if isinstance(arguments.get(hole[1]), str)), None
    )
    for hole in reversed(holes[first:] if first is not None else []):
        template = f"{template[: hole.start()]}{hole[1]}={template[hole.start() :]}"
    return template


def _given(
    choice: Translation, positional: Sequence[str], keywords: Mapping[str, str]
) -> tuple[dict[str, int | str], dict[str, list[int]]] | Refusal:
    """Which argument goes to which parameter, those to ``*name`` apart."""
    order = [name for name in choice.parameters if name not in choice.keyword_only]
    rest = order.pop().lstrip("*") if order and order[-1].startswith("*") else ""
    arguments: dict[str, int | str] = dict(zip(order, range(len(positional)), strict=False))
    spread: dict[str, list[int]] = {}
    if rest:
        spread[rest] = list(range(len(order), len(positional)))
        if not spread[rest]:
            return Refusal(f"`{choice.source}` without `{rest}` has no counterpart in TensorFlow")
    elif len(positional) > len(order):
        return Refusal(
            f"argument {len(order) + 1} of `{choice.source}` has no counterpart in TensorFlow"
        )
    for keyword in keywords:
        name = choice.aliases.get(keyword, keyword)
        if name not in choice.parameters:
            return Refusal(f"`{keyword}=` of `{choice.source}` has no counterpart in TensorFlow")
        if name in arguments:
            return Refusal(f"`{choice.source}` is given `{name}` twice")
        arguments[name] = keyword
    return arguments, spread


def translate(
    choices: Sequence[Translation],
    positional: Sequence[str],
    keywords: Mapping[str, str],
    receiver: str = "x",
) -> Binding | Refusal:
    """The best of several translations of one call.

    The first that fits; one that would write a long argument twice stands back for one that does
    not. ``receiver`` is the source text of a method's object. Of several refusals the first is given.
    """
    bindings = [bind(choice, positional, keywords) for choice in choices]
    fitting = [binding for binding in bindings if isinstance(binding, Binding)]
    texts = {"self": receiver}
    for binding in fitting:
        filled = {
            name: argument(key, positional, keywords) for name, key in binding.arguments.items()
        }
        if all(
            _SIMPLE.fullmatch((texts | filled).get(name, ""))
            for name in binding.translation.repeated
        ):
            return binding
    if fitting:
        return fitting[0]
    refusals = [binding for binding in bindings if isinstance(binding, Refusal)]
    return refusals[0] if refusals else Refusal("it has no counterpart in TensorFlow")
