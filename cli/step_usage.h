// What a step's processes used, in a few words.
#pragma once

#include <string>

#include "runtime/executor.h"

namespace cli {

// "cpu 2.1s, memory 180 MiB".
std::string render_usage(const runtime::Usage& usage);

// Whether it is worth a place where every word counts: above a second of
// processor time or 64 MiB.
bool is_notable(const runtime::Usage& usage);

}  // namespace cli
