"""Colours for the text of a TorchScript graph."""

from pygments.lexer import RegexLexer  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
)


class GraphLexer(RegexLexer):  # type: ignore[misc]
    """`%x : Tensor = aten::relu(%y) # model.py:12:8`."""

    name = "TorchScript graph"
    tokens = {
        "root": [
            (r"#.*$", Comment.Single),
            (r"%[\w.]+", Name.Variable),
            (r"\b(graph|return|block\d+)\b|->", Keyword),
            (r"\b[A-Za-z_]\w*::\w+", Name.Function),
            (r'"(\\.|[^"\\])*"', String),
            (r"-?\d+(\.\d*)?(e[-+]?\d+)?", Number),
            (r"[A-Za-z_][\w.]*[?]?", Keyword.Type),
            (r"[=:]", Operator),
            (r"[()\[\]{},<>*+?/-]", Punctuation),
            (r"\s+", Text.Whitespace),
            (r".", Text),
        ]
    }
