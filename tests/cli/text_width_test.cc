#include "cli/text_width.h"

#include <catch2/catch.hpp>

using cli::cut_text;
using cli::text_width;

TEST_CASE("wide characters take two columns, combining ones none",
          "[text_width]") {
  CHECK(text_width("RUN make") == 8);
  CHECK(text_width("größer") == 6);
  CHECK(text_width("日本") == 4);
  CHECK(text_width("e\xcc\x81") == 1);
}

TEST_CASE("a text that fits is not cut", "[text_width]") {
  CHECK(cut_text("RUN make", 8, "…") == "RUN make");
  CHECK(cut_text("日本", 4, "…") == "日本");
  CHECK(cut_text("", 0, "…").empty());
}

TEST_CASE("a text that does not fit ends in the mark", "[text_width]") {
  CHECK(cut_text("RUN make", 7, "…") == "RUN ma…");
  CHECK(cut_text("RUN make", 7, "..") == "RUN m..");
  CHECK(cut_text("RUN make", 1, "…") == "…");
  CHECK(cut_text("RUN make", 1, "..").empty());
  CHECK(cut_text("RUN make", 0, "…").empty());
}

TEST_CASE("a wide character is never cut in half", "[text_width]") {
  CHECK(cut_text("日本語", 5, "…") == "日本…");
  CHECK(cut_text("日本語", 4, "…") == "日…");
  CHECK(cut_text("ab日", 3, "…") == "ab…");
}

TEST_CASE("tabs become blanks up to the next stop", "[text_width]") {
  CHECK(cut_text("a\tb", 20, "…") == "a       b");
  CHECK(cut_text("a\tb", 5, "…") == "a…");
}
