"""config.pbtxt of a model in a repository that a test may change."""

from pathlib import Path


def add_to_config(repository: Path, model: str, text: str) -> Path:
    """Adds these fields to the model's own, if any; returns `repository`."""
    with (repository / model / "config.pbtxt").open("a") as file:
        file.write(f"\n{text}\n")
    return repository


def most_sequences(count: int) -> str:
    return (
        "sequence_batching { oldest { max_candidate_sequences: "
        f"{count} }} }}"
    )
