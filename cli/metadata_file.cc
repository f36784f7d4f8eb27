#include "cli/metadata_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace cli {
namespace {

using nlohmann::ordered_json;

double seconds(std::chrono::duration<double> time) { return time.count(); }

ordered_json render_step(const builder::StepReport& step) {
  ordered_json out{
      {"name", step.title}, {"place", step.place}, {"cached", step.is_cached}};
  if (step.is_cached) return out;
  if (!step.because.empty()) out["because"] = step.because;
  out["wall_seconds"] = seconds(step.cost.elapsed);
  if (!step.cost.usage) return out;
  const runtime::Usage& usage = *step.cost.usage;
  out["cpu"] = {{"user_seconds", seconds(usage.user_cpu)},
                {"system_seconds", seconds(usage.system_cpu)}};
  out["peak_memory_bytes"] = usage.peak_memory_bytes;
  out["oom_kills"] = usage.oom_kills;
  out["exit_code"] = 0;
  return out;
}

ordered_json render_cache(const builder::CacheReport& cache) {
  return {{"steps", cache.steps},
          {"cached_steps", cache.cached},
          {"imported_steps", cache.imported},
          {"saved_seconds", seconds(cache.saved)},
          {"read_bytes", cache.read.read_bytes},
          {"read_seconds", seconds(cache.read.elapsed)},
          {"written_bytes", cache.written_bytes},
          {"write_seconds", seconds(cache.write_elapsed)}};
}

bool writes_manifest(const OutputOption& output) {
  return output.type == OutputOption::Type::oci ||
         output.type == OutputOption::Type::docker;
}

}  // namespace

std::string render_metadata(const builder::BuildResult& result,
                            const std::vector<std::string>& names,
                            const std::vector<OutputOption>& outputs) {
  ordered_json out;
  out["containerimage.config.digest"] = result.image_id.str();
  if (!result.pushed.empty()) {
    const base::Descriptor& manifest = result.pushed.front().manifest;
    out["containerimage.digest"] = manifest.digest.str();
    out["containerimage.descriptor"] = {{"mediaType", manifest.media_type},
                                        {"digest", manifest.digest.str()},
                                        {"size", manifest.size_bytes}};
  } else if (std::none_of(outputs.begin(), outputs.end(), writes_manifest)) {
    out["containerimage.digest"] = result.image_id.str();
  }
  if (!names.empty()) {
    out["image.name"] = fmt::format("{}", fmt::join(names, ","));
  }
  out["strake.steps"] = ordered_json::array();
  for (const builder::StepReport& step : result.steps) {
    out["strake.steps"].push_back(render_step(step));
  }
  if (result.cache) out["strake.cache"] = render_cache(*result.cache);
  // Titles are whatever bytes somebody wrote.
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace cli
