// Lists of ServableSpec: the versions of one model, at most one spec of each.
#ifndef SERVER_SOURCES_VERSION_SPECS_H_
#define SERVER_SOURCES_VERSION_SPECS_H_

#include <cstdint>
#include <set>
#include <vector>

#include "server/core/loader.h"

namespace sconce {

using VersionSpecs = std::vector<ServableSpec>;

bool Has(const VersionSpecs& specs, int64_t version);

// Takes `spec` in, in place of the one of its version.
void Put(ServableSpec spec, VersionSpecs* specs);

// Takes those in whose versions `specs` does not have.
void AddMissing(const VersionSpecs& others, VersionSpecs* specs);

// Ascending by version.
VersionSpecs Sorted(VersionSpecs specs);

VersionSpecs Only(VersionSpecs specs, const std::set<int64_t>& versions);
VersionSpecs Without(VersionSpecs specs, const std::set<int64_t>& versions);

// In the order of `specs`.
std::vector<int64_t> VersionsOf(const VersionSpecs& specs);

// Whether both have the same versions, with the same content, in one order.
bool SameRevisions(const VersionSpecs& a, const VersionSpecs& b);

}  // namespace sconce

#endif  // SERVER_SOURCES_VERSION_SPECS_H_
