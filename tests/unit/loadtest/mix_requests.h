// What tests of the mix look at.
#ifndef TESTS_UNIT_LOADTEST_MIX_REQUESTS_H_
#define TESTS_UNIT_LOADTEST_MIX_REQUESTS_H_

#include <gtest/gtest.h>

#include <string>

#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/payload/mix.h"
#include "inference/grpc_service.pb.h"
#include "tests/support/wire_messages.h"

namespace sconce::load {

inline EntrySpec EntryOf(const std::string& model) {
  EntrySpec entry;
  entry.model = model;
  return entry;
}

inline inference::ModelInferRequest RequestOf(const Payload& payload) {
  inference::ModelInferRequest request;
  EXPECT_TRUE(request.ParseFromString(BytesOf(payload.message)));
  return request;
}

}  // namespace sconce::load

#endif  // TESTS_UNIT_LOADTEST_MIX_REQUESTS_H_
