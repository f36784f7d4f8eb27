// --chmod's modes, as numbers and as changes.
#include "parser/file_mode.h"

#include <catch2/catch.hpp>

#include "parser/syntax_error.h"

using parser::FileMode;

namespace {

std::uint32_t file(const char* mode, std::uint32_t of) {
  return FileMode::parse(mode).of_file(of);
}
std::uint32_t directory(const char* mode, std::uint32_t of) {
  return FileMode::parse(mode).of_directory(of);
}

}  // namespace

TEST_CASE("a mode in digits is the mode, whatever was there", "[mode][D361]") {
  CHECK(file("755", 0) == 0755);
  CHECK(directory("0004755", 0777) == 04755);
  CHECK(FileMode::parse("0755").render() == "755");
  CHECK(FileMode::parse("0").render() == "0");
  CHECK(FileMode::parse("7777").bits() == 07777);
}

TEST_CASE("a mode in letters changes what is there", "[mode][D362]") {
  CHECK(file("u+x", 0644) == 0744);
  CHECK(file("+x", 0644) == 0755);
  CHECK(file("go-w", 0777) == 0755);
  CHECK(file("a=r,ug=rw,u+x", 0777) == 0764);
  CHECK(file("u+r-w", 0200) == 0400);
  CHECK(file("=", 07777) == 01000);
  CHECK(file("go=", 0770) == 0700);
  CHECK(file("ugo=rwx", 0) == 0777);
}

TEST_CASE("X is for directories and for what could be executed before",
          "[mode][D362]") {
  CHECK(file("u=rwX,go=rX", 0640) == 0644);
  CHECK(file("u=rwX,go=rX", 0700) == 0755);
  CHECK(directory("u=rwX,go=rX", 0700) == 0755);
  CHECK(file("=rw,+X", 0766) == 0777);
  CHECK(directory("+X", 0) == 0111);
  CHECK(file("g+X", 0600) == 0600);
}

TEST_CASE("set-ids go with users and groups, sticky not with others alone",
          "[mode][D362]") {
  CHECK(file("u+s", 0755) == 04755);
  CHECK(file("g+s", 0755) == 02755);
  CHECK(file("+s", 0755) == 06755);
  CHECK(file("o+s", 0755) == 0755);
  CHECK(file("a-s", 06755) == 0755);
  CHECK(directory("+t", 0777) == 01777);
  CHECK(directory("o+t", 0777) == 0777);
  CHECK(directory("-t", 01777) == 0777);
  CHECK(file("u=rwx", 04644) == 0744);
}

TEST_CASE("one class of users can be given what another has", "[mode][D362]") {
  CHECK(file("g=u", 0740) == 0770);
  CHECK(file("go=u-w", 0770) == 0755);
  CHECK(file("u+go", 0021) == 0321);
  CHECK(file("o-u", 0507) == 0502);
  CHECK(file("g=u", 02740) == 02770);
}

TEST_CASE("changes alone say nothing of what has no mode yet", "[mode][D351]") {
  CHECK_FALSE(FileMode::parse("a=,u+w").bits());
}

TEST_CASE("what is no mode is refused where it goes wrong", "[mode][D361]") {
  for (const char* const text :
       {"", "8", "10000", "u", "go", "q+r", "u+q", "u+x,", ",u+x", "u+x,,g+x",
        "755,u+x", "u+7", "rwx", "u +x", "+x\n"}) {
    INFO(text);
    CHECK_THROWS_AS(FileMode::parse(text), parser::SyntaxError);
  }
  try {
    FileMode::parse("u+x,g~w");
    FAIL("it was taken");
  } catch (const parser::SyntaxError& error) {
    CHECK(error.range().start.column == 6);
    CHECK(error.message() ==
          "mode \"u+x,g~w\" has \"~\" where it cannot stand");
  }
}
