#include "tests/bench/simulator/arrivals.h"

#include <algorithm>
#include <chrono>
#include <random>

namespace sconce::simulator {

Arrivals::Arrivals(const Workload& workload)
    : workload_(workload), streams_(workload.streams.size()) {
  for (size_t i = 0; i < streams_.size(); ++i) {
    std::seed_seq seed{workload.seed, uint64_t{i}};
    streams_[i].random.seed(seed);
    Advance(i, MonoTime());
  }
  FindFirst();
}

void Arrivals::Advance(size_t i, MonoTime now) {
  State& state = streams_[i];
  std::exponential_distribution<double> gap(workload_.streams[i].rate);
  const std::chrono::duration<double> wait(gap(state.random));
  state.next = now + std::chrono::duration_cast<MonoDuration>(wait);
}

MonoDuration Arrivals::DrawTime(const Stream& stream, Random* random) const {
  if (stream.least_time == stream.most_time) return stream.most_time;
  std::uniform_int_distribution<MonoDuration::rep> time(
      stream.least_time.count(), stream.most_time.count());
  return MonoDuration(time(*random));
}

Request* Arrivals::Make(std::deque<Request>* requests) {
  const Stream& stream = workload_.streams[first_];
  State& state = streams_[first_];
  const int64_t shape = state.made++ % stream.shapes;
  Request& request = requests->emplace_back(stream.model, first_, shape);
  request.rows = stream.rows;
  request.priority = stream.priority;
  request.arrived = state.next;
  const MonoDuration time = DrawTime(stream, &state.random);
  if (time > MonoDuration::zero()) request.deadline = request.arrived + time;
  Advance(first_, request.arrived);
  FindFirst();
  return &request;
}

void Arrivals::FindFirst() {
  const auto first = std::min_element(
      streams_.begin(), streams_.end(),
      [](const State& a, const State& b) { return a.next < b.next; });
  first_ = static_cast<size_t>(first - streams_.begin());
}

}  // namespace sconce::simulator
