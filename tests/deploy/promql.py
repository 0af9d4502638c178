"""Which metrics and labels a PromQL expression names.

Not whether it is one: promtool says that. Only what our own queries use is
understood.
"""

import dataclasses
import re

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<string>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
      | (?P<window>\[[^\]]*\])
      | (?P<number>\d[\w.]*)
      | (?P<name>[A-Za-z_:][\w:]*)
      | (?P<sign>=~|!~|!=|==|>=|<=|\S)""",
    re.VERBOSE,
)
# What a list of labels in brackets follows.
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = _GROUPING | {"and", "or", "unless", "bool", "offset"}
_MATCHES = {"=", "!=", "=~", "!~"}


@dataclasses.dataclass(frozen=True)
class Matcher:
    label: str
    sign: str
    value: str


@dataclasses.dataclass
class Selector:
    metric: str = ""  # empty where {__name__=~"…"} stands in its place
    matchers: list[Matcher] = dataclasses.field(default_factory=list)

    def metrics(self, known: set[str]) -> set[str]:
        """Those of the known ones that it selects; its own name anyway."""
        if self.metric:
            return {self.metric}
        return {
            name
            for matcher in self.matchers
            if matcher.label == "__name__"
            for name in known
            if re.fullmatch(matcher.value, name)
        }


@dataclasses.dataclass
class Expression:
    selectors: list[Selector] = dataclasses.field(default_factory=list)
    grouped: set[str] = dataclasses.field(default_factory=set)


Token = tuple[str, str]  # its kind and its text


def _tokens(text: str) -> list[Token]:
    return [
        (str(match.lastgroup), match.group())
        for match in _TOKEN.finditer(text)
        if match.lastgroup != "comment"
    ]


def _end_of(tokens: list[Token], begin: int, sign: str) -> int:
    return next(i for i in range(begin, len(tokens)) if tokens[i][1] == sign)


def _matchers(tokens: list[Token]) -> list[Matcher]:
    return [
        Matcher(label, sign, value[1:-1])
        for (_, label), (_, sign), (_, value) in zip(
            tokens, tokens[1:], tokens[2:]
        )
        if sign in _MATCHES
    ]


def parse(text: str) -> Expression:
    made = Expression()
    tokens = [*_tokens(text), ("end", ""), ("end", "")]
    at = 0
    while at < len(tokens) - 2:
        (kind, word), (_, after) = tokens[at : at + 2]
        if word in _GROUPING and after == "(":
            end = _end_of(tokens, at, ")")
            made.grouped |= {w for k, w in tokens[at + 1 : end] if k == "name"}
            at = end
        elif word == "{":
            end = _end_of(tokens, at, "}")
            # Behind a name it belongs to that.
            if at == 0 or tokens[at - 1][0] != "name":
                made.selectors.append(Selector())
            made.selectors[-1].matchers += _matchers(tokens[at:end])
            at = end
        elif kind == "name" and word not in _WORDS:
            # Else a function, or an aggregation with its labels before it.
            if after not in {"(", "by", "without"}:
                made.selectors.append(Selector(word))
        at += 1
    return made
