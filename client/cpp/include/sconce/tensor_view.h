// TensorView: a tensor in memory that somebody else owns.
#ifndef CLIENT_CPP_INCLUDE_SCONCE_TENSOR_VIEW_H_
#define CLIENT_CPP_INCLUDE_SCONCE_TENSOR_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "sconce/data_type.h"

namespace sconce {
inline namespace client {

// The sizes of a tensor's dimensions, outermost first. [] is a scalar.
using Shape = absl::InlinedVector<int64_t, 6>;

// Type, shape and bytes of a tensor: row-major, little-endian, without padding.
// The bytes are borrowed; copies of a view refer to the same bytes. Whoever
// hands a view out says how long they live.
class TensorView {
 public:
  TensorView() = default;
  TensorView(DataType type, absl::Span<const int64_t> shape,
             absl::Span<const uint8_t> bytes)
      : type_(type), shape_(shape.begin(), shape.end()), bytes_(bytes) {}

  // A view of the elements of a std::vector, std::array or absl::Span of one
  // of the C++ types that have a DataTypeOf. `values` has to outlive the view.
  template <typename Container>
  static TensorView Of(const Container& values,
                       absl::Span<const int64_t> shape) {
    using T =
        std::remove_const_t<std::remove_pointer_t<decltype(values.data())>>;
    return {DataTypeOf<T>::value, shape,
            absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(values.data()),
                                values.size() * sizeof(T))};
  }

  DataType type() const { return type_; }
  absl::Span<const int64_t> shape() const { return shape_; }
  absl::Span<const uint8_t> bytes() const { return bytes_; }

  // The elements. INVALID_ARGUMENT when the tensor is of another type or its
  // bytes are not aligned for T (those of an InferResult always are).
  template <typename T>
  absl::StatusOr<absl::Span<const T>> Values() const {
    const absl::Status fits =
        CheckFits(DataTypeOf<T>::value, sizeof(T), alignof(T));
    if (!fits.ok()) return fits;
    return absl::MakeConstSpan(reinterpret_cast<const T*>(bytes_.data()),
                               bytes_.size() / sizeof(T));
  }

  // The elements of a BYTES tensor; they refer to its bytes.
  // INVALID_ARGUMENT when it is of another type or malformed.
  absl::StatusOr<std::vector<absl::string_view>> Strings() const;

  // Whether the bytes are as many as type and shape ask for. INVALID_ARGUMENT
  // names both numbers.
  absl::Status Validate() const;

 private:
  absl::Status CheckFits(DataType wanted, size_t size, size_t alignment) const;

  DataType type_ = DataType::kFp32;
  Shape shape_;
  absl::Span<const uint8_t> bytes_;
};

// "[1,3,224,224]"; "[]" for a scalar.
std::string ShapeToString(absl::Span<const int64_t> shape);

// The bytes of a BYTES tensor with these elements: each is preceded by its
// length, four bytes. Elements have less than 4 GiB.
std::string EncodeStrings(absl::Span<const absl::string_view> values);

}  // namespace client
}  // namespace sconce

#endif  // CLIENT_CPP_INCLUDE_SCONCE_TENSOR_VIEW_H_
