"""The HTML page of a load test: one file that needs nothing else."""
