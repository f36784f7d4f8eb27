#include "http_server.h"

#include <fmt/format.h>
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

HttpServer::HttpServer() {
  std::filesystem::create_directory(root_.path() / "files");
  const std::string files = (root_.path() / "files").native();
  const std::string log = (root_.path() / "log").native();
  const base::Pipe output = base::open_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output.write_end.get(),
                                   STDOUT_FILENO);
  std::array<char*, 5> args = {const_cast<char*>("python3"),
                               const_cast<char*>(HTTP_SERVER),
                               const_cast<char*>(files.c_str()),
                               const_cast<char*>(log.c_str()), nullptr};
  REQUIRE(::posix_spawnp(&pid_, "python3", &actions, nullptr, args.data(),
                         environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  std::array<std::byte, 16> text{};
  const std::size_t size =
      base::read_some(output.read_end, text.data(), text.size());
  port_ = std::stoi(std::string(reinterpret_cast<char*>(text.data()), size));
}

HttpServer::~HttpServer() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void HttpServer::put(const std::string& name,
                     const std::string& content) const {
  base::replace_file(root_.path() / "files" / name, content);
}

std::string HttpServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<std::string> HttpServer::requests() const {
  std::ifstream file(root_.path() / "log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

}  // namespace tests
