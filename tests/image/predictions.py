"""What a container answers, held against eager PyTorch."""

import numpy as np
import torch
from tritonclient.grpc import InferenceServerClient

from sconce_support.inference import infer_inputs, result_arrays

from example_models import network


def check_answers(grpc_address: str) -> None:
    """Asks the served network about five images."""
    generator = torch.Generator().manual_seed(7)
    images = torch.rand(5, 3, 64, 64, generator=generator)
    with torch.inference_mode():
        expected = network()(images).numpy()
    with InferenceServerClient(grpc_address) as client:
        name = client.get_model_metadata("resnet18").inputs[0].name
        inputs = infer_inputs({name: images.numpy()})
        result = result_arrays(client.infer("resnet18", inputs))
    np.testing.assert_allclose(
        result["output_0"], expected, rtol=1e-4, atol=1e-4
    )
