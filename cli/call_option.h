// --call, docker buildx's way to ask about a build without doing it, and what
// answers: "check", "outline", "targets", each with ",format=json" for tools.
#pragma once

#include <optional>
#include <string>

#include "builder/build.h"
#include "cli/command.h"

namespace cli {

struct CallOption {
  enum class Method { build, check, outline, targets };
  Method method = Method::build;
  bool is_json = false;
  bool ignores_status = false;  // findings do not change the exit code
};

// `call` is the value of --call, `is_check` whether --check was written.
// Throws: usage.
CallOption read_call(const std::optional<std::string>& call, bool is_check);

// Prints the answer on standard output; returns the exit code: 1 when a check
// has findings, that of the error when the file cannot be built.
// Not for Method::build. Throws: what makes the call impossible.
int run_call(const CallOption& call, const builder::BuildOptions& options,
             const Globals& globals);

}  // namespace cli
