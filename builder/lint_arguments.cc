#include "builder/lint_arguments.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/error.h"
#include "builder/source_words.h"
#include "parser/syntax_error.h"
#include "parser/word.h"
#include "registry/reference.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::LintRule;

// A word of FROM expanded, and the names that were asked for on the way.
struct Expanded {
  std::string text;
  std::set<std::string> set;
  std::set<std::string> unset;
};

// None when the word is malformed, which the planner reports.
std::optional<Expanded> expand(const std::string& word, char escape,
                               const BuildArgs& variables) {
  Expanded result;
  try {
    result.text = parser::expand_word(
        word, escape, [&](std::string_view name) -> std::optional<std::string> {
          const auto found = variables.find(std::string(name));
          if (found == variables.end()) {
            result.unset.emplace(name);
            return std::nullopt;
          }
          result.set.emplace(name);
          return found->second;
        });
  } catch (const parser::SyntaxError&) {
    return std::nullopt;
  }
  return result;
}

std::set<std::string> declared_in(const SourceFile& file, bool is_global) {
  std::set<std::string> names;
  for (const Instruction& instruction : file.tree.instructions) {
    if (instruction.keyword != Keyword::arg ||
        instruction.stage.has_value() == is_global) {
      continue;
    }
    for (const parser::Word& word : instruction.args) {
      names.insert(word.text.substr(0, word.text.find('=')));
    }
  }
  return names;
}

bool is_valid_image(const std::string& name) {
  try {
    registry::parse_reference(name);
    return true;
  } catch (const base::Error&) {
    return false;
  }
}

class FromLint {
 public:
  FromLint(const SourceFile& file, const BuildArgs& globals,
           const BuildArgs* defaults, Lint& lint)
      : file_(file),
        globals_(globals),
        defaults_(defaults),
        lint_(lint),
        declared_(declared_in(file, /*is_global=*/true)),
        in_stages_(declared_in(file, /*is_global=*/false)) {}

  void see(const parser::Stage& stage) {
    const Instruction& from = file_.tree.instructions[stage.from];
    const parser::Word& base = from.args[0];
    const char escape = file_.tree.escape;
    see_default(from, base);
    if (const auto image = expand(base.text, escape, globals_)) {
      for (const std::string& name : image->unset) see_unset(from, base, name);
      see_tag(from, image->text);
    }
    if (stage.name) stages_.insert(*stage.name);
    if (!stage.platform) return;
    const parser::Word word = value_of(*from.find_flag("platform"));
    if (const auto platform = expand(word.text, escape, globals_)) {
      for (const std::string& name : platform->unset)
        see_unset(from, word, name);
      see_platform(from, word, *platform);
    }
  }

 private:
  void see_unset(const Instruction& from, const parser::Word& word,
                 const std::string& name) {
    if (declared_.contains(name)) return;
    std::vector<std::string_view> known(declared_.begin(), declared_.end());
    for (const auto& [global, value] : globals_) known.push_back(global);
    const std::string near = lint_.find_nearest(name, known);
    std::string advice = fmt::format("write ARG {} above the first FROM", name);
    if (!near.empty()) {
      advice = fmt::format("did you mean ${}?", near);
    } else if (in_stages_.contains(name)) {
      advice = fmt::format("the ARG {} inside a stage is not seen here; {}",
                           name, advice);
    }
    lint_.add(
        {LintRule::undefined_arg_in_from,
         fmt::format("FROM uses ${}, which no ARG declares; {}", name, advice),
         from.range,
         place_of_variable(word, name),
         {}});
  }

  void see_platform(const Instruction& from, const parser::Word& word,
                    const Expanded& platform) {
    const auto target = globals_.find("TARGETPLATFORM");
    if (target == globals_.end() || !platform.unset.empty() ||
        platform.set != std::set<std::string>{"TARGETPLATFORM"} ||
        platform.text != target->second) {
      return;
    }
    lint_.add(
        {LintRule::redundant_target_platform,
         fmt::format("--platform={} is the default; leave it out", word.text),
         from.range,
         word.range,
         {}});
  }

  void see_default(const Instruction& from, const parser::Word& base) {
    if (defaults_ == nullptr || base.text.find('$') == std::string::npos)
      return;
    const auto image = expand(base.text, file_.tree.escape, *defaults_);
    if (!image || is_valid_image(image->text)) return;
    lint_.add(
        {LintRule::invalid_default_arg_in_from,
         fmt::format(
             "without a --build-arg, \"{}\" is {}; give its ARG a "
             "default",
             base.text,
             image->text.empty()
                 ? "empty"
                 : fmt::format("\"{}\", which is no image name", image->text)),
         from.range,
         base.range,
         {}});
  }

  void see_tag(const Instruction& from, const std::string& image) {
    if (stages_.contains(image) || image == "scratch" ||
        !is_valid_image(image)) {
      return;
    }
    const registry::Reference reference = registry::parse_reference(image);
    if (reference.digest || reference.tag.value_or("latest") != "latest") {
      return;
    }
    lint_.add({LintRule::unpinned_base,
               fmt::format("\"{}\" is whatever is latest on the day of the "
                           "build; write the version's tag",
                           image),
               from.range,
               from.args[0].range,
               {}});
  }

  const SourceFile& file_;
  const BuildArgs& globals_;
  const BuildArgs* defaults_;
  Lint& lint_;
  std::set<std::string> declared_;
  std::set<std::string> in_stages_;
  std::set<std::string> stages_;  // the names of those seen
};

}  // namespace

void lint_from_arguments(const SourceFile& file, const BuildArgs& globals,
                         const BuildArgs* defaults, Lint& lint) {
  FromLint from(file, globals, defaults, lint);
  for (const parser::Stage& stage : file.tree.stages) from.see(stage);
}

void lint_unused_arguments(const SourceFile& file, const BuildArgs& build_args,
                           const BuildArgs& globals,
                           const std::set<std::string>& declared, Lint& lint) {
  std::set<std::string> known = declared;
  known.merge(declared_in(file, /*is_global=*/true));
  known.merge(declared_in(file, /*is_global=*/false));
  for (const auto& [name, value] : build_args) {
    if (known.contains(name) || is_proxy_name(name) ||
        name.starts_with("BUILDKIT_") || name == "SOURCE_DATE_EPOCH" ||
        globals.contains(name)) {
      continue;
    }
    const std::string near =
        lint.find_nearest(name, {known.begin(), known.end()});
    lint.add(
        {LintRule::unused_build_arg,
         fmt::format(
             "--build-arg {}: no ARG declares it{}", name,
             near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)),
         parser::Range{{0, 0}, {0, 0}},
         {},
         {}});
  }
}

}  // namespace builder
