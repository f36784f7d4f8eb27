// Addresses of git repositories, as ADD and build contexts write them:
//
//   https://github.com/org/repo.git#v1.2:docs      branch, tag, refs/… or
//   commit git@github.com:org/repo.git#:docs              and a directory in it
//   https://host/repo.git?tag=v1.2&subdir=docs     the same as a query
//
// An http(s) address is one only when its path ends in ".git"; git:// and
// ssh:// always are. "github.com/org/repo" without a scheme is a local path.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parser {

struct GitAddress {
  std::string remote;    // without query and fragment; may hold a password
  std::string ref;       // empty: the default branch
  std::string checksum;  // a commit, or its beginning, that ref must be
  std::string subdir;    // as written; empty: the root
  std::optional<bool> keep_git_dir;
  std::optional<bool> submodules;
  // mtime=commit: the files have the commit's time, not the checkout's.
  bool has_commit_times = false;
  std::optional<bool> fetch_by_commit;

  // The server's name, as secrets are called by it; with a port where there is.
  std::string host;
};

// nullopt when `text` is no git address. Throws: SyntaxError with a range
// counted from 1:1 at the text's start, for a query that makes no sense.
std::optional<GitAddress> find_git_address(std::string_view text);

// A whole commit name: 40 digits, or 64 in repositories of SHA-256.
bool is_commit(std::string_view ref);

}  // namespace parser
