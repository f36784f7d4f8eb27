#include "cli/report_data.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/critical_path.h"
#include "cli/report_text.h"
#include "parser/url.h"

namespace cli {
namespace {

using nlohmann::ordered_json;
using std::chrono::nanoseconds;
using State = StepFacts::State;

// Whole microseconds.
double milliseconds(nanoseconds time) {
  return std::round(static_cast<double>(time.count()) / 1e3) / 1e3;
}

ordered_json texts(const std::vector<std::string>& lines) {
  ordered_json out = ordered_json::array();
  for (const std::string& line : lines) out.push_back(show_text(line));
  return out;
}

std::string_view render_state(State state) {
  switch (state) {
    case State::waiting:
      return "waiting";
    case State::looking:
    case State::running:
      return "stopped";
    case State::cached:
      return "cached";
    case State::done:
      return "ran";
    case State::failed:
      return "failed";
  }
  return "";
}

// From its turn to its end, or that of the build.
nanoseconds elapsed_of(const StepFacts& step, nanoseconds total) {
  if (!step.looked_up) return {};
  return step.ended.value_or(total) - *step.looked_up;
}

void add_plan(const StepFacts& step, ordered_json& out) {
  out["stage"] = show_text(step.stage);
  out["title"] = show_text(step.title);
  if (step.step != 0) {
    out["step"] = step.step;
    out["of"] = step.steps_of_stage;
  }
  out["line"] = step.line;
  if (step.parent) out["parent"] = *step.parent;
  out["needs"] = step.needs;
}

void add_outcome(const StepFacts& step, const Report& report,
                 ordered_json& out) {
  out["state"] = render_state(step.state);
  if (step.looked_up) out["look_ms"] = milliseconds(*step.looked_up);
  if (step.started) out["start_ms"] = milliseconds(*step.started);
  if (step.looked_up) {
    out["end_ms"] = milliseconds(step.ended.value_or(report.total));
  }
  if (!step.miss.reason.empty()) out["reason"] = show_text(step.miss.reason);
  if (!step.miss.parts.empty()) out["reasons"] = texts(step.miss.parts);
  if (step.hit) {
    ordered_json& hit = out["hit"] = ordered_json::object();
    const auto recorded = step.hit->recorded.time_since_epoch().count();
    if (recorded > 0) {
      hit["recorded"] = recorded;
      hit["took_ms"] = milliseconds(step.hit->elapsed);
    }
    if (!step.hit->origin.empty()) {
      hit["origin"] = show_text(parser::redact_credentials(step.hit->origin));
    }
    if (!step.hit->reason.empty()) hit["reason"] = show_text(step.hit->reason);
    if (!step.hit->parts.empty()) hit["parts"] = texts(step.hit->parts);
    if (!step.hit->log.empty()) {
      hit["log"] =
          show_text((report.logs.parent_path() / step.hit->log).native());
    }
  }
  if (step.cost && step.cost->usage) {
    const runtime::Usage& usage = *step.cost->usage;
    out["cpu_ms"] = milliseconds(usage.user_cpu + usage.system_cpu);
    out["memory_bytes"] = usage.peak_memory_bytes;
    if (usage.oom_kills > 0) out["oom_kills"] = usage.oom_kills;
  }
  if (!step.error.empty()) out["error"] = show_text(step.error);
}

void add_layer(const StepFacts& step, const Report& report, ordered_json& out) {
  const base::Digest layer = step.layer();
  std::vector<base::Digest> layers = step.base_layers;
  if (layer.is_set()) {
    out["layer"] = layer.str();
    layers.push_back(layer);
  }
  std::uint64_t bytes = 0;
  bool is_known = false;
  for (const base::Digest& one : layers) {
    const auto found = report.layer_bytes.find(one);
    if (found == report.layer_bytes.end()) continue;
    bytes += found->second;
    is_known = true;
  }
  if (is_known) out["bytes"] = bytes;
}

ordered_json render_step(std::size_t number, const Report& report) {
  const StepFacts& step = report.facts.steps[number];
  ordered_json out;
  add_plan(step, out);
  add_outcome(step, report, out);
  add_layer(step, report, out);
  const BoundedText::Parts log = step.log.parts();
  if (log.head.empty()) return out;
  out["log"] = {{"head", show_text(log.head)}};
  if (log.left_out_bytes > 0) {
    out["log"]["left_out_bytes"] = log.left_out_bytes;
    out["log"]["tail"] = show_text(log.tail);
  }
  out["log"]["path"] =
      show_text((report.logs / (std::to_string(number + 1) + ".log")).native());
  return out;
}

// A build that found everything has no work worth a path, nor has one that was
// not ended by its work.
std::vector<std::size_t> find_critical_steps(const Report& report) {
  if (report.error) return {};
  std::vector<DependentWork> works;
  bool has_run = false;
  for (const StepFacts& step : report.facts.steps) {
    works.push_back({elapsed_of(step, report.total), step.needs});
    has_run |= step.started.has_value();
  }
  return has_run ? find_critical_path(works) : std::vector<std::size_t>();
}

nanoseconds find_saved(const BuildFacts& facts) {
  nanoseconds saved{};
  for (const StepFacts& step : facts.steps) {
    if (step.hit) saved += step.hit->elapsed;
  }
  return saved;
}

ordered_json render_layers(const Report& report) {
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    ordered_json layer{{"diff_id", report.layers[i].diff_id.str()},
                       {"step", report.layers[i].step}};
    if (report.waste) {
      const store::LayerWaste& counted = report.waste->layers.at(i);
      layer["bytes"] = counted.file_bytes;
      layer["files"] = counted.files;
      layer["wasted_bytes"] = counted.wasted_bytes;
      layer["wasted_files"] = counted.wasted_files;
    }
    out.push_back(std::move(layer));
  }
  return out;
}

ordered_json render_waste(const store::StackWaste& waste) {
  ordered_json kinds;
  for (std::size_t i = 0; i < store::kWasteKinds; ++i) {
    const auto kind = static_cast<store::WasteKind>(i);
    kinds[std::string(store::render_waste_kind(kind))] = waste.bytes_by_kind[i];
  }
  ordered_json biggest = ordered_json::array();
  for (const store::WastedFile& file : waste.biggest) {
    biggest.push_back({{"path", show_text("/" + file.path)},
                       {"bytes", file.size_bytes},
                       {"layer", file.layer},
                       {"by", file.hidden_by},
                       {"kind", store::render_waste_kind(file.kind)}});
  }
  return {{"bytes", waste.wasted_bytes},
          {"files", waste.wasted_files},
          {"kinds", std::move(kinds)},
          {"biggest", std::move(biggest)}};
}

void add_end(const Report& report, ordered_json& out) {
  if (report.error) {
    const base::Error& error = *report.error;
    out["error"] = {{"message", show_text(error.message())},
                    {"excerpt", show_text(error.excerpt())},
                    {"hint", show_text(error.hint())}};
  }
  if (!report.image_id) return;
  out["image"] = {{"id", report.image_id->str()}};
  if (!report.waste) return;
  std::uint64_t bytes = 0;
  for (const auto& layer : report.waste->layers) bytes += layer.file_bytes;
  out["image"]["bytes"] = bytes;
}

std::string_view render_result(const Report& report) {
  if (!report.error) return "built";
  return report.error->kind() == base::ErrorKind::cancelled ? "interrupted"
                                                            : "failed";
}

std::string name_of(const Report& report) {
  return show_text(report.names.empty() ? report.fallback_name
                                        : report.names.front());
}

// In JSON these stand in texts alone, where an escape means the same.
std::string escape_for_page(const std::string& json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    switch (c) {
      case '<':
        out += "\\u003c";
        break;
      case '>':
        out += "\\u003e";
        break;
      case '&':
        out += "\\u0026";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::vector<ReportLayer> find_layers(const BuildFacts& facts) {
  std::vector<std::size_t> chain;  // the target first
  for (auto at = facts.target; at; at = facts.steps[*at].parent) {
    chain.push_back(*at);
  }
  std::vector<ReportLayer> layers;
  for (auto at = chain.rbegin(); at != chain.rend(); ++at) {
    const StepFacts& step = facts.steps[*at];
    if (step.state != State::cached && step.state != State::done) break;
    for (const base::Digest& diff_id : step.base_layers) {
      layers.push_back({diff_id, *at});
    }
    if (step.layer().is_set()) layers.push_back({step.layer(), *at});
  }
  return layers;
}

std::string render_report_data(const Report& report) {
  const BuildFacts& facts = report.facts;
  ordered_json out{{"version", STRAKE_VERSION},
                   {"result", render_result(report)},
                   {"name", name_of(report)},
                   {"names", texts(report.names)},
                   {"command", show_command(report.command)},
                   {"machine", ordered_json::array()},
                   {"started", report.started.time_since_epoch().count()},
                   {"total_ms", milliseconds(report.total)},
                   {"saved_ms", milliseconds(find_saved(facts))}};
  for (const auto& [name, text] : report.machine) {
    out["machine"].push_back({name, show_text(text)});
  }
  if (facts.planned) out["planned_ms"] = milliseconds(*facts.planned);
  add_end(report, out);
  out["critical"] = find_critical_steps(report);
  out["steps"] = ordered_json::array();
  for (std::size_t i = 0; i < facts.steps.size(); ++i) {
    out["steps"].push_back(render_step(i, report));
  }
  out["outputs"] = ordered_json::array();
  for (const OutputFacts& output : facts.outputs) {
    out["outputs"].push_back(
        {{"title", show_text(output.title)},
         {"start_ms", milliseconds(output.started)},
         {"end_ms", milliseconds(output.ended.value_or(report.total))}});
  }
  out["layers"] = render_layers(report);
  if (report.waste) out["waste"] = render_waste(*report.waste);
  out["findings"] = texts(facts.findings);
  out["warnings"] = texts(facts.warnings);
  out["notes"] = texts(facts.notes);
  return escape_for_page(
      out.dump(-1, ' ', true, ordered_json::error_handler_t::replace));
}

}  // namespace cli
