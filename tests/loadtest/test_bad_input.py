"""One clear line, the next step, and a documented exit code."""

import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sconce_support.load import Done, Load
from sconce_support.server_process import ServerProcess


def one_line(done: Done, code: int, *words: str) -> None:
    assert done.code == code, (done.stdout, done.stderr)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr


@pytest.fixture
def refused(load: Load, at: list[str]) -> Callable[..., Done]:
    return lambda *flags: load(*at, "--model", "simple", *flags)


def test_nobody_listens(load: Load) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        one_line(load(place, "--model", "simple"), 3, place)


def test_another_protocol(load: Load, server: ServerProcess) -> None:
    place = server.http_address
    one_line(load(place, "--model", "simple"), 3, place)


def test_an_unknown_model(load: Load, at: list[str]) -> None:
    one_line(load(*at, "--model", "none"), 2, "'none'")


def test_no_model(load: Load, at: list[str]) -> None:
    one_line(load(*at), 2, "--model")


def test_no_port(load: Load) -> None:
    one_line(load("localhost", "--model", "simple"), 2, "HOST:PORT")


def test_tls_where_there_is_none(
    load: Load, server: ServerProcess
) -> None:
    place = server.grpc_address
    one_line(load(place, "--model", "simple", "--tls"), 3, place)


def test_a_management_port_that_does_not_answer(
    load: Load, server: ServerProcess
) -> None:
    """Whoever names it wants the golden examples."""
    done = load(server.grpc_address, "--model", "simple", "--management",
                server.http_address)
    one_line(done, 3, "management")


def test_a_trace_within_the_warm_up(
    refused: Callable[..., Done], tmp_path: Path
) -> None:
    trace = tmp_path / "day.csv"
    trace.write_text("seconds\n0.1\n0.2\n")
    one_line(refused("--trace", trace, "--warmup", "1"), 2, "--warmup")


WRONG = {
    "two loads": (["--closed-loop", "2", "--rate", "5"], "--closed-loop"),
    "no rate": (["--rate", "0"], "--rate"),
    "nan": (["--rate", "nan"], "--rate"),
    "endless": (["--duration", "nan"], "--duration"),
    "negative": (["--duration", "-1"], "--duration"),
    "bursts": (["--bursts", "5"], "--bursts"),
    "ramp": (["--ramp", "up"], "--ramp"),
    "steps": (["--steps", "1,x"], "--steps"),
    "arrivals": (["--arrivals", "even"], "--arrivals"),
    "no slo": (["--find-max"], "--slo"),
    "slo": (["--slo", "fast"], "--slo"),
    "unknown": (["--raet", "5"], "--raet"),
    "no file": (["--inputs", "none.npz"], "none.npz"),
    "no trace": (["--trace", "none.csv"], "none.csv"),
    "no input": (["--input", "INPUT7=[1]"], "INPUT7"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_call(refused: Callable[..., Done], case: str) -> None:
    flags, word = WRONG[case]
    one_line(refused(*flags), 2, word)


def test_payloads_that_do_not_fit(
    refused: Callable[..., Done], tmp_path: Path
) -> None:
    good = np.ones((1, 16), np.int32)
    arrays = {
        "shape": {"INPUT0": good[0, 0], "INPUT1": good},
        "type": {"INPUT0": good.astype(np.float64), "INPUT1": good},
        "unknown": {"INPUT0": good, "INPUT1": good, "INPUT2": good},
    }
    (tmp_path / "text.npz").write_text("no arrays")
    for name, each in arrays.items():
        np.savez(tmp_path / f"{name}.npz", **each)
    words = {"shape": "INPUT0", "type": "INPUT0", "unknown": "INPUT2",
             "text": "text.npz"}
    for name, word in words.items():
        one_line(refused("--inputs", tmp_path / f"{name}.npz"), 2, word)


def test_what_the_model_refuses_is_no_load(
    load: Load, at: list[str], tmp_path: Path
) -> None:
    """It fits the metadata; only the model knows better."""
    done = load(*at, "--model", "simple", "--input", "INPUT0=[[1, 2]]",
                "--input", "INPUT1=[[1, 2, 3]]")
    one_line(done, 2, "'simple'", "INPUT0")


def test_a_trace_with_a_fault(
    refused: Callable[..., Done], tmp_path: Path
) -> None:
    trace = tmp_path / "day.csv"
    for text, word in {
        "seconds\n0\nx\n": "line 3",
        "seconds\n1\n0.5\n": "line 3",
        "when\n0\n": "seconds",
        "seconds,entry\n0,other\n": "other",
    }.items():
        trace.write_text(text)
        one_line(refused("--trace", trace), 2, word)


def test_a_mix_with_a_fault(
    load: Load, at: list[str], tmp_path: Path
) -> None:
    mix = tmp_path / "mix.json"
    for text, word in {
        "{": "mix.json",
        '{"entries": []}': "entries",
        '{"entries": [{"model": "simple", "wieght": 1}]}': "wieght",
        '{"entries": [{"model": "simple", "weight": -1}]}': "weight",
    }.items():
        mix.write_text(text)
        one_line(load(*at, "--mix", mix), 2, word)


def test_a_report_that_cannot_be_written(
    refused: Callable[..., Done], tmp_path: Path
) -> None:
    """Said before the load, not after it."""
    one_line(refused("--output", tmp_path / "none" / "report.json"), 2,
             "report.json")
