// Letter case and names: what is only read by people, who should not have to
// wonder whether it means something.
#include <algorithm>
#include <map>
#include <string>

#include "parser/ascii.h"
#include "parser/lint_passes.h"

namespace parser {

namespace {

bool is_lower(std::string_view text) { return text == to_lower(text); }
bool is_upper(std::string_view text) { return text == to_upper(text); }

Range range_of_keyword(const Instruction& instruction) {
  const Position start = instruction.range.start;
  const auto size = static_cast<std::uint32_t>(instruction.keyword_text.size());
  return {start, {start.line, start.column + size}};
}

// The instruction names are in the case that most of them have; a tie counts
// as upper. ARGs before the first FROM neither count nor are judged, as in
// BuildKit.
void lint_instruction_case(const Dockerfile& file, LintFindings& findings) {
  std::size_t lower = 0;
  std::size_t upper = 0;
  for (const Instruction& instruction : file.instructions) {
    if (!instruction.stage) continue;
    if (is_lower(instruction.keyword_text)) ++lower;
    if (is_upper(instruction.keyword_text)) ++upper;
  }
  const bool wants_lower = lower > upper;
  for (const Instruction& instruction : file.instructions) {
    if (!instruction.stage) continue;
    const std::string& word = instruction.keyword_text;
    const std::string right = wants_lower ? to_lower(word) : to_upper(word);
    if (word == right) continue;
    findings.push_back({LintRule::consistent_instruction_casing,
                        quote_word(word) + ", while most of the file is in " +
                            (wants_lower ? "lower" : "upper") +
                            " case; write " + quote_word(right),
                        instruction.range,
                        range_of_keyword(instruction),
                        {}});
  }
}

void lint_as_case(const Instruction& from, LintFindings& findings) {
  const std::string& keyword = from.keyword_text;
  const Word& as = from.args[1];
  // A FROM in mixed case has a finding of its own.
  if (!is_lower(keyword) && !is_upper(keyword)) return;
  const std::string right =
      is_lower(keyword) ? to_lower(as.text) : to_upper(as.text);
  if (as.text == right) return;
  findings.push_back({LintRule::from_as_casing,
                      quote_word(as.text) + " beside " + quote_word(keyword) +
                          "; write " + quote_word(right),
                      from.range,
                      as.range,
                      {}});
}

void lint_stage_name(const Instruction& from, const Stage& stage,
                     LintFindings& findings) {
  const Word& name = from.args[2];
  if (name.text != *stage.name) {
    findings.push_back({LintRule::stage_name_casing,
                        "stage name " + quote_word(name.text) +
                            " has capitals; write " + quote_word(*stage.name),
                        from.range,
                        name.range,
                        {}});
  }
  const bool is_scratch = stage.name == "scratch";
  if (is_scratch || stage.name == "context") {
    findings.push_back(
        {LintRule::reserved_stage_name,
         "stage name " + quote_word(*stage.name) + " already means " +
             (is_scratch ? "the empty image" : "the build context") +
             "; choose another",
         from.range,
         name.range,
         {}});
  }
}

}  // namespace

void lint_casing(const Dockerfile& file, LintFindings& findings) {
  lint_instruction_case(file, findings);
  std::map<std::string, Range> seen;
  for (const Stage& stage : file.stages) {
    if (!stage.name || stage.from >= file.instructions.size()) continue;
    const Instruction& from = file.instructions[stage.from];
    lint_as_case(from, findings);
    lint_stage_name(from, stage, findings);
    const auto [earlier, is_new] = seen.try_emplace(*stage.name, from.range);
    if (is_new) continue;
    findings.push_back({LintRule::duplicate_stage_name,
                        "stage name " + quote_word(*stage.name) +
                            " is already that of line " +
                            std::to_string(earlier->second.start.line) +
                            ", which cannot be named any more; choose another",
                        from.range,
                        from.args[2].range,
                        {}});
  }
}

}  // namespace parser
