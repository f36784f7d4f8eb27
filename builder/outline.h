// What a build of a target takes from whoever calls it: arguments, secrets, ssh
// agents, cache mounts; and the targets there are. For --call=outline and
// --call=targets, in the terms of docker buildx.
#pragma once

#include <string>
#include <vector>

#include "builder/plan.h"

namespace builder {

struct Outline {
  std::string name;  // of the target's stage; empty when it has none
  std::string description;
  std::vector<PlannedArgument> arguments;
  struct Input {  // a secret, an ssh agent or a cache mount
    std::string id;
    bool is_required = false;
    parser::Range range;  // of the RUN
  };
  std::vector<Input> secrets;
  std::vector<Input> ssh;
  std::vector<Input> caches;
};

// All lists by line, each name once: that of the stage nearest to the target.
// ARGs above the first FROM are among them when FROM, a stage or another such
// ARG that counts uses them.
Outline make_outline(const SourceFile& file, const PlanOptions& options,
                     const Plan& plan);

}  // namespace builder
