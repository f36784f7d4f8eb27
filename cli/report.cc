#include "cli/report.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>

#include "cli/clean_text.h"

namespace cli {
namespace {

// The text of such an error ends in strerror(errno).
bool is_for_want_of_space(const base::Error& error) {
  if (error.kind() != base::ErrorKind::system) return false;
  const std::string& text = error.message();
  return text.ends_with(::strerror(ENOSPC)) ||
         text.ends_with(::strerror(EDQUOT));
}

std::string advice_on(const base::Error& error) {
  if (!error.hint().empty() || !is_for_want_of_space(error)) {
    return error.hint();
  }
  return "free some space; \"strake builder prune\" removes build cache that "
         "no image needs, with -a all that no build uses";
}

}  // namespace

void report(const base::Error& error) {
  const std::string hint = advice_on(error);
  // A near miss belongs to the sentence; other advice stands on its own line.
  const bool is_near_miss = hint.starts_with("did you mean");
  std::string text =
      fmt::format("strake: {}{}{}\n", error.message(), is_near_miss ? "; " : "",
                  is_near_miss ? hint : "");
  text += error.excerpt();
  if (!is_near_miss && !hint.empty()) {
    text += fmt::format("hint: {}\n", hint);
  }
  // It quotes Dockerfiles, file names and what a step printed.
  std::cerr << clean_text(text);
  std::cerr.flush();
}

base::Error usage_error(std::string text, std::string hint) {
  return base::Error(base::ErrorKind::usage, std::move(text))
      .hint(std::move(hint));
}

int exit_code_of(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::usage:
      return 2;
    case base::ErrorKind::invalid_dockerfile:
      return 3;
    case base::ErrorKind::step_failed:
      return 4;
    case base::ErrorKind::unavailable:
      return 5;
    case base::ErrorKind::denied:
      return 6;
    case base::ErrorKind::cancelled:
      return 130;
    case base::ErrorKind::invalid_input:
    case base::ErrorKind::not_found:
    case base::ErrorKind::corrupt:
    case base::ErrorKind::unsupported:
    case base::ErrorKind::system:
      return 1;
  }
  return 1;
}

}  // namespace cli
