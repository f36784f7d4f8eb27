// Writes the files of an OCI image layout (image-spec v1.1 image-layout.md)
// into a directory, or into one tar.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "store/byte_stream.h"

namespace builder {

enum class LayoutForm { archive, directory };

// Names are relative; directories come before what is in them.
class LayoutWriter {
 public:
  using Write = std::function<void(const store::ByteSink& sink)>;

  virtual ~LayoutWriter() = default;
  virtual void add_directory(const std::string& path) = 0;
  virtual void add(const std::string& path, std::string_view content) = 0;
  // `write` gives exactly `size_bytes` to its sink.
  virtual void add_blob(const std::string& path, std::uint64_t size_bytes,
                        const Write& write) = 0;
  // The last call: what was there under the name is replaced now.
  virtual void finish() = 0;
};

// An archive may go to "-", standard output. A directory gets the files at its
// top when finish() is called: until then it is the layout it was.
// Throws: system, denied, cancelled.
std::unique_ptr<LayoutWriter> open_layout_writer(
    const std::filesystem::path& destination, LayoutForm form,
    std::stop_token stop);

}  // namespace builder
