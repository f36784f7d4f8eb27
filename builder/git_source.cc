#include "builder/git_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "builder/git_repository.h"
#include "parser/git_address.h"
#include "parser/url.h"

namespace builder {
namespace {

namespace fs = std::filesystem;

// "<commit>\t<name>", one a line.
std::map<std::string, std::string> parse_refs(std::string_view text) {
  std::map<std::string, std::string> refs;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    refs.emplace(line.substr(tab + 1), line.substr(0, tab));
  }
  return refs;
}

// A name without "refs/…" may be a branch or a tag; a branch comes first, as it
// does for git checkout.
std::vector<std::string> full_names(const std::string& ref) {
  if (ref.empty() || ref == "HEAD") return {"HEAD"};
  if (ref.starts_with("refs/")) return {ref};
  return {"refs/" + ref, "refs/heads/" + ref, "refs/tags/" + ref};
}

// Every ".git" below a directory. git itself refuses to check one out, so they
// are what it has made: the repository and the submodules' links to theirs.
void remove_git_directories(const fs::path& tree) {
  std::vector<fs::path> found;
  for (auto it = fs::recursive_directory_iterator(tree); it != fs::end(it);
       ++it) {
    if (it->path().filename() != ".git") continue;
    found.push_back(it->path());
    it.disable_recursion_pending();
  }
  for (const fs::path& path : found) fs::remove_all(path);
}

// What git prints of a commit's time is as odd as the commit is.
std::int64_t parse_commit_time(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, seconds);
  if (fault != std::errc() || stop != end) {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("\"{}\" is no time of a commit", text))
        .hint("leave mtime=commit out of the address");
  }
  return seconds;
}

void set_times(const fs::path& tree, std::int64_t seconds) {
  const std::array<timespec, 2> times = {timespec{seconds, 0},
                                         timespec{seconds, 0}};
  const auto set = [&times](const fs::path& path) {
    if (::utimensat(AT_FDCWD, path.c_str(), times.data(),
                    AT_SYMLINK_NOFOLLOW) != 0) {
      throw base::system_error(errno, "setting the time of a checked out file");
    }
  };
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    set(entry.path());
  }
  set(tree);
}

// Where a subdirectory is, links on the way resolved inside the tree.
fs::path find_subdir(const fs::path& tree, const std::string& subdir) {
  if (subdir.empty()) return tree;
  const base::Fd root = base::open_file(tree, O_PATH | O_DIRECTORY);
  std::optional<base::Fd> found;
  try {
    found = base::find_in_root(root, subdir, O_PATH | O_DIRECTORY);
  } catch (const base::Error&) {
    // A file, or a loop: no directory in any case.
  }
  if (!found) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("there is no directory \"{}\"", subdir));
  }
  return fs::read_symlink(fmt::format("/proc/self/fd/{}", found->get()));
}

class Checkout {
 public:
  Checkout(const ResolvedGit& source, const GitCommand& git, fs::path tree)
      : op_(source.op),
        ref_name_(source.ref_name),
        git_(git),
        tree_(std::move(tree)) {}

  fs::path make(const GitRepository& repository) {
    git_.run({"init", "--quiet", "--template=", "."}, tree_);
    base::replace_file(tree_ / ".git/objects/info/alternates",
                       (repository.directory() / "objects").native() + "\n");
    // What is behind the commit is none of this repository's.
    base::replace_file(tree_ / ".git/shallow", op_.ref + "\n");
    // Submodules may be named relative to it.
    git_.run({"remote", "add", "origin", git_.remote()}, tree_);
    git_.run({"checkout", "--quiet", "--force", "--detach", op_.ref}, tree_);
    if (op_.has_submodules && fs::exists(tree_ / ".gitmodules")) {
      git_.run({"submodule", "--quiet", "update", "--init", "--recursive",
                "--depth=1"},
               tree_);
    }
    const std::string time =
        git_.run({"show", "--no-patch", "--format=%ct", op_.ref}, tree_);
    const bool keeps_git = op_.keep_git_dir && op_.subdir.empty();
    if (keeps_git) {
      keep_repository(repository);
    } else {
      remove_git_directories(tree_);
    }
    const fs::path found = find_subdir(tree_, op_.subdir);
    if (op_.has_commit_times) set_times(found, parse_commit_time(time));
    return found;
  }

 private:
  // Makes .git a repository that needs no other: its own objects, the ref that
  // was asked for, nothing of how it came here.
  void keep_repository(const GitRepository& repository) {
    if (ref_name_.starts_with("refs/") &&
        repository.leads_to(ref_name_, op_.ref)) {
      const std::string target = git_.run({"rev-parse", "--verify", ref_name_},
                                          repository.directory());
      git_.run({"update-ref", ref_name_, target.substr(0, target.find('\n'))},
               tree_);
    }
    git_.run({"repack", "--quiet", "-a", "-d"}, tree_);
    fs::remove(tree_ / ".git/objects/info/alternates");
  }

  const GitOp& op_;
  const std::string& ref_name_;
  const GitCommand& git_;
  fs::path tree_;
};

}  // namespace

ResolvedGit resolve_git(const GitOp& op, const GitCommand& git) {
  if (parser::is_commit(op.ref)) return {op, {}};
  const std::string ref = op.ref.empty() ? "HEAD" : op.ref;
  const auto refs = parse_refs(git.run(
      {"ls-remote", "--quiet", "--", git.remote(), ref, ref + "^{}"}, "/"));
  for (const std::string& name : full_names(op.ref)) {
    const auto direct = refs.find(name);
    if (direct == refs.end()) continue;
    // An annotated tag is an object of its own, which leads to a commit.
    const auto peeled = refs.find(name + "^{}");
    const std::string commit =
        peeled == refs.end() ? direct->second : peeled->second;
    if (!commit.starts_with(op.checksum) &&
        !direct->second.starts_with(op.checksum)) {
      throw base::Error(
          base::ErrorKind::corrupt,
          fmt::format("{} is commit {}, not {}", ref, commit, op.checksum))
          .hint("it has been moved since the checksum was taken");
    }
    ResolvedGit resolved{op, name};
    resolved.op.ref = commit;
    resolved.op.checksum.clear();
    if (op.keep_git_dir) resolved.op.ref_name = name;
    return resolved;
  }
  throw base::Error(base::ErrorKind::not_found,
                    fmt::format("there is no branch or tag \"{}\"", ref))
      .hint(op.checksum == op.ref || op.ref.size() >= 7
                ? "a commit is named by all its 40 digits"
                : "");
}

fs::path check_out_git(const ResolvedGit& source, const GitCommand& git,
                       const fs::path& store_root, const store::Lease& lease) {
  try {
    GitRepository repository(store_root, git, lease.stop());
    const bool is_named = source.op.ref_name.starts_with("refs/");
    repository.fetch(
        source.op.ref, source.ref_name,
        is_named ? GitRepository::Name::wanted : GitRepository::Name::hint);
    Checkout checkout(source, git, lease.make_directory("git"));
    return checkout.make(repository);
  } catch (const fs::filesystem_error& error) {
    throw base::system_error(error.code().value(), error.path1().native());
  }
}

}  // namespace builder
