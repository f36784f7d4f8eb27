// The question that commands ask before they remove much.
#pragma once

#include <string_view>

namespace cli {

// "WARNING! This will remove <what>. Are you sure …?", on stdout as docker
// does; whether the answer on stdin is yes. Without an answer it is no.
bool confirm_removal(std::string_view what);

}  // namespace cli
