// Any rules compile or are refused, and a path that is visible below a hidden
// directory is one that the walk was told to enter for. The first line is the
// path, the rest the rules.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "parser/ignore_file.h"
#include "parser/syntax_error.h"
#include "require.h"

namespace {

// Paths are clean: no empty parts, "." or "..".
bool is_path(std::string_view path) {
  if (path.empty()) return false;
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

void check(const parser::IgnoreFile& rules, std::string_view path) {
  const bool is_hidden = rules.excludes(path);
  for (std::size_t i = path.find('/'); i != std::string_view::npos;
       i = path.find('/', i + 1)) {
    const std::string_view parent = path.substr(0, i);
    const auto decision = rules.decide(parent);
    if (is_hidden || !decision.is_hidden()) continue;
    fuzz::require(rules.may_reinclude_below(parent, decision),
                  "a walk enters what holds a visible path");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t feed = text.find('\n');
  if (feed == std::string_view::npos) return 0;
  const std::string_view path = text.substr(0, feed);
  if (!is_path(path)) return 0;
  try {
    check(parser::IgnoreFile::parse(text.substr(feed + 1)), path);
  } catch (const parser::SyntaxError& error) {
    fuzz::require(error.range().start.line >= 1, "an error has a line");
  }
  try {
    const parser::PathPattern pattern(text.substr(feed + 1),
                                      parser::DoubleStar::one_part);
    const std::size_t slash = path.rfind('/');
    const std::string_view parent =
        slash == std::string_view::npos ? "" : path.substr(0, slash);
    if (pattern.matches(path)) {
      fuzz::require(pattern.may_match_below(parent), "a match is below");
    }
  } catch (const parser::SyntaxError&) {
  }
  return 0;
}
