#include "runtime/id_mapper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "runtime/tied_process.h"

namespace runtime {
namespace {

// The map in the kernel's form.
std::string render_lines(const IdRanges& ranges) {
  std::string text;
  for (const IdRange& range : ranges) {
    text += fmt::format("{} {} {}\n", range.inside, range.outside, range.count);
  }
  return text;
}

void write_map(const std::string& path, const std::string& text) {
  const base::Fd file = base::open_file(path, O_WRONLY);
  base::write_all(file, text);
}

// Its words, on one line.
std::string flatten(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

// Empty when it worked.
std::string call_program(const std::string& program, pid_t target,
                         const IdRanges& ranges, const char* file) {
  base::Command command;
  // Also where distributions have it, when PATH was cut down to something else.
  command.args = {find_program(program), std::to_string(target)};
  if (command.args.front().empty()) {
    return fmt::format("there is no program \"{}\"; install the package uidmap",
                       program);
  }
  for (const IdRange& range : ranges) {
    for (const auto number : {range.inside, range.outside, range.count}) {
      command.args.push_back(std::to_string(number));
    }
  }
  try {
    const base::CommandResult result = base::run_command(command, {});
    if (result.succeeded()) return {};
    return fmt::format(
        "{} failed: {} (it must be setuid root, and {} must grant the range)",
        program, flatten(result.errors), file);
  } catch (const base::Error& error) {
    return error.message();
  }
}

// In the helper: still outside, and the namespace of `target` is there.
std::string map_from_outside(pid_t target, const IdMap& ids, MapWriter writer) {
  if (writer == MapWriter::newidmap) {
    std::string why =
        call_program("newgidmap", target, ids.gids, "/etc/subgid");
    if (why.empty()) {
      why = call_program("newuidmap", target, ids.uids, "/etc/subuid");
    }
    return why;
  }
  try {
    write_map(fmt::format("/proc/{}/gid_map", target), render_lines(ids.gids));
    write_map(fmt::format("/proc/{}/uid_map", target), render_lines(ids.uids));
  } catch (const base::Error& error) {
    return error.message();
  }
  return {};
}

}  // namespace

IdMapper::IdMapper(IdMap ids, MapWriter writer)
    : ids_(std::move(ids)),
      writer_(writer),
      uid_(::geteuid()),
      gid_(::getegid()) {
  if (writer_ != MapWriter::ourselves) start_helper();
}

IdMapper::~IdMapper() {
  go_.reset();
  if (helper_ < 0) return;
  while (::waitpid(helper_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void IdMapper::start_helper() {
  base::Pipe go = base::open_pipe();
  base::Pipe answer = base::open_pipe();
  const pid_t target = ::getpid();
  helper_ = ::fork();
  if (helper_ < 0) throw base::system_error(errno, "fork");
  if (helper_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    go.write_end.reset();
    std::byte byte{};
    try {
      if (base::read_some(go.read_end, &byte, 1) == 1) {
        base::write_all(answer.write_end,
                        map_from_outside(target, ids_, writer_));
      }
    } catch (...) {
    }
    ::_exit(0);
  }
  go_ = std::move(go.write_end);
  answer_ = std::move(answer.read_end);
}

std::string IdMapper::ask_helper() {
  base::write_all(go_, "1");
  return base::read_all(answer_);
}

std::string IdMapper::write() {
  std::string why;
  if (helper_ >= 0) {
    why = ask_helper();
    if (why.empty()) return why;
  }
  try {
    // What the program mapped before it failed stays.
    if (read_id_map().gids.empty()) {
      write_map("/proc/self/setgroups", "deny");
      write_map("/proc/self/gid_map", render_lines({{0, gid_, 1}}));
    }
    write_map("/proc/self/uid_map", render_lines({{0, uid_, 1}}));
  } catch (base::Error& error) {
    error.add_context("building without root: mapping our own id");
    throw;
  }
  return why;
}

}  // namespace runtime
