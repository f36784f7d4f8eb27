// The lock between those who add links to blobs and the one who collects blobs
// (blob_store.h says what it is for). Private to the blob store.
#pragma once

#include <filesystem>

#include "base/fd.h"

namespace store {

class BlobsLock {
 public:
  enum class Mode { shared, exclusive };
  // Waits for it. `blobs` is the directory. Throws: system.
  BlobsLock(const std::filesystem::path& blobs, Mode mode);

 private:
  base::Fd directory_;  // closing it unlocks
};

}  // namespace store
