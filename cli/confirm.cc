#include "cli/confirm.h"

#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <string>

namespace cli {

bool confirm_removal(std::string_view what) {
  std::cout << fmt::format(
                   "WARNING! This will remove {}.\nAre you sure you want to "
                   "continue? [y/N] ",
                   what)
            << std::flush;
  std::string answer;
  const bool is_answered = static_cast<bool>(std::getline(std::cin, answer));
  // A terminal has shown the line end that was typed.
  if (!is_answered || ::isatty(STDIN_FILENO) == 0) std::cout << '\n';
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace cli
