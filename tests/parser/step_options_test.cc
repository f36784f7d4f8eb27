#include "parser/step_options.h"

#include <catch2/catch.hpp>

#include "parser/syntax_error.h"

namespace {

using namespace std::chrono_literals;

parser::StepOptions options_of(const std::string& comments) {
  const parser::Dockerfile file =
      parser::parse_dockerfile("FROM a\n" + comments + "RUN x\n");
  return parser::read_step_options(file, file.instructions.back());
}

parser::SyntaxError fault_of(const std::string& comments) {
  try {
    options_of(comments);
  } catch (const parser::SyntaxError& error) {
    return error;
  }
  FAIL("it was taken: " << comments);
  throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("a ttl is read from the comments above an instruction",
          "[parser][D485][D486]") {
  CHECK(options_of("# strake: ttl=24h\n").ttl->duration == 24h);
  CHECK(options_of("# strake: ttl=24h\n").ttl->text == "24h");
  CHECK(options_of("#strake:ttl=90s\n").ttl->duration == 90s);
  CHECK(options_of("  # Strake: TTL=1h30m\n").ttl->duration == 90min);
  CHECK(options_of("# strake: ttl=2w\n\n# why\n").ttl->duration == 14 * 24h);
  CHECK(options_of("# strake: ttl=1d\n# strake: ttl=0s\n").ttl->duration == 0s);
  CHECK_FALSE(options_of("# strake is fine\n").ttl);
  CHECK_FALSE(options_of("# strake: ttl=1d\nENV A=1\n").ttl);
  CHECK_FALSE(options_of("RUN <<E\n# strake: ttl=1d\nE\n").ttl);
}

TEST_CASE("a ttl that is no duration is refused at its place",
          "[parser][D488]") {
  for (const char* text : {"", "24", "h", "1.5h", "-1h", "1h2", "24 h", "1y",
                           "99999999999999999999w", "9999999w"}) {
    CAPTURE(text);
    const parser::SyntaxError error =
        fault_of(std::string("# why\n# strake: ttl=") + text + "\n");
    CHECK(error.range().start.line == 3);
    CHECK_FALSE(error.hint().empty());
  }
  const parser::SyntaxError error = fault_of("# strake: ttl=soon\n");
  CHECK(error.range() == parser::Range{{2, 15}, {2, 19}});
  CHECK(fault_of("# strake: ttl\n").range() == parser::Range{{2, 11}, {2, 14}});
}

TEST_CASE("an option that there is not is handed over with the nearest",
          "[parser][D489]") {
  const auto options = options_of("# strake: tll=24h\n");
  CHECK_FALSE(options.ttl);
  REQUIRE(options.unknown.size() == 1);
  CHECK(options.unknown[0].word == "tll");
  CHECK(options.unknown[0].nearest == "ttl");
  CHECK(options.unknown[0].range == parser::Range{{2, 11}, {2, 18}});
  CHECK(options_of("# strake: is a builder, ttl=1h\n").unknown.size() == 1);
}
