// The answers to --call=targets and --call=outline as columns for people, in
// the shape of docker buildx.
#pragma once

#include <string>

#include "builder/diagnostic.h"
#include "builder/outline.h"

namespace cli {

// The stages with a name, and the one that is built when none is named.
std::string render_targets(const builder::SourceFile& file);

// Only the tables that have rows.
std::string render_outline(const builder::Outline& outline);

}  // namespace cli
