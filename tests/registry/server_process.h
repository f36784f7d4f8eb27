// A server of its own process, for as long as this is there. Its standard
// output is read for its first line, which says where it listens.
#pragma once

#include <string>
#include <vector>

namespace tests {

class ServerProcess {
 public:
  // The program is looked for in PATH. Waits for the line.
  explicit ServerProcess(std::vector<std::string> command);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  ~ServerProcess();

  const std::string& first_line() const noexcept { return first_line_; }

 private:
  int pid_ = -1;
  std::string first_line_;
};

// The lines of what a server has logged; none when there is no such file yet.
std::vector<std::string> read_lines(const std::string& path);

}  // namespace tests
