"""What the dashboard shows: rows of panels and their queries.

In a query, `@` stands for what selects by the dashboard's variables, `@m` for
the same with the model, and `[]` for the window of a rate.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Panel:
    title: str
    queries: dict[str, str]  # by legend
    unit: str = "short"
    kind: str = "timeseries"
    help: str = ""
    stack: bool = False
    width: int = 8  # of 24
    red_above: float | None = None


@dataclasses.dataclass(frozen=True)
class Row:
    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


def quantile(share: str, histogram: str) -> str:
    return (f"histogram_quantile({share}, sum by (model, le) "
            f"(rate({histogram}_bucket{{@m}}[])))")


def mean(histogram: str) -> str:
    return (f"sum by (model) (rate({histogram}_sum{{@m}}[]))"
            f" / (sum by (model) (rate({histogram}_count{{@m}}[])) > 0)")


def heat(title: str, histogram: str, unit: str, text: str) -> Panel:
    return Panel(title, {"{{le}}": "sum by (le) "
                         f"(increase({histogram}_bucket{{@m}}[]))"},
                 unit, "heatmap", text)


def stat(title: str, query: str, unit: str = "short", text: str = "",
         red_above: float | None = None) -> Panel:
    return Panel(title, {"": query}, unit, "stat", text, width=4,
                 red_above=red_above)


SERVER_FAULTS = "DATA_LOSS|INTERNAL|UNAVAILABLE|UNKNOWN"

OVERVIEW = Row("Overview", (
    stat("Replicas that are ready", "sum(sconce_ready{@})"),
    stat("Replicas that are not", "count(sconce_ready{@} == 0) or vector(0)",
         red_above=1),
    stat("Goodput", 'sum(rate(sconce_requests_total{@m, code="OK"}[]))',
         "reqps", "Requests that were answered, by their deadline if they have "
         "one."),
    stat("Faults of the server",
         f'(sum(rate(sconce_requests_total{{@m, code=~"{SERVER_FAULTS}"}}[]))'
         " or vector(0)) / sum(rate(sconce_requests_total{@m}[]))",
         "percentunit", "INTERNAL, UNAVAILABLE, UNKNOWN, DATA_LOSS.", 0.001),
    stat("99 % of requests within",
         "histogram_quantile(0.99, sum by (le) "
         "(rate(sconce_request_seconds_bucket{@m}[])))", "s"),
    stat("Models that are nowhere ready",
         "count(max by (namespace, job, model) "
         '(sconce_model_state{@m, state="READY"}) == 0) or vector(0)',
         red_above=1),
))

REQUESTS = Row("Requests", (
    Panel("Goodput by model", {"{{model}}": "sum by (model) "
          '(rate(sconce_requests_total{@m, code="OK"}[]))'}, "reqps",
          stack=True),
    Panel("Requests by code", {"{{code}}": "sum by (code) "
          "(rate(sconce_requests_total{@m}[]))"}, "reqps", stack=True),
    Panel("Requests that reached no model, by code", {"{{code}}":
          "sum by (code) (rate(sconce_rejected_requests_total{@}[]))"},
          "reqps", help="Unknown, not ready, malformed."),
    Panel("Refused: not in time, or no room", {"{{model}}": "sum by (model) "
          '(rate(sconce_requests_total{@m, code="RESOURCE_EXHAUSTED"}[]))'},
          "reqps"),
    Panel("Taken in and not in time", {"{{model}}": "sum by (model) "
          '(rate(sconce_requests_total{@m, code="DEADLINE_EXCEEDED"}[]))'},
          "reqps"),
    Panel("Requests by replica", {"{{pod}} {{instance}}":
          "sum by (pod, instance) (rate(sconce_requests_total{@m}[]))"},
          "reqps", help="Far apart: clients do not balance. See "
          "deploy/README.md, on gRPC."),
))

LATENCY = Row("Latency", (
    Panel("Requests, half and 99 % of them", {
        "{{model}} 50 %": quantile("0.5", "sconce_request_seconds"),
        "{{model}} 99 %": quantile("0.99", "sconce_request_seconds")}, "s",
        help="In memory to the answer's hand-over to gRPC; of every code."),
    Panel("Waiting for a lane", {
        "{{model}} mean": mean("sconce_queue_seconds"),
        "{{model}} 95 %": quantile("0.95", "sconce_queue_seconds")}, "s"),
    Panel("One execution", {
        "{{model}} mean": mean("sconce_compute_seconds"),
        "{{model}} 95 %": quantile("0.95", "sconce_compute_seconds")}, "s"),
    heat("Requests by latency", "sconce_request_seconds", "s", ""),
    heat("Waiting by time", "sconce_queue_seconds", "s", ""),
    heat("Executions by time", "sconce_compute_seconds", "s", ""),
))

QUEUE = Row("Queue and lanes", (
    Panel("Requests that wait", {"{{model}}":
          "sum by (model) (sconce_queued_requests{@m})"}, stack=True),
    Panel("Requests in flight", {"{{model}}":
          "sum by (model) (sconce_in_flight_requests{@m})"}, stack=True),
    Panel("Lanes that are busy", {"{{pod}} {{instance}}":
          "sum by (pod, instance) (rate(sconce_compute_seconds_sum{@}[]))"
          " / max by (pod, instance) (sconce_lanes{@})"}, "percentunit",
          help="Above 70 % queues grow."),
    Panel("What the autoscaler sees", {"{{pod}}":
          "sconce:pod_queue_seconds:mean1m{@}"}, "s",
          help="Needs the recording rules. Pods are added above 50 ms.",
          red_above=0.05),
    Panel("Lanes that are stuck", {"{{pod}} {{instance}}":
          "sconce_stuck_lanes{@}"}, red_above=1),
    Panel("Sequences in memory", {"{{model}}":
          "sum by (model) (sconce_sequences{@m})"},
          help="Of models that keep a state; no other has a line."),
))

BATCHES = Row("Batches", (
    Panel("Rows in an execution", {"{{model}}": mean("sconce_batch_rows")}),
    Panel("Rows that a batch may have", {"{{model}} {{method}}":
          "max by (model, method) (sconce_batching_rows{@m})"},
          help="0: nothing is merged; ModelConfig says why."),
    heat("Executions by rows", "sconce_batch_rows", "short", ""),
    Panel("Requests that were padded", {"{{model}}": "sum by (model) "
          "(rate(sconce_padded_requests_total{@m}[])) / sum by (model) "
          '(rate(sconce_requests_total{@m, code="OK"}[]))'}, "percentunit"),
    Panel("Padding of such a request", {"{{model}}": "sum by (model) "
          "(rate(sconce_padding_elements_total{@m}[])) / (sum by (model) "
          "(rate(sconce_padded_requests_total{@m}[])) > 0)"},
          help="Elements that were added: work that nobody asked for."),
    Panel("Executions", {"{{model}}": "sum by (model) "
          "(rate(sconce_batch_rows_count{@m}[]))"}, "ops"),
))

MODELS = Row("Models", (
    Panel("States", {"": "sum by (model, version, state) "
          "(sconce_model_state{@m} == 1)"}, kind="table", width=16,
          help="Value: replicas on which the version is in that state."),
    Panel("Loads", {"{{result}}":
          "sum by (result) (increase(sconce_model_loads_total{@}[]))"}),
    Panel("Versions whose last load failed", {"{{model}} {{version}}":
          "sum by (model, version) "
          "(sconce_model_last_load_successful{@m} == bool 0)"}, red_above=1,
          help="On how many replicas. What was loaded before serves on."),
    Panel("Memory that is promised to models", {
        "{{pod}} {{instance}}": "sconce_model_memory_bytes{@}",
        "{{pod}} {{instance}} may be": "sconce_model_memory_limit_bytes{@}"},
        "bytes"),
    Panel("Servers by version", {"{{version}}, LibTorch {{libtorch}}":
          "count by (version, libtorch) (sconce_build_info{@})"}, stack=True),
))

PROCESSES = Row("Processes", (
    Panel("Memory", {
        "{{pod}} {{instance}}": "process_resident_memory_bytes{@} and "
        "on (job, instance) sconce_build_info{@}",
        "{{pod}} {{instance}} may use": "sconce_memory_limit_bytes{@}"},
        "bytes"),
    Panel("Processors", {"{{pod}} {{instance}}":
          "rate(process_cpu_seconds_total{@}[]) and on (job, instance) "
          "sconce_build_info{@}"}, help="1 is one core."),
    Panel("Starts", {"{{pod}} {{instance}}":
          "changes(process_start_time_seconds{@}[]) and on (job, instance) "
          "sconce_build_info{@}"}, help="A container that began anew."),
    Panel("Connections", {"{{pod}} {{instance}}": "sconce_connections{@}"}),
    Panel("Open file descriptors", {"{{pod}} {{instance}}":
          "process_open_fds{@} / process_max_fds{@} and on (job, instance) "
          "sconce_build_info{@}"}, "percentunit", red_above=0.8),
    Panel("Addresses in use", {"{{pod}} {{instance}}":
          "process_virtual_memory_bytes{@} and on (job, instance) "
          "sconce_build_info{@}"}, "bytes"),
))

KUBERNETES = Row("Kubernetes (kubelet and kube-state-metrics)", (
    Panel("Memory as the kernel counts it", {"{{pod}}": "max by (pod) "
          '(container_memory_working_set_bytes{@, container="sconce"})'},
          "bytes", help="With the page cache in use and other processes of the "
          "container: at the limit it is ended."),
    Panel("Periods in which the CPU limit stopped it", {"{{pod}}":
          "sum by (pod) (rate(container_cpu_cfs_throttled_periods_total"
          '{@, container="sconce"}[])) / sum by (pod) '
          '(rate(container_cpu_cfs_periods_total{@, container="sconce"}[]))'},
          "percentunit"),
    Panel("Replicas of autoscalers", {
        "{{horizontalpodautoscaler}} has":
        "kube_horizontalpodautoscaler_status_current_replicas"
        '{namespace=~"$namespace"}',
        "{{horizontalpodautoscaler}} wants":
        "kube_horizontalpodautoscaler_status_desired_replicas"
        '{namespace=~"$namespace"}'}),
    Panel("Restarts", {"{{pod}}": "sum by (pod) "
          "(increase(kube_pod_container_status_restarts_total"
          '{@, container="sconce"}[]))'}, red_above=1),
), collapsed=True)

DEVICES = Row("GPU", (
    Panel("Use", {"{{pod}} {{device}}": "sconce_device_utilization_ratio{@}"},
          "percentunit", help="By any process, where the driver tells."),
    Panel("Time that batches compute", {"{{pod}} {{device}}":
          "rate(sconce_device_execution_seconds_total{@}[])"}, "percentunit",
          help="Of all streams together: two may work at a time."),
    Panel("Memory", {
        "{{pod}} {{device}}": "sconce_device_memory_allocated_bytes{@}",
        "{{pod}} {{device}} may use": "sconce_device_memory_limit_bytes{@}"},
        "bytes"),
), collapsed=True)

GPU = Row("GPU (dcgm-exporter)", (
    Panel("Use", {"{{pod}} {{gpu}}": "DCGM_FI_DEV_GPU_UTIL{@} / 100"},
          "percentunit", help="By any process, as the driver counts it."),
    Panel("Memory", {"{{pod}} {{gpu}}":
          "DCGM_FI_DEV_FB_USED{@} * 1048576"}, "bytes"),
    Panel("Power", {"{{pod}} {{gpu}}": "DCGM_FI_DEV_POWER_USAGE{@}"},
          "watt"),
), collapsed=True)

ROWS = (OVERVIEW, REQUESTS, LATENCY, QUEUE, BATCHES, MODELS, PROCESSES,
        KUBERNETES, DEVICES, GPU)
