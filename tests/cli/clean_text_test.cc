#include "cli/clean_text.h"

#include <catch2/catch.hpp>

using cli::clean_line;
using cli::clean_text;
using namespace std::string_view_literals;

TEST_CASE("colours are left out of a line", "[clean_text]") {
  CHECK(clean_line("\x1b[1;31merror\x1b[0m: no") == "error: no");
  CHECK(clean_line("\x1b[38:2::1:2:3mred\x1b[m") == "red");
}

TEST_CASE("a line cannot move the cursor or clear the screen", "[clean_text]") {
  CHECK(clean_line("a\x1b[2J\x1b[H\x1b[1Ab\x1b[?1049h\x1b[6n") == "ab");
  CHECK(clean_line("\x1b"
                   "c\x1b(0x\x1b#8\x1b=\x1bM") == "x");
}

TEST_CASE("a control string goes with all it holds", "[clean_text]") {
  CHECK(clean_line("a\x1b]0;new title\ab") == "ab");
  CHECK(clean_line("a\x1b]52;c;aGVsbG8=\x1b\\b") == "ab");
  CHECK(clean_line("\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\") == "link");
  CHECK(clean_line("a\x1bPq#0;2\x1b\\b\x1b_x\x1b\\c\x1b^x\x1b\\d") == "abcd");
}

TEST_CASE("control characters of eight bits are known too", "[clean_text]") {
  CHECK(clean_line("a\xc2\x9b"
                   "2Jb") == "ab");
  CHECK(clean_line("a\xc2\x9d"
                   "0;title\ab\xc2\x85"
                   "c") == "abc");
  // Alone they are not UTF-8; a terminal without it would obey them.
  CHECK(clean_line("a\x9b"
                   "2J") ==
        "a\xef\xbf\xbd"
        "2J");
}

TEST_CASE("a sequence that does not end takes no more than its line",
          "[clean_text]") {
  CHECK(clean_line("a\x1b") == "a");
  CHECK(clean_line("a\x1b[") == "a");
  CHECK(clean_line("a\x1b[12;") == "a");
  CHECK(clean_line("a\x1b]0;never") == "a");
  CHECK(clean_line("a\xc2\x9d"
                   "never") == "a");
  CHECK(clean_text("a\x1b]0;never\nb") == "a\nb");
}

TEST_CASE("control characters are left out, tabs are not", "[clean_text]") {
  CHECK(clean_line("a\ab\bc\x7f"
                   "d\x0e\0e\tf"sv) == "abcde\tf");
}

TEST_CASE("of a progress bar its last state is left", "[clean_text]") {
  CHECK(clean_line("10%\r50%\r100%\r") == "100%");
  CHECK(clean_line("windows\r") == "windows");
  CHECK(clean_line("\x1b[2K\r 7/9") == " 7/9");
}

TEST_CASE("text in any language stays as it is", "[clean_text]") {
  CHECK(clean_line("größer 日本語 🙂 \xc2\xa0.") ==
        "größer 日本語 🙂 \xc2\xa0.");
}

TEST_CASE("bytes that are not UTF-8 become one mark each", "[clean_text]") {
  CHECK(clean_line("caf\xe9!") == "caf\xef\xbf\xbd!");
  CHECK(clean_line("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");  // overlong
  CHECK(clean_line("\xed\xa0\x80").find('\xed') == std::string::npos);
  CHECK(clean_line("\xe6\x97") == "\xef\xbf\xbd\xef\xbf\xbd");  // cut short
}

TEST_CASE("what turns the direction of writing is shown", "[clean_text]") {
  CHECK(clean_line("team/\u202egpj.exe\u202c") ==
        "team/<U+202E>gpj.exe<U+202C>");
  CHECK(clean_line("\u061c\u200e\u200f\u2066a\u2069") ==
        "<U+061C><U+200E><U+200F><U+2066>a<U+2069>");
  CHECK(clean_line("שלום \u200b") == "שלום \u200b");
}
