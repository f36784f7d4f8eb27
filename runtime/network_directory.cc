#include "runtime/network_directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <sstream>

#include "base/error.h"
#include "base/file.h"

namespace runtime {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kMaxSlots = 256;

// Kernels before 5.14 have no cookies; an inode number can be used again.
std::uint64_t number_of_namespace() {
#ifndef SO_NETNS_COOKIE
  constexpr int SO_NETNS_COOKIE = 71;
#endif
  const base::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) ==
      0) {
    return cookie;
  }
  struct stat status {};
  if (::stat("/proc/thread-self/ns/net", &status) != 0) {
    throw base::system_error(errno, "network: /proc/thread-self/ns/net");
  }
  return status.st_ino;
}

bool is_same_file(const base::Fd& file, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(file.get(), &opened) == 0 &&
         ::stat(path.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
         opened.st_ino == named.st_ino;
}

void make_directory(const fs::path& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST) return;
  throw base::system_error(errno,
                           fmt::format("network: making {}", path.native()));
}

// The one before us may have removed the file we waited for, and with it the
// directories, at any point of this.
base::Fd lock_directory(const fs::path& path) {
  for (;;) {
    make_directory(path.parent_path(), 0755);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      if (errno == ENOENT) continue;
      throw base::system_error(
          errno, fmt::format("network: making {}", path.native()));
    }
    const fs::path file = path / "lock";
    base::Fd lock(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock && errno == ENOENT) continue;
    if (!lock || ::flock(lock.get(), LOCK_EX) != 0) {
      throw base::system_error(
          errno, fmt::format("network: locking {}", file.native()));
    }
    if (is_same_file(lock, file)) return lock;
  }
}

void read_note(const std::string& text, NetworkSlot& slot) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string key = line.substr(0, blank);
    const std::string value = line.substr(std::min(blank + 1, line.size()));
    if (key == "subnet") slot.subnet = find_subnet(value).value_or(Subnet());
    if (key == "chain") slot.chains.push_back(value);
  }
}

}  // namespace

NetworkDirectory::NetworkDirectory()
    : path_(fmt::format("/run/strake/network-{}", number_of_namespace())),
      lock_(lock_directory(path_)) {}

NetworkDirectory::~NetworkDirectory() {
  std::error_code error;
  if (!numbers().empty() || fs::exists(forwarding_mark(), error)) return;
  fs::remove(path_ / "lock", error);
  fs::remove(path_, error);
  fs::remove(path_.parent_path(), error);  // unless others have theirs there
}

std::vector<unsigned> NetworkDirectory::numbers() const {
  std::vector<unsigned> numbers;
  std::error_code error;
  for (fs::directory_iterator it(path_, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename();
    unsigned number = 0;
    const auto [stop, failure] =
        std::from_chars(name.data(), name.data() + name.size(), number);
    if (failure == std::errc() && stop == name.data() + name.size()) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

bool NetworkDirectory::is_empty() const { return numbers().empty(); }

std::vector<NetworkSlot> NetworkDirectory::take_dead() {
  std::vector<NetworkSlot> dead;
  for (const unsigned number : numbers()) {
    NetworkSlot slot{number, {}, {}, {}};
    auto file = base::find_file(path_ / std::to_string(number), O_RDWR);
    if (!file || ::flock(file->get(), LOCK_EX | LOCK_NB) != 0) continue;
    read_note(base::read_all(*file), slot);
    slot.file = std::move(*file);
    dead.push_back(std::move(slot));
  }
  return dead;
}

std::vector<NetworkSlot> NetworkDirectory::live() const {
  std::vector<NetworkSlot> slots;
  for (const unsigned number : numbers()) {
    NetworkSlot slot{number, {}, {}, {}};
    const auto file = base::find_file(path_ / std::to_string(number), O_RDONLY);
    if (!file) continue;
    read_note(base::read_all(*file), slot);
    slots.push_back(std::move(slot));
  }
  return slots;
}

NetworkSlot NetworkDirectory::take_slot(const Subnet& subnet) {
  for (unsigned number = 0; number < kMaxSlots; ++number) {
    const fs::path path = path_ / std::to_string(number);
    base::Fd file(
        ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file && errno == EEXIST) continue;
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      throw base::system_error(
          errno, fmt::format("network: making {}", path.native()));
    }
    NetworkSlot slot{number, subnet, {}, std::move(file)};
    write(slot);
    return slot;
  }
  throw base::Error(base::ErrorKind::unsupported,
                    fmt::format("network: {} builds have one already, as {} "
                                "tells",
                                kMaxSlots, path_.native()));
}

void NetworkDirectory::write(const NetworkSlot& slot) const {
  std::string text = fmt::format("subnet {}\n", render_subnet(slot.subnet));
  for (const std::string& chain : slot.chains) {
    text += fmt::format("chain {}\n", chain);
  }
  base::write_at(slot.file, 0, text);
}

void NetworkDirectory::remove(const NetworkSlot& slot) const noexcept {
  ::unlink((path_ / std::to_string(slot.number)).c_str());
}

}  // namespace runtime
