// Small values with a syntax of their own, each read from expanded text.
// All throw SyntaxError with a range counted from 1:1 at the text's start.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parser {

// EXPOSE: "80", "80/udp", "8000-8002/tcp", "ip:host:80". What stands before the
// last colon is checked and dropped; the protocol is in lower case.
struct PortRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  std::string protocol;
};
PortRange parse_port_range(std::string_view text);

// The same as a list of "port/proto": up to 65536 of them.
std::vector<std::string> parse_ports(std::string_view text);

// A Go duration: "1h2m3.5s", "500ms", "0".
std::chrono::nanoseconds parse_duration(std::string_view text);

// A size with an optional unit: "64m", "1g", "512", "2GiB".
std::uint64_t parse_size(std::string_view text);

// A signal's number: "SIGTERM", "term", "15", "SIGRTMIN+3".
int parse_signal(std::string_view text);

// An octal mode up to 7777; file_mode.h has the other form of --chmod.
std::uint32_t parse_octal_mode(std::string_view text);

// The candidate nearest to `word` in spelling, or empty when none is near.
// What every "did you mean" of strake uses.
std::string find_nearest(std::string_view word,
                         const std::vector<std::string_view>& candidates);

}  // namespace parser
