// Other programs, for comparing with what they make of the same bytes.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

namespace tests {

// The command's output; fails the test when it does.
inline std::string shell(const std::string& command) {
  std::FILE* pipe = ::popen(("LC_ALL=C " + command + " 2>&1").c_str(), "re");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t count =
             std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), count);
  }
  const int status = ::pclose(pipe);
  INFO(command << "\n" << output.substr(0, 2000));
  REQUIRE(status == 0);
  return output;
}

}  // namespace tests
