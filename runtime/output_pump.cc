#include "runtime/output_pump.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string_view>

#include "base/error.h"
#include "runtime/inner_process.h"

namespace runtime {
namespace {

// A pipe holds 64 KiB by default.
using Buffer = std::array<char, 65536>;

void make_nonblocking(const base::Fd& file) {
  if (file && ::fcntl(file.get(), F_SETFL, O_NONBLOCK) != 0) {
    throw base::system_error(errno, "preparing a pipe");
  }
}

// Hands on what is there now; closes the file at its end. False when there was
// nothing.
template <typename Sink>
bool transfer(base::Fd& file, Buffer& buffer, const Sink& sink) {
  if (!file) return false;
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size > 0) {
    sink(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    return true;
  }
  if (size == 0) {
    file.reset();
  } else if (errno != EAGAIN && errno != EINTR) {
    throw base::system_error(errno, "reading the step's output");
  }
  return false;
}

}  // namespace

void pump(const ChildProcess& child, PumpEnds& ends, const Streams& streams,
          ReportReader& report, SignalForwarder& signals,
          TerminalRelay* terminal) {
  make_nonblocking(ends.output);
  make_nonblocking(ends.error);
  make_nonblocking(ends.report);
  const auto on_output = [&](std::string_view text) {
    streams.on_output(Stream::standard_output, text);
  };
  const auto on_error = [&](std::string_view text) {
    streams.on_output(Stream::standard_error, text);
  };
  const auto on_report = [&](std::string_view bytes) { report.append(bytes); };

  Buffer buffer;
  constexpr std::size_t kOwnFiles = 5;
  std::array<pollfd, kOwnFiles + TerminalRelay::kFiles> files{};
  const auto terminal_files =
      std::span(files).subspan<kOwnFiles, TerminalRelay::kFiles>();
  std::size_t count = terminal == nullptr ? kOwnFiles : files.size();
  while ((files[0].revents & POLLIN) == 0) {
    // poll(2) passes over negative numbers, which empty Fds are.
    files = {{{child.pidfd().get(), POLLIN, 0},
              {ends.output.get(), POLLIN, 0},
              {ends.error.get(), POLLIN, 0},
              {ends.report.get(), POLLIN, 0},
              {signals.source(), POLLIN, 0}}};
    if (terminal != nullptr) terminal->prepare(terminal_files);
    if (::poll(files.data(), count, -1) < 0) {
      if (errno == EINTR) continue;
      throw base::system_error(errno, "waiting for the step's output");
    }
    if (files[1].revents != 0) transfer(ends.output, buffer, on_output);
    if (files[2].revents != 0) transfer(ends.error, buffer, on_error);
    if (files[3].revents != 0) transfer(ends.report, buffer, on_report);
    if (files[4].revents != 0) {
      // A child that becomes the command ends its report with that.
      signals.forward(report.started() ? find_command(child, *report.started())
                      : ends.report    ? std::nullopt
                                       : std::optional(child.pid()));
    }
    if (terminal != nullptr) terminal->handle(terminal_files);
  }
  // More than one buffer's worth where a step enlarged its pipe.
  while (transfer(ends.output, buffer, on_output)) {
  }
  while (transfer(ends.error, buffer, on_error)) {
  }
  while (transfer(ends.report, buffer, on_report)) {
  }
  if (terminal != nullptr) terminal->finish();
}

}  // namespace runtime
