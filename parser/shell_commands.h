// The simple commands of a shell script, as far as they can be told without
// running it: enough to see that `apt-get install` is called, and with what.
//
// No grammar of the shell: words are cut at blanks outside quotes and lose
// their quotes; `&&`, `||`, `;`, `|`, `&`, line ends and brackets end a
// command; words like `if` and `then`, assignments, redirections and the
// prefixes `sudo`, `env`, `exec`, `time` and `!` are left out. Variables stay
// as written. Whoever asks must be content to miss what is not seen.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parser/dockerfile.h"

namespace parser {

using ShellCommand = std::vector<std::string>;  // never empty

// Linear in the text.
std::vector<ShellCommand> split_shell_commands(std::string_view script);

// What a RUN runs: its command line, and the bodies of its heredocs.
std::vector<ShellCommand> shell_commands_of(const Instruction& run);

}  // namespace parser
