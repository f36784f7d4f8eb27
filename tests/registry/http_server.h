// http_server.py for a test: it serves `files` until this goes.
#pragma once

#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "server_process.h"

namespace tests {

class HttpServer {
 public:
  HttpServer();

  void put(const std::string& name, const std::string& content) const;
  std::string url(const std::string& path) const;
  // What it was asked: http_server.py says how a line looks.
  std::vector<std::string> requests() const;
  int port() const noexcept { return port_; }

 private:
  base::TempDir root_;
  ServerProcess process_;
  int port_;
};

}  // namespace tests
