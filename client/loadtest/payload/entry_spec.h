// EntrySpec: what was asked for one entry of the mix.
#ifndef CLIENT_LOADTEST_PAYLOAD_ENTRY_SPEC_H_
#define CLIENT_LOADTEST_PAYLOAD_ENTRY_SPEC_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sconce::load {

struct EntrySpec {
  std::string name;     // of reports and traces; "": made from the model's
  std::string model;    // "net", "detector:predict_boxes"
  std::string version;  // number or alias; "": the server chooses
  double weight = 1;

  // By the input's name: the path of an .npy file, or values as JSON.
  std::map<std::string, std::string> inputs;
  std::string npz;  // path of a file with an array for each input; or ""

  // Of made-up inputs: all sizes, -1 for those that the batch or 1 fills.
  std::map<std::string, std::vector<int64_t>> shapes;
  int64_t batch = 1;  // fills a first size that is open

  std::string expect;  // path of an .npz file with the right outputs; or ""
  double tolerance = 1e-4;

  // The model's golden examples: true wants them or an error, false does not
  // want them. Nothing: they are used where no input, shape, batch or expected
  // output is given and the server tells them.
  std::optional<bool> use_golden;
};

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_PAYLOAD_ENTRY_SPEC_H_
