// Finds and reads the Dockerfile of a build.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/fd.h"

namespace builder {

struct DockerfileText {
  std::string name;  // as messages show it: "Dockerfile", "-"
  std::string text;
  // Where it is in the file system; empty for standard input and for a file of
  // an archive. An ignore file may stand beside it.
  std::filesystem::path path = {};
};

// What -f names, relative to the current directory ("-" is standard input);
// without -f the file of `context` by one of the usual names.
// Throws: not_found, with what there is instead; denied, system.
DockerfileText read_dockerfile_text(const std::filesystem::path& context,
                                    const std::optional<std::string>& file);

// The same of a tree that somebody else made, whose links lead nowhere else:
// -f counts from its root. `title` names it in messages.
DockerfileText read_dockerfile_in(const base::Fd& root,
                                  const std::string& title,
                                  const std::optional<std::string>& file);

}  // namespace builder
