#include "cli/bounded_text.h"

#include <algorithm>

namespace cli {

BoundedText::BoundedText(std::size_t most_head_bytes,
                         std::size_t most_tail_bytes)
    : most_head_bytes_(most_head_bytes), most_tail_bytes_(most_tail_bytes) {}

void BoundedText::append(std::string_view bytes) {
  total_bytes_ += bytes.size();
  const std::size_t first =
      std::min(bytes.size(), most_head_bytes_ - head_.size());
  head_ += bytes.substr(0, first);
  bytes.remove_prefix(first);
  if (bytes.size() > most_tail_bytes_) {
    bytes.remove_prefix(bytes.size() - most_tail_bytes_);
    tail_.clear();
  }
  tail_ += bytes;
  if (tail_.size() > 2 * most_tail_bytes_) {
    tail_.erase(0, tail_.size() - most_tail_bytes_);
  }
}

BoundedText::Parts BoundedText::parts() const {
  if (head_.size() + tail_.size() == total_bytes_ &&
      tail_.size() <= most_tail_bytes_) {
    return {head_ + tail_, 0, {}};
  }
  std::string_view head = head_;
  if (const std::size_t end = head.rfind('\n'); end != head.npos) {
    head = head.substr(0, end + 1);
  }
  std::string_view tail = tail_;
  tail.remove_prefix(tail.size() - std::min(tail.size(), most_tail_bytes_));
  // The last line end may be all of it.
  if (const std::size_t end = tail.find('\n'); end + 1 < tail.size()) {
    tail.remove_prefix(end + 1);
  }
  return {std::string(head), total_bytes_ - head.size() - tail.size(),
          std::string(tail)};
}

}  // namespace cli
