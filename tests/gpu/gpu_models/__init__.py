"""The models of the GPU check: plain PyTorch, made on the machine that runs
it, with random weights from a seed."""
