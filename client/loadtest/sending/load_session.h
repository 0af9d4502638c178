// LoadSession: makes runs of one plan against one server.
#ifndef CLIENT_LOADTEST_SENDING_LOAD_SESSION_H_
#define CLIENT_LOADTEST_SENDING_LOAD_SESSION_H_

#include <memory>
#include <stop_token>
#include <string>

#include "client/cpp/src/channel_pool.h"
#include "client/loadtest/arrivals/load_shape.h"
#include "client/loadtest/measure/run_result.h"
#include "client/loadtest/payload/mix.h"
#include "client/loadtest/sending/load_plan.h"
#include "client/loadtest/sending/load_run.h"

namespace sconce::load {

struct SessionParts {
  LoadPlan plan;
  LoadShape shape;
  Mix mix;
  std::unique_ptr<ChannelPool> channels;
  ServerWatch watch;
  bool show_progress = false;
};

// One run at a time; each blocks.
class LoadSession {
 public:
  LoadSession(SessionParts parts, std::stop_token stop);

  // As the plan and the shape say.
  RunResult Run();

  // At another rate, with the spacing of the shape.
  RunResult RunAt(double rate);

 private:
  RunResult Make(const LoadShape& shape);

  SessionParts parts_;
  const std::stop_token stop_;
  int runs_ = 0;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_LOAD_SESSION_H_
