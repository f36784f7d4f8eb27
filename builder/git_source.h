// What a GitOp does: one tree of a repository laid out as files.
#pragma once

#include <filesystem>
#include <stop_token>

#include "builder/git_command.h"
#include "builder/operation.h"
#include "store/lease.h"

namespace builder {

// The same source with its ref resolved to a commit by asking the remote; one
// that names a commit is left as it is, and nobody asked. `ref_name` is the
// full name of the branch or tag, empty for none. Throws: not_found for a ref
// that is not there, corrupt when it is not what the checksum says, what git's
// failures are.
struct ResolvedGit {
  GitOp op;
  std::string ref_name;
};
ResolvedGit resolve_git(const GitOp& op, const GitCommand& git);

// The tree of a resolved source in a directory below `lease`: files 0644 or
// 0755, directories 0755; submodules in place; .git only where asked for and
// the whole tree is. Throws: not_found for a commit or subdirectory that is not
// there, system, what git's failures are.
std::filesystem::path check_out_git(const ResolvedGit& source,
                                    const GitCommand& git,
                                    const std::filesystem::path& store_root,
                                    const store::Lease& lease);

}  // namespace builder
