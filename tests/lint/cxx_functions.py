"""Finds the functions of a C++ file and how long they are, without a parser.

Comments, strings and preprocessor lines are blanked first; then every brace is
the body of a scope (namespace, class), of a function, or of something else (an
initialiser, a block inside a function).
"""

import re
from typing import NamedTuple

BLANKED = re.compile(
    r'//[^\n]*|/\*.*?\*/'                        # comments
    r'|R"([^(\s]*)\(.*?\)\1"'                    # raw strings
    r'|"(?:\\.|[^"\\\n])*"'                      # strings
    r"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'"     # characters, not 1'000
    r'|^[ \t]*#(?:\\\n|[^\n])*',                 # preprocessor
    re.S | re.M)
SCOPE = re.compile(r"(inline\s+)?(namespace|class|struct|union|enum|extern)\b")
TEMPLATE = re.compile(r"^template\s*<(?:[^<>]|<[^<>]*>)*>\s*")
ACCESS = re.compile(r"^(public|protected|private)\s*:\s*")


class Function(NamedTuple):
    name: str
    line: int
    lines: int


def blank(text: str) -> str:
    """`text` with the same lines but no comments, strings or directives."""
    return BLANKED.sub(lambda match: "\n" * match[0].count("\n") or " ", text)


def kind_of(head: str) -> str:
    """What a brace opens, from the text between it and what came before."""
    head = TEMPLATE.sub("", head)
    if SCOPE.match(head):
        return "scope"
    if "(" in head and not head.endswith(("=", ",", "(")):
        return "function"
    return "other"


def name_of(head: str) -> str:
    """The last word before the first parenthesis; for TEST(A, B) all of it."""
    head = TEMPLATE.sub("", head)
    test = re.match(r"(?:TYPED_)?TEST(?:_[FP])?\s*\([^)]*\)", head)
    if test:
        return " ".join(test[0].split())
    names = re.findall(r"[\w:~]+", head.split("(")[0])
    return names[-1] if names else "?"


def functions(source: str) -> list[Function]:
    """Outermost functions only: what they contain counts as theirs."""
    text, found, stack = blank(source), [], []
    head_start, line = 0, 1
    for position, character in enumerate(text):
        if character == "\n":
            line += 1
        elif character == "{":
            head = ACCESS.sub("", text[head_start:position].lstrip())
            inside = any(kind == "function" for kind, _, _ in stack)
            stack.append(("other" if inside else kind_of(head.rstrip()), head,
                          line - head.count("\n")))
        elif character == "}" and stack:
            kind, head, first_line = stack.pop()
            if kind == "function":
                found.append(Function(name_of(head), first_line,
                                      line - first_line + 1))
        if character in "{};":
            head_start = position + 1
    return found
