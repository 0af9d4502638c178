"""Faults that are found before anything runs."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from sconce.export import ExportError, ExportReport, UsageError, export

Refused = Callable[..., ExportError]
Exported = Callable[..., ExportReport]

INPUT = (torch.ones(2, 4),)


class OwnMode(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2 if self.training else x


def test_training_mode_names_the_modules(refused: Refused) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout())
    error = refused(model, INPUT)
    assert "1 (BatchNorm1d), 2 (Dropout)" in error.message
    assert "model.eval()" in error.message


def test_training_mode_of_one_submodule_is_enough(refused: Refused) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout()).eval()
    model[1].train()
    assert "on in 1 (Dropout):" in refused(model, INPUT).message


def test_training_mode_in_a_scripted_module(refused: Refused) -> None:
    model = torch.jit.script(nn.Sequential(nn.Dropout()))
    assert "0 (Dropout)" in refused(model, INPUT).message


def test_a_forward_that_asks_for_its_mode(refused: Refused) -> None:
    assert "the model (OwnMode)" in refused(OwnMode(), INPUT).message


def test_many_modules_are_counted(refused: Refused) -> None:
    model = nn.Sequential(*[nn.Dropout() for _ in range(8)])
    assert "4 (Dropout) and 3 more:" in refused(model, INPUT).message


@pytest.mark.parametrize(
    "module", [nn.Linear(4, 4), nn.Dropout(0.0), nn.LayerNorm(4)]
)
def test_training_mode_without_effect_is_no_fault(
    module: nn.Module, exported: Exported
) -> None:
    assert exported(module.train(), INPUT).how == "trace"


def test_data_parallel_is_to_be_unwrapped(refused: Refused) -> None:
    error = refused(nn.DataParallel(nn.Linear(4, 4)).eval(), INPUT)
    assert "DataParallel" in error.message
    assert "`model.module`" in error.message


def test_data_parallel_inside_the_model(refused: Refused) -> None:
    model = nn.Sequential(nn.DataParallel(nn.Linear(4, 4))).eval()
    assert "'0' is wrapped in DataParallel" in refused(model, INPUT).message


def test_a_random_model_is_refused(refused: Refused) -> None:
    def noisy(x: Tensor) -> Tensor:
        return nn.functional.dropout(x)

    error = refused(noisy, INPUT)
    assert "two runs on the same input differ in output_0" in error.message
    assert "dropout" in error.message


def test_a_random_number_that_hardly_ever_matters(refused: Refused) -> None:
    def rarely(x: Tensor) -> Tensor:
        return torch.nn.functional.dropout(x, 1e-9, training=True)

    error = refused(rarely, (torch.randn(3),))
    assert "not deterministic: it draws random numbers" in error.message


def test_a_transformer_with_padding_is_deterministic(tmp_path: Path) -> None:
    """PyTorch's fused layer leaves the padding out, the plain one does not:
    whoever watches a run must not decide which one it is."""
    layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    model = nn.TransformerEncoder(layer, 1).eval()
    mask = torch.tensor([[False, False, True], [False, False, False]])

    def encode(x: Tensor, padding: Tensor) -> Tensor:
        encoded: Tensor = model(x, src_key_padding_mask=padding)
        return encoded

    with pytest.raises(ExportError) as caught:
        export(encode, (torch.randn(2, 3, 4), mask), tmp_path / "m.pt")
    assert "not deterministic" not in caught.value.message


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (nn.LazyLinear(3), "'weight' has no size yet"),
        (nn.Linear(4, 3, device="meta"), "'weight' is on the meta device"),
    ],
)
def test_weights_without_values(
    layer: nn.Module, expected: str, refused: Refused
) -> None:
    assert expected in refused(layer, INPUT).message


class Threefold(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 3


def test_a_function_that_lives_in_python(refused: Refused) -> None:
    def call(x: Tensor) -> Tensor:
        result: Tensor = Threefold.apply(x)
        return result

    error = refused(call, INPUT, how="trace")
    assert "torch.jit.save refuses the trace at " in error.message
    assert "test_precheck.py:" in error.message
    assert "Python function call 'Threefold'" in error.message


def test_a_sparse_output(refused: Refused) -> None:
    error = refused(lambda x: x.to_sparse(), (torch.randn(3),))
    assert "'output_0' is a sparse_coo tensor" in error.message
    assert "\n" not in error.message


def test_an_output_that_no_server_can_send(refused: Refused) -> None:
    error = refused(lambda x: x.numpy(), INPUT)
    assert "forward returns numpy.ndarray as 'output_0'" in error.message


def test_a_model_that_returns_nothing(refused: Refused) -> None:
    error = refused(lambda x: None, INPUT)
    assert "forward returns nothing that a server could send" in error.message


def test_a_number_as_output_is_refused_by_a_trace(refused: Refused) -> None:
    error = refused(lambda x: {"count": 3, "x": x}, INPUT, how="trace")
    assert "output 'count' is int 3" in error.message


def test_an_example_that_eager_refuses(refused: Refused) -> None:
    error = refused(nn.Linear(3, 3), INPUT)
    assert "eager PyTorch fails on the example of forward" in error.message


def test_a_dtype_that_the_protocol_lacks(refused: Refused) -> None:
    error = refused(lambda x: x * 2, (torch.ones(2, dtype=torch.cfloat),))
    assert "dtype complex64" in error.message


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ((), "missing a required argument: 'input'"),
        ((torch.ones(2, 4), 1), "too many positional arguments"),
        ({"x": torch.ones(2, 4)}, "the arguments x"),
        ([torch.ones(2, 4)], "expected a tuple"),
        (("a", object()), "too many positional arguments"),
    ],
)
def test_examples_that_do_not_fit(
    inputs: object, expected: str, tmp_path: object
) -> None:
    with pytest.raises(UsageError) as caught:
        export(nn.Linear(4, 4), inputs, f"{tmp_path}/m.pt")
    assert expected in caught.value.message
    assert "\n" not in caught.value.message


def test_a_value_that_no_client_can_send(tmp_path: object) -> None:
    with pytest.raises(UsageError, match="torch.from_numpy"):
        export(lambda x: x, (torch.ones(1).numpy(),), f"{tmp_path}/m.pt")


def test_a_class_instead_of_an_instance(tmp_path: object) -> None:
    with pytest.raises(UsageError, match="an instance is needed"):
        export(nn.Linear, INPUT, f"{tmp_path}/m.pt")


def test_a_method_that_nn_module_has_too(tmp_path: Path) -> None:
    class Doubled(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

        def double(self, x: Tensor) -> Tensor:  # type: ignore[override]
            return x * 2

    with pytest.raises(UsageError, match="'double': nn.Module has one"):
        export(Doubled(), INPUT, tmp_path / "m.pt", methods={"double": INPUT})


def test_a_method_that_the_script_leaves_out(refused: Refused) -> None:
    class Unmarked(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

        def twice(self, x: Tensor) -> Tensor:
            return x * 2

    error = refused(Unmarked(), INPUT, how="script", methods={"twice": INPUT})
    assert "leaves the method 'twice' out: mark it" in error.message
    assert not any("--allow-mismatch" in line for line in error.details)


def test_a_recurrent_layer_is_a_model(exported: Exported) -> None:
    """Its forward has overloads, which no script of it alone can hold."""
    report = exported(nn.LSTM(4, 5).eval(), (torch.randn(3, 2, 4),))
    assert report.how == "trace"
    assert "overloads" in report.attempts[1].reason
    assert "test_precheck.py" not in " ".join(report.metadata.notes)


def test_an_unknown_method(tmp_path: object) -> None:
    with pytest.raises(UsageError, match="Linear has no method 'predict'"):
        export(
            nn.Linear(4, 4),
            INPUT,
            f"{tmp_path}/m.pt",
            methods={"predict": INPUT},
        )


def test_a_folder_as_target(tmp_path: object) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        export(nn.Linear(4, 4), INPUT, f"{tmp_path}")


def test_an_unknown_way(tmp_path: object) -> None:
    with pytest.raises(UsageError, match="how='onnx'"):
        export(nn.Linear(4, 4), INPUT, f"{tmp_path}/m.pt", how="onnx")


def test_more_examples_without_forward(tmp_path: object) -> None:
    class Named(nn.Module):
        def predict(self, x: Tensor) -> Tensor:
            return x

    with pytest.raises(UsageError, match="more_examples are for forward"):
        export(
            Named(),
            None,
            f"{tmp_path}/m.pt",
            methods={"predict": INPUT},
            more_examples=[INPUT],
        )
