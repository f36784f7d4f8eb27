// Columns for people: left-aligned, as wide as their widest cell.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

class Table {
 public:
  explicit Table(std::vector<std::string> header);
  void add(std::vector<std::string> row);
  std::string render() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// "12.3MB", in powers of 1000 as docker shows sizes.
std::string render_size(std::uint64_t bytes);
// "3 hours ago".
std::string render_age(std::chrono::sys_seconds then);
// The same from an RFC 3339 time; "N/A" when there is none.
std::string render_age(std::string_view rfc3339);

}  // namespace cli
