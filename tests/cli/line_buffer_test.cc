#include "cli/line_buffer.h"

#include <catch2/catch.hpp>
#include <vector>

using cli::LineBuffer;

namespace {

struct Lines {
  LineBuffer buffer;
  std::vector<std::string> seen;
  void append(std::string_view bytes) {
    buffer.append(bytes, [this](std::string line) { seen.push_back(line); });
  }
};

}  // namespace

TEST_CASE("lines are whole however the bytes come", "[line_buffer]") {
  Lines lines;
  for (const char c : std::string("one\n\ntwo\nthr")) lines.append({&c, 1});
  CHECK(lines.seen == std::vector<std::string>{"one", "", "two"});
  CHECK(lines.buffer.partial() == "thr");
  lines.append("ee\n");
  CHECK(lines.seen.back() == "three");
  CHECK_FALSE(lines.buffer.has_partial());
}

TEST_CASE("an escape sequence in two pieces is still one", "[line_buffer]") {
  Lines lines;
  lines.append("a\x1b[3");
  CHECK(lines.buffer.partial() == "a");
  lines.append("1mb\n");
  CHECK(lines.seen == std::vector<std::string>{"ab"});
}

TEST_CASE("a progress bar shows its last state before its line ends",
          "[line_buffer]") {
  Lines lines;
  lines.append("10%\r20%\r30%");
  CHECK(lines.buffer.partial() == "30%");
}

TEST_CASE("a line without an end does not grow for ever", "[line_buffer]") {
  Lines lines;
  for (int i = 0; i < 1000; ++i) lines.append(std::string(1000, 'x'));
  CHECK(lines.seen.size() >= 15);
  std::size_t bytes = lines.buffer.partial().size();
  for (const std::string& line : lines.seen) bytes += line.size();
  CHECK(bytes == 1'000'000);
}

TEST_CASE("a progress bar never becomes more than its last state",
          "[line_buffer]") {
  Lines lines;
  for (int i = 0; i < 100'000; ++i) lines.append("\r" + std::to_string(i));
  CHECK(lines.buffer.partial() == "99999");
  lines.append("\n");
  CHECK(lines.seen == std::vector<std::string>{"99999"});
}
