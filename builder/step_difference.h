// What differs between a step and what was remembered of it, in words:
//
//   the instruction changed: RUN make → RUN make -j
//   ARG VERSION: 1.2 → 1.3
//   ENV DEBUG: (not set) → 1
//   USER root → app
//   network default → none
//
// First what was written, then variables, then settings. Files and what the
// step stands on are others' (file_difference.h, last_build.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "builder/step_facts.h"

namespace builder {

std::vector<std::string> compare_steps(const StepFacts& was,
                                       const StepFacts& is);

// "RUN make → RUN make -j"; of heredocs the first line that differs.
std::string compare_texts(const std::string& was, const std::string& is);

// The inputs of a key's parts as text: name and digest.
std::vector<std::pair<std::string, std::string>> inputs_in(
    const std::string& parts);
// The digest of the content that a key's parts stand on, as text.
std::string parent_in(const std::string& parts);
bool has_same_operation(const StepFacts& was, const StepFacts& is);
// Whether two keys select their files by the same words.
bool has_same_sources(const StepFacts& was, const StepFacts& is);

}  // namespace builder
