// A server of this directory, a Python script, for a test: it runs until this
// goes.
#pragma once

#include <string>
#include <vector>

#include "base/temp_dir.h"

namespace tests {

class PythonServer {
 public:
  // `script`: "s3_server.py", which is given the path of its log and `words`.
  explicit PythonServer(const std::string& script,
                        std::vector<std::string> words = {});
  PythonServer(const PythonServer&) = delete;
  PythonServer& operator=(const PythonServer&) = delete;
  ~PythonServer();

  int port() const noexcept { return port_; }
  // What it was asked; the script says how a line looks.
  std::vector<std::string> requests() const;

 private:
  base::TempDir root_;
  int pid_ = -1;
  int port_ = 0;
};

}  // namespace tests
