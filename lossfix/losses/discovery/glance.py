"""What the bytes of a file give away before it is parsed.

Each question is answered with yes where it cannot be told: a parse then finds out. ``discover`` and
``uses`` are the measure of what must not be missed, and their words are the ones looked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import chain

from lossfix.losses.discovery.candidate import Settings
from lossfix.losses.discovery.heads import (
    BRACKET,
    GAP,
    LETTER,
    NAME,
    QUOTED,
    WORD,
    has,
    heads,
    is_loss_name,
    named_losses,
    required,
    takes_a_pair,
)
from lossfix.losses.discovery.steps import may_wire_a_loss
from lossfix.losses.discovery.uses import LOSS_KEYWORDS, METRIC_KEYWORDS
from lossfix.losses.discovery.wording import LOSS_WORDS
from lossfix.losses.operations.keras_names import LOSS_FUNCTIONS, RENAMED_STRINGS
from lossfix.losses.operations.names import canonical


def _one_of(words: Collection[str]) -> bytes:
    return "|".join(sorted(words, key=len, reverse=True)).encode()


# Most patterns begin with a literal, which is found many times faster than a word boundary.
_SHORT_FRAMEWORK = re.compile(rb"\b(?:tf|K)\.")
_SHORT = (b"tf.", b"K.")
_FRAMEWORK = (b"tensorflow", b"keras", b"backend", b"self.submodules")
_GRADIENTS = (b"GradientTape", b".minimize(", b"add_loss(")
_METHODS = (b" call(", b" __call__(", b" __init__(")
"""What a class of losses defines, be it the one in place of the other."""
_REGISTERS = re.compile(
    rb"regist(?=(?:er|ered|ry)(?:_(?:loss|module|objective|criteri|function|fn)\w*)?\b(?!\.)[^\n]*\n"
    rb"(?:@[^\n]*\n)*def \w+\(\s*\w[^,()]*,\s*\w)"
)
_DECORATOR = re.compile(rb"@(?:[\w.]*\.)?(?:[a-z]*_)?")
"""How the decorator begins that registers a function of two: others may compile it from there."""
_PUT_IN = [
    re.compile(rb"%s(?=\w*(?:\.update\(|\[[^]\n]+\]\s*=\s*[^\W\d][\w.]*\s*$))" % word, re.MULTILINE)
    for word in (b"loss", b"regist", b"objective", b"criteri")
]
_HOLDER = re.compile(rb"[\w.]*")
"""How a registry is written, up to such a word, that something is put into."""
_SET = re.compile(rb"\blosses\.\w+\s*=(?!=)")
_NAMED_CLASS = re.compile(rb"class\s+\w*(?i:%s|entropy)" % _one_of(LOSS_WORDS))
_HANDED_BACK = re.compile(rb"return[ \t]+(?:[\w.]+(?:mean|sum)\(\s*)*\w*(?i:loss)")
_LOSS_CLASS = re.compile(
    rb"class\s+\w+\s*\([^)]*(?:Loss|losses\b)|losses\s+import\b"
    rb"|=\s*[\w.]*(?:Loss\w*|\blosses\.\w+)\s*$",
    re.MULTILINE,
)


def _followed_by(end: bytes, words: frozenset[str]) -> list[re.Pattern[bytes]]:
    """What finds some words before ``end``: a pattern for all that begin with the same one."""
    stems = [each for each in words if not any(each.startswith(one) for one in words - {each})]
    return [
        re.compile(rb"%s(?:%s)%s" % (stem.encode(), _one_of(_ends(stem, words)), end))
        for stem in stems
    ]


def _ends(stem: str, words: Collection[str]) -> list[str]:
    return [each.removeprefix(stem) for each in words if each.startswith(stem)]


_LOSS = _followed_by(rb"\s*=(?!=)\s*", LOSS_KEYWORDS)
_METRIC = _followed_by(rb"\s*=(?!=)\s*", METRIC_KEYWORDS)
_PLAIN = rb"[\"'][\w ]*[\"']"
_ARGUMENTS = rb"\((?:\s*\w+\s*=\s*(?:%s|True|False|None|[-+.\de]+)\s*,?)*\s*\)" % _PLAIN


def _literal(modules: bytes) -> re.Pattern[bytes]:
    """What stands for nothing of the file's own: strings and what Keras has in some of its modules."""
    one = rb"(?:%s|(?:tf\.)?keras\.(?:%s)\.\w+(?:%s)?)" % (_PLAIN, modules, _ARGUMENTS)
    several = rb"[\[(]\s*(?:%s\s*,?\s*)+[\])]" % one
    return re.compile(rb"None\b|(?:%s|%s)\s*(?=[,)]|$)" % (one, several))


_LITERAL = _literal(b"losses")
_METRICS_LITERAL = _literal(b"losses|metrics")
_STRING = re.compile(rb"[\"'](\w*)[\"']")
_KEY = _followed_by(rb"[\"']\s*:", LOSS_KEYWORDS | METRIC_KEYWORDS)
_LISTED = re.compile(rb"^([ \t]*)(?:async )?def (?:\w+_)?metrics\(", re.MULTILINE)
_RETURNED = re.compile(rb"return\b%s[\[({]|return\b[^\n]*," % GAP)
"""What hands back a list, a tuple or a dictionary that is written out."""
_COMPILE = re.compile(rb"\.compile\((?<!\bre\.compile\()")
_SPACE = re.compile(GAP)
_NAMED = re.compile(rb"\w+\s*=(?!=)|\*\*|\)")
_KEYWORDS = (b"loss", b"criterion", b"metric")
"""Each keyword holds one of these."""
_REGISTERED = re.compile(
    rb"(?:custom_objects%(gap)s=|(?i:custom_?object_?scope)\()%(gap)s\{(?!\s*\})|custom_objects\(\)%(gap)s(?:\[|\.)"
    % {b"gap": GAP}
)
_UNPACKED = re.compile(rb"[(,]%s\*\*" % GAP)
_PATH_END = re.compile(rb"[.:](%s)[\"']" % WORD)
_FEW = 50
"""Names that are looked for one by one before a file is taken apart."""
_IMPORT = re.compile(
    rb"\bfrom\b[^\n]*\bimport%(gap)s\([^)]*|\b(?:from|import)\b(?:[^\n\\]|\\\n)*"
    rb"|(?:import_module|__import__|sys\.modules)%(gap)s[(\[]%(gap)s[\"'][\w.]*" % {b"gap": GAP}
)
"""A statement or a call that imports."""
_LOOKUPS = (b"getattr(", b"vars(", b"__dict__", b"getmembers(", b"globals(", b"locals(", b"eval(")
_ANY_MODULE = re.compile(
    rb"(?:import_module|__import__|sys\.modules)%(gap)s[(\[]%(gap)s(?!__name__)[^\"'\s]"
    % {b"gap": GAP}
)
_MOST = 3
"""Parameters without a default that a loss has at most, ``self`` among them."""
_PROSE = (b"#", b'"""', b"'''")
"""How comments begin, and the strings that are documentation."""


def may_concern_a_loss(data: bytes, settings: Settings) -> bool:
    """Whether a file is worth parsing: it may define, use or wire a loss."""
    # Documentation is full of examples. To leave it out takes longer than a look at all of it, and few
    # files are left by then.
    return _concerns_a_loss(data, settings) and _concerns_a_loss(without_prose(data), settings)


def _concerns_a_loss(data: bytes, settings: Settings) -> bool:
    if not mentions_a_framework(data):
        # A model of the project's own may say which of its losses are metrics, and what makes one of a
        # framework that another file imports may compile it with them.
        return b"loss" in data and (_lists_metrics(data) or _compiles(data))
    return may_define_a_loss(data, settings) or may_use_a_loss(data) or may_wire_a_loss(data)


def _lists_metrics(data: bytes) -> bool:
    return b"MetricWrapper" in data or (
        b"metrics(" in data and any(_RETURNED.search(each) for each in _bodies(_LISTED, data))
    )


def _bodies(pattern: re.Pattern[bytes], data: bytes) -> Iterator[bytes]:
    """The code of functions whose ``def`` a pattern finds, with the spaces before it as its first group."""
    for match in pattern.finditer(data):
        end = re.compile(rb"^[ \t]{0,%d}(?![ \t#)])\S" % len(match[1]), re.MULTILINE)
        after = end.search(data, match.end())
        yield data[match.end() : after.start() if after else len(data)]


def without_prose(data: bytes) -> bytes:
    """The same without comments, and with nothing in the strings that may be documentation."""
    return QUOTED.sub(_kept, data)


def _kept(match: re.Match[bytes]) -> bytes:
    text = match[0]
    if not text.startswith(_PROSE):
        return text
    return b"" if text.startswith(b"#") else b'""'


def may_define_a_loss(data: bytes, settings: Settings) -> bool:
    """Whether some function or class may be a loss without any other file saying so."""
    if not mentions_a_framework(data):
        return False
    if has(data, _METHODS) and _extends_a_loss(data, settings):
        return True
    if has(data, _GRADIENTS) or _NAMED_CLASS.search(data):
        return any(takes_a_pair(each, settings) for each in heads(data))
    if _HANDED_BACK.search(data) and _hands_back_a_loss(data, settings):
        return True
    return bool(named_losses(data)) and _has_a_named_pair(data, settings)


def _extends_a_loss(data: bytes, settings: Settings) -> bool:
    if any(base.rpartition(".")[2].encode() in data for base in settings.bases):
        return True
    return has(data, (b"Loss", b"losses")) and _LOSS_CLASS.search(data) is not None


def may_use_a_loss(data: bytes) -> bool:
    """Whether the file may say of a name that it is a loss or a metric."""
    if not mentions_a_framework(data):
        return False
    return (
        (has(data, _KEYWORDS) and _passes_by_keyword(data))
        or _compiles(data)
        or (has(data, (b"ustom_object", b"ustomObject")) and bool(_REGISTERED.search(data)))
        or (b"losses." in data and _SET.search(data) is not None)
        or _keeps_a_loss(data)
        or _lists_metrics(data)
    )


def _compiles(data: bytes) -> bool:
    """Whether a call of ``compile`` is handed what may be a loss."""
    if b".compile(" not in data:
        return False
    calls = [match.end() for match in _COMPILE.finditer(data)]
    return any(_takes_a_second(data, end) for end in calls) or (
        bool(calls) and _passes_by_keyword(data)
    )


def _end(pattern: re.Pattern[bytes], data: bytes, start: int) -> int:
    match = pattern.match(data, start)
    return start if match is None else match.end()


def _passes_by_keyword(data: bytes) -> bool:
    return (
        (_has_a_key(data) and _UNPACKED.search(data) is not None)
        or any(
            _in_a_call(data, match.start()) and _names_its_own(data, match.end())
            for match in _all(_LOSS, data)
        )
        or any(
            _in_a_call(data, match.start()) and not _METRICS_LITERAL.match(data, match.end())
            for match in _all(_METRIC, data)
        )
    )


def _all(patterns: Iterable[re.Pattern[bytes]], data: bytes) -> Iterator[re.Match[bytes]]:
    return chain.from_iterable(each.finditer(data) for each in patterns)


def _has_a_key(data: bytes) -> bool:
    """Whether a dictionary has a value under one of the keywords."""
    quotes = (b'"', b"'")
    return any(data[match.start() - 1 : match.start()] in quotes for match in _all(_KEY, data))


def _keeps_a_loss(data: bytes) -> bool:
    """Whether a function of two is registered, or put into a registry: others may compile it from there."""
    lowered = data.lower()

    def follows(match: re.Match[bytes], start: re.Pattern[bytes]) -> bool:
        line = lowered.rfind(b"\n", 0, match.start()) + 1
        return start.fullmatch(lowered, line, match.start()) is not None

    return any(follows(match, _DECORATOR) for match in _REGISTERS.finditer(lowered)) or any(
        follows(match, _HOLDER) for match in _all(_PUT_IN, lowered)
    )


def _in_a_call(data: bytes, start: int) -> bool:
    """Whether what begins at ``start`` follows a bracket or a comma: a keyword, not a variable."""
    line = data.rfind(b"\n", 0, start) + 1
    before = data[line:start].rstrip()
    if before:
        return before.endswith((b"(", b","))
    above = data[:line].rstrip()
    return above.endswith((b"(", b",")) or b"#" in above[above.rfind(b"\n") + 1 :]


def mentions(data: bytes, names: frozenset[bytes]) -> bool:
    """Whether the file may refer to any of ``names``, which another one defines.

    It imports what it refers to, or has its whole path in a string.
    """
    if not holds_any(data, names):
        return False
    code = without_prose(data)
    if b"import" in code:
        return holds_any(code, names)
    return not names.isdisjoint(_PATH_END.findall(code))


def holds_any(data: bytes, names: frozenset[bytes]) -> bool:
    """Whether any of ``names`` stands in the file as a word of its own."""
    # To look for a name takes a hundredth of what it takes to tell all names of a file apart.
    if len(names) > _FEW:
        return not names.isdisjoint(NAME.findall(data))
    return any(name in data and _alone(name).search(data) for name in names)


@lru_cache(maxsize=2 * _FEW)
def _alone(name: bytes) -> re.Pattern[bytes]:
    """A name that is no part of another one."""
    # It begins with the name itself, as a literal; what must not stand before that is asked afterwards.
    word = re.escape(name)
    return re.compile(rb"%s(?<!%s%s)(?!%s)" % (word, LETTER, word, LETTER))


def may_look_up(data: bytes) -> bool:
    """Whether the file may call what a module holds without writing its name (``lookups``)."""
    return b"import" in data and has(data, _LOOKUPS)


def may_look_anywhere(data: bytes) -> bool:
    """Whether the file may look names up in a module that is not written out either."""
    return _ANY_MODULE.search(data) is not None


def may_import(data: bytes, modules: frozenset[bytes]) -> bool:
    """Whether the file may import any of ``modules``, each the last part of its name."""
    if not holds_any(data, modules):
        return False
    code = without_prose(data)
    if not holds_any(code, modules):
        return False
    return any(holds_any(match[0], modules) for match in _IMPORT.finditer(code))


def mentions_a_framework(data: bytes) -> bool:
    """Whether there is any sign of TensorFlow or Keras: most files of most projects have none."""
    if has(data, _FRAMEWORK):
        return True
    return has(data, _SHORT) and _SHORT_FRAMEWORK.search(data) is not None


def _has_a_named_pair(data: bytes, settings: Settings) -> bool:
    """Whether a function takes targets and predictions, and it or one around it is named a loss."""
    named: list[int] = []
    """How far the functions are indented that are named so, and that may be around what comes."""
    for head in heads(data):
        named = [depth for depth in named if depth < head.depth]
        if is_loss_name(head.name):
            named.append(head.depth)
        if named and takes_a_pair(head, settings) and required(head) <= _MOST:
            return True
    return False


def _hands_back_a_loss(data: bytes, settings: Settings) -> bool:
    """Whether a function that takes targets and predictions returns what is called a loss."""
    listed = [*heads(data)]
    returns = [match.start() for match in _HANDED_BACK.finditer(data)]
    for number, head in enumerate(listed):
        after = (each.start for each in listed[number + 1 :] if each.depth <= head.depth)
        end = next(after, len(data))
        if any(head.start < each < end for each in returns) and takes_a_pair(head, settings):
            return True
    return False


def _names_its_own(data: bytes, value: int) -> bool:
    # `loss=None` and `loss="mse"` are said of nothing that any file defines.
    literal = _LITERAL.match(data, value)
    return literal is None or not all(map(_is_built_in, _STRING.findall(literal[0])))


@lru_cache(maxsize=256)
def _is_built_in(name: bytes) -> bool:
    known = name.decode()
    return known not in RENAMED_STRINGS and canonical(f"keras.losses.{known}") in LOSS_FUNCTIONS


def _takes_a_second(data: bytes, start: int) -> bool:
    """Whether a call whose arguments begin at ``start`` has a second one without a keyword."""
    depth = 0
    for match in BRACKET.finditer(data, start):
        if match[0] in b"([{":
            depth += 1
        elif depth and match[0] in b")]}":
            depth -= 1
        elif match[0] in b")]}":
            return False
        elif not depth:
            second = _end(_SPACE, data, match.end())
            return _NAMED.match(data, second) is None and _names_its_own(data, second)
    return True
