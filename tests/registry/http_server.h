// http_server.py for a test: it serves `files` until this goes.
#pragma once

#include <string>
#include <vector>

#include "base/temp_dir.h"

namespace tests {

class HttpServer {
 public:
  HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  void put(const std::string& name, const std::string& content) const;
  std::string url(const std::string& path) const;
  // What it was asked: http_server.py says how a line looks.
  std::vector<std::string> requests() const;
  int port() const noexcept { return port_; }

 private:
  base::TempDir root_;
  int pid_ = -1;
  int port_ = 0;
};

}  // namespace tests
