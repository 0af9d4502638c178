"""`sconce load-test`: what is around sconce-load."""

import json
import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sconce.cli.faults import Fault
from sconce.cli.loadtest import binary
from sconce.cli.loadtest.comparison import UNCLEAR
from sconce.cli.loadtest.options import SECTIONS

from sconce_support.factor_models import add_version
from sconce_support.server_process import ServerProcess
from tests.client.conftest import Command
from tests.client.fake_load import FakeLoad
from tests.client.load_reports import (
    Load,
    run_report,
    search_report,
    sweep_report,
)

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("SCONCE_LOAD", ROOT / "build/bin/sconce-load"))
OUR_OWN = {"--json", "--output", "--help"}


@pytest.fixture
def fake(tmp_path: Path) -> FakeLoad:
    return FakeLoad(tmp_path)


@pytest.fixture
def load_test(tmp_path: Path, fake: FakeLoad) -> Command:
    """The command `sconce`, with the fake to run."""
    command = Command(tmp_path)
    command.environment.pop("SCONCE_ADDRESS", None)
    fake.environment.update(
        {**command.environment, **fake.environment})
    command.environment = fake.environment
    return command


def one_line(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("Error: "), done.stderr
    assert len([each for each in lines if each.startswith("Error")]) == 1
    assert "Traceback" not in done.stderr
    return lines[-1]


def test_options_go_through_as_they_are(
    load_test: Command, fake: FakeLoad
) -> None:
    given = ["10.0.0.1:8001", "--model", "a", "--weight", "2", "--model",
             "b:m@3", "--rate=5", "--input", "x=[-1, 2]", "--steps", "1,2",
             "--not-known-yet", "7", "-h"]
    done = load_test("load-test", *given, stdin=b"from outside")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "the text\n" and done.stderr == "progress\n"
    assert fake.told()["arguments"] == given
    assert fake.told()["stdin"] == "from outside"


def test_the_server_of_the_other_commands(
    load_test: Command, fake: FakeLoad
) -> None:
    load_test("load-test", "--model", "a", "-s", "10.0.0.1:8001")
    assert fake.told()["arguments"] == ["10.0.0.1:8001", "--model", "a"]


def test_json_and_output_are_the_binarys(
    load_test: Command, fake: FakeLoad
) -> None:
    done = load_test("load-test", "--json", "--output", "r.json", "--seed",
                     "2")
    assert json.loads(done.stdout) == {}
    assert fake.told()["arguments"] == [
        "--seed", "2", "--json", "--output", "r.json"]


@pytest.mark.parametrize("code", [0, 1, 2, 3, 5])
def test_the_exit_code_is_the_binarys(
    load_test: Command, fake: FakeLoad, code: int
) -> None:
    fake.environment["FAKE_CODE"] = str(code)
    assert load_test("load-test").returncode == code


def test_a_binary_that_dies(load_test: Command, fake: FakeLoad) -> None:
    fake.environment["FAKE_SIGNAL"] = str(int(signal.SIGKILL))
    assert load_test("load-test").returncode == 128 + 9


@pytest.mark.parametrize("report", [
    run_report(), sweep_report(100, 900), search_report(100, 200, found=1)],
    ids=["run", "sweep", "find-max"])
def test_it_draws(
    load_test: Command, fake: FakeLoad, tmp_path: Path, report: Any
) -> None:
    fake.reports(report, tmp_path)
    done = load_test("load-test", "--html", "page.html", "--json")
    assert (done.returncode, done.stdout) == (0, "{}\n"), done.stderr
    page = (tmp_path / "page.html").read_text()
    assert "classifier" in page and page.count("<svg") > 4
    assert not (tmp_path / "report.json").exists()


def test_a_void_run_is_drawn_and_its_report_kept(
    load_test: Command, fake: FakeLoad, tmp_path: Path
) -> None:
    fake.reports(run_report(Load(void=("late",))), tmp_path)
    fake.environment["FAKE_CODE"] = "5"
    done = load_test("load-test", "--html", "page.html", "--output", "r.json")
    assert done.returncode == 5
    assert "VOID" in (tmp_path / "page.html").read_text()
    assert json.loads((tmp_path / "r.json").read_text())["void"] == ["late"]


def test_without_a_report_nothing_is_drawn(
    load_test: Command, fake: FakeLoad, tmp_path: Path
) -> None:
    """Nor the one that an earlier run left."""
    (tmp_path / "r.json").write_text(json.dumps(run_report()))
    fake.environment["FAKE_CODE"] = "3"
    done = load_test("load-test", "--html", "page.html", "--output", "r.json")
    assert (done.returncode, done.stderr) == (3, "progress\n")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_load_and_not_the_report(
    load_test: Command, fake: FakeLoad, tmp_path: Path, number: signal.Signals
) -> None:
    fake.reports(run_report(Load(interrupted=True)), tmp_path)
    fake.environment.update(FAKE_WAIT="1", FAKE_CODE="130")
    process = subprocess.Popen(
        load_test.line("load-test", "--html", "page.html"),
        cwd=tmp_path, env=load_test.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == "progress\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, f"caught {number.name}\n")
    assert "Interrupted" in (tmp_path / "page.html").read_text()
    # A terminal's Ctrl-C would reach both, and the load get it twice.
    assert fake.told()["own group"]


_CTRL_C_AT_IMPORT = """
import os, signal, sys
class Finder:
    def find_spec(self, name, *_):
        if name == sys.argv[-1]:
            sys.argv.pop()
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from sconce.cli.start import main
main()
"""


@pytest.mark.parametrize("module", [
    "click", "sconce.cli.main", "sconce.cli.loadtest.command",
    "sconce.cli.loadtest.page.document"])
def test_a_ctrl_c_before_the_load(
    load_test: Command, fake: FakeLoad, module: str
) -> None:
    done = subprocess.run(
        [load_test.line()[0], "-c", _CTRL_C_AT_IMPORT, "load-test", module],
        cwd=load_test.cwd, env=load_test.environment, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
    assert not fake.has_run


def test_a_page_that_cannot_be_written_is_told_before_the_load(
    load_test: Command, fake: FakeLoad
) -> None:
    done = load_test("load-test", "--html", "nosuch/page.html")
    assert "nosuch/page.html cannot be written" in one_line(done, 2)
    assert not fake.has_run


def test_a_binary_that_is_none(load_test: Command, fake: FakeLoad) -> None:
    fake.environment["SCONCE_LOAD"] = "/nosuch"
    assert "$SCONCE_LOAD is '/nosuch'" in one_line(load_test("load-test"), 2)
    fake.path.write_text("no program")
    fake.environment["SCONCE_LOAD"] = str(fake.path)
    assert "cannot be run" in one_line(load_test("load-test"), 2)


def test_a_binary_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake: FakeLoad
) -> None:
    monkeypatch.delenv("SCONCE_LOAD", raising=False)
    monkeypatch.setattr(binary, "_places", lambda: iter([str(tmp_path)]))
    monkeypatch.setenv("PATH", "/nosuch")
    with pytest.raises(Fault, match="`make build`") as told:
        binary.find()
    assert told.value.exit_code == 2
    monkeypatch.setenv("PATH", str(tmp_path))
    assert binary.find() == str(fake.path)


def test_the_one_beside_the_command_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fake: FakeLoad
) -> None:
    monkeypatch.delenv("SCONCE_LOAD", raising=False)
    monkeypatch.setattr("sys.argv", [str(tmp_path / "sconce")])
    assert binary.find() == str(fake.path)


def test_help_needs_no_binary(load_test: Command, fake: FakeLoad) -> None:
    fake.environment["SCONCE_LOAD"] = "/nosuch"
    done = load_test("load-test", "--help")
    assert done.returncode == 0
    for name in ("--html", "--compare", "--closed-loop", "--find-max"):
        assert name in done.stdout
    assert "make build" in done.stdout and "image" not in done.stdout
    listed = load_test("--help").stdout
    assert "load-test" in listed and "Load a server as its users do" in listed


def test_the_readme_has_the_same_options() -> None:
    text = (ROOT / "client/loadtest/README.md").read_text()
    table = "\n".join(re.findall(r"^\|(.*?)\|", text, re.MULTILINE))
    named = set(re.findall(r"--[a-z-]*[a-z]", table)) | {"--speed"}
    assert named - OUR_OWN <= {row[0] for rows in SECTIONS.values()
                               for row in rows}


def test_the_tab_key_knows_both(load_test: Command, fake: FakeLoad) -> None:
    def completed(words: str) -> str:
        fake.environment.update(
            _SCONCE_COMPLETE="bash_complete", COMP_WORDS=words,
            COMP_CWORD=str(len(words.split()) - 1))
        return load_test().stdout

    # Through -m the variable has another name.
    line = load_test.line()
    load_test.line = lambda *_: [  # type: ignore[method-assign]
        line[0], "-c", "from sconce.cli.main import main; main()"]
    assert "plain,--ramp" in completed("sconce load-test --ra")
    assert "plain,--html" in completed("sconce load-test --ht")
    assert "file," in completed("sconce load-test --mix m")


def write(folder: Path, **reports: Any) -> None:
    for name, report in reports.items():
        (folder / f"{name}.json").write_text(json.dumps(report))


def test_reports_are_drawn_into_each_other(
    load_test: Command, fake: FakeLoad, tmp_path: Path
) -> None:
    write(tmp_path, monday=run_report(), friday=run_report(Load(seed=2)))
    done = load_test("load-test", "--from", "monday.json", "friday.json",
                     "--html", "page.html")
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "page.html").read_text()
    assert "monday.json" in page and "friday.json: OK" in page
    assert not fake.has_run


def test_a_report_whose_name_is_no_text(
    load_test: Command, tmp_path: Path
) -> None:
    name = os.fsdecode(b"r\xff.json")
    (tmp_path / name).write_text(json.dumps(run_report()))
    write(tmp_path, b=run_report())
    done = load_test("load-test", "--from", name, "b.json", "--html", "p")
    assert (done.returncode, done.stderr) == (0, "")
    assert "r?.json" in (tmp_path / "p").read_text(encoding="utf-8")


WRONG = {
    "no file": (["--from", "gone.json", "--html", "p"], 2, "gone.json cannot"),
    "a folder": (["--from", ".", "--html", "p"], 2, ". cannot be read"),
    "binary": (["--from", "image.png", "--html", "p"], 2, "it is no JSON"),
    "no html": (["--from", "run.json"], 2, "--html FILE"),
    "unwritable": (["--from", "run.json", "--html", "no/p"], 2, "no/p cannot"),
    "options": (["--from", "run.json", "--html", "p", "--rate", "5"], 2,
                "--rate"),
    "kinds": (["--from", "run.json", "sweep.json", "--html", "p"], 2,
              "pages of their own"),
    "one file": (["--compare", "run.json"], 2, "requires 2 arguments"),
    "three files": (["--compare", "run.json", "run.json", "c"], 2,
                    "two files"),
    "sweep": (["--compare", "run.json", "sweep.json"], 1, "is a sweep"),
    "damaged": (["--from", "damaged.json", "--html", "p"], 2,
                "rates is missing"),
    "compared": (["--compare", "run.json", "image.png"], 2, "it is no JSON"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_calls(load_test: Command, tmp_path: Path, what: str) -> None:
    broken = run_report()
    del broken["rates"]
    write(tmp_path, run=run_report(), sweep=sweep_report(100), damaged=broken)
    (tmp_path / "image.png").write_bytes(b"\x89PNG\xff\xfe")
    arguments, code, reason = WRONG[what]
    assert reason in one_line(load_test("load-test", *arguments), code)


@pytest.fixture
def two_files(tmp_path: Path) -> Command:
    """a.json, and b.json which is faster."""
    even = {"rate": 1000, "slow_from": 2.0}
    write(tmp_path, a=run_report(Load(**even)),
          b=run_report(Load(median_ms=6, seed=2, **even)))
    return Command(tmp_path)


def test_a_comparison_as_table(two_files: Command) -> None:
    done = two_files("load-test", "--compare", "a.json", "b.json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {line.split("  ")[0]: line for line in done.stdout.splitlines()}
    assert rows["latency p50 of OK, ms"].split()[-1] == "better"
    assert " to " in rows["latency p50 of OK, ms"]
    assert UNCLEAR in rows["OK that came /s"]


def test_a_comparison_as_json(two_files: Command) -> None:
    done = two_files("load-test", "--compare", "a.json", "b.json", "--json")
    told = json.loads(done.stdout)
    assert told["format"] == "sconce-load-comparison/1"
    assert (told["a"], told["b"], told["notes"]) == ("a.json", "b.json", [])
    (p50,) = [each for each in told["figures"]
              if each["name"] == "latency p50 of OK"]
    assert p50["low"] < p50["ratio"] < p50["high"] < 1
    assert p50["ratio"] == pytest.approx(p50["b"] / p50["a"])
    assert (p50["verdict"], p50["unit"]) == ("better", "ms")


def test_a_comparison_as_page(two_files: Command) -> None:
    done = two_files("load-test", "--compare", "a.json", "b.json", "--html",
                     "p")
    assert done.returncode == 0, done.stderr
    page = (two_files.cwd / "p").read_text()
    assert "Comparison" in page and "no clear difference" in page


@pytest.fixture
def real(tmp_path: Path) -> Command:
    """The command, with the real sconce-load."""
    if not REAL.is_file():
        pytest.skip(f"{REAL} is not built; `make build` does it")
    command = Command(tmp_path)
    command.environment["SCONCE_LOAD"] = str(REAL)
    return command


def test_the_binary_has_the_same_options(real: Command) -> None:
    told = subprocess.run([REAL, "--help"], capture_output=True, text=True)
    named = set(re.findall(r"^ +(?:-\w,)?(--[a-z-]+)", told.stdout,
                           re.MULTILINE))
    known = {row[0] for rows in SECTIONS.values() for row in rows}
    assert named - OUR_OWN - {"--version"} == known
    # "--rate R=100" there, "Requests a second [100]." here.
    defaults = dict(re.findall(r"^ +(--[a-z-]+)(?: \S+)?=(\S+)", told.stdout,
                               re.MULTILINE))
    told_here = {row[0]: re.findall(r"\[(\S+)\]", row[2])
                 for rows in SECTIONS.values() for row in rows}
    assert {name: told_here[name] for name in defaults if told_here[name]} == {
        name: [value] for name, value in defaults.items() if told_here[name]}
    assert {"--rate", "--max-outstanding", "--timeout"} <= {
        name for name in defaults if told_here[name]}


def test_the_real_thing(
    real: Command, tmp_path: Path, binary: Path
) -> None:
    add_version(tmp_path / "models", "net", 1)
    with ServerProcess([tmp_path / "models"], binary=binary) as server:
        real.environment["SCONCE_ADDRESS"] = server.grpc_address
        done = real("load-test", "--model", "net", "--shape", "x=4", "--rate",
                    "50", "--duration", "2", "--warmup", "0", "--html",
                    "page.html", "--output", "r.json")
        # 5: this machine was too busy for figures to be believed.
        assert done.returncode in (0, 5), done.stderr
        report = json.loads((tmp_path / "r.json").read_text())
        assert report["requests"]["ok"] > 0
        assert server.grpc_address in (tmp_path / "page.html").read_text()
        shutil.copy(tmp_path / "r.json", tmp_path / "again.json")
        done = real("load-test", "--compare", "r.json", "again.json",
                    "--force", "--json")
        ratios = [each["ratio"] for each in json.loads(done.stdout)["figures"]]
        assert {each for each in ratios if each is not None} == {1.0}
