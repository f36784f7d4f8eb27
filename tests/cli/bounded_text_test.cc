#include "cli/bounded_text.h"

#include <catch2/catch.hpp>

namespace {

cli::BoundedText::Parts keep(std::initializer_list<std::string_view> pieces) {
  cli::BoundedText text(10, 12);
  for (const std::string_view piece : pieces) text.append(piece);
  return text.parts();
}

}  // namespace

TEST_CASE("a text that fits is kept whole", "[bounded_text]") {
  CHECK(keep({}).head.empty());
  const auto parts = keep({"one\ntwo\n", "three\n", "four\nfi"});
  CHECK(parts.head == "one\ntwo\nthree\nfour\nfi");
  CHECK(parts.left_out_bytes == 0);
  CHECK(parts.tail.empty());
}

TEST_CASE("of a longer text the first and the last lines are kept",
          "[bounded_text]") {
  const auto parts = keep({"one\ntwo\nthree\n", "four\nfive\nsix\nseven\n"});
  CHECK(parts.head == "one\ntwo\n");
  CHECK(parts.tail == "six\nseven\n");
  CHECK(parts.left_out_bytes == std::string("three\nfour\nfive\n").size());
}

TEST_CASE("it makes no difference in which pieces a text comes",
          "[bounded_text]") {
  std::string all;
  for (int i = 0; i < 200; ++i) all += std::to_string(i) + "\n";
  const auto at_once = keep({all});
  cli::BoundedText bytewise(10, 12);
  for (const char c : all) bytewise.append(std::string_view(&c, 1));
  CHECK(bytewise.parts().head == at_once.head);
  CHECK(bytewise.parts().tail == at_once.tail);
  CHECK(bytewise.parts().left_out_bytes == at_once.left_out_bytes);
  CHECK(at_once.tail == "198\n199\n");
}

TEST_CASE("a line without an end is cut where it must be", "[bounded_text]") {
  const auto parts = keep({std::string(1000, 'x')});
  CHECK(parts.head.size() == 10);
  CHECK(parts.tail.size() == 12);
  CHECK(parts.left_out_bytes == 978);
}
