// What a build report shows, as the JSON that its page draws (report_page.h):
//
//   "version"    of strake
//   "result"     "built", "failed" or "interrupted"
//   "name"       of the image, or what stands for it
//   "names", "command", "machine" ([name, text] pairs)
//   "started"    seconds since the epoch; all other times are milliseconds:
//   "total_ms", and "planned_ms" from the start of the command
//   "saved_ms"   how long the steps took once that the cache had
//   "error"      {"message", "excerpt", "hint"}, unless it was built
//   "image"      {"id", "bytes" where its layers are here}, when it was
//   "critical"   numbers of the steps on the longest chain of dependent work
//   "steps"      by number of the vertex, from 0:
//     {"stage", "title", "step", "of", "line", "parent", "needs",
//      "state": "waiting" | "stopped" | "cached" | "ran" | "failed",
//      "look_ms", "start_ms", "end_ms",
//      "reason", "reasons",                             of a miss
//      "hit": {"recorded", "took_ms", "origin", "reason" it had to run then,
//              "parts", "log": its path},
//      "cpu_ms", "memory_bytes", "oom_kills",           of a RUN
//      "layer", "bytes", "error",
//      "log": {"head", "left_out_bytes", "tail", "path"}}
//   "outputs"    {"title", "start_ms", "end_ms"}
//   "layers"     bottom first: {"diff_id", "step", "bytes", "files",
//                "wasted_bytes", "wasted_files"}
//   "waste"      {"bytes", "files", "kinds": {kind: bytes},
//                 "biggest": [{"path", "bytes", "layer", "by", "kind"}]}
//   "findings", "warnings", "notes"   texts of one or more lines
//
// What is not known is absent. All texts are clean: no control characters but
// tabs and line ends, and what would change the order in which a text reads
// (report_text.h) stands there as "<U+202E>". Addresses show no credentials.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "cli/build_facts.h"
#include "store/layer_waste.h"

namespace cli {

// A layer of the image, or of what there is of one that could not be built.
struct ReportLayer {
  base::Digest diff_id;
  std::size_t step;  // which brought it; many, for a base
};

struct Report {
  BuildFacts facts;
  std::vector<std::string> command;  // words
  std::vector<std::string> names;    // of the image, as the user wrote them
  std::string fallback_name;         // for one without
  std::vector<std::pair<std::string, std::string>> machine;
  std::chrono::sys_seconds started{};
  std::chrono::nanoseconds total{};
  std::optional<base::Error> error;
  std::optional<base::Digest> image_id;
  std::filesystem::path logs;  // the directory with the steps' whole outputs
  std::vector<ReportLayer> layers;         // bottom first
  std::optional<store::StackWaste> waste;  // of those
  // Of all layers that steps brought, also those of other stages.
  std::map<base::Digest, std::uint64_t> layer_bytes;
};

// The layers below and of the target's step, up to the first that is not there.
std::vector<ReportLayer> find_layers(const BuildFacts& facts);

// One line of JSON, ASCII only, without "<", ">" and "&", so that it can stand
// in a page's <script> as it is.
std::string render_report_data(const Report& report);

}  // namespace cli
