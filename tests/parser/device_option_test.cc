#include "parser/device_option.h"

#include <catch2/catch.hpp>

#include "parser/syntax_error.h"

using parser::parse_device_option;

namespace {

std::string error_of(std::string_view value) {
  try {
    parse_device_option(value);
  } catch (const parser::SyntaxError& error) {
    return std::to_string(error.range().start.column) + ": " + error.message() +
           (error.hint().empty() ? "" : "; ") + error.hint();
  }
  return "no error";
}

}  // namespace

TEST_CASE("a device is named, and optional unless it is required", "[D257]") {
  CHECK(parse_device_option("a.com/gpu=0").name == "a.com/gpu=0");
  CHECK_FALSE(parse_device_option("a.com/gpu=0").required);
  CHECK(parse_device_option("a.com/gpu").name == "a.com/gpu");
  CHECK(parse_device_option("a.com/gpu=*,required").required);
  CHECK(parse_device_option("name=a.com/gpu=0,required=true").name ==
        "a.com/gpu=0");
  CHECK_FALSE(parse_device_option("required=0,a.com/gpu").required);
}

TEST_CASE("what is no device is refused", "[D257]") {
  CHECK(error_of("gpu") ==
        "1: unknown device key \"gpu\"; known are name, "
        "required");
  CHECK(error_of("required") ==
        "1: \"--device\" names no device; a device is written as "
        "vendor.com/class=name");
  CHECK(error_of("a.com/gpu,requried") ==
        "11: unknown device key \"requried\"; did you mean \"required\"?");
  CHECK(error_of("a.com/gpu,required=maybe") ==
        "11: device key \"required\" is true or false, not \"maybe\"");
  for (const char* const value : {"/gpu", "a.com/", "a b/gpu", "name=x",
                                  "a/b c", "a.com/gpu,b.com/gpu"}) {
    INFO(value);
    CHECK(error_of(value) != "no error");
  }
}
