#include "server/sources/scan_remark.h"

namespace sconce {
namespace {

void Write(const ScanRemark& remark) {
  if (remark.detail_key.empty()) {
    Log(remark.level, remark.message, {{remark.subject_key, remark.subject}});
  } else {
    Log(remark.level, remark.message,
        {{remark.subject_key, remark.subject},
         {remark.detail_key, remark.detail}});
  }
}

}  // namespace

ScanRemark NotHonoured(const std::string& model, const std::string& field) {
  return {model,
          LogLevel::kWarning,
          "config field is set but not honoured",
          "model",
          model,
          "field",
          field};
}

void ScanLog::Tell(const std::vector<ScanRemark>& remarks,
                   absl::string_view model) {
  std::vector<ScanRemark> fresh;
  {
    MutexLock lock(&mu_);
    for (const ScanRemark& remark : remarks) {
      if (!told_.contains(remark)) fresh.push_back(remark);
    }
    std::erase_if(told_, [&](const ScanRemark& told) {
      return model.empty() || told.model == model;
    });
    told_.insert(remarks.begin(), remarks.end());
  }
  for (const ScanRemark& remark : fresh) Write(remark);
}

}  // namespace sconce
