"""The image, built once; without the means to do so, the run ends at once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import storage
from container import Container
from example_models import write_models

# What automake and others take for "skipped"; run_tests.py knows it.
SKIPPED = 77

# A line of the secret file that a build gets; it must not be found again.
SECRET_MARK = "sconce-test-secret-4f1d"


def pytest_sessionstart(session: pytest.Session) -> None:
    if session.config.option.collectonly:
        return
    reason = storage.what_is_missing()
    if not reason:
        storage.make_base_image()
        reason = storage.what_is_forbidden()
    if reason:
        pytest.exit(f"SKIPPED: no containers here: {reason}", SKIPPED)


@pytest.fixture(scope="session")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A pip.conf with nothing but a mark, and what this machine trusts."""
    conf = tmp_path_factory.mktemp("secrets") / "pip.conf"
    conf.write_text(f"# {SECRET_MARK}\n[global]\nno-input = true\n")
    trusted = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    return {"PIP_CONF": conf, **({"CA": Path(trusted)} if trusted else {})}


@pytest.fixture(scope="session", autouse=True)
def image(secrets: dict[str, Path]) -> str:
    """The first build takes half an hour, one without changes seconds."""
    storage.build("cpu", secrets=secrets)
    return storage.storage(
        "podman", "image", "inspect", "--format={{.Id}}", "localhost/sconce:cpu"
    ).stdout.strip()


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that only its owner can write to; not to be changed."""
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Container]:
    """For all tests that leave it as it was."""
    with Container(models) as made:
        yield made
