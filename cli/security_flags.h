// --cap-add, --cap-drop and --security-opt, of build and of run alike.
#pragma once

#include <string>
#include <vector>

#include "base/trace.h"
#include "builder/run_settings.h"
#include "cli/options.h"

namespace cli {

class SecurityFlags {
 public:
  // Declares them; parsing fills this object.
  void add_to(Options& options);

  // What they mean. Reads the profile of seccomp=FILE.
  // Throws: usage; not_found, invalid_input for a profile; denied for a
  // capability that strake itself lacks; unsupported for what a security module
  // of the kernel would have to do.
  builder::SecuritySettings read() const;

 private:
  std::vector<std::string> added_, dropped_, options_;
};

// For --debug: the names of a profile that mean nothing here, since no
// architecture has such a call. They are passed over, as docker does.
void note_unknown_calls(base::Trace* trace,
                        const builder::SecuritySettings& settings);

}  // namespace cli
