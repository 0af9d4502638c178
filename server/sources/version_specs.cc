#include "server/sources/version_specs.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"

#include "server/core/loader_harness.h"

namespace sconce {

bool Has(const VersionSpecs& specs, int64_t version) {
  return absl::c_any_of(specs, [&](const ServableSpec& spec) {
    return spec.id.version == version;
  });
}

void Put(ServableSpec spec, VersionSpecs* specs) {
  for (ServableSpec& other : *specs) {
    if (other.id.version != spec.id.version) continue;
    other = std::move(spec);
    return;
  }
  specs->push_back(std::move(spec));
}

void AddMissing(const VersionSpecs& others, VersionSpecs* specs) {
  for (const ServableSpec& other : others) {
    if (!Has(*specs, other.id.version)) specs->push_back(other);
  }
}

VersionSpecs Sorted(VersionSpecs specs) {
  absl::c_sort(specs, [](const ServableSpec& a, const ServableSpec& b) {
    return a.id.version < b.id.version;
  });
  return specs;
}

VersionSpecs Only(VersionSpecs specs, const std::set<int64_t>& versions) {
  std::erase_if(specs, [&](const ServableSpec& spec) {
    return versions.count(spec.id.version) == 0;
  });
  return specs;
}

VersionSpecs Without(VersionSpecs specs, const std::set<int64_t>& versions) {
  std::erase_if(specs, [&](const ServableSpec& spec) {
    return versions.count(spec.id.version) > 0;
  });
  return specs;
}

std::vector<int64_t> VersionsOf(const VersionSpecs& specs) {
  std::vector<int64_t> versions;
  for (const ServableSpec& spec : specs) versions.push_back(spec.id.version);
  return versions;
}

bool SameRevisions(const VersionSpecs& a, const VersionSpecs& b) {
  return absl::c_equal(a, b, [](const ServableSpec& x, const ServableSpec& y) {
    return RevisionOf(x) == RevisionOf(y);
  });
}

}  // namespace sconce
