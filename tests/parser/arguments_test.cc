// What stands behind an instruction's name: flags, JSON lists, words.
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "parse_for_test.h"

using Catch::Contains;
using Catch::StartsWith;
using parser::Form;
using parser::Instruction;
using tests::args_of;
using tests::error_of;
using tests::parse_one;
using tests::Texts;

namespace {

std::string refusal(const std::string& line) {
  return error_of("FROM a\n" + line);
}

// The values of the flags, "-" for a flag without one.
Texts flags_of(const std::string& line) {
  Texts values;
  for (const parser::Flag& flag : parse_one(line).flags) {
    values.push_back(flag.value.value_or("-"));
  }
  return values;
}

}  // namespace

TEST_CASE("flags are the words with two dashes in front of all else", "[D39]") {
  const Instruction copy =
      parse_one("COPY  --link \\\n --chown=1\t--from=b x y");
  CHECK(copy.flags.size() == 3);
  CHECK(copy.flags[1].name == "chown");
  CHECK(args_of(copy) == Texts{"x", "y"});
  CHECK(args_of("COPY x --link y") == Texts{"x", "--link", "y"});
  CHECK(args_of("COPY - --link y") == Texts{"-", "--link", "y"});
  CHECK(parse_one("RUN -x").flags.empty());
}

TEST_CASE("two dashes alone end the flags and are dropped", "[D40]") {
  CHECK(args_of("RUN -- --mount=x") == Texts{"--mount=x"});
  CHECK(args_of("RUN --network=none -- --version") == Texts{"--version"});
  CHECK(flags_of("RUN --network=none -- --version") == Texts{"none"});
  CHECK(args_of("CMD -- --version") == Texts{"--version"});
  CHECK(args_of("COPY -- --a --b") == Texts{"--a", "--b"});
}

TEST_CASE("quotes and escapes work inside a flag", "[D41]") {
  CHECK(flags_of("RUN --mount=\"type=bind,target=/a b\" x") ==
        Texts{"type=bind,target=/a b"});
  CHECK(flags_of("RUN --mount='type=bind,target=/a b' x") ==
        Texts{"type=bind,target=/a b"});
  CHECK(flags_of("RUN \"--mount=type=bind,target=/a\" x").empty());
  CHECK(flags_of("COPY --chown=a\\ b --from=\"c\\\"\" x y") ==
        Texts{"a b", "c\""});
  CHECK_THAT(refusal("COPY --chown=\"a x y"),
             StartsWith("2:14-2:15: quote in a flag is never closed"));
}

TEST_CASE("a flag's value stands behind an equals sign", "[D42]") {
  CHECK(flags_of("COPY --chown= x y") == Texts{""});
  CHECK(refusal("COPY --chown x y") ==
        "2:6-2:13: flag \"--chown\" has no value; write \"--chown=x\"");
  CHECK_THAT(refusal("RUN --mount x"), Contains("has no value"));
  CHECK_THAT(refusal("FROM --platform b"), Contains("\"--platform=b\""));
}

TEST_CASE("a boolean flag stands alone or has true or false", "[D43]") {
  CHECK(flags_of("COPY --link x y") == Texts{"-"});
  CHECK(flags_of("COPY --link=true --parents=FALSE x y") ==
        Texts{"true", "FALSE"});
  CHECK_THAT(refusal("COPY --link=1 x y"),
             Contains("true or false, not \"1\""));
  CHECK_THAT(refusal("ADD --unpack= x y"), Contains("true or false, not \"\""));
}

TEST_CASE("only repeatable flags are given twice", "[D44]") {
  CHECK(flags_of("COPY --exclude=a --exclude=b x y") == Texts{"a", "b"});
  CHECK(flags_of("RUN --device=a --device=b x").size() == 2);
  CHECK(flags_of("RUN --mount=target=/a --mount=target=/b x").size() == 2);
  CHECK(refusal("COPY --link --chown=1 --link x y") ==
        "2:23-2:29: flag \"--link\" is given twice");
  CHECK_THAT(refusal("RUN --network=none --network=none x"),
             Contains("given twice"));
}

TEST_CASE("an unknown flag is refused with the nearest one's name",
          "[D45][D474]") {
  CHECK(refusal("COPY --form=b x y") ==
        "2:6-2:14: unknown flag \"--form\" for COPY; did you mean "
        "\"--from\"?");
  CHECK_THAT(refusal("COPY --FROM=b x y"), Contains("\"--from\""));
  CHECK_THAT(refusal("CMD --version"), Contains("JSON list"));
  CHECK_THAT(refusal("ADD --from=b x y"), Contains("unknown flag"));
  CHECK_THAT(refusal("ADD --parents x y"), Contains("unknown flag"));
  CHECK_THAT(refusal("RUN --=b x"), Contains("unknown flag \"--\""));
}

TEST_CASE("ARG and STOPSIGNAL take no flags either", "[D46]") {
  CHECK_THAT(refusal("ARG --x a"), Contains("unknown flag \"--x\" for ARG"));
  CHECK_THAT(refusal("STOPSIGNAL --x 9"), Contains("unknown flag"));
}

TEST_CASE("flags that only Buildah has are refused as unknown", "[D484]") {
  CHECK_THAT(error_of("FROM --after=b a"),
             StartsWith("1:6-1:15: unknown flag \"--after\" for FROM"));
  CHECK_THAT(refusal("RUN --volume=/a:/b x"), Contains("unknown flag"));
}

TEST_CASE("seven instructions try JSON when the text starts with a bracket",
          "[D47]") {
  for (const char* const name :
       {"RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD", "VOLUME"}) {
    INFO(name);
    const Instruction exec =
        parse_one(std::string(name) + " [ \"a\" , \"b\" ]");
    CHECK(exec.form == Form::exec);
    CHECK(args_of(exec) == Texts{"a", "b"});
  }
  CHECK(parse_one("HEALTHCHECK CMD [\"a\"]").form == Form::exec);
  CHECK(parse_one("RUN --network=none [\"a\"]").form == Form::exec);
  CHECK(args_of("WORKDIR [\"a\"]") == Texts{"[\"a\"]"});
  CHECK(args_of("EXPOSE $P [\"a\"]") == Texts{"$P", "[\"a\"]"});
  CHECK(args_of("LABEL a=[\"b\"]") == Texts{"a", "[\"b\"]"});
}

TEST_CASE("what is not quite JSON is text without a word", "[D48][D49]") {
  for (const char* const text :
       {"['a']", "[\"a\",]", "[\"a\"] b", "[\"a\" \"b\"]", "[a]", "[\"a\"",
        "[\"a\\x\"]", "[,\"a\"]", "[\"a\"]]", "[ -f x ]", "[\"a\tb\"]", "[",
        "[\u201ca\u201d]"}) {
    INFO(text);
    const Instruction cmd = parse_one("CMD " + std::string(text));
    CHECK(cmd.form == Form::shell);
    CHECK(args_of(cmd) == Texts{text});
  }
  CHECK(args_of("COPY [\"a\", 'b'] /c") == Texts{"[\"a\",", "'b']", "/c"});
}

TEST_CASE("a JSON list of anything but strings is refused", "[D50]") {
  for (const char* const text : {"[1]", "[\"a\", null]", "[true]", "[[\"a\"]]",
                                 "[{\"a\": 1}]", "[-1.5e3]", "[\"a\", {}]"}) {
    INFO(text);
    CHECK_THAT(refusal("RUN " + std::string(text)),
               Contains("holds something other than a string"));
  }
  CHECK_THAT(refusal("CMD [\"a\", 12 ]"), StartsWith("2:11-2:13: "));
}

TEST_CASE("JSON's own escapes apply, whatever the file's is", "[D51]") {
  CHECK(args_of("CMD [\"C:\\\\a\", \"\\u00e9\\n\\/\", \"\\ud83d\\ude00\"]") ==
        Texts{"C:\\a", "\u00e9\n/", "\U0001f600"});
  const auto file =
      parser::parse_dockerfile("# escape=`\nFROM a\nCMD [\"a`b\", \"c\\\\d\"]");
  CHECK(args_of(file.instructions[1]) == Texts{"a`b", "c\\d"});
}

TEST_CASE("JSON words and shell text are kept as written", "[D52][D53]") {
  CHECK(args_of("RUN [\"$a\", \"'b'\"]") == Texts{"$a", "'b'"});
  CHECK(args_of("RUN echo \"$a\"  'b'") == Texts{"echo \"$a\"  'b'"});
  CHECK(args_of("COPY [\"$a\", \"b c\"]") == Texts{"$a", "b c"});
}

TEST_CASE("copies, ports and volumes split at white space, quotes or not",
          "[D54]") {
  CHECK(args_of("COPY \"a b\"\t /c") == Texts{"\"a", "b\"", "/c"});
  CHECK(args_of("ADD a\\ b /c") == Texts{"a\\", "b", "/c"});
  CHECK(args_of("VOLUME '/a b'") == Texts{"'/a", "b'"});
  CHECK(args_of("EXPOSE $A  \v$B") == Texts{"$A", "$B"});
}

TEST_CASE("some instructions take the rest of the line as one", "[D55]") {
  CHECK(args_of("WORKDIR  /a  b ") == Texts{"/a  b"});
  CHECK(args_of("USER \"me\" you") == Texts{"\"me\" you"});
  CHECK(args_of("MAINTAINER A  <b@c>") == Texts{"A  <b@c>"});
  CHECK(args_of("STOPSIGNAL $A \\\n b") == Texts{"$A  b"});
}

TEST_CASE("pairs split at white space outside quotes and escapes",
          "[D56][D115]") {
  CHECK(args_of("ENV a='x y' b=c\\ d") == Texts{"a", "'x y'", "b", "c\\ d"});
  CHECK(args_of("ENV A=\"x y\" B=$A\t\tC=") ==
        Texts{"A", "\"x y\"", "B", "$A", "C", ""});
  CHECK(args_of("LABEL \"a b\"=c 'd e'=\"f \\\" g\" h='\\' i=j") ==
        Texts{"\"a b\"", "c", "'d e'", "\"f \\\" g\"", "h", "'\\'", "i", "j"});
  CHECK(args_of("ARG a b=\"1 2\" c=x'y z'") ==
        Texts{"a", "b=\"1 2\"", "c=x'y z'"});
  CHECK(args_of("ENV a=1\u00a0b=2\u3000c='\u00a0'") ==
        Texts{"a", "1", "b", "2", "c", "'\u00a0'"});
  CHECK(args_of("ENV a=b=c") == Texts{"a", "b=c"});
  CHECK(args_of("ENV a \"b c\" d") == Texts{"a", "\"b c\" d"});
}

TEST_CASE("a variable where none is expanded is refused, with a way out",
          "[D86]") {
  CHECK_THAT(refusal("COPY --from=$x a b"),
             StartsWith("2:6-2:15: variable in \"--from=$x\"") &&
                 Contains("FROM image AS alias"));
  CHECK_THAT(refusal("RUN --mount=from=${x},target=/a y"),
             StartsWith("2:13-2:22: variable in \"from=${x}\"") &&
                 Contains("FROM image AS alias"));
}
