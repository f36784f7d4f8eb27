#include "runtime/terminal_relay.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "runtime/file_passing.h"

namespace runtime {
namespace {

// What a pipe is sure to take at once when poll(2) says that it takes anything.
constexpr std::size_t kChunkBytes = 4096;

bool is_again(int error) { return error == EAGAIN || error == EINTR; }

// Of a terminal whose other side is gone, or a pipe that nobody reads.
bool is_hung_up_error(int error) { return error == EIO || error == EPIPE; }

}  // namespace

TerminalRelay::TerminalRelay(base::Fd channel, const Streams& streams)
    : streams_(streams), channel_(std::move(channel)) {}

void TerminalRelay::prepare(std::span<pollfd, kFiles> files) const noexcept {
  // poll(2) passes over negative numbers, which empty Fds are.
  files[0] = {channel_ ? channel_.get() : master_.get(), 0, 0};
  if (channel_ || to_us_.empty()) files[0].events |= POLLIN;
  if (!to_command_.empty()) files[0].events |= POLLOUT;
  const bool wants_input =
      streams_.inherit_input && master_ && to_command_.empty();
  files[1] = {wants_input ? STDIN_FILENO : -1, POLLIN, 0};
  files[2] = {to_us_.empty() ? -1 : STDOUT_FILENO, POLLOUT, 0};
}

void TerminalRelay::handle(std::span<const pollfd, kFiles> files) {
  if (files[0].revents != 0 && channel_) {
    receive_master();
    return;
  }
  if ((files[0].revents & POLLOUT) != 0) write_master();
  if ((files[0].revents & ~POLLOUT) != 0) read_master();
  if (files[1].revents != 0) read_input();
  if (files[2].revents != 0) write_output();
}

void TerminalRelay::finish() {
  do {
    while (!to_us_.empty()) write_output();
  } while (read_master());
}

void TerminalRelay::receive_master() {
  int master = -1;
  const ssize_t size = receive_file(channel_.get(), master);
  if (size < 0 && is_again(errno)) return;
  channel_.reset();
  if (master < 0) return;
  master_ = base::Fd(master);
  slave_ =
      base::Fd(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave_ || ::fcntl(master, F_SETFL, O_NONBLOCK) != 0) {
    throw base::system_error(errno, "preparing the terminal");
  }
  if (is_resize_due_) resize();
}

// False when there was nothing to read.
bool TerminalRelay::read_master() {
  if (!master_) return false;
  std::array<char, kChunkBytes> buffer;
  const ssize_t size = ::read(master_.get(), buffer.data(), buffer.size());
  if (size <= 0) return false;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  if (streams_.on_output) {
    streams_.on_output(Stream::standard_output, text);
  } else {
    to_us_ = text;
  }
  return true;
}

void TerminalRelay::write_master() {
  const ssize_t size =
      ::write(master_.get(), to_command_.data(), to_command_.size());
  if (size > 0) to_command_.erase(0, static_cast<std::size_t>(size));
}

// The end of a terminal in raw mode is that of the line.
void TerminalRelay::read_input() {
  std::array<char, kChunkBytes> buffer;
  const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size > 0) {
    to_command_.assign(buffer.data(), static_cast<std::size_t>(size));
    write_master();
  } else if (size == 0 || !is_again(errno)) {
    hang_up();
  }
}

void TerminalRelay::write_output() {
  const ssize_t size = ::write(STDOUT_FILENO, to_us_.data(), to_us_.size());
  if (size >= 0) {
    to_us_.erase(0, static_cast<std::size_t>(size));
  } else if (is_hung_up_error(errno)) {
    hang_up();
  } else if (!is_again(errno)) {
    throw base::system_error(errno, "writing the command's output");
  }
}

void TerminalRelay::resize() {
  is_resize_due_ = !master_;
  const std::optional<ConsoleSize> size = find_terminal_size();
  if (!master_ || !size) return;
  winsize window{};
  window.ws_row = size->height;
  window.ws_col = size->width;
  ::ioctl(master_.get(), TIOCSWINSZ, &window);
}

void TerminalRelay::hang_up() noexcept {
  is_hung_up_ = true;
  channel_.reset();
  master_.reset();
  slave_.reset();
  to_command_.clear();
  to_us_.clear();
}

std::optional<ConsoleSize> find_terminal_size() noexcept {
  for (const int file : {STDOUT_FILENO, STDIN_FILENO}) {
    winsize window{};
    if (::ioctl(file, TIOCGWINSZ, &window) == 0) {
      return ConsoleSize{window.ws_row, window.ws_col};
    }
  }
  return std::nullopt;
}

}  // namespace runtime
