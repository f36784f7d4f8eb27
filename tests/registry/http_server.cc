#include "http_server.h"

#include <fmt/format.h>

#include "base/file.h"

namespace tests {
namespace {

std::string make_directory(const std::filesystem::path& path) {
  std::filesystem::create_directory(path);
  return path.native();
}

}  // namespace

HttpServer::HttpServer()
    : process_({"python3", HTTP_SERVER, make_directory(root_.path() / "files"),
                (root_.path() / "log").native()}),
      port_(std::stoi(process_.first_line())) {}

void HttpServer::put(const std::string& name,
                     const std::string& content) const {
  base::replace_file(root_.path() / "files" / name, content);
}

std::string HttpServer::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<std::string> HttpServer::requests() const {
  return read_lines(root_.path() / "log");
}

}  // namespace tests
