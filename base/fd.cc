#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.h"

namespace base {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    raw_ = other.release();
  }
  return *this;
}

int Fd::release() noexcept {
  const int raw = raw_;
  raw_ = -1;
  return raw;
}

void Fd::reset() noexcept {
  if (raw_ >= 0) {
    ::close(raw_);
    raw_ = -1;
  }
}

Fd Fd::duplicate() const {
  Fd copy(::fcntl(raw_, F_DUPFD_CLOEXEC, 3));
  if (!copy) throw system_error(errno, "duplicating an open file");
  return copy;
}

Pipe open_pipe() {
  std::array<int, 2> raw{};
  if (::pipe2(raw.data(), O_CLOEXEC) != 0) {
    throw system_error(errno, "opening a pipe");
  }
  return {Fd(raw[0]), Fd(raw[1])};
}

}  // namespace base
