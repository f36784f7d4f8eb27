#include "builder/stage_names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "builder/plan.h"
#include "parser/ascii.h"
#include "parser/values.h"

namespace builder {
namespace {

// A number of so many digits is no stage's.
constexpr std::size_t kMostDigits = 9;

std::optional<std::size_t> find_number(std::string_view text) {
  const bool is_number =
      !text.empty() && text.size() < kMostDigits &&
      std::all_of(text.begin(), text.end(), parser::is_digit);
  if (!is_number) return std::nullopt;
  return std::stoul(std::string(text));
}

}  // namespace

std::optional<std::size_t> find_stage(const parser::Dockerfile& file,
                                      std::string_view name) {
  const auto& stages = file.stages;
  const std::string low = parser::to_lower(name);
  const auto named =
      std::find_if(stages.rbegin(), stages.rend(),
                   [&](const auto& stage) { return stage.name == low; });
  if (named != stages.rend()) return named->index;
  const auto number = find_number(low);
  if (number && *number < stages.size()) return number;
  const auto shown = std::find_if(
      stages.begin(), stages.end(),
      [&](const auto& stage) { return stage_name_of(stage) == low; });
  if (shown != stages.end()) return shown->index;
  return std::nullopt;
}

std::string suggest_stage(const parser::Dockerfile& file,
                          std::string_view name) {
  std::vector<std::string> names;
  for (const parser::Stage& stage : file.stages) {
    names.push_back(stage_name_of(stage));
  }
  const std::string near = parser::find_nearest(parser::to_lower(name),
                                                {names.begin(), names.end()});
  if (!near.empty()) return fmt::format("did you mean \"{}\"?", near);
  constexpr std::size_t kMost = 8;
  const std::size_t more = names.size() - std::min(names.size(), kMost);
  if (more > 0) names.resize(kMost);
  return fmt::format("the stages are {}{}", fmt::join(names, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

std::vector<std::string> check_stage_names(
    const SourceFile& file, const std::vector<std::string>& asked) {
  std::vector<std::string> shown;
  for (const std::string& name : asked) {
    if (name.empty()) {
      shown.push_back(name);
      continue;
    }
    const auto index = find_stage(file.tree, name);
    if (!index) {
      throw base::Error(base::ErrorKind::usage,
                        fmt::format("--fail-on-miss: {} has no stage \"{}\"",
                                    file.name, name))
          .hint(suggest_stage(file.tree, name));
    }
    shown.push_back(stage_name_of(file.tree.stages[*index]));
  }
  return shown;
}

}  // namespace builder
