// ModelRoutes: names and weights that lead requests to versions of a model.
#ifndef SERVER_CORE_MODEL_ROUTES_H_
#define SERVER_CORE_MODEL_ROUTES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sconce {

// The part of the requests that name no version which a version gets: its
// weight over the sum of all.
struct TrafficShare {
  int64_t version = 0;
  uint32_t weight = 0;
};

struct ModelRoutes {
  std::map<std::string, int64_t> aliases;  // "stable" -> 3
  std::vector<TrafficShare> traffic;       // empty: the highest ready version
};

}  // namespace sconce

#endif  // SERVER_CORE_MODEL_ROUTES_H_
