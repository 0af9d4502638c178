// ReloadPolicy: what is given up while a version takes the place of another.
#ifndef SERVER_CORE_RELOAD_POLICY_H_
#define SERVER_CORE_RELOAD_POLICY_H_

namespace sconce {

enum class ReloadPolicy {
  kPreserveAvailability,  // the new one is loaded, then the old one unloaded
  kPreserveResources,     // the old one goes first: never memory for both
};

}  // namespace sconce

#endif  // SERVER_CORE_RELOAD_POLICY_H_
