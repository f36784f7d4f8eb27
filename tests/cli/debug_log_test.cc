#include "cli/debug_log.h"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

namespace {

const std::chrono::steady_clock::time_point kStart{1h};

}  // namespace

TEST_CASE("a span is one line that ends with the time it took", "[debug_log]") {
  CHECK(cli::render_debug_line(
            {"step", "find", kStart + 2ms, 1500us, 1, {{"key", "abc"}}},
            kStart) == "debug 3.500ms step: find key=abc took=1.500ms\n");
}

TEST_CASE("a note is one line", "[debug_log]") {
  CHECK(cli::render_debug_line({"cli", "note", kStart + 1ms, {}, 1, {}},
                               kStart) == "debug 1.000ms cli: note\n");
}

TEST_CASE("values that are not one word are in quotes", "[debug_log]") {
  CHECK(
      cli::render_debug_line({"cli",
                              "note",
                              kStart,
                              {},
                              1,
                              {{"a", ""}, {"b", "x y"}, {"c", "say \"a\"\n"}}},
                             kStart) ==
      "debug 0.000ms cli: note a=\"\" b=\"x y\" c=\"say \\\"a\\\"\\n\"\n");
}

TEST_CASE("a debug line cannot drive the terminal", "[debug_log]") {
  CHECK(cli::render_debug_line(
            {"step", "RUN \x1b[2J\nx", kStart, {}, 1, {{"f", "\x1b]0;t\a"}}},
            kStart) == "debug 0.000ms step: RUN \\nx f=\n");
}
