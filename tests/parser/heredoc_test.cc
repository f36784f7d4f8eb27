// Where heredocs start, which lines are their bodies, and what they are to
// their instruction.
#include "parser/heredoc.h"

#include <catch2/catch.hpp>

#include "parse_for_test.h"
#include "parser/render.h"

using Catch::Contains;
using parser::Instruction;
using tests::args_of;
using tests::error_of;
using tests::parse_body;
using tests::parse_one;
using tests::Texts;

namespace {

// "name" or "name literal"; fd and chomp in front.
Texts starts_in(std::string_view line) {
  Texts shown;
  for (const parser::HeredocStart& start : parser::find_heredocs(line)) {
    shown.push_back((start.fd != 0 ? std::to_string(start.fd) + " " : "") +
                    (start.chomp ? "- " : "") + start.name +
                    (start.expand ? "" : " literal"));
  }
  return shown;
}

}  // namespace

TEST_CASE("only RUN, COPY and ADD take heredocs, in ONBUILD too", "[D57]") {
  CHECK(parse_one("RUN <<E\nE").heredocs.size() == 1);
  CHECK(parse_one("COPY <<E /x\nE").heredocs.size() == 1);
  CHECK(parse_one("add <<E /x\nE").heredocs.size() == 1);
  CHECK(parse_one("ONBUILD RUN <<E\nE").onbuild->heredocs.size() == 1);
  for (const char* const line :
       {"USER <<E", "CMD <<E", "ENV a=<<E", "LABEL a <<E", "WORKDIR <<E",
        "ENTRYPOINT cat <<E", "HEALTHCHECK CMD cat <<E", "VOLUME <<E"}) {
    INFO(line);
    const Instruction instruction = parse_one(line);
    CHECK(instruction.heredocs.empty());
    CHECK_THAT(args_of(instruction).back(), Contains("<<E"));
  }
}

TEST_CASE("a JSON list never holds a heredoc", "[D58]") {
  CHECK(parse_one("RUN [\"cat\", \"<<E\"]").heredocs.empty());
  CHECK(parse_one("COPY [\"<<E\", \"/x\"]").heredocs.empty());
  CHECK(parse_one("ONBUILD RUN [\"<<E\"]").onbuild->heredocs.empty());
  // What only looks like one is no JSON.
  CHECK(parse_one("RUN [ <<E ]\nE").heredocs.size() == 1);
}

TEST_CASE("a heredoc starts with a word of its own", "[D59]") {
  CHECK(starts_in("<<E") == Texts{"E"});
  CHECK(starts_in("cat <<E") == Texts{"E"});
  CHECK(starts_in("<<-E 3<<F 0<<G") == Texts{"- E", "3 F", "G"});
  CHECK(starts_in("<<  E") == Texts{"E"});
  CHECK(starts_in("<<- E") == Texts{"- E"});
  CHECK(starts_in("<< -E") == Texts{"-E"});
  CHECK(starts_in("<<\tE > foo") == Texts{"E"});
  CHECK(starts_in("<<file.txt") == Texts{"file.txt"});
  CHECK(starts_in("$(cat <<E )") == Texts{"E"});
  CHECK(starts_in("<<E)") == Texts{"E)"});
}

TEST_CASE("what only looks like a heredoc is text", "[D60]") {
  for (const char* const line : {"",           "E",           "<<",
                                 "<<-",        "cat <<",      "<E",
                                 "<<<E",       "<<<",         "a<<E",
                                 "2>&1<<E",    "<<E<F",       "<<E<<F",
                                 "<< <<E",     "\"<<E\"",     "'<<E'",
                                 "\\<<E",      "$((1 << 2))", "$(( 1 << 2 ))",
                                 "$((1 <<2))", "a=1<<2"}) {
    INFO(line);
    CHECK(starts_in(line).empty());
  }
  CHECK(starts_in("$((1 << 2)) <<E") == Texts{"E"});
}

TEST_CASE("a delimiter ends at the end of its shell word", "[D61]") {
  CHECK(starts_in("<<'E F' x") == Texts{"E F literal"});
  CHECK(starts_in("<<\"E F\"x y") == Texts{"E Fx literal"});
  CHECK(starts_in("<<E\\ F x") == Texts{"E F"});
  CHECK(starts_in("<<$E <<${E}") == Texts{"$E", "${E}"});
  CHECK(starts_in("<<\"$E\"") == Texts{"$E literal"});
}

TEST_CASE("quotes in a delimiter turn expansion off, a backslash does not",
          "[D62]") {
  CHECK(starts_in("<<'E' <<\"E\" <<E'' <<E\"F\"") ==
        Texts{"E literal", "E literal", "E literal", "EF literal"});
  CHECK(starts_in("<<\\E <<eo\\'f") == Texts{"E", "eo'f"});
  CHECK(starts_in("<<'e'o\\'f") == Texts{"eo'f literal"});
  CHECK(starts_in("<<\"a\\b\\\"\\$\"") == Texts{"a\\b\"$ literal"});
}

TEST_CASE("an empty delimiter or a quote without a mate is the shell's affair",
          "[D60]") {
  CHECK(starts_in("cat <<\"\"").empty());
  CHECK(starts_in("cat <<''").empty());
  CHECK(starts_in("cat <<E it's").empty());
  CHECK(starts_in("cat <<'E").empty());
  CHECK(starts_in("cat <<E \"").empty());
  CHECK(parse_body("RUN cat <<\"\"\nRUN x").size() == 2);
}

TEST_CASE("several bodies follow one another in the order of their starts",
          "[D63]") {
  const Instruction copy = parse_one("COPY <<X <<Y /d\nY\nX\nX\nY");
  REQUIRE(copy.heredocs.size() == 2);
  CHECK(copy.heredocs[0].content == "Y\n");
  CHECK(copy.heredocs[1].content == "X\n");
  CHECK(args_of(copy) == Texts{"<<X", "<<Y", "/d"});
  CHECK(copy.find_heredoc(copy.args[1]) == &copy.heredocs[1]);
  CHECK(copy.find_heredoc(copy.args[2]) == nullptr);
}

TEST_CASE("only a line equal to the delimiter closes a body", "[D64]") {
  const auto body_of = [](const std::string& start, const std::string& rest) {
    return parse_one("RUN " + start + "\n" + rest).heredocs[0].content;
  };
  CHECK(body_of("<<E", "E \n E\n\tE\nEE\nE\n") == "E \n E\n\tE\nEE\n");
  CHECK(body_of("<<E", "E") == "");
  CHECK(body_of("<<E", "x\nE\r\n") == "x\n");
  CHECK(body_of("<<-E", "\tE x\n E\n\t\tE\n") == "E x\n E\n");
  CHECK(body_of("<<'E F'", "E\nE F\n") == "E\n");
  CHECK(body_of("<<$E", "E\n$E\n") == "E\n");
}

TEST_CASE("a body that is never closed is refused where it was opened",
          "[D65]") {
  CHECK(error_of("FROM a\nRUN x\nRUN cat \\\n  <<'E F' y\nb\nE\n") ==
        "4:3-4:10: heredoc \"E F\", opened on line 4, is never closed; write "
        "\"E F\" alone on a line behind it");
  CHECK_THAT(error_of("FROM a\nRUN <<E\nx\nE \nCMD y"),
             Contains("line 4 does not close it: white space around"));
  CHECK_THAT(error_of("FROM a\nRUN <<E\n\tE\n"),
             Contains("line 3 does not close it: only \"<<-\" lets tabs"));
  CHECK_THAT(error_of("FROM a\nRUN <<-E\n\t E\n"), Contains("white space"));
  CHECK_THAT(error_of("FROM a\nCOPY <<A <<B /x\nA\n"),
             Contains("heredoc \"B\""));
}

TEST_CASE("a body's lines are raw", "[D66]") {
  const std::string body =
      "# c\n\n  x \\\ny\\\n\\\\\nRUN z\n<<F\n\t\"\n\xff\r\n";
  const auto all = parse_body("RUN <<E\n" + body + "E\nRUN x");
  REQUIRE(all.size() == 2);
  CHECK(all[0].heredocs[0].content == body);
  CHECK(all[0].text == "<<E\n" + body + "E");
}

TEST_CASE("a dash removes leading tabs, and nothing else", "[D67][D79]") {
  CHECK(
      parse_one("RUN <<-E\n\t\t#!x\n\ty\tz\n \tw\n\t\nE").heredocs[0].content ==
      "#!x\ny\tz\n \tw\n\n");
  CHECK(parse_one("RUN <<-E\n\tx\n\t\tE").heredocs[0].content == "x\n");
  CHECK(parse_one("RUN <<E\n\tx\nE").heredocs[0].content == "\tx\n");
}

TEST_CASE("bodies follow the last line of a continued instruction", "[D68]") {
  const Instruction run =
      parse_one("RUN cat <<A \\\n  # c\n  <<B \\\n  x\na\nA\nb\nB\n");
  REQUIRE(run.heredocs.size() == 2);
  CHECK(args_of(run) == Texts{"cat <<A   <<B   x"});
  CHECK(run.heredocs[1].content == "b\n");
  CHECK(run.heredocs[1].start.range.start == parser::Position{4, 3});
}

TEST_CASE("a heredoc is no destination", "[D71]") {
  CHECK_THAT(error_of("FROM a\nCOPY a <<E\nE"),
             Contains("heredoc \"<<E\" cannot be the destination of COPY"));
  CHECK_THAT(error_of("FROM a\nADD <<E <<F\nE\nF"), Contains("destination"));
}

TEST_CASE("ONBUILD stores what parses back to the same trigger", "[D83]") {
  for (const char* const line :
       {"RUN <<E\nx\nE", "COPY --chmod=1 <<-'E F' <<G /d\n\tx\n\tE F\ny\nG",
        "RUN cat \\\n 3<<E \\\n y\n\n# z\nE"}) {
    INFO(line);
    const Instruction onbuild = parse_one("ONBUILD " + std::string(line));
    const Instruction trigger = parser::parse_trigger(onbuild.text);
    CHECK(onbuild.text == render_instruction(*onbuild.onbuild));
    CHECK(render_instruction(trigger) == onbuild.text);
    REQUIRE(trigger.heredocs.size() == onbuild.onbuild->heredocs.size());
    CHECK(trigger.heredocs[0].content == onbuild.onbuild->heredocs[0].content);
  }
  // Line ends and tabs of the closing line are not part of it.
  CHECK(parse_one("ONBUILD RUN <<-E\n\tx\r\n\tE\r\n").text ==
        "RUN <<-E\n\tx\r\nE");
}
