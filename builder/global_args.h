// What FROM lines can see: the builder's own arguments (TARGETARCH and the
// like) and the ARGs before the first FROM. A stage sees one of them only after
// an ARG of its own that names it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "builder/diagnostic.h"
#include "builder/platform.h"
#include "builder/scope.h"

namespace builder {

// TARGETPLATFORM, BUILDARCH and the others. `target_stage` is the name of the
// stage that is built, empty when it has none.
BuildArgs platform_arguments(const Platform& build, const Platform& target,
                             std::string_view target_stage);

// The built-in ones and the file's global ARGs; what `given` (--build-arg) has
// takes the place of either's value. A default sees the arguments before it.
// Throws: invalid_dockerfile.
BuildArgs read_global_args(const SourceFile& file, BuildArgs built_in,
                           const BuildArgs& given);

// A word of a FROM line, expanded. Throws: invalid_dockerfile, also when it
// expands to nothing; the hint then has the nearest name of `globals`.
std::string expand_global(const SourceFile& file, const parser::Word& word,
                          const BuildArgs& globals);

// SOURCE_DATE_EPOCH, from --build-arg or else a global ARG: the time of all
// that a build describes. Seconds since 1970 are written back as a plain
// number; what means no time (an empty text, or "context", since a directory
// has none) is taken out of both, so that no stage sees it. Throws: usage or
// invalid_dockerfile for what is no number, unsupported for a stage's name.
std::optional<std::chrono::sys_seconds> resolve_epoch(const SourceFile& file,
                                                      BuildArgs& globals,
                                                      BuildArgs& given);

}  // namespace builder
