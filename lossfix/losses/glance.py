"""What the bytes of a file give away before it is parsed.

Each question is answered with yes where it cannot be told: a parse then finds out. ``discover`` and
``uses`` are the measure of what must not be missed, and their words are the ones looked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from lossfix.losses.discover import LOSS_WORDS, Settings, names_a_loss, pair_of
from lossfix.losses.names import LOSS_FUNCTIONS, canonical
from lossfix.losses.uses import LOSS_KEYWORDS, METRIC_KEYWORDS

_WORD = rb"[\w\x80-\xff]+"
_GAP = rb"(?:\s|\\\n|#[^\n]*\n)*"


def _one_of(words: Collection[str]) -> bytes:
    return "|".join(sorted(words, key=len, reverse=True)).encode()


# Most patterns begin with a literal, which is found many times faster than a word boundary.
_SHORT_FRAMEWORK = re.compile(rb"(?:tf|K)\b")
_FUNCTION = re.compile(rb"def\s+(%s)" % _WORD)
_LOSS_WORD = re.compile(_one_of(LOSS_WORDS), re.IGNORECASE)
_PARAMETERS = re.compile(
    rb"def\s+%(word)s\s*\(%(gap)s(%(word)s)([^,)]*),%(gap)s(?:/%(gap)s,%(gap)s)?"
    rb"(%(word)s)([^,)]*)(?:,%(gap)s(%(word)s))?" % {b"word": _WORD, b"gap": _GAP}
)
_STEP = re.compile(rb"def (?:train|test)_step\(")
_ADDED = re.compile(rb"(?<!self)\.add_loss\(")
_TAKEN = re.compile(
    rb"\.(?:gradient|jacobian|minimize)\(%(gap)s(?:target\s*=\s*)?"
    rb"(?:[\w.]*(?:loss|cost|objective|criterion)|(?:tf|K|keras)\.|float\(|[\w.]*\.(?:numpy|item)\(|\w+%(gap)s[,)])"
    % {b"gap": _GAP},
    re.IGNORECASE,
)
_GRADIENTS = (b"GradientTape", b".minimize(", b"add_loss(")
_CALLS = (b" call(", b" __call__(")
_LOSS_CLASS = re.compile(
    rb"class\s+\w+\s*\([^)]*(?:Loss|losses\b)|losses\s+import\b"
    rb"|=\s*[\w.]*(?:Loss\w*|\blosses\.\w+)\s*$",
    re.MULTILINE,
)
_LOSS = re.compile(rb"(?:%s)\s*=(?!=)\s*" % _one_of(LOSS_KEYWORDS))
_METRIC = re.compile(rb"(?:%s)\s*=(?!=)\s*" % _one_of(METRIC_KEYWORDS))
_LITERAL = re.compile(rb"None\b|[\[(]?\s*(?:[\"'][\w ]*[\"']\s*,?\s*)+[\])]?\s*(?=[,)]|$)")
_STRING = re.compile(rb"[\"'](\w*)[\"']")
_KEY = re.compile(rb"[\"'](?:%s)[\"']\s*:" % _one_of(LOSS_KEYWORDS | METRIC_KEYWORDS))
_COMPILE = re.compile(rb"\.compile\((?<!\bre\.compile\()")
_NAMED = re.compile(rb"%s(?:\w+\s*=(?!=)|\*\*|\))" % _GAP)
_KEYWORDS = (b"loss", b"criterion", b"metric")
"""Each keyword holds one of these."""
_BRACKET = re.compile(rb"[][(){},]")
_REGISTERED = re.compile(rb"custom_objects\s*=\s*\{|custom_objects\(\)|(?i:custom_?object_?scope)")
_NAME = re.compile(_WORD)


def may_define_a_loss(data: bytes, settings: Settings) -> bool:
    """Whether some function or class may be a loss without any other file saying so."""
    if not _mentions_a_framework(data):
        return False
    if _has(data, _CALLS) and _extends_a_loss(data, settings):
        return True
    return (_has(data, _GRADIENTS) or _names_a_loss(data)) and _takes_a_pair(data, settings)


def _extends_a_loss(data: bytes, settings: Settings) -> bool:
    if any(base.rpartition(".")[2].encode() in data for base in settings.bases):
        return True
    return _has(data, (b"Loss", b"losses")) and _LOSS_CLASS.search(data) is not None


def may_use_a_loss(data: bytes) -> bool:
    """Whether the file may say of a name that it is a loss or a metric."""
    if not _mentions_a_framework(data):
        return False
    return (
        (_has(data, _KEYWORDS) and _passes_by_keyword(data))
        or any(_takes_a_second(data, match.end()) for match in _COMPILE.finditer(data))
        or (_has(data, (b"ustom_object", b"ustomObject")) and bool(_REGISTERED.search(data)))
    )


def may_wire_a_loss(data: bytes) -> bool:
    """Whether the file may take gradients of a loss, add one to a model or compute one in a training step."""
    if not _mentions_a_framework(data):
        return False
    return (
        (_has(data, (b"_step(",)) and _STEP.search(data) is not None)
        or (_has(data, (b"GradientTape",)) and _TAKEN.search(data) is not None)
        or (_has(data, (b".add_loss(",)) and _ADDED.search(data) is not None)
    )


def _passes_by_keyword(data: bytes) -> bool:
    return (
        _KEY.search(data) is not None
        or any(
            _in_a_call(data, match.start()) and _names_its_own(data, match.end())
            for match in _LOSS.finditer(data)
        )
        or any(
            _in_a_call(data, match.start()) and not _LITERAL.match(data, match.end())
            for match in _METRIC.finditer(data)
        )
    )


def _in_a_call(data: bytes, start: int) -> bool:
    """Whether what begins at ``start`` follows a bracket or a comma: a keyword, not a variable."""
    line = data.rfind(b"\n", 0, start) + 1
    before = data[line:start].rstrip()
    if before:
        return before.endswith((b"(", b","))
    above = data[:line].rstrip()
    return above.endswith((b"(", b",")) or b"#" in above[above.rfind(b"\n") + 1 :]


def _has(data: bytes, words: Collection[bytes]) -> bool:
    return any(word in data for word in words)


def mentions(data: bytes, names: frozenset[bytes]) -> bool:
    """Whether the file may refer to any of ``names``, which another one defines."""
    return b"import" in data and not names.isdisjoint(_NAME.findall(data))


def _mentions_a_framework(data: bytes) -> bool:
    return b"tensorflow" in data or b"keras" in data or _SHORT_FRAMEWORK.search(data) is not None


def _names_a_loss(data: bytes) -> bool:
    return any(map(_is_loss_name, _FUNCTION.findall(data)))


@lru_cache(maxsize=4096)
def _is_loss_name(name: bytes) -> bool:
    return _LOSS_WORD.search(name) is not None and names_a_loss(name.decode("utf-8", "replace"))


def _takes_a_pair(data: bytes, settings: Settings) -> bool:
    for match in _PARAMETERS.finditer(data):
        first, note, second, other, third = match.groups(b"")
        # An annotation with brackets may hold commas of its own.
        if b"[" in note or b"(" in note or b"[" in other or b"(" in other:
            return True
        if _is_pair(first, second, settings) or _is_pair(second, third, settings):
            return True
    return False


@lru_cache(maxsize=4096)
def _is_pair(first: bytes, second: bytes, settings: Settings) -> bool:
    names = [each.decode("utf-8", "replace") for each in (first, second)]
    return pair_of(names, settings) is not None


def _names_its_own(data: bytes, value: int) -> bool:
    # `loss=None` and `loss="mse"` are said of nothing that any file defines.
    literal = _LITERAL.match(data, value)
    return literal is None or not all(map(_is_built_in, _STRING.findall(literal[0])))


@lru_cache(maxsize=256)
def _is_built_in(name: bytes) -> bool:
    return canonical(f"keras.losses.{name.decode()}") in LOSS_FUNCTIONS


def _takes_a_second(data: bytes, start: int) -> bool:
    """Whether a call whose arguments begin at ``start`` has a second one without a keyword."""
    depth = 0
    for match in _BRACKET.finditer(data, start):
        if match[0] in b"([{":
            depth += 1
        elif depth and match[0] in b")]}":
            depth -= 1
        elif match[0] in b")]}":
            return False
        elif not depth:
            return _NAMED.match(data, match.end()) is None
    return True
