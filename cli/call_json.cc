#include "cli/call_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/base64.h"

namespace cli {
namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& value) {
  return value.dump(2, ' ', false, ordered_json::error_handler_t::replace) +
         "\n";
}

// Sets a member that is not empty.
void set(ordered_json& object, const char* name, const std::string& value) {
  if (!value.empty()) object[name] = value;
}

ordered_json render_location(const parser::Range& range) {
  if (range.start.line == 0) return {{"sourceIndex", -1}};
  const std::uint32_t last = std::max(range.start.line, range.end.line);
  return {
      {"ranges",
       {{{"start", {{"line", range.start.line}}}, {"end", {{"line", last}}}}}}};
}

ordered_json render_error(const builder::SourceFile& file,
                          const base::Error& error) {
  ordered_json out{{"message", error.message()}};
  const auto place = builder::find_place(file, error);
  out["location"] = place ? render_location({*place, *place})
                          : render_location({{0, 0}, {0, 0}});
  return out;
}

ordered_json render_inputs(const std::vector<builder::Outline::Input>& inputs) {
  ordered_json list = ordered_json::array();
  for (const builder::Outline::Input& input : inputs) {
    ordered_json item{{"name", input.id}};
    if (input.is_required) item["required"] = true;
    item["location"] = render_location(input.range);
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace

std::string render_check_json(const builder::CheckResult& result) {
  ordered_json warnings = ordered_json::array();
  for (const parser::LintFinding& finding : result.findings) {
    const parser::LintRuleInfo& rule = parser::info_of(finding.rule);
    ordered_json warning{{"ruleName", rule.name},
                         {"description", rule.description}};
    set(warning, "url", rule.url());
    warning["detail"] = finding.message;
    warning["location"] = render_location(finding.range);
    warnings.push_back(std::move(warning));
  }
  ordered_json out{{"warnings", std::move(warnings)},
                   {"sources",
                    {{{"filename", result.file.name},
                      {"language", "Dockerfile"},
                      {"data", base::encode_base64(result.text)}}}}};
  if (result.error) {
    out["buildError"] = render_error(result.file, *result.error);
  }
  return dump(out);
}

std::string render_outline_json(const builder::Outline& outline,
                                const std::string& text) {
  ordered_json out = ordered_json::object();
  set(out, "name", outline.name);
  set(out, "description", outline.description);
  ordered_json arguments = ordered_json::array();
  for (const builder::PlannedArgument& argument : outline.arguments) {
    ordered_json item{{"name", argument.name}};
    set(item, "description", argument.description);
    set(item, "value", argument.value);
    item["location"] = render_location(argument.range);
    arguments.push_back(std::move(item));
  }
  ordered_json caches = ordered_json::array();
  for (const builder::Outline::Input& cache : outline.caches) {
    caches.push_back(
        {{"ID", cache.id}, {"location", render_location(cache.range)}});
  }
  if (!arguments.empty()) out["args"] = std::move(arguments);
  if (!outline.secrets.empty()) out["secrets"] = render_inputs(outline.secrets);
  if (!outline.ssh.empty()) out["ssh"] = render_inputs(outline.ssh);
  if (!caches.empty()) out["cache"] = std::move(caches);
  out["sources"] = ordered_json::array({base::encode_base64(text)});
  return dump(out);
}

std::string render_targets_json(const builder::SourceFile& file,
                                const std::string& text) {
  ordered_json targets = ordered_json::array();
  for (const parser::Stage& stage : file.tree.stages) {
    ordered_json target = ordered_json::object();
    set(target, "name", stage.name.value_or(""));
    if (stage.index + 1 == file.tree.stages.size()) target["default"] = true;
    set(target, "description", stage.description);
    set(target, "base", stage.base);
    set(target, "platform", stage.platform.value_or(""));
    target["location"] =
        render_location(file.tree.instructions[stage.from].range);
    targets.push_back(std::move(target));
  }
  return dump({{"targets", std::move(targets)},
               {"sources", ordered_json::array({base::encode_base64(text)})}});
}

}  // namespace cli
