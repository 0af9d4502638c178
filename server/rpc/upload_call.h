// UploadCall: one UploadModel RPC.
#ifndef SERVER_RPC_UPLOAD_CALL_H_
#define SERVER_RPC_UPLOAD_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/status.h"

#include "server/core/model_control.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/call_tag.h"
#include "server/rpc/management_context.h"

namespace sconce {

// Reads one message at a time and writes it to the disk before the next, so
// that the client's pace is the disk's. Blocks its queue's thread meanwhile.
//
// Owns itself. A stream that breaks, or says less than its header promised,
// ends the upload; then the client is answered, if it is there.
class UploadCall : private CountedCall {
 public:
  // Waits for the next UploadModel on `queue`. The others outlive the call.
  static void Post(AsyncManagementService* service,
                   const ManagementContext* context, CallQueue* queue);

 private:
  using Request = management::v1::UploadModelRequest;
  using Response = management::v1::UploadModelResponse;

  UploadCall(AsyncManagementService* service, const ManagementContext* context,
             CallQueue* queue)
      : CountedCall(queue), service_(service), management_(context) {}
  ~UploadCall() override = default;

  // Events, on the completion queue's thread, one at a time.
  void OnStarted(bool ok);
  void OnRead(bool ok);
  void OnFinished(bool) { delete this; }

  void Read() { reader_.Read(&message_, &read_tag_); }
  absl::Status Take(const Request& message);
  absl::Status Begin(const management::v1::UploadHeader& header);
  absl::Status Append(const std::string& bytes);
  absl::Status CheckComplete() const;
  void Commit();
  void FinishWhenLast();
  void Refuse(const absl::Status& status);

  AsyncManagementService* const service_;
  const ManagementContext* const management_;

  MemberTag<UploadCall, &UploadCall::OnStarted> started_tag_{this};
  MemberTag<UploadCall, &UploadCall::OnRead> read_tag_{this};
  MemberTag<UploadCall, &UploadCall::OnFinished> finished_tag_{this};

  grpc::ServerContext context_;
  grpc::ServerAsyncReader<Response, Request> reader_{&context_};
  Request message_;
  std::unique_ptr<ModelUpload> upload_;  // null until the header came
  int64_t size_ = 0;                     // as the header says
  int64_t received_ = 0;                 // with what an earlier upload left

  Response response_;
  absl::Status status_;
  std::atomic<int> left_ = 2;  // the return of ModelUpload::Finish, and done
};

}  // namespace sconce

#endif  // SERVER_RPC_UPLOAD_CALL_H_
