// `# syntax=…` names the program that reads the file, an image which other
// builders fetch and run. The language is built in here, so images that hold
// that language are accepted without a look, and any other is refused: the file
// may be in a language of its own.
//
// The build argument BUILDKIT_SYNTAX stands above the directive, as it does for
// BuildKit; "dockerfile.v0", or nothing, is what is built in.
#pragma once

#include "builder/diagnostic.h"
#include "builder/scope.h"

namespace builder {

// Throws: unsupported, at the directive.
void check_frontend(const SourceFile& file, const BuildArgs& build_args);

}  // namespace builder
