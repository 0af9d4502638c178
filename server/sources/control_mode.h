// ControlMode: who decides which models are loaded.
#ifndef SERVER_SOURCES_CONTROL_MODE_H_
#define SERVER_SOURCES_CONTROL_MODE_H_

namespace sconce {

enum class ControlMode {
  kNone,      // all that the repositories hold when the server starts
  kPoll,      // what they hold, as it changes
  kExplicit,  // what clients, or the flags at the start, ask for
};

}  // namespace sconce

#endif  // SERVER_SOURCES_CONTROL_MODE_H_
