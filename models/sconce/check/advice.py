"""What to do with a file that Sconce cannot serve."""

from pathlib import Path

EXPORT = (
    'sconce export my_model:make --inputs "x=FP32[1,3,224,224]" -o model.pt'
    "  # with your inputs"
)

WEIGHTS = (
    "weights alone cannot be served: write the function below to my_model.py, "
    "with your own class, and export it"
)
MODULE = (
    "a pickled module needs its Python code and cannot be served: write the "
    "function below to my_model.py, where that code can be imported, and "
    "export it; loading a pickle runs code that is in it, so do that only "
    "with a file you trust"
)
NO_WEIGHTS = "export the model that made it, not its data"
NO_MODEL = "export a PyTorch model"
AGAIN = "copy it again from where it came, or export the model again"
EXPORT_MODULE = (
    "export the PyTorch module it was made of: in my_model.py, write a "
    "function make() that returns it"
)
PACKAGE = (
    "a torch.package archive is not served: write the function below to "
    "my_model.py and export it; loading it runs its code, so do that only "
    "with a file you trust"
)
EXPORTED_PROGRAM = (
    ".pt2 is not served yet: write the function below to my_model.py and "
    "export it as TorchScript"
)


def load_weights(
    path: str, where: str, is_safe: bool, prefix: str = ""
) -> str:
    """The function that puts the weights at `where` into a module."""
    return f"""\
import torch
from your_code import YourModel

def make():
    path = {absolute(path)}
    found = torch.load(path, map_location="cpu", weights_only={is_safe})
    weights = {without(prefix, f"found{where}")}
    model = YourModel()
    model.load_state_dict(weights)
    return model.eval()
"""


def without(prefix: str, weights: str) -> str:
    """`weights` with names that begin behind `prefix`."""
    if not prefix:
        return weights
    return (
        f"{{name[{len(prefix)}:]: each  # without '{prefix}'\n"
        f"               for name, each in {weights}.items()}}"
    )


def load_safetensors(path: str) -> str:
    return f"""\
from safetensors.torch import load_file
from your_code import YourModel

def make():
    model = YourModel()
    model.load_state_dict(load_file({absolute(path)}))
    return model.eval()
"""


def load_module(path: str, where: str, class_name: str) -> str:
    """The function that unpickles the module at `where`."""
    return f"""\
import torch
{import_class(class_name)}
def make():
    path = {absolute(path)}
    found = torch.load(path, map_location="cpu", weights_only=False)
    return found{where}.eval()
"""


def load_pickle(path: str, class_name: str) -> str:
    return f"""\
import pickle
{import_class(class_name)}
def make():
    with open({absolute(path)}, "rb") as file:
        return pickle.load(file).eval()
"""


def import_class(name: str) -> str:
    """What makes a class that was defined in a script found again."""
    module, _, name = name.rpartition(".")
    if module != "__main__" or not name.isidentifier():
        return ""
    return f"""\
import __main__
from your_code import {name}

__main__.{name} = {name}  # where the pickle looks for it
"""


def load_package(path: str, folder: str, pickle: str) -> str:
    return f"""\
from torch.package import PackageImporter

def make():
    importer = PackageImporter({absolute(path)})
    return importer.load_pickle({folder!r}, {pickle!r}).eval()
"""


def absolute(path: str) -> str:
    """A path as Python writes it."""
    return repr(str(Path(path).absolute()))


def load_exported_program(path: str) -> str:
    return f"""\
import torch

def make():
    return torch.export.load({absolute(path)}).module()
"""
