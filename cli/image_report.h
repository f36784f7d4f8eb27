// The parts of strake image (image_command.cc) that are nowhere else, and what
// other commands say about images.
#pragma once

#include "cli/command.h"
#include "store/store.h"

namespace cli {

int run_image_prune(Globals& globals, const Arguments& arguments);

// On stderr, when images that no name leads to keep layers: how many, how much,
// and what removes them.
void report_nameless_images(store::Store& store);

}  // namespace cli
