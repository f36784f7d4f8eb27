#include "builder/stage_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "builder/plan.h"
#include "parser/ascii.h"
#include "parser/values.h"

namespace builder {

void check_stage_names(const SourceFile& file,
                       const std::vector<std::string>& asked) {
  std::vector<std::string> names;
  for (const parser::Stage& stage : file.tree.stages) {
    names.push_back(stage_name_of(stage));
  }
  for (const std::string& name : asked) {
    const std::string low = parser::to_lower(name);
    if (name.empty() ||
        std::find(names.begin(), names.end(), low) != names.end()) {
      continue;
    }
    const std::string near =
        parser::find_nearest(low, {names.begin(), names.end()});
    throw base::Error(
        base::ErrorKind::usage,
        fmt::format("--fail-on-miss: {} has no stage \"{}\"", file.name, name))
        .hint(near.empty() ? "" : fmt::format("did you mean \"{}\"?", near));
  }
}

}  // namespace builder
