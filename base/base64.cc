#include "base/base64.h"

#include <openssl/evp.h>

#include <algorithm>

namespace base {

std::string encode_base64(std::string_view bytes) {
  // EVP_EncodeBlock ends what it writes with a zero byte.
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t start =
      std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(start);
  text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
  const std::size_t padding = text.size() - (text.find_last_not_of('=') + 1);
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string_view digits = text.substr(0, text.size() - padding);
  if (text.size() % 4 != 0 || padding > 2 ||
      digits.find_first_not_of(kDigits) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string out(3 * (text.size() / 4), '\0');
  // It counts what stands for the padding as zero bytes.
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size())) < 0) {
    return std::nullopt;
  }
  out.resize(out.size() - padding);
  return out;
}

}  // namespace base
