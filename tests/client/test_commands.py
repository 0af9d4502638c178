"""The commands that look at a server and change it."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from sconce import Client, Tls
from sconce.client.wire import inference

from sconce_support.authority import Authority
from sconce_support.factor_models import add_version, write_archive
from sconce_support.server_process import ServerProcess
from tests.client.conftest import Command
from tests.client.fake_server import FakeServer, Refusal
from tests.client.test_connections import READY

EXPLICIT = ("--model-control-mode", "explicit", "--load-model", "net")


@pytest.fixture
def own(tmp_path: Path, binary: Path) -> Iterator[ServerProcess]:
    repository = tmp_path / "repository"
    add_version(repository, "net", 1)
    with ServerProcess([repository], *EXPLICIT, binary=binary) as process:
        yield process


@pytest.fixture
def change(tmp_path: Path, own: ServerProcess) -> Command:
    """The command, for a server of this test."""
    write_archive(tmp_path / "two.pt", 2.0)
    return Command(tmp_path, own)


def good(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_the_life_of_a_version(change: Command, own: ServerProcess) -> None:
    assert good(change("upload", "net", "two.pt")) == (
        "net, version 2, is loaded\n"
    )
    assert good(change("load", "net", "1")) == "loaded net, version 1\n"
    aliases = good(change("alias", "net", "stable=1", "canary=2"))
    assert sorted(aliases.splitlines()) == ["canary = 2", "stable = 1"]
    assert good(change("traffic", "net", "1=3", "2=1")) == (
        "version 1: 75.0%\nversion 2: 25.0%\n"
    )
    assert rows(good(change("models"))) == [
        ["MODEL", "VERSION", "STATE", "ALIASES", "TRAFFIC", "REASON"],
        ["net", "1", "READY", "stable", "75%"],
        ["net", "2", "READY", "canary", "25%"],
    ]
    assert "highest ready" in good(change("traffic", "net", "--reset"))
    assert good(change("alias", "net", "--remove", "canary")) == "stable = 1\n"
    assert "version 1" in good(change("rollback", "net"))
    assert good(change("unload", "net")) == "unloaded net\n"
    with Client(own.grpc_address) as client:
        assert not client.model("net").ready()
    done = change("status", "net")
    assert done.returncode == 1 and "UNAVAILABLE" in done.stdout


def test_json_of_each(change: Command) -> None:
    def answer(*arguments: str) -> object:
        return json.loads(good(change(*arguments, "--json")))

    net = {"model": "net"}
    assert answer("upload", "net", "two.pt") == {**net, "version": 2}
    assert answer("load", "net", "1") == {**net, "versions": [1]}
    assert answer("alias", "net", "a=1") == {**net, "aliases": {"a": 1}}
    assert answer("traffic", "net", "1=1") == {**net, "traffic": {"1": 1}}
    assert answer("alias", "net") == {**net, "aliases": {"a": 1}}
    (model,) = answer("models")
    assert model["name"] == "net" and model["traffic"] == {"1": 1}
    assert [each["state"] for each in model["versions"]] == ["READY"] * 2
    assert answer("status")["ready"] is True
    assert answer("status", "net")["methods"][0]["name"] == "forward"
    assert answer("traffic", "net", "--reset") == {**net, "traffic": {}}
    assert answer("rollback", "net") == {**net, "version": 1}
    assert answer("unload", "net", "1") == {**net, "versions": [1]}


def test_status(sconce: Command) -> None:
    facts = good(sconce("status"))
    assert "READY" in facts and "LibTorch" in facts and "14 of 14" in facts
    facts = good(sconce("status", "detector"))
    assert "predict_boxes" in facts and "img=FP32[?,3,?,?]" in facts


def test_without_the_management_port(
    tmp_path: Path, binary: Path
) -> None:
    repository = tmp_path / "repository"
    add_version(repository, "net", 1)
    # Not 127.0.0.1, whose port 8003 may belong to somebody.
    flags = ("--listen", "127.0.0.9")
    with ServerProcess([repository], *flags, binary=binary) as process:
        command = Command(tmp_path)
        command.environment["SCONCE_ADDRESS"] = process.grpc_address
        assert ["net", "1", "READY"] in rows(good(command("models")))
        assert "1 of 1 ready" in good(command("status"))
        done = command("load", "net")
        assert done.returncode == 3 and "127.0.0.9:8003" in done.stderr


def lines_of(process: subprocess.Popen[str], count: int) -> list[str]:
    assert process.stdout is not None
    return [process.stdout.readline() for _ in range(count)]


def test_watching(change: Command, own: ServerProcess) -> None:
    process = subprocess.Popen(
        change.line("watch", "--json", "--model", "net"),
        env=change.environment, cwd=change.cwd, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )
    (first,) = map(json.loads, lines_of(process, 1))
    assert (first["state"], first["snapshot"]) == ("READY", True)
    with Client(
        own.grpc_address, management=own.management_address
    ) as client:
        client.management.unload("net")
    later = [json.loads(line)["state"] for line in lines_of(process, 2)]
    assert later == ["UNLOADING", "UNAVAILABLE"]
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert process.stderr is not None and process.stderr.read() == ""


def test_watching_on_a_terminal(change: Command, own: ServerProcess) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        change.line("watch"), env={**change.environment, "TERM": "xterm"},
        cwd=change.cwd, stdin=theirs, stdout=theirs, stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while b"READY" not in seen:
        seen += os.read(ours, 4096)
    assert b"MODEL" in seen and b"SINCE" in seen
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    os.close(ours)


def test_a_progress_bar_on_a_terminal(change: Command) -> None:
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        change.line("upload", "net", "two.pt"), cwd=change.cwd,
        env={**change.environment, "TERM": "xterm"}, stdin=theirs,
        stdout=subprocess.PIPE, stderr=theirs, text=True,
    )
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 4096):
            seen += part
    except OSError:  # how a terminal ends
        pass
    assert done.wait(60) == 0
    assert b"loading" in seen and b"bytes" in seen
    os.close(ours)


REFUSED = {
    "unknown model": (["load", "nosuch"], 1, "unknown model"),
    "status": (["status", "nosuch"], 1, "nosuch"),
    "no archive": (["upload", "net", "text.pt"], 1, "TorchScript archive"),
    "no file": (["upload", "net", "gone.pt"], 2, "gone.pt cannot be read"),
    "alias": (["alias", "net", "stable"], 2, "is not NAME=VERSION"),
    "alias to nothing": (["alias", "net", "a=9"], 1, "9"),
    "weight": (["traffic", "net", "one=1"], 2, "in numbers"),
    "both": (["traffic", "net", "1=1", "--reset"], 2, "goes without"),
    "rollback": (["rollback", "net"], 1, "net"),
    "address": (["status", "--server", "here"], 2, "expected HOST:PORT"),
    "token": (["status", "--server", "a.b:1", "--token", "t"], 2, "in clear"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refusals(change: Command, what: str) -> None:
    (change.cwd / "text.pt").write_text("no model")
    arguments, code, reason = REFUSED[what]
    done = change(*arguments)
    assert done.returncode == code, done.stderr
    assert reason in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_server_without_control_says_so(sconce: Command) -> None:
    done = sconce("unload", "simple")
    assert done.returncode == 1
    assert "model-control-mode" in done.stderr


def unreachable(
    sconce: Command, address: str, *options: str | Path
) -> str:
    """What is told where `address` cannot be reached, in one line."""
    done = sconce("predict", "net", "--server", address, *options)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"Error: {address} cannot be reached: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_nothing_listens(sconce: Command) -> None:
    assert "nothing listens there" in unreachable(sconce, "127.0.0.1:1")
    assert "no host of that name" in unreachable(sconce, "no.invalid:1")


def test_the_http_port(sconce: Command, server: ServerProcess) -> None:
    assert "speaks HTTP, not gRPC" in unreachable(sconce, server.http_address)


def test_the_other_grpc_port(sconce: Command, server: ServerProcess) -> None:
    done = sconce("predict", "net", "--server", server.management_address)
    assert done.returncode == 3
    assert "does not offer this call; the inference port is" in done.stderr


def test_wrong_tls(
    sconce: Command, server: ServerProcess, tmp_path: Path
) -> None:
    authority, other = Authority(tmp_path), tmp_path / "other"
    other.mkdir()
    ca = authority.ca
    stranger = Authority(other).ca
    told = unreachable(sconce, server.grpc_address, "--tls")
    assert "without TLS; leave out --tls" in told
    with FakeServer(READY, authority.server()) as fake:
        assert "add --tls" in unreachable(sconce, fake.address)
        told = unreachable(sconce, fake.address, "--ca", stranger)
        assert "certificate is not trusted" in told
        name = f"localhost:{fake.port}"
        assert "--server-name" in unreachable(sconce, name, "--ca", ca)
        with Client(fake.address, tls=Tls(ca)) as client:
            assert client.ready()
    with FakeServer(READY, authority.server(asks=True)) as fake:
        assert "--cert" in unreachable(sconce, fake.address, "--ca", ca)


def test_completion_knows_the_models(
    sconce: Command, server: ServerProcess
) -> None:
    sconce.environment |= {
        "_SCONCE_COMPLETE": "bash_complete",
        "COMP_WORDS": f"sconce predict --server {server.grpc_address} simp",
        "COMP_CWORD": "4",
    }
    code = "from sconce.cli.start import main; main()"
    done = subprocess.run(
        [sconce.line()[0], "-c", code], env=sconce.environment,
        capture_output=True, text=True,
    )
    assert done.stdout == "plain,simple\n", done.stderr



def test_the_environments_management_is_of_its_own_server(
    sconce: Command,
) -> None:
    """A server that somebody names is not asked about elsewhere."""
    done = sconce("models", "-s", "127.0.0.1:1")
    assert done.returncode == 3 and done.stdout == ""
    assert "127.0.0.1:1" in done.stderr


def test_a_time_that_is_not_known_is_null(sconce: Command) -> None:
    (model, *_) = json.loads(sconce("models", "--json").stdout)
    assert [each["time"] for each in model["versions"]] == [None]


def test_what_a_server_does_not_offer_is_in_its_words(
    sconce: Command,
) -> None:
    def refuse(_: object) -> object:
        raise Refusal(grpc.StatusCode.UNIMPLEMENTED, "no sparse outputs")

    with FakeServer({"ModelMetadata": refuse}) as fake:
        done = sconce("predict", "net", "-i", "x=1", "-s", fake.address)
    assert done.returncode == 1 and "no sparse outputs" in done.stderr


def test_states_as_mlserver_writes_them(sconce: Command) -> None:
    index = inference["RepositoryIndex"].response()
    index.models.add(name="net", state="State.READY")
    ready = inference["ServerReady"].response(ready=True)
    answers = {"RepositoryIndex": lambda _: index,
               "ServerReady": lambda _: ready}
    with FakeServer(answers) as fake:
        done = sconce("status", "-s", fake.address)
    assert "1 of 1 ready" in done.stdout
