"""The ONNX path: an ONNX file beside the archive, proved with ONNX Runtime.

| module | what it holds |
|---|---|
| `also` | `also_onnx`, what `sconce export --also onnx` calls |
| `convert` | `write_onnx`: PyTorch's converter, with its errors in one line |
| `proof` | `prove_onnx`: ONNX Runtime against eager PyTorch |
| `runtime` | ONNX Runtime in a process of its own, which may crash |
| `flat_eager`, `flat_script` | a model as a function of flat tensors |
| `operators` | names what has no translation, with its lines |
| `axes` | dynamic axes from the metadata's shapes |
| `resize` | `resize_bicubic(x, scale)`: a Resize whose scale is an input |

Nothing is imported here: `sconce.onnx.resize`, which models use, needs torch
alone; `onnx` and `onnxruntime` load when a file is written or proved.
"""
