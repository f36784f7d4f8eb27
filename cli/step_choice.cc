#include "cli/step_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "parser/ascii.h"

namespace cli {
namespace {

std::optional<std::size_t> find_number(std::string_view text) {
  constexpr std::size_t kMostDigits = 9;
  if (text.empty() || text.size() > kMostDigits) return std::nullopt;
  std::size_t number = 0;
  for (const char c : text) {
    if (!parser::is_digit(c)) return std::nullopt;
    number = number * 10 + static_cast<std::size_t>(c - '0');
  }
  return number;
}

// As the language has them, in any case; an address has other characters.
bool is_stage_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return parser::is_name_char(c) || c == '-' || c == '.';
  });
}

}  // namespace

std::optional<StepChoice> StepChoice::find_in(std::string_view text) {
  StepChoice choice;
  choice.text_ = text;
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
  }
  const std::string_view digits = text.starts_with('#') ? text.substr(1) : text;
  if (const auto number = find_number(digits)) {
    choice.number_ = *number;
    return choice;
  }
  if (text.starts_with('L')) {
    if (const auto line = find_number(text.substr(1))) {
      choice.form_ = Form::line;
      choice.number_ = *line;
      return choice;
    }
  }
  const std::size_t end = text.find_first_of(" :");
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  if (!is_stage_name(text.substr(0, end))) return std::nullopt;
  const std::string_view place = text.substr(end + 1);
  const std::size_t slash = std::min(place.find('/'), place.size());
  const auto number = find_number(place.substr(0, slash));
  // "build 3/7"; but "host:3/src" is a place.
  if (!number ||
      (slash < place.size() && !find_number(place.substr(slash + 1)))) {
    return std::nullopt;
  }
  choice.form_ = Form::in_stage;
  choice.stage_ = parser::to_lower(text.substr(0, end));
  choice.number_ = *number;
  return choice;
}

const builder::ExplainedStep& StepChoice::choose(
    const std::vector<builder::ExplainedStep>& steps) const {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [this](const auto& step) {
        switch (form_) {
          case Form::number:
            return step.number == number_;
          case Form::in_stage:
            return step.stage == stage_ && step.step == number_;
          case Form::line:
            return step.first_line <= number_ && number_ <= step.last_line;
        }
        return false;
      });
  if (found != steps.end()) return *found;
  throw base::Error(
      base::ErrorKind::not_found,
      form_ == Form::line
          ? fmt::format("no step of this build is in line {}", number_)
          : fmt::format("this build has no step \"{}\"", text_))
      .hint(
          "\"strake explain\" lists them; instructions that touch only the "
          "configuration are no steps");
}

}  // namespace cli
