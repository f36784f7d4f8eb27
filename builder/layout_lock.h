// flock(2) on the directory of an image layout: writers of a build cache take
// turns, and a reader sees index.json with the blobs it names. The lock needs
// no file of its own and is gone with its process. Nobody waits for ever: a
// directory may lie on a file system that others share.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stop_token>

#include "base/fd.h"

namespace builder {

class LayoutLock {
 public:
  enum class Mode { shared, exclusive };

  // nullopt when others held it for all that time, or the file system knows no
  // locks. Throws: not_found, denied, system; cancelled after a request to
  // stop.
  static std::optional<LayoutLock> try_for(
      const std::filesystem::path& directory, Mode mode,
      std::chrono::milliseconds patience, const std::stop_token& stop = {});

 private:
  explicit LayoutLock(base::Fd directory) : directory_(std::move(directory)) {}
  base::Fd directory_;
};

}  // namespace builder
