#include "base/base64.h"

#include <catch2/catch.hpp>

TEST_CASE("what base64 encodes comes back", "[base64]") {
  for (const std::string& bytes :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"),
        std::string("\0\xff\0", 3)}) {
    CHECK(base::decode_base64(base::encode_base64(bytes)) == bytes);
  }
  CHECK(base::decode_base64(" dTpw\n") == "u:p");
}

TEST_CASE("what is no base64 is told apart", "[base64]") {
  for (const char* text :
       {"dTp", "dTpw=", "d===", "d=pw", "dT w", "====", "dTp\xc3"}) {
    INFO(text);
    CHECK_FALSE(base::decode_base64(text));
  }
}
