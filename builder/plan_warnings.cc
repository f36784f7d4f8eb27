#include "builder/plan_warnings.h"

#include <fmt/format.h>

#include <algorithm>

#include "parser/ascii.h"
#include "parser/values.h"

namespace builder {
namespace {

// The nearest name as a question, or nothing.
std::string suggest(std::string_view name,
                    const std::vector<std::string_view>& known) {
  const std::string near = parser::find_nearest(name, known);
  return near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near);
}

void add_unknown_stages(const PlanContext& context,
                        std::vector<std::string>& warnings) {
  std::vector<std::string_view> known;
  for (const parser::Stage& stage : context.file.tree.stages) {
    if (stage.name) known.emplace_back(*stage.name);
  }
  for (const std::string& name : context.options.uncached_stages) {
    const std::string low = parser::to_lower(name);
    if (std::find(known.begin(), known.end(), low) != known.end()) continue;
    warnings.push_back(
        fmt::format("--no-cache-filter {}: no stage has this "
                    "name{}",
                    name, suggest(low, known)));
  }
}

}  // namespace

std::vector<std::string> warnings_of(const PlanContext& context) {
  std::vector<std::string> warnings = context.comment_warnings;
  add_unknown_stages(context, warnings);
  return warnings;
}

}  // namespace builder
