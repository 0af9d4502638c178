#include "client/loadtest/sending/check_sampler.h"

namespace sconce::load {

CheckSampler::CheckSampler(const Mix& mix, int64_t every) : every_(every) {
  for (const MixEntry& entry : mix) {
    answers_.emplace_back(entry.payloads.size());
  }
}

bool CheckSampler::IsNext(Choice choice) {
  return answers_[choice.entry][choice.payload]++ % every_ == 0;
}

}  // namespace sconce::load
