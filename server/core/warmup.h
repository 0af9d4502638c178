// WarmUp: runs a servable on made-up inputs before clients see it.
#ifndef SERVER_CORE_WARMUP_H_
#define SERVER_CORE_WARMUP_H_

#include "server/core/servable.h"

namespace sconce {

// Sends zero-filled requests of 1, 2, 4, … rows up to the model's batch size
// through the ordinary request path and waits for the answers. That pays the
// first-run costs and teaches the signature the outputs. Does nothing when an
// input's type or shape is unknown. A model that fails on zeros is not at
// fault: the outcome is logged at debug level only.
void WarmUp(Servable* servable);

}  // namespace sconce

#endif  // SERVER_CORE_WARMUP_H_
