// Connections to an inference server for the load clients.

#ifndef TESTS_BENCH_INFER_STUBS_H_
#define TESTS_BENCH_INFER_STUBS_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

namespace sconce::bench {

inline constexpr char kInferMethod[] =
    "/inference.GRPCInferenceService/ModelInfer";

using InferStubs = std::vector<std::unique_ptr<grpc::GenericStub>>;

// One stub for each of `channels` connections, all of them established. Throws
// std::runtime_error when the target cannot be reached within ten seconds.
InferStubs Connect(const std::string& target, int channels);

// "OK", "RESOURCE_EXHAUSTED" …
std::string CodeName(grpc::StatusCode code);

}  // namespace sconce::bench

#endif  // TESTS_BENCH_INFER_STUBS_H_
