#include "server/base/spawn_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>

namespace sconce {
namespace {

// What the program begins with, besides its arguments.
class SpawnSettings {
 public:
  explicit SpawnSettings(int descriptor) {
    posix_spawn_file_actions_init(&files_);
    // First of all: it may have one of the numbers below.
    posix_spawn_file_actions_adddup2(&files_, descriptor, kSpawnedDescriptor);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files_, STDOUT_FILENO, "/dev/null",
                                     O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, kSpawnedDescriptor + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    // A Ctrl-C is for the server, which may want to go on for a while.
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF |
                                               POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* files() const { return &files_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

}  // namespace

// Not fork(): another thread may hold a lock that the copy would wait for.
absl::StatusOr<pid_t> Spawn(const std::string& program,
                            const std::vector<std::string>& arguments,
                            int descriptor) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) {
    pointers.push_back(const_cast<char*>(argument.c_str()));
  }
  pointers.push_back(nullptr);
  const SpawnSettings settings(descriptor);
  pid_t pid = -1;
  const int error =
      posix_spawn(&pid, program.c_str(), settings.files(),
                  settings.attributes(), pointers.data(), environ);
  if (error == 0) return pid;
  return absl::ErrnoToStatus(error, "a process could not be started");
}

}  // namespace sconce
