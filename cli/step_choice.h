// Which step somebody means: "3" or "#3" (its number in the build), "build 3/7"
// or "[build 3/7]" (as progress shows it), "build:3" (the third of a stage),
// "L12" (the one that line 12 of the Dockerfile belongs to).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/explain.h"

namespace cli {

class StepChoice {
 public:
  // nullopt for a text of none of these forms.
  static std::optional<StepChoice> find_in(std::string_view text);

  // Throws: not_found.
  const builder::ExplainedStep& choose(
      const std::vector<builder::ExplainedStep>& steps) const;

 private:
  enum class Form { number, in_stage, line };
  Form form_ = Form::number;
  std::size_t number_ = 0;
  std::string stage_;
  std::string text_;
};

}  // namespace cli
