#include "runtime/user_namespace.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <initializer_list>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "runtime/granted_ids.h"
#include "runtime/id_mapper.h"

namespace runtime {
namespace {

// Larger than any /etc/subuid that a person has written.
constexpr std::uint64_t kMaxFileBytes = 16U << 20U;

// How long a thread that was joined may take to leave the process.
constexpr auto kThreadGrace = std::chrono::seconds(2);

bool has_capabilities(std::initializer_list<unsigned> wanted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return false;
  for (const unsigned capability : wanted) {
    const __u32 half = data.at(capability / 32).effective;
    if (((half >> (capability % 32)) & 1U) == 0) return false;
  }
  return true;
}

// Number 0 alone says little: root of an ordinary container has few rights.
bool may_build() {
  return ::geteuid() == 0 &&
         has_capabilities({CAP_SYS_ADMIN, CAP_CHOWN, CAP_DAC_OVERRIDE,
                           CAP_FOWNER, CAP_SETUID, CAP_SETGID});
}

std::string read_optional(const char* path) {
  const auto file = base::find_file(path, O_RDONLY);
  return file ? base::read_all(*file, kMaxFileBytes) : std::string();
}

std::string user_name() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

// Every id of ours stands for itself.
IdRanges keep_ids(const IdRanges& ours) {
  IdRanges ranges;
  for (const IdRange& range : ours) {
    ranges.push_back({range.inside, range.inside, range.count});
  }
  return ranges;
}

IdMap one_id() { return {{{0, ::geteuid(), 1}}, {{0, ::getegid(), 1}}}; }

// What this user may map, and who has to write it.
struct Wish {
  IdMap ids;
  MapWriter writer = MapWriter::ourselves;
  std::string warning;
};

Wish find_ids() {
  if (::geteuid() == 0 && has_capabilities({CAP_SETUID, CAP_SETGID})) {
    const IdMap ours = read_id_map();
    return {{keep_ids(ours.uids), keep_ids(ours.gids)}, MapWriter::parent, {}};
  }
  const std::string user = user_name();
  IdMap ids = {
      grant_ids(read_optional("/etc/subuid"), user, ::getuid(), ::geteuid()),
      grant_ids(read_optional("/etc/subgid"), user, ::getuid(), ::getegid())};
  if (ids.uids.size() > 1 && ids.gids.size() > 1) {
    return {std::move(ids), MapWriter::newidmap, {}};
  }
  const bool lacks_uids = ids.uids.size() == 1;
  return {one_id(), MapWriter::ourselves,
          fmt::format(
              "{} has no ids for {} but its own, so steps cannot give files "
              "to other users or switch to them; let root run: usermod "
              "--add-subuids 100000-165535 --add-subgids 100000-165535 {}",
              lacks_uids ? "/etc/subuid" : "/etc/subgid", user, user)};
}

bool reads(const char* path, char value) {
  return read_optional(path).starts_with(value);
}

base::Error refusal(int error_number) {
  base::Error error = base::system_error(
      error_number, "building without root: making a user namespace");
  if (error_number == ENOSPC || error_number == EUSERS ||
      reads("/proc/sys/user/max_user_namespaces", '0')) {
    error.hint(
        "let root run: sysctl -w user.max_user_namespaces=65536, and put it "
        "into /etc/sysctl.d to keep it");
  } else if (reads("/proc/sys/kernel/unprivileged_userns_clone", '0')) {
    error.hint("let root run: sysctl -w kernel.unprivileged_userns_clone=1");
  } else if (reads("/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                   '1')) {
    error.hint(
        "let root run: sysctl -w "
        "kernel.apparmor_restrict_unprivileged_userns=0, or give strake an "
        "AppArmor profile with \"userns,\"");
  } else if (error_number == ENOSYS || error_number == EINVAL) {
    error.hint("the kernel needs CONFIG_USER_NS");
  } else {
    error.hint(
        "a container's seccomp profile may forbid it: start the container with "
        "--security-opt seccomp=unconfined, or build as root");
  }
  return error;
}

// A thread that was joined may still be on its way out, and until it is gone
// the kernel says EINVAL.
void enter_new_namespaces() {
  const auto until = std::chrono::steady_clock::now() + kThreadGrace;
  while (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) {
    if (errno != EINVAL || std::chrono::steady_clock::now() > until) {
      throw refusal(errno);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

Privileges enter_own_namespace() {
  Wish wish = find_ids();
  IdMapper mapper(wish.ids, wish.writer);
  enter_new_namespaces();
  if (const std::string why = mapper.write(); !why.empty()) {
    wish.warning = fmt::format(
        "{}; without it there is one id only, so steps cannot give files to "
        "other users or switch to them",
        why);
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    throw refusal(errno);
  }
  Privileges privileges{Privileges::Kind::ranges, read_id_map(),
                        std::move(wish.warning)};
  if (privileges.ids.count() == 1) privileges.kind = Privileges::Kind::one_id;
  return privileges;
}

}  // namespace

Privileges acquire_privileges() {
  if (!may_build()) return enter_own_namespace();
  IdMap ids = read_id_map();
  const bool is_host = ids.is_identity();
  return {is_host ? Privileges::Kind::host : Privileges::Kind::inherited,
          std::move(ids),
          {}};
}

std::string describe(const Privileges& privileges) {
  switch (privileges.kind) {
    case Privileges::Kind::host:
      return "root";
    case Privileges::Kind::inherited:
      return fmt::format("the caller's user namespace with {} ids",
                         privileges.ids.count());
    case Privileges::Kind::ranges:
      return fmt::format("user namespace with {} ids", privileges.ids.count());
    case Privileges::Kind::one_id:
      return "user namespace with one id";
  }
  return {};
}

}  // namespace runtime
