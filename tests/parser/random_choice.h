// Choices that depend on a seed alone. Not the distributions of <random>, whose
// results differ between standard libraries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>

namespace tests {

class RandomChoice {
 public:
  explicit RandomChoice(std::uint64_t seed) : engine_(seed) {}

  // From 0 to `count` - 1.
  std::size_t below(std::size_t count) { return engine_() % count; }
  std::size_t between(std::size_t low, std::size_t high) {
    return low + below(high - low + 1);
  }
  // True in so many of a hundred cases.
  bool chance(std::size_t percent) { return below(100) < percent; }
  std::string pick(std::initializer_list<std::string_view> choices) {
    return std::string(choices.begin()[below(choices.size())]);
  }

 private:
  std::mt19937_64 engine_;
};

// Chosen parts put together. The braces evaluate them from left to right, which
// the operands of "+" are not.
inline std::string concat(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

}  // namespace tests
