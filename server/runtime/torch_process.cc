#include "server/runtime/torch_process.h"

#include <ATen/Parallel.h>
#include <malloc.h>
#include <torch/csrc/jit/passes/tensorexpr_fuser.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/version.h>

#include <algorithm>

#include "server/base/processors.h"
#include "server/runtime/memory_budget.h"

namespace sconce {

void InitTorchProcess() {
  InstallBudgetAllocator();
  // The profiling executor specialises a model during its first two calls,
  // which makes them slow and gains nothing on the CPU; its fuser compiles
  // again for every new shape.
  torch::jit::getProfilingMode() = false;
  torch::jit::setTensorExprFuserEnabled(false);
  // Ours is the parallelism between requests; inside an operator each lane
  // decides for itself. The second call, where nothing is parallel yet, keeps
  // prim::fork from starting a thread per processor.
  at::set_num_threads(1);
  at::set_num_interop_threads(1);
  // Activations and tensor messages are larger than malloc's 128 KiB limit for
  // mapping: without this every request pays for fresh, zeroed pages.
  constexpr int kKeep = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kKeep);
  mallopt(M_TRIM_THRESHOLD, kKeep);
  mallopt(M_TOP_PAD, 64 << 20);
  // By default each thread gets an arena, up to eight for each processor, and
  // reloads spread what models leave behind over all of them: +10 % of memory
  // in forty reloads of resnet18, +2 % with one arena.
  constexpr int kProcessorsPerArena = 8;
  mallopt(M_ARENA_MAX, std::max(1, UsableProcessors() / kProcessorsPerArena));
}

void InitTorchFork() {
  // LibTorch leaves its thread pool behind in a fork, and the first call makes
  // a new one. Of two calls at the same time one would find none, and abort
  // (LibTorch 2.11, caffe2/utils/threadpool/pthreadpool-cpp.cc).
  at::set_num_threads(1);
}

void InitTorchThread(int threads) {
  // The first query on a thread copies the process's value over whatever was
  // set before; so it has to come first (LibTorch 2.11, ParallelOpenMP.cpp).
  at::get_num_threads();
  at::set_num_threads(threads);
}

std::string TorchVersion() { return TORCH_VERSION; }

}  // namespace sconce
