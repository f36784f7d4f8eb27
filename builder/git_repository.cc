#include "builder/git_repository.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "store/directory.h"
#include "store/file_lock.h"

namespace builder {
namespace {

namespace fs = std::filesystem;

// Below it is a ref for each commit that is here.
constexpr std::string_view kKept = "refs/strake/";

// Its directory, locked. Pruning may remove one that is not.
base::Fd lock_directory(const fs::path& directory,
                        const std::stop_token& stop) {
  for (;;) {
    store::make_directory(directory, store::kPrivate);
    auto file = base::find_file(directory, O_RDONLY | O_DIRECTORY);
    if (file && store::lock_if_free(*file, directory)) return std::move(*file);
    store::pause_for_lock(stop, "another fetch of the repository");
  }
}

}  // namespace

GitRepository::GitRepository(const fs::path& store_root, const GitCommand& git,
                             const std::stop_token& stop)
    : git_(git),
      directory_(store_root / "git" / base::Digest::of(git.remote()).hex()) {
  store::make_directory(store_root / "git", store::kPrivate);
  lock_ = lock_directory(directory_, stop);
  if (fs::exists(directory_ / "busy")) clear();
  // The file's time is that of the last use.
  const fs::path ready = directory_ / "ready";
  if (::utimensat(AT_FDCWD, ready.c_str(), nullptr, 0) == 0) return;
  clear();
  git_.run({"init", "--quiet", "--bare", "--template=", "."}, directory_);
  base::replace_file(ready, git_.remote() + "\n", 0600);
}

void GitRepository::clear() {
  for (const auto& entry : fs::directory_iterator(directory_)) {
    fs::remove_all(entry.path());
  }
}

bool GitRepository::has(const std::string& commit) const {
  return git_.try_run({"rev-parse", "--quiet", "--verify",
                       fmt::format("{}{}^{{commit}}", kKept, commit)},
                      directory_);
}

bool GitRepository::leads_to(const std::string& ref_name,
                             const std::string& commit) const {
  const std::string peeled = ref_name + "^{commit}";
  return git_.try_run({"rev-parse", "--quiet", "--verify", peeled},
                      directory_) &&
         git_.run({"rev-parse", "--verify", peeled}, directory_) ==
             commit + "\n";
}

void GitRepository::fetch(const std::string& commit,
                          const std::string& ref_name, Name name) {
  if (has(commit) && (name == Name::hint || leads_to(ref_name, commit))) {
    return;
  }
  const fs::path busy = directory_ / "busy";
  base::replace_file(busy, "", 0600);
  try {
    fetch_missing(commit, ref_name);
  } catch (const base::Error& error) {
    // Killed, git has left what it had not put into place yet.
    if (error.kind() == base::ErrorKind::cancelled) clear();
    ::unlink(busy.c_str());
    throw;
  }
  ::unlink(busy.c_str());
}

// From the least that has to come to the most.
void GitRepository::fetch_missing(const std::string& commit,
                                  const std::string& ref_name) {
  const std::string name = fmt::format("{}{}", kKept, commit);
  const auto fetch = [this](std::vector<std::string> args) {
    args.insert(args.begin(), {"fetch", "--quiet", "--force", "--no-tags",
                               "--update-shallow"});
    return git_.try_run(args, directory_);
  };
  const std::string remote = git_.remote();
  // The remote's own refs/strake/ would take the place of those kept here.
  const bool has_name = !ref_name.empty() && !ref_name.starts_with(kKept);
  if (has_name &&
      fetch({"--depth=1", "--", remote, ref_name + ":" + ref_name}) &&
      git_.try_run({"update-ref", name, commit}, directory_) && has(commit)) {
    return;
  }
  if (fetch({"--depth=1", "--", remote, commit + ":" + name}) && has(commit)) {
    return;
  }
  // A server that gives nothing but branches and tags, and those whole.
  std::vector<std::string> all = {"fetch", "--quiet", "--force", "--no-tags"};
  if (fs::exists(directory_ / "shallow")) all.emplace_back("--unshallow");
  all.insert(all.end(), {"--", remote, "+refs/heads/*:refs/remotes/*",
                         "+refs/tags/*:refs/tags/*"});
  git_.run(all, directory_);
  if (!git_.try_run({"update-ref", name, commit}, directory_) || !has(commit)) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("there is no commit {}", commit));
  }
}

}  // namespace builder
