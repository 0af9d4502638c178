"""What the check calls by name in the server: the one place to change when the
server changes."""

# Metrics (server/doc/metrics.md).
ALLOCATED_BYTES = "sconce_device_memory_allocated_bytes"
RESERVED_BYTES = "sconce_device_memory_reserved_bytes"
EXECUTION_SECONDS = "sconce_device_execution_seconds_total"
PLACES = "sconce_device_places"
UTILIZATION = "sconce_device_utilization_ratio"
MODEL_STATE = "sconce_model_state"
BATCH_ROWS = "sconce_batch_rows"

# Flags. The server's --help says whether they are there.
DEVICE_FLAG = "--device"
MEMORY_FRACTION_FLAG = "--gpu-memory-fraction"
LANES_FLAG = "--lanes"  # of each device

# Keys of a model's parameters. They are text of the binary if it knows them.
PRECISION = "sconce.precision"
CUDA_GRAPHS = "sconce.cuda_graphs"
BATCHING = "sconce.batching"

# Threads that run batches, as sync_counter.c writes names.
LANE_THREADS = ("lane-#", "lane-gpu#-#")

# How the process ends when a device can do nothing more for it.
DEVICE_FAILED_EXIT_CODE = 3

# The device, in messages to clients.
DEVICE_NAME = "cuda:0"

CUDA_MODULE = "libsconce_cuda.so"
