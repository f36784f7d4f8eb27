// The last lines on the screen, which are rewritten in place, and what scrolls
// away above them.
//
// Writes nothing itself: each call returns the bytes that change what it
// returned before into what shall be there now, for one write(2). The cursor
// rests below the region. Frames are wrapped in synchronized output (mode 2026)
// so that no half of one is shown; terminals that do not know it ignore it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace cli {

class LiveRegion {
 public:
  // Puts `lasting` lines above the region, to stay, and makes the region
  // `live`, whose lines are less than `columns` wide. Empty when nothing
  // changes. A region without live lines leaves no escape sequence behind it.
  std::string update(const std::vector<std::string>& lasting,
                     const std::vector<std::string>& live, std::size_t columns);

 private:
  std::size_t count_rows(std::size_t columns) const;

  std::vector<std::string> shown_;
  std::size_t columns_ = 0;
  bool is_cursor_hidden_ = false;
};

}  // namespace cli
