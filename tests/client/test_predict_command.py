"""`sconce predict`: every kind of input, every kind of output."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from models.zoo.imagenet import labels, preprocess, sample_picture
from sconce_support.eager import zoo_model
from tests.client.conftest import Command

ONES = np.ones((1, 16), np.int32)


def outputs(stdout: str) -> dict[str, Any]:
    return {
        name: np.array(each["data"])
        for name, each in json.loads(stdout)["outputs"].items()
    }


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.save(tmp_path / "ones.npy", ONES)
    np.savez(tmp_path / "both.npz", INPUT0=ONES * 3, INPUT1=ONES)
    np.savez(tmp_path / "single.npz", whatever=ONES)
    rows = {"INPUT0": (ONES * 3).tolist(), "INPUT1": ONES.tolist()}
    (tmp_path / "both.json").write_text(json.dumps(rows))
    (tmp_path / "rows.json").write_text(json.dumps(ONES.tolist()))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "total"),
    [
        (["-i", "INPUT0=@ones.npy", "-i", "INPUT1=@ones.npy"], 2),
        (["ones.npy", "ones.npy"], 2),
        (["ones.npy", "rows.json"], 2),
        (["ones.npy", "-i", "INPUT1=@single.npz"], 2),
        (["both.npz"], 4),
        (["-i", "@both.npz"], 4),
        (["both.json"], 4),
        (["ones.npy", "-"], 2),
        (["-i", "INPUT0=@-", "-i", f"INPUT1={json.dumps(ONES.tolist())}"], 2),
    ],
)
def test_inputs(
    sconce: Command, folder: Path, arguments: list[str], total: int
) -> None:
    done = sconce("predict", "simple", *arguments, "--json", stdin=npy(ONES))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["model"], answer["version"]) == ("simple", "1")
    assert answer["outputs"]["OUTPUT0"]["datatype"] == "INT32"
    assert answer["outputs"]["OUTPUT0"]["shape"] == [1, 16]
    np.testing.assert_array_equal(
        outputs(done.stdout)["OUTPUT0"], ONES * total
    )


def test_json_on_standard_input(sconce: Command, folder: Path) -> None:
    text = (folder / "both.json").read_bytes()
    done = sconce("predict", "simple", "-", "--json", stdin=text)
    assert done.returncode == 0, done.stderr


def test_a_table_for_people(sconce: Command, folder: Path) -> None:
    done = sconce("predict", "simple", "both.npz", "--version", "1")
    assert done.returncode == 0, done.stderr
    first, head, row, *_ = done.stdout.splitlines()
    assert first == "simple, version 1"
    assert head.split() == ["OUTPUT", "TYPE", "VALUES"]
    assert row.split()[:3] == ["OUTPUT0", "INT32[1,16]", "[[4"]


def test_outputs_in_files(sconce: Command, folder: Path) -> None:
    done = sconce("predict", "simple", "both.npz", "-o", "out.npz")
    assert done.returncode == 0, done.stderr
    with np.load(folder / "out.npz") as found:
        assert (found["OUTPUT0"] == 4).all() and (found["OUTPUT1"] == 2).all()
    x = zoo_model("mlp_scripted").inputs["x"].numpy()
    np.save(folder / "x.npy", x)
    done = sconce("predict", "mlp_scripted", "x.npy", "-o", "y.npy")
    assert done.returncode == 0, done.stderr
    with torch.inference_mode():
        expected = zoo_model("mlp_scripted").module(torch.from_numpy(x))
    np.testing.assert_allclose(
        np.load(folder / "y.npy"), expected.numpy(), rtol=1e-4
    )


def test_a_photograph_is_classified(sconce: Command, folder: Path) -> None:
    (folder / "labels.txt").write_text("\n".join(labels()))
    mean, std = 127 / 255, 128 / 255  # what the Lite weights want
    done = sconce(
        "predict", "efficientnet_lite0", sample_picture(), "--size", "224x224",
        "--mean", str(mean), "--std", str(std), "--top", "3", "--labels",
        "labels.txt",
    )
    assert done.returncode == 0, done.stderr
    assert "military uniform" in done.stdout.splitlines()[1]
    done = sconce(
        "predict", "efficientnet_lite0", "-", "--size", "224x224", "--json",
        "--mean", f"{mean},{mean},{mean}", "--std", f"{std},{std},{std}",
        stdin=sample_picture().read_bytes(),
    )
    with torch.inference_mode():
        module = zoo_model("efficientnet_lite0").module
        expected = module(torch.from_numpy(preprocess(sample_picture())))
    np.testing.assert_allclose(
        outputs(done.stdout)["output_0"], expected.numpy(), atol=1e-4
    )


def picture(kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (10, 20, 30)).save(file, kind)
    return file.getvalue()


WRONG = {
    "no such model": (["nosuch", "ones.npy"], 1, "unknown model: 'nosuch'"),
    "shape": (["simple", "wide.npy", "wide.npy"], 1, "got [1,17]"),
    "type": (["simple", "floats.npy", "floats.npy"], 1, "expects 'INT32'"),
    "missing": (["simple", "ones.npy"], 1, "INPUT1"),
    "unknown input": (["simple", "-i", "x=1"], 2, 'no argument "x"'),
    "no file": (["simple", "gone.npy"], 2, "gone.npy cannot be read: No such"),
    "a folder": (["simple", "."], 2, ". cannot be read: Is a directory"),
    "too many": (
        ["simple", "ones.npy", "ones.npy", "ones.npy"],
        2,
        "no argument left",
    ),
    "no pair": (["simple", "-i", "ones.npy"], 2, "is not NAME=VALUE"),
    "text": (["simple", "text.txt"], 2, "is none of .npy, .npz"),
    "bad npy": (["simple", "bad.npy"], 2, "no good .npy file"),
    "bad npz": (["simple", "bad.npz"], 2, "no good .npz file"),
    "pickled": (["simple", "pickled.npy"], 2, "no good .npy file"),
    "two for one": (
        ["simple", "-i", "INPUT0=@both.npz"],
        2,
        "holds 2 arrays (INPUT0, INPUT1)",
    ),
    "bad image": (
        ["efficientnet_lite0", "bad.png"],
        2,
        "bad.png is no readable image",
    ),
    "image for a vector": (["simple", "good.png"], 2, "which is no image"),
    "size": (["simple", "good.png", "--size", "9"], 2, "not HEIGHTxWIDTH"),
    "mean": (["simple", "good.png", "--mean", "1,2"], 2, "not 1 or 3 or 4"),
    "std": (["simple", "good.png", "--std", "0"], 2, "has a 0"),
    "npy for two": (
        ["simple", "both.npz", "-o", "out.npy"],
        2,
        "the answer has 2",
    ),
    "output": (
        ["simple", "both.npz", "-o", "gone/out.npz"],
        2,
        "gone/out.npz cannot be written: No such",
    ),
    "version": (["simple", "both.npz", "--version", "9"], 1, "9"),
}


@pytest.mark.parametrize("what", WRONG)
def test_one_line_and_a_code(
    sconce: Command, folder: Path, what: str
) -> None:
    (folder / "text.txt").write_text("no tensor")
    (folder / "bad.npy").write_bytes(npy(ONES)[:80])
    (folder / "bad.npz").write_bytes(b"PK\x03\x04 and so on")
    (folder / "bad.png").write_bytes(picture()[:40])
    (folder / "good.png").write_bytes(picture())
    np.save(folder / "wide.npy", np.ones((1, 17), np.int32))
    np.save(folder / "floats.npy", ONES.astype(np.float32))
    np.save(folder / "pickled.npy", np.array([{}], dtype=object))
    arguments, code, reason = WRONG[what]
    done = sconce("predict", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert reason in done.stderr
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1


def test_an_answer_that_is_late(sconce: Command) -> None:
    # Seconds of work for the server, a tenth of a second for the client.
    done = sconce("predict", "slow", "-i", "steps=100000", "--timeout", "0.1")
    assert done.returncode == 4
    assert "in time" in done.stderr and done.stderr.count("\n") == 1
