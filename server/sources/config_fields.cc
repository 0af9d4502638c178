#include "server/sources/config_fields.h"

#include "absl/container/flat_hash_map.h"

namespace sconce {
namespace {

using enum FieldUse;

constexpr FieldRule kRules[] = {
    {"name", kHonoured},
    {"platform", kRefused, "pytorch_libtorch pytorch_torchscript",
     "this server runs TorchScript; export the model with torch.jit and leave "
     "'platform' out or say 'pytorch_libtorch'"},
    {"backend", kRefused, "pytorch",
     "this server runs TorchScript; export the model with torch.jit and leave "
     "'backend' out or say 'pytorch'"},
    {"runtime", kRefused, "libtriton_pytorch.so",
     "this server runs TorchScript archives and no Python; leave 'runtime' "
     "out"},
    {"version_policy", kNested},
    {"version_policy.latest", kNested},
    {"version_policy.latest.num_versions", kHonoured},
    {"version_policy.all", kHonoured},
    {"version_policy.specific", kNested},
    {"version_policy.specific.versions", kHonoured},
    {"max_batch_size", kHonoured},
    {"input", kNested},
    {"input.name", kHonoured},
    {"input.data_type", kHonoured},
    {"input.format", kIgnored},
    {"input.dims", kHonoured},
    {"input.reshape", kRefused, "", "declare the model's own dims"},
    {"input.is_shape_tensor", kRefused, "",
     "pass shapes as ordinary tensors of integers"},
    {"input.allow_ragged_batch", kRefused, "",
     "leave it out; requests of other shapes are not merged"},
    {"input.optional", kHonoured},
    {"input.is_non_linear_format_io", kRefused, "",
     "tensors are row-major; leave it out"},
    {"output", kNested},
    {"output.name", kHonoured},
    {"output.data_type", kHonoured},
    {"output.dims", kHonoured},
    {"output.reshape", kRefused, "", "declare the model's own dims"},
    {"output.label_filename", kIgnored},
    {"output.is_shape_tensor", kRefused, "",
     "return shapes as ordinary tensors of integers"},
    {"output.is_non_linear_format_io", kRefused, "",
     "tensors are row-major; leave it out"},
    {"batch_input", kRefused, "", "make these inputs in the model's forward()"},
    {"batch_output", kRefused, "",
     "return outputs with one row for each row of the inputs"},
    {"optimization", kNested},
    {"optimization.graph", kNested},
    {"optimization.graph.level", kIgnored},
    {"optimization.priority", kIgnored},
    {"optimization.cuda", kNested},
    {"optimization.cuda.graphs", kIgnored},
    {"optimization.cuda.busy_wait_events", kIgnored},
    {"optimization.cuda.graph_spec", kIgnored},
    {"optimization.cuda.output_copy_stream", kIgnored},
    {"optimization.execution_accelerators", kNested},
    {"optimization.execution_accelerators.gpu_execution_accelerator", kIgnored},
    {"optimization.execution_accelerators.cpu_execution_accelerator", kIgnored},
    {"optimization.input_pinned_memory", kNested},
    {"optimization.input_pinned_memory.enable", kIgnored},
    {"optimization.output_pinned_memory", kNested},
    {"optimization.output_pinned_memory.enable", kIgnored},
    {"optimization.gather_kernel_buffer_threshold", kIgnored},
    {"optimization.eager_batching", kIgnored},
    {"dynamic_batching", kNested},
    {"dynamic_batching.preferred_batch_size", kHonoured},
    {"dynamic_batching.max_queue_delay_microseconds", kHonoured},
    {"dynamic_batching.preserve_ordering", kIgnored},
    {"dynamic_batching.priority_levels", kHonoured},
    {"dynamic_batching.default_priority_level", kHonoured},
    {"dynamic_batching.default_queue_policy", kNested},
    {"dynamic_batching.default_queue_policy.timeout_action", kIgnored,
     "REJECT"},
    {"dynamic_batching.default_queue_policy.default_timeout_microseconds",
     kHonoured},
    // A request's timeout counts always.
    {"dynamic_batching.default_queue_policy.allow_timeout_override", kHonoured},
    {"dynamic_batching.default_queue_policy.max_queue_size", kHonoured},
    {"dynamic_batching.priority_queue_policy", kIgnored},
    {"sequence_batching", kNested},
    {"sequence_batching.direct", kNested},
    {"sequence_batching.direct.max_queue_delay_microseconds", kIgnored},
    {"sequence_batching.direct.minimum_slot_utilization", kIgnored},
    {"sequence_batching.oldest", kNested},
    {"sequence_batching.oldest.max_candidate_sequences", kHonoured},
    {"sequence_batching.oldest.preferred_batch_size", kIgnored},
    {"sequence_batching.oldest.max_queue_delay_microseconds", kIgnored},
    // The requests of a sequence are answered in their order.
    {"sequence_batching.oldest.preserve_ordering", kHonoured},
    {"sequence_batching.max_sequence_idle_microseconds", kHonoured},
    {"sequence_batching.control_input", kRefused, "",
     "keep the state in attributes of the module; the server gives every "
     "sequence its own"},
    {"sequence_batching.state", kRefused, "",
     "keep the state in attributes of the module; the server gives every "
     "sequence its own"},
    {"sequence_batching.iterative_sequence", kRefused, "",
     "loop in the model's code or in the client"},
    {"ensemble_scheduling", kRefused, "",
     "call the models one after the other, or script a module that does"},
    {"instance_group", kNested},
    {"instance_group.name", kIgnored},
    {"instance_group.kind", kIgnored, "KIND_AUTO KIND_CPU KIND_GPU"},
    {"instance_group.count", kHonoured},
    {"instance_group.rate_limiter", kNested},
    {"instance_group.rate_limiter.resources", kNested},
    {"instance_group.rate_limiter.resources.name", kIgnored},
    {"instance_group.rate_limiter.resources.global", kIgnored},
    {"instance_group.rate_limiter.resources.count", kIgnored},
    {"instance_group.rate_limiter.priority", kIgnored},
    {"instance_group.gpus", kHonoured},
    {"instance_group.secondary_devices", kIgnored},
    {"instance_group.profile", kIgnored},
    {"instance_group.passive", kIgnored},
    {"instance_group.host_policy", kIgnored},
    {"default_model_filename", kHonoured},
    {"cc_model_filenames", kIgnored},
    {"metric_tags", kIgnored},
    // Each parameter is looked at by its key.
    {"parameters", kHonoured},
    {"model_warmup", kNested},
    {"model_warmup.name", kIgnored},
    {"model_warmup.batch_size", kIgnored},
    {"model_warmup.inputs", kIgnored},
    {"model_warmup.count", kIgnored},
    {"model_operations", kNested},
    {"model_operations.op_library_filename", kRefused, "",
     "the server loads no libraries; use the operators of PyTorch"},
    {"model_transaction_policy", kNested},
    {"model_transaction_policy.decoupled", kRefused, "",
     "a request has one response; leave it out"},
    {"model_repository_agents", kNested},
    {"model_repository_agents.agents", kRefused, "",
     "put the model's final files into the repository"},
    {"response_cache", kNested},
    {"response_cache.enable", kIgnored},
    {"model_metrics", kNested},
    {"model_metrics.metric_control", kIgnored},
};

}  // namespace

absl::Span<const FieldRule> ConfigFieldRules() { return kRules; }

const FieldRule* FindFieldRule(absl::string_view path) {
  static const auto* const rules = [] {
    auto* made = new absl::flat_hash_map<absl::string_view, const FieldRule*>;
    for (const FieldRule& rule : kRules) made->emplace(rule.path, &rule);
    return made;
  }();
  const auto found = rules->find(path);
  return found == rules->end() ? nullptr : found->second;
}

}  // namespace sconce
