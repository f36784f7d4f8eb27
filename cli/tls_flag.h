// --tls-verify[=BOOL], podman's: whether registries have to prove who they are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"

namespace cli {

class TlsFlag {
 public:
  // Must outlive the parsing of `options`.
  void add_to(Options& options);

  // Nothing where it was not given: then it is for the machine's configuration
  // to say. False allows any certificate, and plain HTTP. Throws: usage.
  std::optional<bool> verifies() const;

 private:
  std::vector<std::string> words_;
};

}  // namespace cli
