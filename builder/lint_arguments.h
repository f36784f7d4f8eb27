// The rules about the ARGs that FROM sees, and about --build-arg.
#pragma once

#include <set>
#include <string>

#include "builder/lint.h"

namespace builder {

// UndefinedArgInFrom, RedundantTargetPlatform, InvalidDefaultArgInFrom and
// strake/UnpinnedBase, of every FROM. `globals` is what FROM sees in this
// build, `defaults` what it would see without a build argument; null when that
// cannot be told.
void lint_from_arguments(const SourceFile& file, const BuildArgs& globals,
                         const BuildArgs* defaults, Lint& lint);

// strake/UnusedBuildArg. `declared` are the ARGs of planned stages and of the
// triggers in them; those of other stages count as well.
void lint_unused_arguments(const SourceFile& file, const BuildArgs& build_args,
                           const BuildArgs& globals,
                           const std::set<std::string>& declared, Lint& lint);

}  // namespace builder
