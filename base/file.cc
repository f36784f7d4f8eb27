#include "base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <random>

#include "base/error.h"

namespace base {
namespace {

bool is_absent(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR;
}

Error open_error(int error_number, std::string_view path) {
  const std::string what = fmt::format("opening {}", path);
  Error error = system_error(error_number, what);
  if (is_absent(error_number)) {
    return Error(ErrorKind::not_found, error.message());
  }
  return error;
}

// Fd, or empty with errno set.
Fd try_open_in_root(const Fd& root, std::string_view path, int flags,
                    unsigned mode) {
  const std::string name = path.empty() ? "." : std::string(path);
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  // EAGAIN: a rename raced with the resolution of ".."; the kernel asks for a
  // retry. The bound keeps an attacker who renames for ever from holding us.
  for (int attempt = 0;; ++attempt) {
    const long raw =
        ::syscall(SYS_openat2, root.get(), name.c_str(), &how, sizeof how);
    if (raw >= 0) return Fd(static_cast<int>(raw));
    if (errno == EINTR || (errno == EAGAIN && attempt < 1000)) continue;
    return Fd();
  }
}

// As writing into the old file would have left it, in its owner's directory.
// Not in one for everybody: there somebody else may have put the file first, to
// be given what root writes. Others than root cannot give files away.
void give_to_owner_of(const std::filesystem::path& old, const Fd& file) {
  struct stat was {};
  struct stat directory {};
  if (::stat(old.c_str(), &was) != 0 ||
      ::stat(old.parent_path().c_str(), &directory) != 0 ||
      was.st_uid != directory.st_uid || was.st_uid == ::geteuid()) {
    return;
  }
  [[maybe_unused]] const int ignored =
      ::fchown(file.get(), was.st_uid, was.st_gid);
}

}  // namespace

Fd open_file(const std::filesystem::path& path, int flags, unsigned mode) {
  Fd file(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!file) throw open_error(errno, path.native());
  return file;
}

std::optional<Fd> find_file(const std::filesystem::path& path, int flags) {
  Fd file(::open(path.c_str(), flags | O_CLOEXEC));
  if (file) return file;
  if (is_absent(errno)) return std::nullopt;
  throw open_error(errno, path.native());
}

std::optional<Fd> find_in_root(const Fd& root, std::string_view path, int flags,
                               unsigned mode) {
  Fd file = try_open_in_root(root, path, flags, mode);
  if (file) return file;
  if (is_absent(errno)) return std::nullopt;
  throw open_error(errno, path);
}

Fd open_in_root(const Fd& root, std::string_view path, int flags,
                unsigned mode) {
  Fd file = try_open_in_root(root, path, flags, mode);
  if (!file) throw open_error(errno, path);
  return file;
}

std::size_t read_some(const Fd& file, std::byte* buffer, std::size_t size) {
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw system_error(errno, "reading a file");
  }
}

std::size_t read_at(const Fd& file, std::uint64_t offset, std::byte* buffer,
                    std::size_t size) {
  while (true) {
    const ssize_t count =
        ::pread(file.get(), buffer, size, static_cast<off_t>(offset));
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw system_error(errno, "reading a file");
  }
}

std::string read_all(const Fd& file, std::uint64_t limit_bytes) {
  std::string content;
  std::array<std::byte, 65536> buffer{};
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
      static_cast<std::uint64_t>(status.st_size) <= limit_bytes) {
    content.reserve(static_cast<std::size_t>(status.st_size));
  }
  while (const std::size_t count =
             read_some(file, buffer.data(), buffer.size())) {
    if (content.size() + count > limit_bytes) {
      throw Error(ErrorKind::invalid_input,
                  fmt::format("file is larger than {} bytes", limit_bytes));
    }
    content.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
  return content;
}

std::optional<std::string> find_text(const std::filesystem::path& path,
                                     std::uint64_t limit_bytes) {
  const auto file = find_file(path, O_RDONLY | O_NONBLOCK);
  if (!file) return std::nullopt;
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) {
    throw system_error(errno, path.native());
  }
  if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode)) {
    throw Error(ErrorKind::invalid_input, path.native() + " is not a file");
  }
  try {
    return read_all(*file, limit_bytes);
  } catch (Error& error) {
    error.add_context(path.native());
    throw;
  }
}

std::string read_file(const std::filesystem::path& path,
                      std::uint64_t limit_bytes) {
  const Fd file = open_file(path, O_RDONLY);
  try {
    return read_all(file, limit_bytes);
  } catch (Error& error) {
    error.add_context(path.native());
    throw;
  }
}

void write_all(const Fd& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw system_error(errno, "writing a file");
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void write_at(const Fd& file, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(file.get(), bytes.data(), bytes.size(),
                                   static_cast<off_t>(offset));
    if (count < 0) {
      if (errno == EINTR) continue;
      throw system_error(errno, "writing a file");
    }
    offset += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void wait_until(const Fd& file, Ready ready, const std::stop_token& stop) {
  constexpr int kMilliseconds = 100;
  pollfd waited{file.get(),
                static_cast<short>(ready == Ready::to_read ? POLLIN : POLLOUT),
                0};
  while (true) {
    if (stop.stop_requested()) {
      throw Error(ErrorKind::cancelled, "stopped while waiting for a file");
    }
    const int count = ::poll(&waited, 1, kMilliseconds);
    if (count > 0) return;
    if (count < 0 && errno != EINTR) {
      throw system_error(errno, "waiting for a file");
    }
  }
}

NewFile make_beside(const std::filesystem::path& path, unsigned mode) {
  std::random_device random;
  while (true) {
    NewFile made;
    made.path =
        path.parent_path() / fmt::format(".strake-{:08x}.tmp", random());
    made.file =
        Fd(::open(made.path.c_str(),
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (made.file) return made;
    if (errno == EEXIST || errno == EINTR) continue;
    if (is_absent(errno)) {
      throw Error(
          ErrorKind::not_found,
          fmt::format("there is no directory {} to put {} in",
                      path.parent_path().native(), path.filename().native()));
    }
    throw system_error(errno, fmt::format("making {}", path.native()));
  }
}

void replace_file(const std::filesystem::path& path, std::string_view content,
                  unsigned mode) {
  std::error_code error;
  const auto real = std::filesystem::canonical(path, error);
  if (!error && !std::filesystem::is_regular_file(real)) {
    write_all(open_file(path, O_WRONLY), content);
    return;
  }
  const std::filesystem::path& place = error ? path : real;
  const NewFile made = make_beside(place, mode);
  try {
    give_to_owner_of(place, made.file);
    write_all(made.file, content);
    if (::rename(made.path.c_str(), place.c_str()) != 0) {
      throw system_error(errno, "renaming into place");
    }
  } catch (Error& failure) {
    ::unlink(made.path.c_str());
    failure.add_context(fmt::format("writing {}", path.native()));
    throw;
  }
}

}  // namespace base
