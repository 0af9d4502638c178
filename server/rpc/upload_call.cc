#include "server/rpc/upload_call.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "server/base/status_macros.h"
#include "server/rpc/answer_once.h"
#include "server/rpc/call_status.h"
#include "server/rpc/model_versions.h"

namespace sconce {
namespace {

using management::v1::UploadHeader;
using management::v1::UploadModelRequest;

absl::Status CheckHeader(const UploadHeader& header) {
  if (header.version() != 0) RETURN_IF_ERROR(CheckVersion(header.version()));
  if (header.size() <= 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "size is ", header.size(), ", expected the archive's bytes"));
  }
  if (header.offset() < 0 || header.offset() > header.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("offset is ", header.offset(), ", expected 0 … ",
                     header.size(), ", the archive's size"));
  }
  return absl::OkStatus();
}

UploadRequest ToRequest(const UploadHeader& header) {
  UploadRequest request;
  request.model = header.name();
  request.version = header.version();
  request.sha256 = header.sha256();
  request.size = header.size();
  request.offset = header.offset();
  request.resumable = header.resumable();
  return request;
}

}  // namespace

void UploadCall::Post(AsyncManagementService* service,
                      const ManagementContext* context, CallQueue* queue) {
  auto* call = new UploadCall(service, context, queue);
  service->RequestUploadModel(&call->context_, &call->reader_, queue->get(),
                              queue->get(), &call->started_tag_);
}

void UploadCall::OnStarted(bool ok) {
  if (!ok) {  // the server shuts down; no call began
    delete this;
    return;
  }
  Post(service_, management_, call_queue());
  if (management_->control == nullptr) {
    return Refuse(absl::UnimplementedError("UploadModel is not served"));
  }
  Read();
}

void UploadCall::OnRead(bool ok) {
  const absl::Status status = ok ? Take(message_) : CheckComplete();
  if (!status.ok()) return Refuse(status);
  if (ok) return Read();
  Commit();
}

absl::Status UploadCall::Take(const Request& message) {
  if (upload_ == nullptr) {
    if (message.has_header()) return Begin(message.header());
    return absl::InvalidArgumentError(
        "the first message has no header; expected name, sha256 and size");
  }
  if (message.part_case() != UploadModelRequest::kChunk) {
    return absl::InvalidArgumentError(
        "a message after the first is no chunk; expected the archive's bytes");
  }
  return Append(message.chunk());
}

absl::Status UploadCall::Begin(const UploadHeader& header) {
  RETURN_IF_ERROR(CheckHeader(header));
  ASSIGN_OR_RETURN(upload_,
                   management_->control->BeginUpload(ToRequest(header)));
  response_.set_name(header.name());
  size_ = header.size();
  received_ = upload_->offset();
  return absl::OkStatus();
}

absl::Status UploadCall::Append(const std::string& bytes) {
  if (static_cast<int64_t>(bytes.size()) > size_ - received_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the upload has more than ", size_, " bytes, its header's size"));
  }
  RETURN_IF_ERROR(upload_->Append(bytes));
  received_ += static_cast<int64_t>(bytes.size());
  return absl::OkStatus();
}

// A stream that broke looks like one that ended, but for this.
absl::Status UploadCall::CheckComplete() const {
  if (upload_ == nullptr) {
    return absl::InvalidArgumentError(
        "the upload is empty; expected a header, then the archive's bytes");
  }
  if (received_ == size_) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the upload ended after ", received_, " bytes, expected ", size_));
}

void UploadCall::Commit() {
  using Version = absl::StatusOr<int64_t>;
  upload_->Finish(AnswerOnce<Version>::Wrap([this](Version version) {
    if (version.ok()) response_.set_version(*version);
    status_ = version.status();
    FinishWhenLast();
  }));
  FinishWhenLast();
}

// The upload must not be deleted, with the call, before its Finish() returned.
void UploadCall::FinishWhenLast() {
  if (left_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  if (status_.ok()) {
    reader_.Finish(response_, grpc::Status::OK, &finished_tag_);
  } else {
    reader_.FinishWithError(ToGrpcStatus(status_), &finished_tag_);
  }
}

void UploadCall::Refuse(const absl::Status& status) {
  // First, so that nothing of it is left when the client hears.
  upload_.reset();
  reader_.FinishWithError(ToGrpcStatus(status), &finished_tag_);
}

}  // namespace sconce
