// SequencePlace: the sequence that a request belongs to.
#ifndef SERVER_CORE_SEQUENCE_PLACE_H_
#define SERVER_CORE_SEQUENCE_PLACE_H_

#include <string>

namespace sconce {

// A request's sequence, and its place there. Sequences of one id are different
// ones where their clients asked for the model in different ways.
struct SequencePlace {
  std::string id;  // as messages show it; a string's is quoted: '7' is not 7
  bool start = false;  // begins the sequence, anew if it is known
  bool end = false;    // the last request of the sequence
  // The version as the request wrote it: "" (none), an alias, or a number.
  std::string route;
};

}  // namespace sconce

#endif  // SERVER_CORE_SEQUENCE_PLACE_H_
