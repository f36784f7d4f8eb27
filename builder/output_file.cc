#include "builder/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <thread>

#include "base/error.h"
#include "base/file.h"

namespace builder {
namespace {

bool is_written_in_place(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) {
    throw base::Error(base::ErrorKind::invalid_input,
                      fmt::format("{} is a directory", path.native()))
        .hint("name a file in it");
  }
  return std::filesystem::exists(status) &&
         !std::filesystem::is_regular_file(status);
}

// Where a symbolic link leads, whether or not anything is there.
std::filesystem::path follow(const std::filesystem::path& path) {
  std::error_code error;
  const auto target = std::filesystem::read_symlink(path, error);
  if (error) return path;
  const auto real = std::filesystem::canonical(path, error);
  return error ? path.parent_path() / target : real;
}

bool is_pipe(const base::Fd& file) {
  struct stat status {};
  return ::fstat(file.get(), &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path, std::stop_token stop)
    : path_(path), stop_(std::move(stop)) {
  if (path.empty()) {
    throw base::Error(base::ErrorKind::usage, "the output has no name");
  }
  if (path == "-") {
    path_ = "standard output";
    file_ = base::Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!file_) throw base::system_error(errno, "writing to standard output");
  } else if (is_written_in_place(path)) {
    open_in_place();
  } else {
    open_beside();
  }
  is_pipe_ = is_pipe(file_);
}

// A pipe that nobody reads yet cannot be opened without waiting.
void OutputFile::open_in_place() {
  constexpr std::chrono::milliseconds kPause{50};
  while (true) {
    file_ = base::Fd(
        ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (file_) break;
    if (errno != ENXIO && errno != EINTR) {
      throw base::system_error(errno,
                               fmt::format("opening {}", path_.native()));
    }
    if (stop_.stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled, "the output was stopped");
    }
    std::this_thread::sleep_for(kPause);
  }
  ::fcntl(file_.get(), F_SETFL, 0);
}

void OutputFile::open_beside() {
  path_ = follow(path_);
  base::NewFile made = base::make_beside(path_);
  file_ = std::move(made.file);
  temporary_ = std::move(made.path);
  struct stat before {};
  if (::stat(path_.c_str(), &before) != 0) return;
  // Its owner is a matter of rights that we may not have; then what others
  // could not read they still cannot.
  const bool is_kept = ::fchown(file_.get(), before.st_uid, before.st_gid) == 0;
  if (::fchmod(file_.get(), before.st_mode & (is_kept ? 07777 : 0777)) != 0) {
    throw base::system_error(errno, fmt::format("making {}", path_.native()));
  }
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view bytes) {
  try {
    if (is_pipe_) {
      write_pipe(bytes);
    } else {
      base::write_all(file_, bytes);
    }
  } catch (base::Error& error) {
    if (error.kind() != base::ErrorKind::cancelled) {
      error.add_context(fmt::format("writing {}", path_.native()));
    }
    throw;
  }
}

// A pipe that is ready takes this much without blocking (pipe(7)).
void OutputFile::write_pipe(std::string_view bytes) {
  while (!bytes.empty()) {
    base::wait_until(file_, base::Ready::to_write, stop_);
    const std::string_view piece = bytes.substr(0, PIPE_BUF);
    base::write_all(file_, piece);
    bytes.remove_prefix(piece.size());
  }
}

void OutputFile::commit() {
  // Over a network the last error may come only now.
  if (::close(file_.release()) != 0) {
    throw base::system_error(errno, fmt::format("writing {}", path_.native()));
  }
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw base::system_error(errno, fmt::format("making {}", path_.native()));
  }
  temporary_.clear();
}

}  // namespace builder
