// What this machine lets a build do, and which setting is missing: the answers
// that acquire_privileges(), choose_root_form() and their neighbours would give
// a build, each with what to do about it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace runtime {

struct Finding {
  enum class State {
    ok,
    limited,  // builds work, some of what they may ask for does not
    missing,  // builds do not work
  };
  std::string what;  // "user namespace"
  State state = State::ok;
  std::string detail;  // what there is, or why there is nothing
  std::string fix;     // a command, or what to ask for; empty when all is well
};

// `scratch` is on the file system of the store, or where it would be: an empty
// directory is made there and removed. The process enters a user namespace as
// a build would, so this is the last it does; to be called while there is one
// thread.
std::vector<Finding> examine_machine(const std::filesystem::path& scratch);

}  // namespace runtime
