// Where an output goes: a file that appears whole or not at all, standard
// output, or a device or pipe that is there already.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace builder {

class OutputFile {
 public:
  // "-" is standard output. A regular file is written under another name beside
  // it until commit(); whatever else exists is written to as it is.
  // Throws: system, denied, not_found (the directory).
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // Without a commit() nothing is left of a file.
  ~OutputFile();

  void write(std::string_view bytes);
  // The last call.
  void commit();

 private:
  std::filesystem::path path_;
  std::string temporary_;  // empty when it is written in place
  base::Fd file_;
};

}  // namespace builder
