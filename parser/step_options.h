// What comments right above an instruction ask of strake, our own extension:
//
//   # strake: ttl=24h
//   RUN apt-get update
//
// Options are separated by blanks. Other builders see a comment.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/dockerfile.h"

namespace parser {

struct StepOptions {
  // How long a result is good for, as written and in seconds.
  struct Ttl {
    std::string text;
    std::chrono::seconds duration{};
  };
  std::optional<Ttl> ttl;
  Range range;  // of the last option; of the instruction when there is none

  struct Unknown {
    std::string word;
    std::string nearest;  // the option that may be meant; or empty
    Range range;
  };
  std::vector<Unknown> unknown;
};

// Of an instruction of the file; a later option takes the place of an earlier.
// Throws: SyntaxError, with its range in the file, for a value that is none.
StepOptions read_step_options(const Dockerfile& file,
                              const Instruction& instruction);

// A duration of whole numbers with units, "90s", "1h30m", "7d", "2w".
// Throws: SyntaxError with a range counted from 1:1 at the text's start.
std::chrono::seconds parse_ttl(std::string_view text);

}  // namespace parser
