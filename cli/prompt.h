// Questions to the person at the terminal that is our standard input.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>

namespace cli {

enum class Echo {
  shown,
  hidden,  // what is typed is not on the screen, as for passwords
};

// The line that is typed, without its end; what there is of one when the input
// ends. The question goes to stderr. Whatever happens, the terminal is left as
// it was found; what was typed ahead of a hidden answer does not count for one.
// Throws: cancelled, system.
std::string ask(std::string_view question, Echo echo,
                const std::stop_token& stop);

}  // namespace cli
