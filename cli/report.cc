#include "cli/report.h"

#include <fmt/format.h>

#include <iostream>
#include <string>

#include "cli/clean_text.h"

namespace cli {

void report(const base::Error& error) {
  // A near miss belongs to the sentence; other advice stands on its own line.
  const bool is_near_miss = error.hint().starts_with("did you mean");
  std::string text =
      fmt::format("strake: {}{}{}\n", error.message(), is_near_miss ? "; " : "",
                  is_near_miss ? error.hint() : "");
  text += error.excerpt();
  if (!is_near_miss && !error.hint().empty()) {
    text += fmt::format("hint: {}\n", error.hint());
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
