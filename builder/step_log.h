// The whole output of one step: to progress as it comes, to a file, and its
// tail kept for the error if the step fails.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "builder/progress.h"

namespace builder {

// Used by the thread of its step only.
class StepLog {
 public:
  // The file is made at the first output. `secrets` are values that are shown
  // as "***", whole and each of their lines, in progress, file and tail alike.
  StepLog(std::filesystem::path file, std::size_t number, Progress& progress,
          std::vector<std::string> secrets);

  void write(runtime::Stream stream, std::string_view bytes);
  // Hands on what was held back because a secret could have begun in it.
  void flush();

  // Tells what the step's user should know beside its output.
  void warn(std::string_view text) { progress_.warning(text); }

  // A line of ours among its output, for who looks on: the file has what the
  // step itself printed.
  void tell(std::string_view line) {
    progress_.output(number_, runtime::Stream::standard_error,
                     std::string(line) + '\n');
  }

  // The last lines and where the rest is, for an error's excerpt.
  std::string render_tail() const;

 private:
  void add_secret(std::string_view secret);
  void add_value(std::string_view value);
  void release(runtime::Stream stream, std::size_t count);
  void emit(runtime::Stream stream, std::string_view bytes);
  void keep(std::string_view bytes);

  std::filesystem::path path_;
  std::size_t number_;
  Progress& progress_;
  std::vector<std::string> secrets_;
  std::string held_[2];  // by stream, not masked yet
  std::optional<base::Fd> file_;
  bool is_lost_ = false;  // the file could not be written to its end
  std::string tail_;
};

}  // namespace builder
