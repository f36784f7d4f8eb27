#include "builder/plan_warnings.h"

#include <fmt/format.h>

#include "builder/stage_names.h"

namespace builder {
namespace {

void add_unknown_stages(const PlanContext& context,
                        std::vector<std::string>& warnings) {
  const parser::Dockerfile& file = context.file.tree;
  for (const std::string& name : context.options.uncached_stages) {
    if (find_stage(file, name)) continue;
    warnings.push_back(
        fmt::format("--no-cache-filter {}: no stage has this name; {}", name,
                    suggest_stage(file, name)));
  }
}

}  // namespace

std::vector<std::string> warnings_of(const PlanContext& context) {
  std::vector<std::string> warnings = context.comment_warnings;
  add_unknown_stages(context, warnings);
  return warnings;
}

}  // namespace builder
