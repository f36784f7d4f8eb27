#include "base/base64.h"

#include <openssl/evp.h>

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

}  // namespace base
