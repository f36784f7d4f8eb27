// What is remembered of a step, so that a later one can be compared with it.
//
// A last build is a JSON list of them, in the order of its vertices:
//
//   {"stage": "build", "text": "RUN make", "below": 0,
//    "vars": [["ARG", "VERSION", "1.2"], ["ENV", "PATH", "/bin"]],
//    "key": {"operation": {...}, "parent": "sha256:…",
//            "inputs": [["files", "sha256:…"]]}}
//
// "key" is CacheKey::render_parts(); a FROM has just its operation, and "base",
// its reference. Bytes are widened (byte_text.h). Values are there as the keys
// of records have them, which nobody but the store's owner can read; to show
// them is step_difference.h's business.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/plan.h"

namespace builder {

struct StepFacts {
  std::string stage;
  std::string text;  // Vertex::text
  std::vector<StepVariable> variables;
  std::optional<std::size_t> below;  // what it stands on, in the same list
  std::string base;                  // of a FROM
  std::string parts;                 // of its key
};

// Those of a vertex, but for `below` and `parts`.
StepFacts facts_of(const Vertex& vertex);

std::string render_steps(const std::vector<StepFacts>& steps);
// What cannot be read is left out: it serves people, and another version may
// have written it.
std::vector<StepFacts> parse_steps(std::string_view json);

}  // namespace builder
