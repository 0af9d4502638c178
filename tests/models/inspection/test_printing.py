"""Source code on a terminal and in a pipe."""

import io
from pathlib import Path

import pytest
from pygments.lexers.python import PythonLexer
from pygments.token import Error
from rich.console import Console

from sconce.inspect.archive_file import ArchiveFile
from sconce.inspect.graph_lexer import GraphLexer
from sconce.inspect.printing import print_source
from sconce.inspect.sizes import bytes_text
from sconce.inspect.source import method_graph
from tests.models.inspection import archives

LONG = f"x = {'1 + ' * 60}1"


def test_a_pipe_gets_plain_unwrapped_lines() -> None:
    stream = io.StringIO()
    print_source(Console(file=stream, width=20), LONG, PythonLexer())
    assert stream.getvalue() == LONG + "\n"


def test_a_terminal_gets_colours_through_the_pager(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paged: list[str] = []
    monkeypatch.setattr("pydoc.pager", paged.append)
    console = Console(file=io.StringIO(), force_terminal=True)
    print_source(console, "def forward(self):", PythonLexer())
    assert len(paged) == 1
    assert "\x1b[" in paged[0]
    assert "forward" in paged[0]


def test_every_part_of_a_graph_has_a_colour(tmp_path: Path) -> None:
    path = archives.scripted(archives.Detector(), tmp_path / "detector.pt")
    model = ArchiveFile.open(path).model
    for target in ("forward", "find"):
        text = method_graph(model, target)
        tokens = list(GraphLexer().get_tokens(text))
        assert "".join(value for _, value in tokens) == text.strip("\n") + "\n"
        assert not [value for kind, value in tokens if kind is Error]
        names = {value for kind, value in tokens if "Function" in str(kind)}
        assert any(name.startswith("aten::") for name in names)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3 << 30, "3.0 GiB")],
)
def test_sizes_are_readable(size: int, text: str) -> None:
    assert bytes_text(size) == text
