#include "parser/joined_text.h"

#include <algorithm>

#include "parser/unicode.h"

namespace parser {

namespace {

Position advance(Position at, std::size_t bytes) {
  return Position{at.line, at.column + static_cast<std::uint32_t>(bytes)};
}

}  // namespace

void JoinedText::append(std::string_view piece, Position at) {
  const bool goes_on = !segments_.empty() &&
                       advance(segments_.back().at,
                               text_.size() - segments_.back().offset) == at;
  if (!goes_on) segments_.push_back(Segment{text_.size(), at});
  text_ += piece;
}

Position JoinedText::position(std::size_t offset) const {
  // The last segment that starts at or before the byte; one behind the last
  // byte belongs to the segment of that byte.
  const std::size_t probe =
      offset == text_.size() && offset > 0 ? offset - 1 : offset;
  const auto behind = std::upper_bound(
      segments_.begin(), segments_.end(), probe,
      [](std::size_t o, const Segment& segment) { return o < segment.offset; });
  if (behind == segments_.begin()) return Position{};
  const Segment& segment = *std::prev(behind);
  return advance(segment.at, offset - segment.offset);
}

Range JoinedText::range(std::size_t begin, std::size_t end) const {
  const Position start = position(begin);
  if (begin >= end) return Range{start, start};
  return Range{start, advance(position(end - 1), 1)};
}

Slice Slice::trimmed() const {
  const std::string_view all = text();
  const std::string_view inner = trim_spaces(all);
  // Nothing but white space leaves nothing, at the end of it.
  const std::size_t begin =
      inner.empty() ? all.size()
                    : static_cast<std::size_t>(inner.data() - all.data());
  return sub(begin, begin + inner.size());
}

}  // namespace parser
