// When the requests of an open loop are due.

#ifndef TESTS_BENCH_POISSON_ARRIVALS_H_
#define TESTS_BENCH_POISSON_ARRIVALS_H_

#include <chrono>
#include <cstdint>
#include <random>

namespace sconce::bench {

// A Poisson process: the same times for the same seed. One thread at a time.
class PoissonArrivals {
 public:
  using Time = std::chrono::steady_clock::time_point;

  PoissonArrivals(Time begin, double per_second, uint64_t seed)
      : generator_(seed), gap_seconds_(per_second), next_(begin) {
    Advance();
  }

  Time next() const { return next_; }

  void Advance() {
    const std::chrono::duration<double> gap(gap_seconds_(generator_));
    next_ += std::chrono::duration_cast<Time::duration>(gap);
  }

 private:
  std::mt19937_64 generator_;
  std::exponential_distribution<double> gap_seconds_;
  Time next_;
};

}  // namespace sconce::bench

#endif  // TESTS_BENCH_POISSON_ARRIVALS_H_
