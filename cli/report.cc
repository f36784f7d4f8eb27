#include "cli/report.h"

#include <fmt/format.h>

#include <iostream>

namespace cli {

void report(const base::Error& error) {
  std::cerr << fmt::format("strake: {}\n", error.message());
  if (!error.excerpt().empty()) std::cerr << error.excerpt();
  if (!error.hint().empty()) {
    std::cerr << fmt::format("hint: {}\n", error.hint());
  }
  std::cerr.flush();
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
