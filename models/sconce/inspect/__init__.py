"""Shows what a TorchScript archive holds, without running the model.

`inspect_archive` gathers an `Inspection`; `sconce inspect FILE` prints it. The
archive is loaded on the CPU, whatever device it was saved on.
"""
