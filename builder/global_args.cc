#include "builder/global_args.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "builder/source_words.h"
#include "parser/ascii.h"
#include "parser/values.h"
#include "parser/word.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;

constexpr const char* kEpoch = "SOURCE_DATE_EPOCH";

// The years 0 to 9999, beyond which no RFC 3339 time can be written.
constexpr std::int64_t kEarliest = -62'167'219'200;
constexpr std::int64_t kLatest = 253'402'300'799;

// Expands; names that have no value are added to `unset`.
std::string expand(const SourceFile& file, const parser::Word& word,
                   const BuildArgs& globals, std::vector<std::string>& unset) {
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto it = globals.find(std::string(name));
    if (it != globals.end()) return it->second;
    unset.emplace_back(name);
    return std::nullopt;
  };
  try {
    return parser::expand_word(word.text, file.tree.escape, lookup);
  } catch (const parser::SyntaxError& error) {
    throw error_at(file, word, error);
  }
}

std::optional<std::int64_t> read_seconds(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc() || stop != end) return std::nullopt;
  if (seconds < kEarliest || seconds > kLatest) return std::nullopt;
  return seconds;
}

// The ARG that sets a global, or nullptr.
const parser::Word* find_global(const SourceFile& file, std::string_view name) {
  const parser::Word* found = nullptr;
  for (const Instruction& instruction : file.tree.instructions) {
    if (instruction.stage || instruction.keyword != Keyword::arg) continue;
    for (const parser::Word& word : instruction.args) {
      if (word.text.substr(0, word.text.find('=')) == name) found = &word;
    }
  }
  return found;
}

base::Error bad_epoch(const SourceFile& file, const std::string& value,
                      const BuildArgs& given) {
  const std::string message =
      fmt::format("{} is \"{}\", not a number of seconds", kEpoch, value);
  const std::string hint =
      "give the seconds since 1970, as \"date +%s\" or \"git log -1 "
      "--format=%ct\" print them";
  const parser::Word* const word = find_global(file, kEpoch);
  if (word != nullptr && !given.contains(kEpoch)) {
    return error_at(file, word->range, message, hint);
  }
  return base::Error(base::ErrorKind::usage, message).hint(hint);
}

bool is_stage_name(const SourceFile& file, const std::string& value) {
  const std::string name = parser::to_lower(value);
  const auto& stages = file.tree.stages;
  return std::any_of(
      stages.begin(), stages.end(),
      [&](const parser::Stage& stage) { return stage.name == name; });
}

}  // namespace

BuildArgs platform_arguments(const Platform& build, const Platform& target,
                             std::string_view target_stage) {
  BuildArgs out;
  const auto add = [&out](const std::string& side, const Platform& platform) {
    out[side + "PLATFORM"] = render_platform(platform);
    out[side + "OS"] = platform.os;
    out[side + "OSVERSION"] = platform.os_version;
    out[side + "ARCH"] = platform.architecture;
    out[side + "VARIANT"] = platform.variant;
  };
  add("BUILD", build);
  add("TARGET", target);
  out["TARGETSTAGE"] = target_stage.empty() ? "default" : target_stage;
  return out;
}

BuildArgs read_global_args(const SourceFile& file, BuildArgs built_in,
                           const BuildArgs& given) {
  BuildArgs globals = std::move(built_in);
  for (auto& [name, value] : globals) {
    if (const auto it = given.find(name); it != given.end()) value = it->second;
  }
  std::vector<std::string> unset;
  for (const Instruction& instruction : file.tree.instructions) {
    if (instruction.stage || instruction.keyword != Keyword::arg) continue;
    for (const parser::Word& word : instruction.args) {
      const std::size_t equals = word.text.find('=');
      const std::string name = word.text.substr(0, equals);
      if (const auto it = given.find(name); it != given.end()) {
        globals[name] = it->second;
      } else if (equals != std::string::npos) {
        globals[name] = expand(file, part_of(word, equals + 1), globals, unset);
      }
    }
  }
  return globals;
}

std::string expand_global(const SourceFile& file, const parser::Word& word,
                          const BuildArgs& globals) {
  std::vector<std::string> unset;
  std::string text = expand(file, word, globals, unset);
  if (!text.empty()) return text;
  std::string hint = "give the ARG a default, or set it with --build-arg";
  std::vector<std::string_view> known;
  for (const auto& [name, value] : globals) known.emplace_back(name);
  for (const std::string& name : unset) {
    const std::string near = parser::find_nearest(name, known);
    if (!near.empty()) hint = fmt::format("did you mean \"${}\"?", near);
  }
  throw error_at(file, word.range,
                 fmt::format("\"{}\" expands to nothing", word.text),
                 std::move(hint));
}

std::optional<std::chrono::sys_seconds> resolve_epoch(const SourceFile& file,
                                                      BuildArgs& globals,
                                                      BuildArgs& given) {
  auto it = given.find(kEpoch);
  if (it == given.end()) {
    it = globals.find(kEpoch);
    if (it == globals.end()) return std::nullopt;
  }
  const std::string value = it->second;
  if (value.empty() || value == "context") {
    globals.erase(kEpoch);
    given.erase(kEpoch);
    return std::nullopt;
  }
  const auto seconds = read_seconds(value);
  if (!seconds && is_stage_name(file, value)) {
    throw base::Error(
        base::ErrorKind::unsupported,
        fmt::format("{}={}: taking the time from a stage is not supported yet",
                    kEpoch, value))
        .hint("give the seconds since 1970");
  }
  if (!seconds) throw bad_epoch(file, value, given);
  for (BuildArgs* args : {&globals, &given}) {
    if (args->contains(kEpoch)) (*args)[kEpoch] = std::to_string(*seconds);
  }
  return std::chrono::sys_seconds(std::chrono::seconds(*seconds));
}

}  // namespace builder
