"""What is made from something else is up to date: `make manifests` does it."""

from pathlib import Path

import generate
import pytest

from helm import Helm


def test_the_files_are_what_would_be_made(helm: Helm) -> None:
    expected = generate.generated(helm.program)
    assert generate.present() == expected.keys()
    for file, text in expected.items():
        assert file.read_text() == text, f"{file}: run make manifests"


def test_only_files_of_rules_are_copied(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(generate, "RULES", tmp_path)
    (tmp_path / "some-rules.yaml").write_text("groups: []\n")
    (tmp_path / "some_test.yaml").write_text("rule_files: [some-rules.yaml]\n")
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    (copied,) = generate.rule_files()
    assert copied.name == "some-rules.yaml"
