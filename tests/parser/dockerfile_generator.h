// Valid Dockerfiles as projects write them, from a number: the same number
// gives the same file on every machine.
//
// Go, Node, Python, Rust, C++, Java and Windows stages, apt chains with
// comments and blank lines inside, heredocs of all kinds, JSON and shell forms,
// quoted pairs, triggers, health checks, mounts; under either escape character,
// with CRLF, byte order marks, tabs, odd letter cases and text beyond ASCII.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tests {

struct GeneratedDockerfile {
  std::string text;
  // What a parser must find in it.
  std::size_t stages = 0;
  std::size_t instructions = 0;
  std::size_t heredocs = 0;  // those of triggers included
  char escape = '\\';
};

GeneratedDockerfile generate_dockerfile(std::uint64_t seed);

}  // namespace tests
