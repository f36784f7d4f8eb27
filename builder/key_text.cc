#include "builder/key_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "builder/byte_text.h"
#include "builder/duration_text.h"
#include "builder/shown_text.h"
#include "parser/url.h"

namespace builder {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 200;

std::string show_time(std::chrono::sys_seconds time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

// A text as it is, the rest as JSON.
std::string show(const json& value) {
  const std::string text = value.is_string()
                               ? narrow_bytes(value.get<std::string>())
                               : narrow_bytes(value.dump());
  return cut_text(parser::redact_credentials(text), kMostBytes);
}

}  // namespace

std::vector<std::string> describe_hit(const store::CacheRecord& record,
                                      const CacheKey& key) {
  std::string parts =
      fmt::format("key {}: operation {}, on {}", key.digest().brief(),
                  key.operation().brief(), key.parent().brief());
  for (const auto& [name, digest] : key.inputs()) {
    parts += fmt::format(", {} {}", name, digest.brief());
  }
  return {fmt::format("made {} in {}{}{}", show_time(record.recorded),
                      render_duration(record.elapsed),
                      record.reason.empty() ? "" : ": ", record.reason),
          std::move(parts)};
}

std::vector<std::string> list_key(const Vertex& vertex, const CacheKey& key) {
  std::vector<std::string> lines = {
      fmt::format("key {}", key.digest().str()),
      fmt::format("operation {}", key.operation().str())};
  const json operation = json::parse(render_operation(vertex.operation));
  for (const auto& [name, value] : operation.items()) {
    if (name == "env" || name == "op" || value.empty() || value == "") continue;
    lines.push_back(fmt::format("  {}: {}", name, show(value)));
  }
  for (const StepVariable& variable : vertex.variables) {
    lines.push_back(fmt::format(
        "  {} {}{}", variable.kind == StepVariable::Kind::arg ? "ARG" : "ENV",
        variable.name,
        may_be_secret(variable.name)
            ? " (not shown)"
            : "=" + cut_text(parser::redact_credentials(variable.value),
                             kMostBytes)));
  }
  lines.push_back(fmt::format("on {}", key.parent().str()));
  for (const auto& [name, digest] : key.inputs()) {
    lines.push_back(fmt::format("{} {}", name, digest.str()));
  }
  return lines;
}

}  // namespace builder
