"""`sconce` finds its commands, and says in one line what is the matter."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.models.conftest import Sconce

Plugin = Callable[[str, str], tuple[Path, ...]]

GREET = '''"""A command."""
import click
print("imported")

@click.command()
@click.argument("name")
def command(name):
    """Greet somebody. More about it."""
    click.echo(f"hello {name}")
'''


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    """Makes a distribution that adds the command `greet`."""

    def make(
        source: str, reference: str = "greeting.command:command"
    ) -> tuple[Path, ...]:
        site = tmp_path / "site"
        (site / "greeting").mkdir(parents=True)
        (site / "greeting/__init__.py").write_text("print('imported')\n")
        (site / "greeting/command.py").write_text(source)
        info = site / "greeting-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Name: greeting\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(
            f"[sconce.commands]\ngreet = {reference}\n"
        )
        return (site,)

    return make


def rows(text: str) -> list[str]:
    """The lines, however wide their columns are."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_command_of_another_distribution_runs(
    sconce: Sconce, plugin: Plugin
) -> None:
    done = sconce("greet", "you", path=plugin(GREET))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("hello you\n")


def test_help_has_one_line_each_and_imports_none(
    sconce: Sconce, plugin: Plugin
) -> None:
    done = sconce("--help", path=plugin(GREET))
    assert done.returncode == 0, done.stderr
    assert "greet Greet somebody" in rows(done.stdout)
    assert "imported" not in done.stdout


def test_help_names_the_commands_of_this_project(sconce: Sconce) -> None:
    lines = sconce("--help").stdout.splitlines()
    named = {line.split()[0] for line in lines if line.startswith("  ")}
    assert {"check", "export", "inspect"} <= named
    assert "broken" not in "\n".join(lines)


def test_an_unknown_command_is_told_the_near_one(
    sconce: Sconce, plugin: Plugin
) -> None:
    done = sconce("gret", path=plugin(GREET))
    assert done.returncode == 2
    assert "no command 'gret'; did you mean 'greet'?" in done.stderr


def test_a_command_unlike_any_is_told_what_there_is(sconce: Sconce) -> None:
    done = sconce("zzz")
    assert done.returncode == 2
    assert "no command 'zzz'; there are: alias, check" in done.stderr


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nosuch", "ModuleNotFoundError: No module named 'nosuch'"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise ValueError", "ValueError"),
        ("command = 3", "it is a int, not a click command"),
        ("pass", "AttributeError"),
    ],
)
def test_a_broken_command_is_one_line(
    sconce: Sconce, plugin: Plugin, source: str, reason: str
) -> None:
    done = sconce("greet", path=plugin(source))
    assert done.returncode == 1
    assert "'greet' (greeting.command:command of greeting)" in done.stderr
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_broken_command_does_not_break_help(
    sconce: Sconce, plugin: Plugin
) -> None:
    done = sconce("--help", path=plugin("def f(:"))
    assert done.returncode == 0
    assert any(each.startswith("greet (broken: invalid syntax")
               for each in rows(done.stdout))


def test_a_missing_module_does_not_break_help(
    sconce: Sconce, plugin: Plugin
) -> None:
    done = sconce("--help", path=plugin("", "greeting.gone:command"))
    assert done.returncode == 0
    assert "greet (broken: no module greeting.gone)" in rows(done.stdout)
