// The parts of strake system that show something; see system_command.cc.
#pragma once

#include "cli/command.h"

namespace cli {

int run_system_df(Globals& globals, const Arguments& arguments);
int run_system_info(Globals& globals, const Arguments& arguments);

}  // namespace cli
