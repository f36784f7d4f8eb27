#include "cli/traced_progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace cli {

TracedProgress::TracedProgress(BuildProgress& next, base::Trace& trace)
    : ForwardingProgress(next), trace_(trace) {}

void TracedProgress::planned(const builder::Plan& plan) {
  for (const builder::Vertex& vertex : plan.vertices) {
    steps_.push_back(fmt::format("#{} {} {}", steps_.size() + 1,
                                 builder::render_place(vertex), vertex.title));
  }
  ForwardingProgress::planned(plan);
}

void TracedProgress::reading(std::size_t files, std::uint64_t bytes) {
  base::note(&trace_, "context", "long read",
             {{"files", files}, {"bytes", bytes}});
  ForwardingProgress::reading(files, bytes);
}

void TracedProgress::running(std::size_t number,
                             const builder::CacheMiss& miss) {
  base::note(&trace_, "step", "miss",
             {{"step", steps_.at(number)}, {"reason", miss.reason}});
  ForwardingProgress::running(number, miss);
}

void TracedProgress::cached(std::size_t number, const builder::CacheHit& hit) {
  using std::chrono::seconds;
  const bool is_base = hit.recorded == std::chrono::sys_seconds();
  const auto age = std::chrono::floor<seconds>(
      std::chrono::system_clock::now() - hit.recorded);
  base::note(
      &trace_, "step", "hit",
      {{"step", steps_.at(number)},
       {"age_seconds", is_base ? 0 : std::max<seconds::rep>(age.count(), 0)},
       {"saved_ms", hit.elapsed.count()},
       {"from", hit.origin.empty() ? "store" : hit.origin}});
  ForwardingProgress::cached(number, hit);
}

void TracedProgress::warning(std::string_view text) {
  base::note(&trace_, "build", "warning", {{"text", text}});
  ForwardingProgress::warning(text);
}

}  // namespace cli
