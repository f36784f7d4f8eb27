// Which step of the last build is which of this one's, told by what is written:
// an instruction that was put in, taken out or changed above must not make all
// that follows look new.
//
// Stages are paired by name; one that was renamed, or whose number moved, with
// the one that has the most instructions in common. Within a stage this is the
// alignment of two sequences (Needleman and Wunsch): equal texts count most,
// then instructions of one keyword by the words that they share, and an
// instruction without a counterpart costs nothing. That takes the product of
// the lengths, so equal ends are taken off first; of stages that differ in more
// than a few hundred instructions only equal ones are paired.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace builder {

struct WrittenStep {
  std::string stage;
  std::string text;  // "RUN make"
};

// For each of `is` its place in `was`, each place at most once.
std::vector<std::optional<std::size_t>> align_steps(
    const std::vector<WrittenStep>& was, const std::vector<WrittenStep>& is);

}  // namespace builder
