// CheckSampler: decides which answers are checked.
#ifndef CLIENT_LOADTEST_SENDING_CHECK_SAMPLER_H_
#define CLIENT_LOADTEST_SENDING_CHECK_SAMPLER_H_

#include <cstdint>
#include <vector>

#include "client/loadtest/payload/mix.h"
#include "client/loadtest/sending/mix_draw.h"

namespace sconce::load {

// The first answer of each payload and then each K-th: counted by payload, for
// payloads take turns, and of ten of them each tenth answer is always the same
// one's. One thread at a time.
class CheckSampler {
 public:
  CheckSampler(const Mix& mix, int64_t every);

  // An answer came; whether it is one to be checked.
  bool IsNext(Choice choice);

 private:
  const int64_t every_;
  std::vector<std::vector<int64_t>> answers_;  // by entry and payload
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_CHECK_SAMPLER_H_
