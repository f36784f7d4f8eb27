#include "base/json_depth.h"

#include <algorithm>

namespace base {
namespace {

// Behind a string's opening quote: where its closing one stands.
std::size_t end_of_string(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at;
}

}  // namespace

std::size_t find_json_depth(std::string_view text) noexcept {
  std::size_t open = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      i = end_of_string(text, i + 1);
    } else if (c == '[' || c == '{') {
      most = std::max(most, ++open);
    } else if ((c == ']' || c == '}') && open > 0) {
      --open;
    }
  }
  return most;
}

}  // namespace base
