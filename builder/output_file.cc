#include "builder/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

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

}  // namespace

OutputFile::OutputFile(const std::filesystem::path& path) : path_(path) {
  if (path == "-") {
    file_ = base::Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (!file_) throw base::system_error(errno, "writing to standard output");
  } else if (is_written_in_place(path)) {
    file_ = base::open_file(path, O_WRONLY);
  } else {
    // A link to a file stays a link.
    std::error_code error;
    const auto real = std::filesystem::canonical(path, error);
    if (!error) path_ = real;
    temporary_ = fmt::format("{}.{}.tmp", path_.native(), ::getpid());
    file_ = base::open_file(temporary_, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  }
}

OutputFile::~OutputFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void OutputFile::write(std::string_view bytes) {
  try {
    base::write_all(file_, bytes);
  } catch (base::Error& error) {
    error.add_context(fmt::format("writing {}", path_.native()));
    throw;
  }
}

void OutputFile::commit() {
  file_.reset();
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw base::system_error(errno, fmt::format("making {}", path_.native()));
  }
  temporary_.clear();
}

}  // namespace builder
