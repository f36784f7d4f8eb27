// Where an output goes: a file that appears whole or not at all, standard
// output, or a device or pipe that is there already.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace builder {

class OutputFile {
 public:
  // "-" is standard output. A regular file is written under another name beside
  // it until commit(), and keeps the mode and owner it had; whatever else
  // exists is written to as it is. A request to stop is heard also while nobody
  // reads what we write. Throws: system, denied, invalid_input, cancelled.
  OutputFile(const std::filesystem::path& path, std::stop_token stop);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  // Without a commit() nothing is left of a file.
  ~OutputFile();

  void write(std::string_view bytes);
  // The last call.
  void commit();

 private:
  void open_in_place();
  void open_beside();
  void write_pipe(std::string_view bytes);

  std::filesystem::path path_;
  std::stop_token stop_;
  std::filesystem::path temporary_;  // empty when it is written in place
  base::Fd file_;
  bool is_pipe_ = false;
};

}  // namespace builder
