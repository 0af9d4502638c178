// FakeModelControl: a ModelControl whose answers a test decides.
#ifndef TESTS_SUPPORT_FAKE_MODEL_CONTROL_H_
#define TESTS_SUPPORT_FAKE_MODEL_CONTROL_H_

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/mutex.h"
#include "server/core/model_control.h"

namespace sconce {

// Keeps what was asked, and who waits for it, until the test answers.
template <typename Request, typename Done>
class AskedBox {
 public:
  struct Asked {
    Request request;
    Done done;
  };

  void Put(Request request, Done done) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    asked_.push_back({std::move(request), std::move(done)});
    arrived_.SignalAll();
  }

  // Waits for the next request.
  Asked Take() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    while (asked_.empty()) arrived_.Wait(&mu_);
    Asked asked = std::move(asked_.front());
    asked_.pop_front();
    return asked;
  }

 private:
  Mutex mu_;
  CondVar arrived_;
  std::deque<Asked> asked_ ABSL_GUARDED_BY(mu_);
};

// Loads wait for the test, which takes them out of `loads`; everything else is
// answered at once with `status` (OK: as if done) and kept in `last`. Fields
// are set before the requests come.
class FakeModelControl : public ModelControl {
 public:
  struct Last {
    std::string model;
    std::vector<int64_t> versions;
    std::map<std::string, int64_t> set;
    std::vector<std::string> remove;
    std::vector<TrafficShare> shares;
  };

  struct UploadPlan {
    int64_t offset = 0;
    absl::Status begin;
    absl::Status append;
    absl::StatusOr<int64_t> finish = 1;
  };

  void Load(ModelLoadRequest request, Done done) override {
    loads.Put(std::move(request), std::move(done));
  }
  void Unload(std::string model, std::vector<int64_t> versions,
              Done done) override {
    Keep({.model = std::move(model), .versions = std::move(versions)});
    done(status);
  }
  void DeleteVersion(ServableId id, Done done) override {
    Keep({.model = std::move(id.model), .versions = {id.version}});
    done(status);
  }
  void SetAliases(std::string model, std::map<std::string, int64_t> set,
                  std::vector<std::string> remove, Done done) override {
    Keep({.model = std::move(model),
          .set = std::move(set),
          .remove = std::move(remove)});
    done(status);
  }
  void SetTraffic(std::string model, std::vector<TrafficShare> shares,
                  Done done) override {
    Keep({.model = std::move(model), .shares = std::move(shares)});
    done(status);
  }
  void Rollback(std::string model,
                std::function<void(absl::StatusOr<int64_t>)> done) override {
    Keep({.model = std::move(model)});
    done(status.ok() ? absl::StatusOr<int64_t>(7) : status);
  }
  void Inspect(ServableId id,
               std::function<void(absl::StatusOr<std::string>)> done) override {
    Keep({.model = std::move(id.model), .versions = {id.version}});
    done(status.ok() ? absl::StatusOr<std::string>("{}") : status);
  }
  void Examples(
      ServableId id,
      std::function<void(absl::StatusOr<GoldenExamples>)> done) override {
    Keep({.model = std::move(id.model), .versions = {id.version}});
    done(status.ok() ? absl::StatusOr<GoldenExamples>(examples) : status);
  }
  absl::StatusOr<int64_t> UploadOffset(const UploadRequest&) const override {
    return upload.offset;
  }
  std::vector<RepositoryModel> RepositoryModels() const override {
    return models;
  }
  ModelRoutes Routes(absl::string_view model) const override {
    const auto found = routes.find(std::string(model));
    return found == routes.end() ? ModelRoutes() : found->second;
  }

  absl::StatusOr<std::unique_ptr<ModelUpload>> BeginUpload(
      const UploadRequest& request) override;

  Last last() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    return last_;
  }

  AskedBox<ModelLoadRequest, Done> loads;
  absl::Status status;
  GoldenExamples examples;
  std::vector<RepositoryModel> models;
  std::map<std::string, ModelRoutes> routes;
  UploadPlan upload;

  // What the uploads left: the bytes of those that were finished, and how many
  // were begun, and how many are gone.
  AskedBox<std::string, std::string> stored;
  std::atomic<int> begun = 0;
  std::atomic<int> gone = 0;

 private:
  void Keep(Last last) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(&mu_);
    last_ = std::move(last);
  }

  mutable Mutex mu_;
  Last last_ ABSL_GUARDED_BY(mu_);
};

// Collects the bytes; does as its control's plan says.
class FakeUpload : public ModelUpload {
 public:
  FakeUpload(FakeModelControl* control, std::string model)
      : control_(control), model_(std::move(model)) {
    ++control_->begun;
  }
  ~FakeUpload() override { ++control_->gone; }

  int64_t offset() const override { return control_->upload.offset; }
  absl::Status Append(absl::string_view bytes) override {
    bytes_.append(bytes.data(), bytes.size());
    return control_->upload.append;
  }
  void Finish(std::function<void(absl::StatusOr<int64_t>)> done) override {
    if (control_->upload.finish.ok()) control_->stored.Put(model_, bytes_);
    done(control_->upload.finish);
  }

 private:
  FakeModelControl* const control_;
  const std::string model_;
  std::string bytes_;
};

inline absl::StatusOr<std::unique_ptr<ModelUpload>>
FakeModelControl::BeginUpload(const UploadRequest& request) {
  if (!upload.begin.ok()) return upload.begin;
  return std::make_unique<FakeUpload>(this, request.model);
}

}  // namespace sconce

#endif  // TESTS_SUPPORT_FAKE_MODEL_CONTROL_H_
