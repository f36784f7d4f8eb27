// Bytes of one stream as they come, cut into lines that may be shown.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace cli {

class LineBuffer {
 public:
  using OnLine = std::function<void(std::string line)>;

  // Calls back with each line that became whole, clean (clean_text.h). A line
  // that does not end for 64 KiB is handed on in parts, so that a step cannot
  // fill our memory.
  void append(std::string_view bytes, const OnLine& on_line);

  // The line that has no end yet, clean; empty when there is none.
  std::string partial() const;
  bool has_partial() const noexcept { return !partial_.empty(); }
  void clear() { partial_.clear(); }

 private:
  std::string partial_;
};

}  // namespace cli
