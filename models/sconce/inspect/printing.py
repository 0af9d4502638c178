"""Prints source code: coloured and paged on a terminal, plain in a pipe."""

import os

from pygments.lexer import Lexer  # type: ignore[import-untyped]
from rich.console import Console
from rich.syntax import Syntax


def print_source(console: Console, text: str, lexer: Lexer) -> None:
    """Whole lines, never wrapped; ends in one line break."""
    if not console.is_terminal:
        console.file.write(text.rstrip("\n") + "\n")
        return
    # less shows colours only when told to, and stays for long texts only.
    os.environ.setdefault("LESS", "-FRX")
    with console.pager(styles=True):
        # The terminal's own colours: others vanish on some backgrounds.
        console.print(Syntax(text, lexer, theme="ansi_dark"), soft_wrap=True)
