// Which files of a key's input are not as they were, in words:
//
//   src/main.c changed (content)
//   src/run.sh changed (mode 0644 → 0755)
//   src/new.c is new
//   src/old.c is gone
//   src/notes is left out now (.dockerignore line 3)
//   lib changed (link a → b)
//   /out/app of stage build changed (content)
//
// What was is a listing of the store (store/input_listings.h). Its paths are
// those the input's digest knows, "<n>/=<name>/<path below>": the name that a
// source word matched, which of the matches of that name it is, from 0, and the
// path below that. Where the match stands in its tree is in no key, so it is
// taken from the files as they are now.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "builder/build_context.h"
#include "builder/file_selection.h"
#include "store/entry.h"

namespace builder {

// A match with where it comes from, for people.
struct InputMatch {
  const SourceMatch* match;
  std::string prefix = {};          // "/" for the root of a stage
  std::string suffix = {};          // " of stage build"
  BuildContext* context = nullptr;  // whose ignore file may hide files of it
};

// The listing of an input, in any order. `copy` is the COPY that reads it: what
// its flags replace, and the mode and owner of a copied directory itself, mean
// nothing (file_selection.h); null for a mount, which shows all as it is.
std::vector<store::Entry> list_files(std::span<const InputMatch> matches,
                                     const CopyOp* copy);

// What is in a directory that is new or gone is not told one by one. After
// `most` lines comes "and 12 more files".
std::vector<std::string> compare_files(std::vector<store::Entry> was,
                                       std::span<const InputMatch> matches,
                                       const CopyOp* copy, std::size_t most);

}  // namespace builder
