#include "python_server.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "base/fd.h"
#include "base/file.h"

namespace tests {

PythonServer::PythonServer(const std::string& script,
                           std::vector<std::string> words) {
  words.insert(words.begin(), {"python3", SERVER_SCRIPTS "/" + script,
                               (root_.path() / "log").native()});
  std::vector<char*> args;
  for (std::string& word : words) args.push_back(word.data());
  args.push_back(nullptr);
  const base::Pipe output = base::open_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output.write_end.get(),
                                   STDOUT_FILENO);
  REQUIRE(::posix_spawnp(&pid_, "python3", &actions, nullptr, args.data(),
                         environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  std::array<std::byte, 16> text{};
  const std::size_t size =
      base::read_some(output.read_end, text.data(), text.size());
  port_ = std::stoi(std::string(reinterpret_cast<char*>(text.data()), size));
}

PythonServer::~PythonServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::vector<std::string> PythonServer::requests() const {
  std::ifstream file(root_.path() / "log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace tests
