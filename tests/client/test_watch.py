"""`sconce watch` goes on after its connection broke."""

from collections.abc import Iterator

import pytest
from sconce.cli import watch
from sconce.client.errors import Unavailable
from sconce.client.states import Changes


class Breaking:
    """A management service whose streams end one after the other."""

    def __init__(self, *streams: list[Changes]) -> None:
        self.streams, self.tokens = list(streams), list[str]()

    def watch(self, resume_token: str) -> Iterator[Changes]:
        self.tokens.append(resume_token)
        if not self.streams:
            raise KeyboardInterrupt
        yield from self.streams.pop(0)
        raise Unavailable("the server drains")


def told(service: Breaking) -> list[str]:
    found: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        for update in watch._without_end(service):
            found.append(update.resume_token)
    return found


def test_it_begins_anew_with_the_last_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(watch, "_PAUSE_SECONDS", 0)
    first = [Changes(True, (), "1"), Changes(False, (), "2")]
    service = Breaking(first, [], [Changes(False, (), "")])
    assert told(service) == ["1", "2", ""]
    assert service.tokens == ["", "2", "2", "2"]
    assert capsys.readouterr().err.count("trying again") == 3


def test_without_a_connection_to_begin_with_it_ends() -> None:
    with pytest.raises(Unavailable):
        list(watch._without_end(Breaking([])))
