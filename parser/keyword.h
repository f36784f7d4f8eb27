// The table of instructions: their names and the flags each one knows. A new
// instruction or flag starts here.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "parser/dockerfile.h"

namespace parser {

struct FlagSpec {
  enum class Kind {
    text,      // --name=value, once
    repeated,  // --name=value, any number of times
    boolean,   // --name, --name=true or --name=false, once
  };
  std::string_view name;
  Kind kind = Kind::text;
};

// In any letter case; nullopt for a word that is no instruction.
std::optional<Keyword> find_keyword(std::string_view word);

// All of them, in capitals.
const std::vector<std::string_view>& keyword_names();

std::span<const FlagSpec> known_flags(Keyword keyword);

}  // namespace parser
