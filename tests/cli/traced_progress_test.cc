#include "cli/traced_progress.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "silent_progress.h"

namespace {

// Each event as one line.
class LineSink : public base::TraceSink {
 public:
  explicit LineSink(std::vector<std::string>& lines) : lines_(lines) {}
  void add(const base::TraceEvent& event) override {
    std::string line = fmt::format("{} {}:", event.category, event.name);
    for (const auto& fact : event.facts) {
      line += fmt::format(" {}={}", fact.name, fact.value);
    }
    lines_.push_back(line);
  }
  void finish() override {}

 private:
  std::vector<std::string>& lines_;
};

}  // namespace

TEST_CASE("a trace has what the cache gave and why it did not",
          "[traced_progress]") {
  std::vector<std::string> lines;
  std::vector<std::unique_ptr<base::TraceSink>> sinks;
  sinks.push_back(std::make_unique<LineSink>(lines));
  base::Trace trace(std::move(sinks));
  tests::SilentProgress shown;
  cli::TracedProgress progress(shown, trace);
  builder::Plan plan;
  plan.vertices.resize(2);
  for (std::size_t i = 0; i < 2; ++i) {
    plan.vertices[i].stage = "build";
    plan.vertices[i].step = i + 1;
    plan.vertices[i].steps_of_stage = 2;
    plan.vertices[i].title = i == 0 ? "COPY f /" : "RUN make";
  }
  progress.planned(plan);
  builder::CacheHit hit;  // of a base: nobody knows its age
  hit.elapsed = std::chrono::milliseconds(1500);
  hit.origin = "cache DIR";
  progress.cached(0, hit);
  progress.running(1, {"f changed (content)", {"f changed (content)"}});
  progress.reading(3, 4096);
  progress.warning("beware");
  CHECK(lines == std::vector<std::string>{
                     "step hit: step=#1 [build 1/2] COPY f / age_seconds=0 "
                     "saved_ms=1500 from=cache DIR",
                     "step miss: step=#2 [build 2/2] RUN make reason=f changed "
                     "(content)",
                     "context long read: files=3 bytes=4096",
                     "build warning: text=beware"});
  CHECK(shown.told == 5);  // and hands all of it on
}
