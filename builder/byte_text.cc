#include "builder/byte_text.h"

#include <cstddef>

namespace builder {

std::string widen_bytes(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xc0U | (byte >> 6U));
      out += static_cast<char>(0x80U | (byte & 0x3fU));
    }
  }
  return out;
}

std::string narrow_bytes(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const bool is_widened =
        (lead == 0xc2 || lead == 0xc3) && i + 1 < text.size();
    if (!is_widened) {
      out += text[i];
      continue;
    }
    const auto next = static_cast<unsigned char>(text[++i]);
    out += static_cast<char>(((lead & 0x3U) << 6U) | (next & 0x3fU));
  }
  return out;
}

}  // namespace builder
