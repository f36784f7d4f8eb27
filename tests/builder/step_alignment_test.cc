#include "builder/step_alignment.h"

#include <catch2/catch.hpp>

using builder::WrittenStep;

namespace {

std::vector<WrittenStep> steps(std::vector<std::string> texts,
                               const std::string& stage = "build") {
  std::vector<WrittenStep> out;
  for (std::string& text : texts) out.push_back({stage, std::move(text)});
  return out;
}

// "0 - 2": the places, "-" for none.
std::string align(const std::vector<WrittenStep>& was,
                  const std::vector<WrittenStep>& is) {
  std::string out;
  for (const auto& match : align_steps(was, is)) {
    out += (out.empty() ? "" : " ") + (match ? std::to_string(*match) : "-");
  }
  return out;
}

}  // namespace

TEST_CASE("an inserted or removed line moves nothing else", "[explain]") {
  const auto was = steps({"FROM a", "RUN one", "RUN two", "COPY . ."});
  CHECK(align(was, steps({"FROM a", "RUN new", "RUN one", "RUN two",
                          "COPY . ."})) == "0 - 1 2 3");
  CHECK(align(was, steps({"FROM a", "RUN two", "COPY . ."})) == "0 2 3");
}

TEST_CASE("a changed line is paired with what it was", "[explain]") {
  const auto was = steps({"FROM a", "RUN make", "RUN test"});
  CHECK(align(was, steps({"FROM a", "RUN make -j", "RUN test"})) == "0 1 2");
  // By the words that they share, when there is more than one to choose from.
  CHECK(align(was, steps({"FROM a", "RUN echo hi", "RUN make -j",
                          "RUN test"})) == "0 - 1 2");
  CHECK(align(was, steps({"FROM a", "COPY x y", "RUN test"})) == "0 - 2");
}

TEST_CASE("stages are told apart by name, renamed ones by content",
          "[explain]") {
  auto was = steps({"FROM a", "RUN make"}, "build");
  const auto last = steps({"FROM a", "COPY x y"}, "stage-1");
  was.insert(was.end(), last.begin(), last.end());
  auto is = steps({"FROM a", "COPY x y"}, "stage-2");
  const auto build = steps({"FROM a", "RUN make"}, "build");
  is.insert(is.begin(), build.begin(), build.end());
  CHECK(align(was, is) == "0 1 2 3");
  CHECK(align(was, steps({"RUN nothing alike"}, "other")) == "-");
}

TEST_CASE("thousands of changed lines are aligned in no time", "[explain]") {
  std::vector<std::string> old_texts;
  std::vector<std::string> new_texts;
  for (int i = 0; i < 3000; ++i) {
    old_texts.push_back("RUN " + std::to_string(i));
    new_texts.push_back("RUN " + std::to_string(i % 2 == 0 ? i : i + 5000));
  }
  const auto matches = align_steps(steps(old_texts), steps(new_texts));
  CHECK(matches[1500] == 1500U);
  CHECK_FALSE(matches[1501]);
}
