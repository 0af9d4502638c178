"""A TorchScript archive for MLServer: the runtime that it is told to use."""

import torch
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class TorchScript(MLModel):
    async def load(self):  # type: ignore[no-untyped-def]
        torch.set_num_threads(1)
        module = torch.jit.load(self.settings.parameters.uri).eval()
        self._module = torch.jit.freeze(module)
        self._output = self.settings.parameters.extra["output"]
        return True

    async def predict(self, payload):  # type: ignore[no-untyped-def]
        rows = torch.from_numpy(NumpyCodec.decode_input(payload.inputs[0]))
        with torch.inference_mode():
            answer = self._module(rows)
        output = NumpyCodec.encode_output(self._output, answer.numpy())
        return InferenceResponse(
            id=payload.id, model_name=self.name, outputs=[output])
