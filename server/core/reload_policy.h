// ReloadPolicy: in which order a version takes another's place.
#ifndef SERVER_CORE_RELOAD_POLICY_H_
#define SERVER_CORE_RELOAD_POLICY_H_

namespace sconce {

enum class ReloadPolicy {
  // The new version is ready before the old one goes. Needs memory for both.
  kPreserveAvailability,
  // The old version goes first. The model cannot be used meanwhile.
  kPreserveResources,
};

}  // namespace sconce

#endif  // SERVER_CORE_RELOAD_POLICY_H_
