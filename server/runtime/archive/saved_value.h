// What torch.save wrote, by the value that its pickle describes.
#ifndef SERVER_RUNTIME_ARCHIVE_SAVED_VALUE_H_
#define SERVER_RUNTIME_ARCHIVE_SAVED_VALUE_H_

#include "server/runtime/archive/archive_kind.h"
#include "server/runtime/archive/pickle.h"

namespace sconce {

// A state_dict, a checkpoint, a whole module, tensors or another object.
RecognizedFile RecognizeSavedValue(const Pickle& pickle);

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_SAVED_VALUE_H_
