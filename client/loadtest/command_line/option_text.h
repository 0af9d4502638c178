// What the options of sconce-load say, from their text. Each throws
// CLI::ValidationError in one line, with `option` in it, for a text that is
// wrong.
#ifndef CLIENT_LOADTEST_COMMAND_LINE_OPTION_TEXT_H_
#define CLIENT_LOADTEST_COMMAND_LINE_OPTION_TEXT_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "client/loadtest/measure/run_result.h"
#include "client/loadtest/payload/entry_spec.h"

namespace sconce::load {

// A list of numbers, none negative, as "1,2,3" or "1:2".
struct NumberList {
  std::string form;  // for people: "R1,R2,…"
  char separator = ',';
  size_t least = 1;  // how many there have to be
  size_t most = 1000;
};
std::vector<double> ReadNumbers(const std::string& option,
                                const std::string& text,
                                const NumberList& list);

// "MS" or "MS@PERCENT".
void ReadSlo(const std::string& option, const std::string& text,
             RunSetup* setup);

// "NAME[:METHOD][@VERSION]".
void ReadModel(const std::string& option, const std::string& text,
               EntrySpec* entry);

// "NAME=TEXT", neither of them empty.
std::pair<std::string, std::string> ReadNamed(const std::string& option,
                                              const std::string& text);

// "NAME=D,D"; sizes of 0 and more, -1 for one that is left open.
void ReadShape(const std::string& option, const std::string& text,
               EntrySpec* entry);

// The host of "host:port"; "" where an address has another form.
std::string HostOf(const std::string& address);

// Whether what goes there stays on this machine.
bool IsThisMachine(const std::string& host);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_COMMAND_LINE_OPTION_TEXT_H_
