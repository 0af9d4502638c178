// Whether a TorchScript archive holds the bytes that were written into it.
#ifndef SERVER_RUNTIME_ARCHIVE_INTEGRITY_H_
#define SERVER_RUNTIME_ARCHIVE_INTEGRITY_H_

#include <cstdint>

#include "absl/status/status.h"

#include "server/runtime/archive/zip_archive.h"

namespace sconce {

// Checks what LibTorch does not: that names are unambiguous, that compressed
// records stay small, that every record matches its checksum, that the
// pickles are nested as deep as LibTorch can walk, and that each storage has
// all of its bytes. Reads the whole file once. INVALID_ARGUMENT names the
// record.
absl::Status CheckIntegrity(const ZipArchive& archive);

// Most bytes of all compressed records together, uncompressed. torch.jit.save
// compresses code and nothing else.
constexpr uint64_t kMaxInflated = 256 << 20;
// Most bytes of one pickle; tensors are not in it.
constexpr uint64_t kMaxPickle = 64 << 20;
// Levels of values in a pickle; a module takes two.
constexpr size_t kMaxPickleDepth = 1000;

}  // namespace sconce

#endif  // SERVER_RUNTIME_ARCHIVE_INTEGRITY_H_
