#include "server/runtime/archive/saved_value.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "server/runtime/archive/tensor_claims.h"

namespace sconce {
namespace {

using Kind = PickleValue::Kind;

constexpr int kSearchDepth = 3;
constexpr size_t kLongestName = 100;

// The type in Python.
absl::string_view TypeName(Kind kind) {
  switch (kind) {
    case Kind::kNone:
      return "NoneType";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kText:
      return "str";
    case Kind::kTuple:
      return "tuple";
    case Kind::kList:
      return "list";
    default:
      return "value";
  }
}

// Reads one pickle; its methods are about values of it.
class SavedValue {
 public:
  explicit SavedValue(const Pickle& pickle) : pickle_(pickle) {}

  RecognizedFile Recognize() const;

 private:
  // A value and where in the outermost one it is, as Python subscripts.
  struct Place {
    std::string where;
    const PickleValue* value;
  };

  // The class or function that made a value; nullptr when none did.
  const PickleValue* MakerOf(const PickleValue& value) const;
  // Keys and values of a dict, of an instance of a dict class.
  const PickleValue& PairsOf(const PickleValue& value) const;
  std::string ClassOf(const PickleValue& value) const;
  bool IsTensor(const PickleValue& value) const;
  bool IsModule(const PickleValue& value) const;
  bool IsStateDict(const PickleValue& value) const;
  bool IsDict(const PickleValue& value) const;
  RecognizedFile RecognizeDict() const;
  std::vector<Place> Inside(const Place& outer) const;

  const Pickle& pickle_;
};

const PickleValue* SavedValue::MakerOf(const PickleValue& value) const {
  if (value.kind != Kind::kMade) return nullptr;
  const PickleValue* maker = &pickle_.Item(value, PickleValue::kFunction);
  if (GlobalName(*maker) == "_reconstructor" ||
      GlobalName(*maker) == "__newobj__") {
    maker = &pickle_.Item(pickle_.Item(value, PickleValue::kArguments), 0);
  }
  // Old torch.save kept a module's source beside its class.
  if (maker->kind == Kind::kReference) {
    maker = &pickle_.Item(pickle_.Item(*maker, 0), 1);
  }
  return maker->kind == Kind::kGlobal ? maker : nullptr;
}

const PickleValue& SavedValue::PairsOf(const PickleValue& value) const {
  return value.kind == Kind::kMade ? pickle_.Item(value, PickleValue::kContents)
                                   : value;
}

std::string SavedValue::ClassOf(const PickleValue& value) const {
  const PickleValue* const maker = MakerOf(value);
  if (maker == nullptr) return "";
  const std::string name =
      absl::StrReplaceAll(maker->text, {{"\r", ""}, {"\n", "."}});
  return name.substr(0, kLongestName);
}

bool SavedValue::IsTensor(const PickleValue& value) const {
  const PickleValue* const maker = MakerOf(value);
  return maker != nullptr && absl::StartsWith(GlobalName(*maker), "_rebuild_");
}

// An instance that has what every nn.Module has.
bool SavedValue::IsModule(const PickleValue& value) const {
  if (MakerOf(value) == nullptr) return false;
  const PickleValue& state = pickle_.Item(value, PickleValue::kState);
  for (size_t i = 0; i < state.items.size(); i += 2) {
    if (pickle_.at(state.items[i]).text == "_modules") return true;
  }
  return false;
}

bool SavedValue::IsDict(const PickleValue& value) const {
  const PickleValue* const maker = MakerOf(value);
  return value.kind == Kind::kDict ||
         (maker != nullptr && GlobalName(*maker) == "OrderedDict");
}

// Names stand for tensors, at least half of them; buffers of other kinds may
// be among them.
bool SavedValue::IsStateDict(const PickleValue& value) const {
  const std::vector<uint32_t>& items = PairsOf(value).items;
  if (!IsDict(value) || items.empty()) return false;
  size_t tensors = 0;
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (pickle_.at(items[i]).kind != Kind::kText) return false;
    tensors += IsTensor(pickle_.at(items[i + 1]));
  }
  return 4 * tensors >= items.size();
}

std::vector<SavedValue::Place> SavedValue::Inside(const Place& outer) const {
  std::vector<Place> places;
  const std::vector<uint32_t>& items = PairsOf(*outer.value).items;
  if (!IsDict(*outer.value)) return places;
  for (size_t i = 0; i + 1 < items.size() && i < 200; i += 2) {
    const PickleValue& key = pickle_.at(items[i]);
    if (key.kind != Kind::kText) continue;
    places.push_back({absl::StrCat(outer.where, "['",
                                   key.text.substr(0, kLongestName), "']"),
                      &pickle_.at(items[i + 1])});
  }
  return places;
}

// The outermost module or state_dict in a dict. The state of an optimizer
// holds tensors by number, so that it is none.
RecognizedFile SavedValue::RecognizeDict() const {
  std::vector<Place> level = {{"", &pickle_.root()}};
  for (int depth = 0; depth < kSearchDepth; ++depth) {
    std::vector<Place> deeper;
    for (const Place& outer : level) {
      for (Place& place : Inside(outer)) deeper.push_back(std::move(place));
      if (deeper.size() > 10'000) break;
    }
    for (const Place& place : deeper) {
      if (IsModule(*place.value)) {
        return {
            ArchiveKind::kModule,
            absl::StrCat("a checkpoint with a whole module under ", place.where,
                         ", an instance of ", ClassOf(*place.value))};
      }
      if (IsStateDict(*place.value)) {
        return {ArchiveKind::kCheckpoint,
                absl::StrCat("a checkpoint of a training run; the weights are "
                             "under ",
                             place.where)};
      }
    }
    level = std::move(deeper);
  }
  return {ArchiveKind::kPickle, "a dict, without weights of a model"};
}

RecognizedFile SavedValue::Recognize() const {
  const PickleValue& root = pickle_.root();
  if (IsTensor(root)) return {ArchiveKind::kTensors, "a single tensor"};
  if (IsModule(root)) {
    return {ArchiveKind::kModule,
            absl::StrCat("a whole module: an instance of ", ClassOf(root))};
  }
  if (IsStateDict(root)) {
    return {ArchiveKind::kStateDict,
            "a state_dict: weights without the code of the model"};
  }
  if (IsDict(root)) return RecognizeDict();
  if (MakerOf(root) != nullptr) {
    return {ArchiveKind::kPickle,
            absl::StrCat("a pickled object that is no PyTorch module: ",
                         ClassOf(root))};
  }
  for (const PickleValue& value : pickle_.values()) {
    if (IsTensor(value)) return {ArchiveKind::kTensors, "a list of tensors"};
  }
  return {ArchiveKind::kPickle,
          absl::StrCat("a pickled ", TypeName(root.kind), " without tensors")};
}

}  // namespace

RecognizedFile RecognizeSavedValue(const Pickle& pickle) {
  return SavedValue(pickle).Recognize();
}

}  // namespace sconce
