#include "cli/progress_summary.h"

#include <catch2/catch.hpp>

using cli::BuildSummary;
using cli::render_summary;
using namespace std::chrono_literals;

namespace {

constexpr cli::Screen kScreen{80, 24, false, true};

BuildSummary summary_of(std::size_t steps, std::size_t cached) {
  BuildSummary summary;
  summary.end = {{"hello"}, base::Digest::of("image")};
  summary.steps = steps;
  summary.cached = cached;
  summary.total = 1300ms;
  summary.busy = 1100ms;
  return summary;
}

std::string first_line(const BuildSummary& summary) {
  return render_summary(summary, kScreen).front();
}
std::string second_line(const BuildSummary& summary) {
  return render_summary(summary, kScreen).back();
}

}  // namespace

TEST_CASE("the summary says what was made and how much of it anew",
          "[progress_summary]") {
  const std::string id = "sha256:" + base::Digest::of("image").brief();
  CHECK(first_line(summary_of(14, 11)) ==
        "built hello  " + id + "  3 of 14 steps run, 11 cached");
  CHECK(first_line(summary_of(14, 14)) ==
        "built hello  " + id + "  all 14 steps cached");
  CHECK(first_line(summary_of(1, 1)) ==
        "built hello  " + id + "  1 step cached");
  CHECK(first_line(summary_of(1, 0)) == "built hello  " + id + "  1 step run");
  CHECK(first_line(summary_of(0, 0)) == "built hello  " + id + "  no steps");
  BuildSummary summary = summary_of(2, 2);
  summary.end.names = {};
  CHECK(first_line(summary) ==
        "built sha256:" + base::Digest::of("image").brief() +
            "  all 2 steps cached");
  summary.end.names = {"a", "b:1"};
  CHECK(first_line(summary).starts_with("built a, b:1  sha256:"));
}

TEST_CASE("the summary says how old the oldest cached step is",
          "[progress_summary]") {
  BuildSummary summary = summary_of(14, 14);
  summary.oldest = std::chrono::floor<std::chrono::seconds>(
                       std::chrono::system_clock::now()) -
                   72h - 1min;
  CHECK(first_line(summary).ends_with(
      "  all 14 steps cached, oldest 3 days ago"));
  const cli::Screen narrow{60, 24, false, true};
  CHECK(render_summary(summary, narrow).front().ends_with("steps cached"));
}

TEST_CASE("the time is told by what took longest", "[progress_summary]") {
  BuildSummary summary = summary_of(3, 0);
  summary.works = {{"COPY . .", 200ms}, {"RUN make", 900ms}};
  CHECK(second_line(summary) ==
        "in 1.3s: 0.9s RUN make, 0.2s COPY . ., 0.2s looking");
}

TEST_CASE("what took next to no time is not told", "[progress_summary]") {
  BuildSummary summary = summary_of(3, 0);
  summary.works = {{"WORKDIR /x", 30ms}, {"RUN make", 1200ms}};
  summary.busy = 1290ms;
  CHECK(second_line(summary) == "in 1.3s: 1.2s RUN make");
  // Nor for an all cached build, where nothing can be told apart.
  CHECK(second_line(summary_of(3, 3)) == "in 1.3s");
}

TEST_CASE("the time fits the screen", "[progress_summary]") {
  BuildSummary summary = summary_of(9, 0);
  summary.works.assign(9, {"RUN make -j8 everything && make install", 300ms});
  for (std::size_t columns = 1; columns < 200; ++columns) {
    const auto lines = render_summary(summary, {columns, 24, false, false});
    CHECK(lines.front() == first_line(summary));
    CHECK(lines.back().size() < std::max<std::size_t>(columns, 2));
  }
  CHECK(second_line(summary) ==
        "in 1.3s: 0.3s RUN make -j8 everything…, "
        "0.3s RUN make -j8 everything…");
}
