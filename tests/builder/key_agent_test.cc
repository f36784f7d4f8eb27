// How the agent that holds keys from files starts and ends.
#include "builder/key_agent.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/temp_dir.h"
#include "fakes.h"

namespace {

int signals_to_nobody = 0;

}  // namespace

// In the place of libc's, to notice signals whose process is no more: their
// number may by then be another's.
extern "C" int kill(pid_t pid, int signal) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_kill, pid, signal));
  if (result != 0 && errno == ESRCH) ++signals_to_nobody;
  return result;
}

TEST_CASE("an agent that ended by itself is sent no signal", "[ssh][D297]") {
  const base::TempDir programs;
  const base::TempDir directory;
  for (const char* name : {"ssh-agent", "ssh-add"}) {
    const auto file = programs.path() / name;
    tests::write_file(file, "#!/bin/sh\nexit 1\n");
    std::filesystem::permissions(file, std::filesystem::perms(0755));
  }
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", programs.path().c_str(), 1);
  signals_to_nobody = 0;
  CHECK_THROWS_WITH(builder::KeyAgent({}, directory.path()),
                    "ssh-agent did not start");
  CHECK(signals_to_nobody == 0);
  ::setenv("PATH", path.c_str(), 1);
}
