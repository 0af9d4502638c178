#include "server/rpc/streamed_request.h"

#include "server/rpc/call_status.h"
#include "server/rpc/request_parameters.h"
#include "server/rpc/stream_infer_call.h"
#include "server/rpc/stream_response.h"

namespace sconce {

bool StreamedRequest::IsCancelled() const { return call_->IsCancelled(); }

void StreamedRequest::Finish(
    absl::StatusOr<std::vector<OutputTensor>> outputs) {
  const auto response =
      Answer(std::move(outputs), WantsFinalResponse(header()));
  StreamAnswer answer;
  if (response.ok()) {
    answer.message = WrapResponse(*response);
  } else {
    answer.status = ToGrpcStatus(response.status());
    answer.message = EncodeStreamError(response.status(), header());
  }
  call_->OnAnswered(this, std::move(answer));
}

}  // namespace sconce
