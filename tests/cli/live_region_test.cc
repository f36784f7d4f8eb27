// What is written is read by a very small terminal, so that the tests speak of
// what stands on the screen. tests/e2e asks a real one.
#include "cli/live_region.h"

#include <catch2/catch.hpp>

using cli::LiveRegion;
using Lines = std::vector<std::string>;

namespace {

// Knows what a LiveRegion uses: line feeds, and the control sequences A (up),
// K (clear to the end of the line), J (clear below), ?25h and ?25l.
class TinyTerminal {
 public:
  void write(const std::string& bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
      if (bytes[i] == '\n') {
        ++row_;
        column_ = 0;
        ++i;
      } else if (bytes[i] == '\r') {
        column_ = 0;
        ++i;
      } else if (bytes[i] == '\x1b') {
        const std::size_t end = bytes.find_first_of("AKJhl", i);
        control(bytes.substr(i + 2, end - i - 2), bytes[end]);
        i = end + 1;
      } else {
        put(bytes[i++]);
      }
    }
  }
  Lines rows;
  bool has_cursor = true;

 private:
  std::string& row() {
    if (rows.size() <= row_) rows.resize(row_ + 1);
    return rows[row_];
  }
  void put(char c) {
    row().resize(std::max(row().size(), column_ + 1), ' ');
    row()[column_++] = c;
  }
  void control(const std::string& number, char kind) {
    if (kind == 'A') row_ -= std::stoul(number);
    if (kind == 'K') row().resize(std::min(row().size(), column_));
    if (kind == 'J') rows.resize(row_);
    if (number == "?25") has_cursor = kind == 'h';
  }
  std::size_t row_ = 0;
  std::size_t column_ = 0;
};

struct Drawn {
  LiveRegion region;
  TinyTerminal terminal;
  Lines draw(const Lines& lasting, const Lines& live,
             std::size_t columns = 80) {
    terminal.write(region.update(lasting, live, columns));
    return terminal.rows;
  }
};

}  // namespace

TEST_CASE("live lines are rewritten in place", "[live_region]") {
  Drawn drawn;
  CHECK(drawn.draw({}, {"one", "two"}) == Lines{"one", "two"});
  CHECK(drawn.draw({}, {"1", "second", "third"}) ==
        Lines{"1", "second", "third"});
  CHECK(drawn.draw({}, {"only"}) == Lines{"only"});
}

TEST_CASE("lasting lines stay above the live ones", "[live_region]") {
  Drawn drawn;
  drawn.draw({}, {"running a", "output of a"});
  CHECK(drawn.draw({"done a"}, {"running b"}) == Lines{"done a", "running b"});
  CHECK(drawn.draw({"done b"}, {}) == Lines{"done a", "done b"});
}

TEST_CASE("the cursor is hidden while there are live lines", "[live_region]") {
  Drawn drawn;
  drawn.draw({}, {"running"});
  CHECK_FALSE(drawn.terminal.has_cursor);
  drawn.draw({"done"}, {});
  CHECK(drawn.terminal.has_cursor);
}

TEST_CASE("what has not changed is not written again", "[live_region]") {
  LiveRegion region;
  CHECK(region.update({}, {}, 80).empty());
  CHECK_FALSE(region.update({}, {"running"}, 80).empty());
  CHECK(region.update({}, {"running"}, 80).empty());
  CHECK_FALSE(region.update({}, {}, 80).empty());
  CHECK(region.update({}, {}, 80).empty());
}

TEST_CASE("lines that were never live come without any escape sequence",
          "[live_region]") {
  LiveRegion region;
  CHECK(region.update({"warning", "built"}, {}, 80) == "warning\nbuilt\n");
}

TEST_CASE("a terminal that became narrower has broken the lines",
          "[live_region]") {
  Drawn drawn;
  drawn.draw({"above"}, {"123456789", "1234"});
  // What it has done: at four columns those are four rows.
  drawn.terminal = {};
  drawn.terminal.write("above\n1234\n5678\n9\n1234\n");
  CHECK(drawn.draw({}, {"new"}, 4) == Lines{"above", "new"});
}
