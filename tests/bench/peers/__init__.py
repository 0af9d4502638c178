"""Other inference servers that pip installs, as `bench_peers.py` starts them."""
