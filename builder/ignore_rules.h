// Which ignore file counts for a build context: one alone, never several
// merged.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "parser/ignore_file.h"

namespace builder {

// An ignore file's rules with the name it is shown by.
struct NamedIgnore {
  parser::IgnoreFile rules;
  std::string name = ".dockerignore";
};

// Throws: not_found; invalid_dockerfile with the file's line and a caret;
// denied, system.
NamedIgnore read_ignore(const std::filesystem::path& file);

// The first of these files that is there, or no rules at all.
// Throws: as read_ignore, except not_found.
NamedIgnore read_first_ignore(const std::vector<std::filesystem::path>& files);

// The files that count for a context, the first one first: one named for the
// Dockerfile and beside it, then the context's own; each by docker's name, then
// by buildah's. `dockerfile` is empty where none is in a directory.
std::vector<std::filesystem::path> ignore_files_of(
    const std::filesystem::path& context,
    const std::filesystem::path& dockerfile = {});

}  // namespace builder
