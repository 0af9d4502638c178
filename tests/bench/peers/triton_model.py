"""A TorchScript archive for the Python back end of Triton: its model.py.

Runs in processes of that back end, which have our torch. One for each lane,
with one thread, as our lanes have. Tensors come and go by DLPack: the back end
of 24.10 takes arrays of numpy 2 for empty ones.
"""

import json
from pathlib import Path

import torch
import triton_python_backend_utils as triton
from torch.utils.dlpack import from_dlpack, to_dlpack


class TritonPythonModel:
    def initialize(self, args):  # type: ignore[no-untyped-def]
        torch.set_num_threads(1)
        config = json.loads(args["model_config"])
        self._input = config["input"][0]["name"]
        self._output = config["output"][0]["name"]
        folder = Path(args["model_repository"]) / args["model_version"]
        module = torch.jit.load(str(folder / "model.pt")).eval()
        self._module = torch.jit.freeze(module)

    def execute(self, requests):  # type: ignore[no-untyped-def]
        rows = [
            from_dlpack(
                triton.get_input_tensor_by_name(
                    request, self._input).to_dlpack())
            for request in requests
        ]
        with torch.inference_mode():
            answer = self._module(torch.cat(rows))
        parts = answer.split([len(each) for each in rows])
        return [
            triton.InferenceResponse(
                [triton.Tensor.from_dlpack(
                    self._output, to_dlpack(part.contiguous()))])
            for part in parts
        ]
