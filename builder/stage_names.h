// How flags name stages: --target, --no-cache-filter, --fail-on-miss.
//
// A stage is called by its name, by its number from 0 on, and, where it has no
// name, by what progress shows: "stage-1". A name comes before a number, and of
// stages of one name the last is meant, as in the language.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/diagnostic.h"

namespace builder {

// Its index; in any case of letters.
std::optional<std::size_t> find_stage(const parser::Dockerfile& file,
                                      std::string_view name);

// "; did you mean "build"?", or which stages there are; nothing when there is
// none.
std::string suggest_stage(const parser::Dockerfile& file,
                          std::string_view name);

// --fail-on-miss: returns the stages' names as progress shows them; an empty
// one stands for all stages. Throws: usage for one that the file does not have.
std::vector<std::string> check_stage_names(
    const SourceFile& file, const std::vector<std::string>& asked);

}  // namespace builder
