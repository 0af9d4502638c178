"""`sconce load-test`."""

from __future__ import annotations

import os
import tempfile
from typing import Any, List, Optional, Tuple

import click
from click.shell_completion import CompletionItem

from sconce.cli.faults import WRONG_CALL, Fault
from sconce.cli.loadtest import binary
from sconce.cli.loadtest.comparison import as_json as comparison_as_json
from sconce.cli.loadtest.comparison import compare
from sconce.cli.loadtest.comparison_table import print_comparison
from sconce.cli.loadtest.options import SECTIONS, complete_option
from sconce.cli.loadtest.page.document import page_of
from sconce.cli.loadtest.report import load_report
from sconce.cli.printing import print_json


class _Command(click.Command):
    """Shows the options of sconce-load too, which go there as they are."""

    def format_epilog(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        for title, rows in SECTIONS.items():
            with formatter.section(f"{title} (options of sconce-load)"):
                formatter.write_dl([(f"{name} {value}".rstrip(), text)
                                    for name, value, text in rows])

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> List[CompletionItem]:
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            found += complete_option(incomplete)
        return found


def _complete_file(
    context: click.Context, parameter: click.Parameter, begin: str
) -> List[CompletionItem]:
    return [CompletionItem(begin, type="file")]


@click.command(
    "load-test",
    cls=_Command,
    context_settings={"ignore_unknown_options": True},
)
@click.argument("arguments", metavar="[HOST:PORT] [OPTION OF sconce-load]...",
                nargs=-1, type=click.UNPROCESSED,
                shell_complete=_complete_file)
@click.option("-s", "--server", metavar="HOST:PORT",
              help="The inference port, as in other commands; also "
              "$SCONCE_ADDRESS [127.0.0.1:8001].")
@click.option("--html", metavar="FILE", type=click.Path(),
              help="Draw the report: a page that needs no other file.")
@click.option("--json", "as_json", is_flag=True,
              help="Print the report, or the comparison, as JSON.")
@click.option("--output", metavar="FILE", type=click.Path(),
              help="Write the report as JSON.")
@click.option("--from", "sources", metavar="FILE", multiple=True,
              type=click.Path(),
              help="Draw this report and run nothing; several are drawn into "
              "each other.")
@click.option("--compare", "compared", metavar="A B", nargs=2,
              type=click.Path(),
              help="What changed from report A to report B, with confidence.")
@click.option("--force", is_flag=True,
              help="Compare also what is void or of different kinds.")
def command(arguments: Tuple[str, ...], **options: Any) -> None:
    """Load a server as its users do, and tell how it did.

    Requests leave when they are due, whatever the answers do, and each
    latency counts from that time. Runs `sconce-load`, which `make build`
    makes.

      sconce load-test --model net --rate 500 --slo 50 --html page.html

      sconce load-test --from monday.json --from friday.json --html page.html

      sconce load-test --compare monday.json friday.json

    Exit codes beside the usual ones: 1 also for a wrong answer, when nothing
    was answered, and when --find-max finds no rate; 5 the run is void; 130
    after Ctrl-C, which ends the load and keeps the report.
    """
    if options["compared"]:
        _compare(arguments, **options)
    elif options["sources"]:
        _draw_files(arguments, **options)
    else:
        click.get_current_context().exit(_load(arguments, **options))


def _compare(
    arguments: Tuple[str, ...], compared: Tuple[str, str], force: bool,
    as_json: bool, html: Optional[str], **_: Any,
) -> None:
    if arguments:
        raise click.UsageError(f"--compare takes two files; what is "
                               f"'{arguments[0]}'?")
    a, b = map(load_report, compared)
    found = compare(a, b, force)
    if html:
        _write(html, page_of([a, b], found))
    if as_json:
        print_json(comparison_as_json(found))
    else:
        print_comparison(found)


def _draw_files(
    arguments: Tuple[str, ...], sources: Tuple[str, ...],
    html: Optional[str], **_: Any,
) -> None:
    """Reports may also stand after the first one without a --from each."""
    for each in arguments:
        if each.startswith("-"):
            raise click.UsageError(f"--from runs nothing, so {each} has no "
                                   "meaning")
    if not html:
        raise click.UsageError("--from draws: say where to with --html FILE")
    reports = [load_report(each) for each in (*sources, *arguments)]
    _write(html, page_of(reports))


def _load(
    arguments: Tuple[str, ...], server: Optional[str], html: Optional[str],
    as_json: bool, output: Optional[str], **_: Any,
) -> int:
    """Runs sconce-load; its exit code."""
    path = binary.find()
    passed = [server, *arguments] if server else list(arguments)
    if as_json:
        passed.append("--json")
    if not html:
        return binary.run(path, passed + _output(output))
    _try_to_write(html)
    with tempfile.TemporaryDirectory(prefix="sconce-load-") as folder:
        written = output or os.path.join(folder, "report.json")
        before = _stamp(written)
        code = binary.run(path, passed + _output(written))
        # One that could not begin leaves none, or that of another day.
        if _stamp(written) != before:
            _write(html, page_of([load_report(written)]))
    return code


def _output(path: Optional[str]) -> List[str]:
    return ["--output", path] if path else []


def _stamp(path: str) -> Optional[Tuple[int, int]]:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _try_to_write(path: str) -> None:
    """Raises Fault now and not after the load."""
    existed = os.path.lexists(path)
    try:
        open(path, "ab").close()
    except OSError as error:
        raise _unwritable(path, error) from None
    if not existed:
        os.unlink(path)


def _write(path: str, page: str) -> None:
    """Names of files, which a page has in it, need not be characters."""
    try:
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.write(page)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: str, error: OSError) -> Fault:
    return Fault(f"{path} cannot be written: {error.strerror}", WRONG_CALL)
