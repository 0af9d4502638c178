"""What run_tests.py makes of the suites' reports and exit statuses."""

import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import run_tests  # noqa: E402

REPORT = """<testsuite>
<testcase name="good" classname="A" status="run"/>
<testcase name="bad" classname="A"><failure message="no"/></testcase>
<testcase name="broken" classname="A"><error message="no"/></testcase>
<testcase name="left out"><skipped message="no GPU"/></testcase>
<testcase name="off" status="disabled"/>
<testcase name="A.C" classname="A.C" status="notrun">
<skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>a_test.cc:4: Skipped
no second core
</system-out></testcase>
</testsuite>"""


def counted(tmp_path, text, status):
    report, result = tmp_path / "report.xml", run_tests.Result("unit")
    if text is not None:
        report.write_text(text, encoding="utf-8")
    run_tests.count_report(report, result)
    run_tests.judge(status, result)
    return result


def test_cases_are_counted_by_outcome(tmp_path):
    result = counted(tmp_path, REPORT, status=1)
    assert (result.passed, result.failed, result.skipped) == (1, 2, 3)
    assert "SKIPPED unit: left out: no GPU" in result.notes
    assert "SKIPPED unit: A.C: no second core" in result.notes


@pytest.mark.parametrize("text, status, why", [
    (None, 0, "no report"),
    ("<testsuite>", 0, "no report"),
    ("<testsuite/>", 0, "ran no test"),
    ('<testsuite><testcase name="a"/></testsuite>', 3, "exit status 3"),
    ('<testsuite><testcase name="a"/></testsuite>', None, "time was up"),
])
def test_what_cannot_be_trusted_is_a_failure(tmp_path, text, status, why):
    result = counted(tmp_path, text, status)
    assert result.failed == 1
    assert any(why in note for note in result.notes)


def test_suite_that_cannot_run_is_no_success(monkeypatch, capsys):
    monkeypatch.setattr(run_tests, "command_of", lambda suite, report: [
        sys.executable, "-c", "raise SystemExit(77)"])
    assert run_tests.main(["image"]) == 77
    told = capsys.readouterr().out
    assert "SKIPPED image: all of it" in told and "0 failed" in told


def test_suites_on_demand_are_no_part_of_a_run_of_all():
    assert run_tests.ON_DEMAND and not (
        set(run_tests.ON_DEMAND) & set(run_tests.ORDER))


def test_closing_line_adds_up_the_suites(capsys):
    run_tests.print_summary([
        run_tests.Result("unit", passed=3, skipped=1),
        run_tests.Result("lint", passed=2, failed=1),
    ])
    assert (capsys.readouterr().out.splitlines()[-1]
            == "5 passed, 1 failed, 1 skipped")


def test_process_that_outlives_its_time_is_killed():
    assert run_tests.run([sys.executable, "-c", "import time; time.sleep(60)"],
                         seconds=0.2) is None


def test_a_suite_hears_ctrl_c_though_a_background_job_does_not():
    ask = ("import signal, sys; "
           "sys.exit(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run_tests.run([sys.executable, "-c", ask], seconds=60) == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_unknown_suite_is_refused(capsys):
    assert run_tests.main(["unti"]) == 2
    assert "no suite 'unti'" in capsys.readouterr().err
