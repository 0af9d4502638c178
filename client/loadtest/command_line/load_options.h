// LoadOptions: the command line of sconce-load.
#ifndef CLIENT_LOADTEST_COMMAND_LINE_LOAD_OPTIONS_H_
#define CLIENT_LOADTEST_COMMAND_LINE_LOAD_OPTIONS_H_

#include <string>
#include <variant>
#include <vector>

#include "client/loadtest/arrivals/load_shape.h"
#include "client/loadtest/payload/entry_spec.h"
#include "client/loadtest/sending/load_plan.h"
#include "sconce/client_options.h"

namespace sconce::load {

struct LoadOptions {
  ClientOptions connection;
  std::string management;            // host:port; "": not to be asked
  bool management_is_named = false;  // it has to answer

  std::vector<EntrySpec> entries;
  std::string mix_file;

  LoadShape shape;
  // Its setup lacks what only the server tells. A trace's window is 0 where
  // none was given: as long as the trace.
  LoadPlan plan;

  // "": where it is by default, if it answers; "off"; or a URL.
  std::string metrics;

  bool json = false;
  std::string output;
  bool quiet = false;

  double rate = 100;          // where the search begins
  std::vector<double> sweep;  // one run for each
  bool find_max = false;
};

// What to print and the code to end with, where there is nothing to run.
struct ExitRequest {
  int code = 0;
  std::string text;
};

// Reads certificates, and nothing else, from files.
std::variant<LoadOptions, ExitRequest> ParseCommandLine(
    int argc, const char* const* argv);

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_COMMAND_LINE_LOAD_OPTIONS_H_
