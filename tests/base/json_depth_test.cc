#include "base/json_depth.h"

#include <catch2/catch.hpp>
#include <string>

using base::find_json_depth;

TEST_CASE("a JSON text's depth is that of its brackets", "[json_depth]") {
  CHECK(find_json_depth("") == 0);
  CHECK(find_json_depth("12") == 0);
  CHECK(find_json_depth("[]") == 1);
  CHECK(find_json_depth(R"({"a":[1,{"b":[]}],"c":{}})") == 4);
  CHECK(find_json_depth("[[],[],[[]]]") == 3);
}

TEST_CASE("brackets within JSON strings open nothing", "[json_depth]") {
  CHECK(find_json_depth(R"(["[[[[", "{{"])") == 1);
  CHECK(find_json_depth(R"(["\"[[[[", "\\", []])") == 2);
}

TEST_CASE("a text that ends early has a depth", "[json_depth]") {
  CHECK(find_json_depth(std::string(100'000, '[')) == 100'000);
  CHECK(find_json_depth(R"([{"a)") == 2);
  CHECK(find_json_depth("[\"\\") == 1);
  CHECK(find_json_depth("]]]][") == 1);
}
