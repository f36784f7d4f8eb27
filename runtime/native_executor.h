// The default executor: namespaces set up in-process by clone3, no helper
// programs, the command as pid 1.
#pragma once

#include "runtime/executor.h"

namespace runtime {

class NativeExecutor : public Executor {
 public:
  Outcome run(const Spec& spec, const Root& root, const Streams& streams,
              std::stop_token stop) override;
};

}  // namespace runtime
