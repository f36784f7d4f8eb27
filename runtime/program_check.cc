#include "runtime/program_check.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "runtime/syscalls.h"

namespace runtime {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kOwnMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kOwnMachine = EM_AARCH64;
#else
#error "which programs does this machine run?"
#endif

// By its mode alone, as an access control list would rarely say otherwise.
bool may_execute(const struct stat& status,
                 const IdentityPlan& identity) noexcept {
  if (!S_ISREG(status.st_mode)) return false;
  const bool is_in_group =
      status.st_gid == identity.gid ||
      std::find(identity.groups.begin(), identity.groups.end(),
                status.st_gid) != identity.groups.end();
  mode_t wanted = S_IXOTH;
  if (identity.uid == 0) {
    wanted = S_IXUSR | S_IXGRP | S_IXOTH;
  } else if (status.st_uid == identity.uid) {
    wanted = S_IXUSR;
  } else if (is_in_group) {
    wanted = S_IXGRP;
  }
  return (status.st_mode & wanted) != 0;
}

// `path` from `cwd`; false when it is too long.
bool join(const std::string& cwd, const std::string& path,
          std::array<char, PATH_MAX>& joined) noexcept {
  const std::size_t before = path.starts_with('/') ? 0 : cwd.size() + 1;
  if (before + path.size() >= joined.size()) return false;
  if (before != 0) {
    std::memcpy(joined.data(), cwd.data(), cwd.size());
    joined[before - 1] = '/';
  }
  std::memcpy(joined.data() + before, path.c_str(), path.size() + 1);
  return true;
}

}  // namespace

ProgramCheck::ProgramCheck(int root, const CommandPlan& command,
                           const IdentityPlan& identity) noexcept
    : identity_(identity) {
  for (std::size_t i = 0; i < command.candidates.size(); ++i) {
    std::array<char, PATH_MAX> path;
    if (!join(command.cwd, command.candidates[i], path)) continue;
    const Fault before = fault_;
    look_at(root, path.data());
    if (fault_ != before) candidate_ = i;
    if (fault_ == Fault::none) return;
  }
}

void ProgramCheck::look_at(int root, const char* path) noexcept {
  const int found = open_inside(root, path, O_PATH);
  if (found < 0) return;
  struct stat status {};
  const bool is_known = ::fstat(found, &status) == 0;
  ::close(found);
  if (!is_known || !may_execute(status, identity_)) {
    fault_ = Fault::refused;
    return;
  }
  fault_ = Fault::none;
  const int file = open_inside(root, path, O_RDONLY);
  if (file < 0) return;
  const ssize_t size = ::read(file, head_.data(), head_.size());
  head_size_ = size > 0 ? static_cast<std::size_t>(size) : 0;
  ::close(file);
}

bool ProgramCheck::wants_interpreter() const noexcept {
  if (head().starts_with("#!")) return true;
  Elf64_Ehdr header;
  if (!head().starts_with(ELFMAG) || head_size_ < sizeof header) return false;
  std::memcpy(&header, head_.data(), sizeof header);
  return header.e_machine == kOwnMachine;
}

void ProgramCheck::fail(const Reporter& report) const noexcept {
  switch (fault_) {
    case Fault::missing:
      report.fail(SetupStep::find_command, ENOENT);
    case Fault::refused:
      report.fail(SetupStep::execute, EACCES, candidate_);
    case Fault::none:
      break;
  }
  if (wants_interpreter()) {
    report.fail(SetupStep::find_interpreter, ENOENT, candidate_, head());
  }
  report.fail(SetupStep::execute, ENOEXEC, candidate_);
}

}  // namespace runtime
