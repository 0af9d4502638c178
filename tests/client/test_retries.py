"""What is sent again, when, and what never is."""

import random

import grpc
import pytest
from sconce import AsyncClient, Client
from sconce.client import NO_RETRIES, Retries
from sconce.client.errors import Error, ResourceExhausted, Unavailable, of_code
from sconce.client.wire import inference

from tests.client.fake_server import FakeServer, Refusal

CODES = grpc.StatusCode


def pause(
    code: str,
    failed: int = 1,
    left: float | None = None,
    after: float | None = None,
) -> float | None:
    error = of_code(code, "no", after)
    return Retries().pause(error, failed, left, lambda: 0.5)


def test_unavailable_backs_off() -> None:
    found = [pause("UNAVAILABLE", failed) for failed in range(1, 5)]
    assert found == pytest.approx([0.0375, 0.075, 0.15, None])
    assert Retries(100).pause(
        Unavailable(""), 50, None, lambda: 0.999
    ) == pytest.approx(2.0, rel=0.01)


def test_pauses_differ_by_chance() -> None:
    pauses = {
        Retries().pause(Unavailable(""), 1, None, random.random)
        for _ in range(20)
    }
    assert len(pauses) > 1 and all(0.025 <= each < 0.05 for each in pauses)


def test_a_full_queue_only_when_the_server_says_when() -> None:
    assert pause("RESOURCE_EXHAUSTED") is None
    assert pause("RESOURCE_EXHAUSTED", after=0.7) == 0.7
    assert pause("RESOURCE_EXHAUSTED", after=0.7, left=0.5) is None


@pytest.mark.parametrize(
    "code", ["INVALID_ARGUMENT", "INTERNAL", "DEADLINE_EXCEEDED", "UNKNOWN"]
)
def test_others_never(code: str) -> None:
    assert pause(code) is None
    assert pause(code, after=0.1) is None


def test_not_past_the_deadline() -> None:
    assert pause("UNAVAILABLE", left=0.01) is None
    assert pause("UNAVAILABLE", left=1.0) is not None


class Failing:
    """Fails so many times, then answers."""

    def __init__(self, *refusals: Refusal) -> None:
        self.refusals, self.asked = list(refusals), 0

    def __call__(self, request: object) -> object:
        self.asked += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return inference["ServerReady"].response(ready=True)


def test_a_call_that_succeeds_in_the_end() -> None:
    failing = Failing(
        Refusal(CODES.UNAVAILABLE, "loading"),
        Refusal(CODES.RESOURCE_EXHAUSTED, "full", "1"),
        Refusal(CODES.UNAVAILABLE, "loading"),
    )
    with FakeServer({"ServerReady": failing}) as server:
        with Client(server.address) as client:
            assert client.ready()
    assert failing.asked == 4


async def test_the_same_for_asyncio() -> None:
    failing = Failing(
        Refusal(CODES.UNAVAILABLE, "loading"),
        Refusal(CODES.RESOURCE_EXHAUSTED, "full", "1"),
    )
    with FakeServer({"ServerReady": failing}) as server:
        async with AsyncClient(server.address) as client:
            assert await client.ready()
    assert failing.asked == 3


@pytest.mark.parametrize(
    ("refusal", "kind", "retry_after"),
    [
        (Refusal(CODES.RESOURCE_EXHAUSTED, "full"), ResourceExhausted, None),
        (
            Refusal(CODES.RESOURCE_EXHAUSTED, "full", "-1"),
            ResourceExhausted,
            None,
        ),
        (
            Refusal(CODES.RESOURCE_EXHAUSTED, "full", "soon"),
            ResourceExhausted,
            None,
        ),
        (
            Refusal(CODES.RESOURCE_EXHAUSTED, "full", "99000"),
            ResourceExhausted,
            99.0,
        ),
        (Refusal(CODES.DATA_LOSS, "full"), Error, None),
    ],
)
def test_a_call_that_is_sent_once(
    refusal: Refusal, kind: type[Error], retry_after: float | None
) -> None:
    failing = Failing(refusal)
    with FakeServer({"ServerReady": failing}) as server:
        with Client(server.address, timeout=20) as client:
            with pytest.raises(kind, match="full") as caught:
                client.ready()
    assert caught.value.retry_after == retry_after
    assert caught.value.code == refusal.code.name
    assert failing.asked == 1


def test_retries_can_be_switched_off() -> None:
    failing = Failing(Refusal(CODES.UNAVAILABLE, "loading"))
    with FakeServer({"ServerReady": failing}) as server:
        with Client(server.address, retries=NO_RETRIES) as client:
            with pytest.raises(Unavailable, match="loading"):
                client.ready()
    assert failing.asked == 1
