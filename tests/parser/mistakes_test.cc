// What people get wrong, and whether they are told what to do about it.
#include <catch2/catch.hpp>
#include <string>

#include "parse_for_test.h"

using Catch::Contains;
using Catch::StartsWith;
using tests::error_of;

namespace {

std::string refusal(const std::string& line) {
  return error_of("FROM a\n" + line);
}

}  // namespace

TEST_CASE("a file in another encoding is named", "[D470]") {
  using std::string_literals::operator""s;
  CHECK(error_of("\xff\xfe"
                 "F\0R\0O\0M\0 \0a\0"s) ==
        "1:1-1:2: file is UTF-16 text; save it as UTF-8: iconv -f UTF-16 -t "
        "UTF-8 Dockerfile");
  CHECK_THAT(error_of("\xfe\xff\0F\0R\0O\0M"s), Contains("UTF-16"));
  CHECK_THAT(error_of("F\0R\0O\0M\0"s), Contains("UTF-16"));
  CHECK_THAT(error_of("\0F\0R\0O\0M"s), Contains("UTF-16"));
  CHECK_THAT(error_of("\xff\xfe\0\0F\0\0\0"s), Contains("UTF-32"));
}

TEST_CASE("a file that is no Dockerfile is named for what it is", "[D470]") {
  using std::string_literals::operator""s;
  CHECK_THAT(error_of("\x7f"
                      "ELF\x02\x01"),
             Contains("an ELF program"));
  CHECK_THAT(error_of("\x1f\x8b\x08"), Contains("gzip data"));
  CHECK_THAT(error_of("abc\0def"s), Contains("NUL bytes"));
  CHECK(error_of("#!/bin/bash\nset -e\n") ==
        "2:1-2:4: file is a script for /bin/bash, not a Dockerfile; name the "
        "Dockerfile with -f, or give the directory that holds it");
  CHECK_THAT(error_of("version: '3'\n"), Contains("file is YAML"));
  CHECK_THAT(error_of("services:\n"), Contains("file is YAML"));
  CHECK_THAT(error_of("{\"a\": 1}"), Contains("file is JSON"));
  CHECK_THAT(error_of("<!DOCTYPE html>"), Contains("file is markup"));
  CHECK_THAT(error_of("```dockerfile\nFROM a\n```"), Contains("Markdown"));
  // A slip in the first line of a good file is a slip.
  CHECK_THAT(error_of("#!/usr/bin/env x\nFORM a"), Contains("\"FROM\""));
  CHECK_THAT(error_of("FROM: a"), Contains("did you mean \"FROM\"?"));
}

TEST_CASE("a file that asks for another frontend in another form is refused",
          "[D34]") {
  for (const char* const text :
       {"// syntax=foo/bar:1\nx", "//Syntax = foo/bar:1 --flag\n",
        "#!/x\n// syntax=foo/bar:1",
        "{\"a\": 1, \"syntax\" : \"foo/bar:1\"}"}) {
    INFO(text);
    CHECK_THAT(error_of(text),
               Contains("file asks for the frontend \"foo/bar:1\""));
  }
  CHECK_THAT(error_of("// syntax\nx"), Contains("a comment begins with"));
}

TEST_CASE("a line that was to go on with the one above is told how", "[D470]") {
  CHECK(refusal("RUN a\n  && b") ==
        "3:3-3:5: unknown instruction \"&&\"; if this goes on with line 2, "
        "end that with \"\\\"");
  CHECK_THAT(refusal("RUN a \\\n  b \\\n  c\n  d \\\n  e"),
             StartsWith("5:3-5:4: ") && Contains("goes on with line 4"));
  CHECK_THAT(refusal("RUN a \\ # why\n  b"),
             Contains("line 2 goes on only if nothing stands behind its"));
  CHECK_THAT(error_of("# escape=`\nFROM a\nRUN a\n b"), Contains("\"`\""));
  CHECK(refusal("RUN a\n\n&& b") == "4:1-4:3: unknown instruction \"&&\"");
  CHECK_THAT(refusal("RUN cat<<E\nx\nE"), Contains("opens no heredoc"));
  CHECK_THAT(refusal("RUN cat <<E # it's\nx\nE"), Contains("opens no heredoc"));
}

TEST_CASE("what cannot be seen in a name is named", "[D470]") {
  CHECK_THAT(refusal("RUN\u00a0x"), Contains("it holds U+00A0"));
  CHECK_THAT(error_of("\u200bFROM a"), Contains("it holds U+200B"));
}

TEST_CASE("comments and conflicts in the style of elsewhere are recognised",
          "[D470]") {
  CHECK_THAT(refusal("// x"), Contains("a comment begins with \"#\""));
  CHECK_THAT(refusal("-- x"), Contains("a comment begins with \"#\""));
  CHECK_THAT(refusal("<<<<<<< HEAD"), Contains("conflicts"));
  CHECK_THAT(error_of("FROM a # b"), Contains("a line of its own"));
  CHECK_THAT(refusal("ENV a=b # c"), Contains("a line of its own"));
}

TEST_CASE("a faulty mount is marked where it is wrong", "[D470][D474]") {
  CHECK(refusal("RUN --mount=type=chache,target=/x y") ==
        "2:13-2:24: unknown mount type \"chache\"; did you mean \"cache\"?");
  CHECK_THAT(refusal("RUN --mount=type=cache,tagret=/x y"),
             StartsWith("2:24-2:33: ") && Contains("\"target\""));
  CHECK_THAT(refusal("RUN --mount=type=cache, target=/x y"),
             StartsWith("2:24-2:24: ") && Contains("no blank behind commas"));
  CHECK_THAT(refusal("RUN --mount=\"type=chache\" y"),
             StartsWith("2:5-2:26: "));
}

TEST_CASE("quotes of a text processor are no quotes", "[D470]") {
  CHECK_THAT(refusal("ENV a=\u201cx y\u201d"),
             Contains("curly quotes are no quotes"));
}

TEST_CASE("what lacks an argument is shown one", "[D470]") {
  for (const char* const line :
       {"COPY", "COPY a", "ADD", "ARG", "ENV", "ENV a", "LABEL", "LABEL a",
        "EXPOSE", "FROM", "HEALTHCHECK", "ONBUILD", "SHELL", "STOPSIGNAL",
        "USER", "VOLUME", "WORKDIR"}) {
    INFO(line);
    const std::string error = refusal(line);
    CHECK_THAT(error, StartsWith("2:"));
    CHECK_THAT(error, Contains("; "));
  }
}

TEST_CASE("reading stops at the first fault in the file", "[D471]") {
  CHECK_THAT(error_of("FROM a\nRUNN x\nCOPYY y"), StartsWith("2:1-2:5: "));
  CHECK_THAT(error_of("FROM a\nCOPY a\nRUN <<E\n"), StartsWith("2:1-2:7: "));
}
