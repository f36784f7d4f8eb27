#include "server_process.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "base/fd.h"
#include "base/file.h"

namespace tests {

ServerProcess::ServerProcess(std::vector<std::string> command) {
  const base::Pipe output = base::open_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output.write_end.get(),
                                   STDOUT_FILENO);
  std::vector<char*> args;
  for (std::string& word : command) args.push_back(word.data());
  args.push_back(nullptr);
  REQUIRE(::posix_spawnp(&pid_, args[0], &actions, nullptr, args.data(),
                         environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  for (;;) {
    char c = 0;
    const std::size_t size = base::read_some(
        output.read_end, reinterpret_cast<std::byte*>(&c), sizeof(c));
    if (size == 0 || c == '\n') break;
    first_line_ += c;
  }
}

ServerProcess::~ServerProcess() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace tests
