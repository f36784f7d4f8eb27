// Rules about single instructions: old forms, forms that do not say what is
// meant, and instructions without effect.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "parser/ascii.h"
#include "parser/json_lookalike.h"
#include "parser/lint_passes.h"

namespace parser {

namespace {

void lint_old_forms(const Instruction& instruction, LintFindings& findings) {
  if (instruction.keyword == Keyword::maintainer) {
    findings.push_back({LintRule::maintainer_deprecated,
                        "MAINTAINER is out of use; write LABEL "
                        "org.opencontainers.image.authors=…",
                        instruction.range,
                        {},
                        {}});
  }
  if (instruction.is_legacy_pair) {
    const std::string name(render_keyword(instruction.keyword));
    findings.push_back({LintRule::legacy_key_value_format,
                        name + " with a blank between key and value; write " +
                            name + " " + instruction.args[0].text + "=…",
                        instruction.range,
                        instruction.args[0].range,
                        {}});
  }
}

// BuildKit counts the instruction's last line as the finding's.
void lint_blank_line(const Instruction& instruction, LintFindings& findings) {
  if (!instruction.blank_line) return;
  std::uint32_t last = instruction.range.end.line;
  if (!instruction.heredocs.empty()) {
    last = instruction.heredocs.front().range.start.line - 1;
  }
  const std::uint32_t line = *instruction.blank_line;
  findings.push_back({LintRule::no_empty_continuation,
                      "blank line " + std::to_string(line) + " inside this " +
                          std::string(render_keyword(instruction.keyword)) +
                          "; take it out, or write a comment there",
                      Range{{last, 1}, instruction.range.end},
                      {},
                      {}});
}

// "The last comment begins with a name that the instruction defines."
void lint_description(const Instruction& instruction,
                      const std::vector<std::string>& names,
                      LintFindings& findings) {
  if (instruction.comments.empty() || names.empty()) return;
  const std::string_view last = instruction.comments.back();
  if (is_lint_comment(last)) return;
  const std::string_view first = last.substr(0, last.find(' '));
  if (std::find(names.begin(), names.end(), first) != names.end()) return;
  findings.push_back(
      {LintRule::invalid_definition_description,
       "the comment above begins with " + quote_word(first) + "; write \"# " +
           (names.size() == 1 ? names.front() : "NAME") +
           " …\", or \"#\" alone below it when it is no description",
       instruction.range,
       {},
       {}});
}

void lint_descriptions(const Dockerfile& file, LintFindings& findings) {
  for (const Instruction& instruction : file.instructions) {
    std::vector<std::string> names;
    if (instruction.keyword == Keyword::arg) {
      for (const Word& word : instruction.args) {
        names.emplace_back(name_of_pair(word.text));
      }
    } else if (instruction.keyword == Keyword::from &&
               instruction.args.size() == 3) {
      names.push_back(to_lower(instruction.args[2].text));
    }
    lint_description(instruction, names, findings);
  }
}

void lint_ports(const Instruction& expose, LintFindings& findings) {
  for (const Word& word : expose.args) {
    if (word.text.find('$') != std::string::npos) continue;
    const std::size_t slash = word.text.rfind('/');
    const std::string port = word.text.substr(0, slash);
    const std::string protocol =
        slash == std::string::npos ? "" : word.text.substr(slash + 1);
    if (const std::size_t colon = port.rfind(':'); colon != std::string::npos) {
      findings.push_back(
          {LintRule::expose_invalid_format,
           quote_word(word.text) +
               " has an address or a host port, which mean nothing here; "
               "write " +
               quote_word(word.text.substr(colon + 1)),
           expose.range,
           word.range,
           {}});
    }
    if (protocol != to_lower(protocol)) {
      findings.push_back({LintRule::expose_proto_casing,
                          quote_word(word.text) +
                              " has a protocol in capitals; write " +
                              quote_word(port + "/" + to_lower(protocol)),
                          expose.range,
                          word.range,
                          {}});
    }
  }
}

// The platform's words in OCI's spelling; none when it holds a variable.
std::vector<std::string> platform_words(std::string_view platform) {
  std::vector<std::string> words;
  std::string text = to_lower(platform);
  if (text.find('$') != std::string::npos) return words;
  for (std::size_t at = 0; at <= text.size() && words.size() < 2;) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    std::string word = text.substr(at, end - at);
    if (word == "x86_64" || word == "x86-64") word = "amd64";
    if (word == "aarch64") word = "arm64";
    if (word == "armhf" || word == "armel") word = "arm";
    if (word == "i386") word = "386";
    if (word == "macos") word = "darwin";
    if (!word.empty()) words.push_back(std::move(word));
    at = end + 1;
  }
  return words;
}

void lint_platform(const Instruction& from, LintFindings& findings) {
  const Flag* flag = from.find_flag("platform");
  if (flag == nullptr || !flag->value) return;
  const std::vector<std::string> words = platform_words(*flag->value);
  const std::string name =
      from.args.size() == 3 ? to_lower(from.args[2].text) : "";
  const bool is_in_name =
      std::any_of(words.begin(), words.end(), [&](const std::string& word) {
        return name.find(word) != std::string::npos;
      });
  if (words.empty() || is_in_name) return;
  findings.push_back(
      {LintRule::from_platform_flag_const_disallowed,
       "--platform is always " + quote_word(*flag->value) +
           "; leave it out and build with --platform, take $BUILDPLATFORM for "
           "tools, or say it in the stage's name",
       from.range,
       range_of_value(*flag),
       {}});
}

// CMD, ENTRYPOINT and HEALTHCHECK: an earlier one of the stage has no effect.
void lint_overridden(const Dockerfile& file, LintFindings& findings) {
  std::map<std::pair<std::size_t, Keyword>, const Instruction*> last;
  for (const Instruction& instruction : file.instructions) {
    const Keyword keyword = instruction.keyword;
    if (!instruction.stage ||
        (keyword != Keyword::cmd && keyword != Keyword::entrypoint &&
         keyword != Keyword::healthcheck)) {
      continue;
    }
    const Instruction*& earlier = last[{*instruction.stage, keyword}];
    if (earlier != nullptr) {
      const std::string name(render_keyword(keyword));
      findings.push_back({LintRule::multiple_instructions_disallowed,
                          name + " without effect: the one on line " +
                              std::to_string(instruction.range.start.line) +
                              " takes its place; leave this one out",
                          earlier->range,
                          {},
                          instruction.range});
    }
    earlier = &instruction;
  }
}

// The words behind the flags as one text; empty for a JSON list.
std::string plain_text(const Instruction& instruction) {
  if (instruction.form == Form::exec) return {};
  const bool is_check = instruction.keyword == Keyword::healthcheck;
  std::string text;
  for (std::size_t i = is_check ? 1 : 0; i < instruction.args.size(); ++i) {
    if (!text.empty()) text += ' ';
    text += instruction.args[i].text;
  }
  return text;
}

void lint_lookalike(const Instruction& instruction, LintFindings& findings) {
  switch (instruction.keyword) {
    case Keyword::run:
    case Keyword::cmd:
    case Keyword::entrypoint:
    case Keyword::copy:
    case Keyword::add:
    case Keyword::volume:
    case Keyword::healthcheck:
      break;
    default:
      return;
  }
  const std::string reason = explain_json_lookalike(plain_text(instruction));
  if (reason.empty()) return;
  const bool is_command = instruction.form == Form::shell;
  findings.push_back({LintRule::json_lookalike,
                      "looks like a JSON list and is none, so " +
                          std::string(is_command ? "a shell gets it"
                                                 : "it is split at blanks") +
                          ": " + reason,
                      instruction.range,
                      {},
                      {}});
}

}  // namespace

void lint_instructions(const Dockerfile& file, LintFindings& findings) {
  lint_descriptions(file, findings);
  lint_overridden(file, findings);
  for (const Instruction& instruction : file.instructions) {
    lint_old_forms(instruction, findings);
    lint_blank_line(instruction, findings);
    lint_lookalike(instruction, findings);
    if (instruction.keyword == Keyword::expose)
      lint_ports(instruction, findings);
    if (instruction.keyword == Keyword::from) {
      lint_platform(instruction, findings);
    }
  }
}

}  // namespace parser
