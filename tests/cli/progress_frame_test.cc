// The frame as a pure function of state, screen and time.
#include "cli/progress_frame.h"

#include <catch2/catch.hpp>

#include "cli/text_width.h"

using cli::Clock;
using cli::FrameState;
using cli::render_frame;
using cli::Screen;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

const Clock::time_point kNow = Clock::time_point(1h);

Screen screen_of(std::size_t columns, std::size_t rows) {
  return {columns, rows, false, true};
}

cli::RunningWork work(const std::string& title, Clock::duration since,
                      Lines tail = {}) {
  return {title, kNow - since, std::move(tail)};
}

}  // namespace

TEST_CASE("nothing running is an empty frame", "[progress_frame]") {
  CHECK(render_frame({}, screen_of(80, 24), kNow).empty());
}

TEST_CASE("a running step shows its time, its title and its last lines",
          "[progress_frame]") {
  const FrameState state{0, {work("[build 2/5] RUN make", 1234ms, {"a", "b"})}};
  CHECK(render_frame(state, screen_of(80, 24), kNow) ==
        Lines{"> 1.2s   [build 2/5] RUN make", "         a", "         b"});
}

TEST_CASE("cached steps are one line", "[progress_frame]") {
  CHECK(render_frame({4, {}}, screen_of(80, 24), kNow) ==
        Lines{"  4 steps cached"});
  CHECK(render_frame({1, {}}, screen_of(80, 24), kNow) ==
        Lines{"  1 step cached"});
}

TEST_CASE("no line is as wide as the screen", "[progress_frame]") {
  const FrameState state{
      11,
      {work("[build 2/5] RUN " + std::string(300, 'x'), 70s,
            {std::string(300, 'y'), "日本語日本語日本語日本語日本語日本語"})}};
  for (std::size_t columns = 1; columns < 100; ++columns) {
    const Lines lines = render_frame(state, screen_of(columns, 24), kNow);
    CHECK(lines.size() == 4);
    for (const std::string& line : lines) {
      // The mark itself is never cut.
      CHECK(cli::text_width(line) <= std::max<std::size_t>(columns - 1, 1));
    }
  }
  CHECK(render_frame(state, screen_of(30, 24), kNow) ==
        Lines{"  11 steps cached", "> 1m10s  [build 2/5] RUN xxx…",
              "         yyyyyyyyyyyyyyyyyyy…", "         日本語日本語日本語…"});
}

TEST_CASE("a frame has fewer lines than the screen has rows",
          "[progress_frame]") {
  FrameState state{3, {}};
  for (int i = 0; i < 12; ++i) {
    state.running.push_back(
        work("RUN " + std::to_string(i), i * 1s, Lines(6, "output")));
  }
  for (std::size_t rows = 2; rows < 60; ++rows) {
    CHECK(render_frame(state, screen_of(80, rows), kNow).size() < rows);
  }
}

TEST_CASE("the longest running steps are shown, the others counted",
          "[progress_frame]") {
  const FrameState state{
      0, {work("a", 1s), work("b", 4s), work("c", 3s), work("d", 2s)}};
  CHECK(render_frame(state, screen_of(80, 4), kNow) ==
        Lines{"> 4.0s   b", "> 3.0s   c", "  +2 more"});
  CHECK(render_frame(state, screen_of(80, 5), kNow) ==
        Lines{"> 4.0s   b", "> 3.0s   c", "> 2.0s   d", "> 1.0s   a"});
}

TEST_CASE("steps that run at the same time share the rows",
          "[progress_frame]") {
  const Lines tail = {"1", "2", "3", "4", "5", "6"};
  const FrameState alone{0, {work("a", 2s, tail)}};
  CHECK(render_frame(alone, screen_of(80, 24), kNow).size() == 7);
  CHECK(render_frame(alone, screen_of(80, 5), kNow) ==
        Lines{"> 2.0s   a", "         4", "         5", "         6"});
  const FrameState both{0, {work("a", 2s, tail), work("b", 1s, tail)}};
  CHECK(render_frame(both, screen_of(80, 24), kNow).size() == 8);
  CHECK(render_frame(both, screen_of(80, 6), kNow) ==
        Lines{"> 2.0s   a", "         6", "> 1.0s   b", "         5",
              "         6"});
}

TEST_CASE("colours are there only where they are wanted", "[progress_frame]") {
  Screen screen = screen_of(80, 24);
  const FrameState state{1, {work("RUN make", 1s, {"output"})}};
  for (const std::string& line : render_frame(state, screen, kNow)) {
    CHECK(line.find('\x1b') == std::string::npos);
  }
  screen.has_color = true;
  CHECK(render_frame(state, screen, kNow).back() ==
        "         \x1b[2moutput\x1b[0m");
}

TEST_CASE("a step that is over leaves one line", "[progress_frame]") {
  Screen screen = screen_of(80, 24);
  CHECK(render_over(cli::WorkEnd::done, 12340ms, "RUN make", {}, screen) ==
        "✓ 12.3s  RUN make");
  CHECK(render_over(cli::WorkEnd::failed, 8ms, "RUN make", {}, screen) ==
        "✗ 8ms    RUN make");
  screen.has_utf8 = false;
  CHECK(render_over(cli::WorkEnd::done, 8ms, "RUN make", {}, screen) ==
        "+ 8ms    RUN make");
  // A note that does not fit is left out.
  CHECK(render_over(cli::WorkEnd::done, 8ms, "RUN make", {"cpu 2s"}, screen) ==
        "+ 8ms    RUN make  cpu 2s");
  CHECK(render_over(cli::WorkEnd::done, 8ms, "RUN make", {"cpu 2s"},
                    screen_of(25, 24))
            .find("cpu") == std::string::npos);
}

TEST_CASE("why a step runs stands behind it, as far as there is room",
          "[progress_frame]") {
  cli::RunningWork running = work("RUN make", 1s, {});
  running.because = "main.c changed (content)";
  const FrameState state{0, {running}};
  CHECK(render_frame(state, screen_of(80, 24), kNow) ==
        Lines{"> 1.0s   RUN make  main.c changed (content)"});
  CHECK(render_frame(state, screen_of(40, 24), kNow) ==
        Lines{"> 1.0s   RUN make", "         main.c changed (content)"});
  const std::vector<std::string> notes = {"main.c changed", "cpu 2s"};
  CHECK(render_over(cli::WorkEnd::done, 8ms, "RUN make", notes,
                    screen_of(80, 24)) ==
        "✓ 8ms    RUN make  main.c changed, cpu 2s");
  CHECK(render_over(cli::WorkEnd::done, 8ms, "RUN make", notes,
                    screen_of(36, 24)) == "✓ 8ms    RUN make  main.c changed");
}
