#include "cli/line_buffer.h"

#include "cli/clean_text.h"

namespace cli {
namespace {

constexpr std::size_t kMaxLineBytes = 64U << 10U;

}  // namespace

void LineBuffer::append(std::string_view bytes, const OnLine& on_line) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    partial_ += bytes.substr(0, end);
    if (end == std::string_view::npos) {
      if (partial_.size() < kMaxLineBytes) return;
      // Of a progress bar only the last state matters.
      if (const std::size_t at = partial_.rfind('\r', partial_.size() - 2);
          at != std::string::npos) {
        partial_.erase(0, at + 1);
        return;
      }
      bytes = {};
    } else {
      bytes.remove_prefix(end + 1);
    }
    on_line(clean_line(partial_));
    partial_.clear();
  }
}

std::string LineBuffer::partial() const { return clean_line(partial_); }

}  // namespace cli
