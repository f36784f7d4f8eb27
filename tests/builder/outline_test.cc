#include "builder/outline.h"

#include <catch2/catch.hpp>

#include "builder/check.h"
#include "fakes.h"

namespace {

builder::Outline outline_of(const std::string& text,
                            const std::string& target = {}) {
  const builder::SourceFile file = builder::parse_source("Dockerfile", text);
  builder::PlanOptions options;
  options.target = target;
  options.build_args = {{"BAR", "678"}};
  builder::AnyImages images(nullptr, builder::Platform{"linux", "amd64"});
  return make_outline(file, options, make_plan(file, options, images));
}

// "line name=value description", one line each.
std::string show(const builder::Outline& outline) {
  std::string text;
  for (const builder::PlannedArgument& argument : outline.arguments) {
    text += std::to_string(argument.range.start.line) + " " + argument.name +
            "=" + argument.value + " " + argument.description + "\n";
  }
  return text;
}

std::string show(const std::vector<builder::Outline::Input>& inputs) {
  std::string text;
  for (const builder::Outline::Input& input : inputs) {
    text += std::to_string(input.range.start.line) + " " + input.id +
            (input.is_required ? " required\n" : "\n");
  }
  return text;
}

}  // namespace

TEST_CASE("an outline has the arguments that the target hangs on",
          "[outline][D21][D479]") {
  const builder::Outline outline = outline_of(
      "ARG inherited=box\n"
      "ARG inherited2=box2\n"
      "ARG unused=abc${inherited2}\n"
      "# sfx is a suffix\n"
      "ARG sfx=\"usy${inherited}\"\n"
      "FROM b${sfx} AS first\n"
      "# this is not assigned to anything\n"
      "ARG FOO=123\n"
      "# BAR is a number\n"
      "ARG BAR=456\n"
      "RUN true\n"
      "FROM alpine${unused} AS second\n"
      "ARG BAZ\n"
      "FROM scratch AS third\n"
      "ARG ABC=a\n"
      "# target defines build target\n"
      "FROM third AS target\n"
      "COPY --from=first /etc/passwd /\n"
      "FROM second\n",
      "target");
  CHECK(outline.name == "target");
  CHECK(outline.description == "defines build target");
  CHECK(show(outline) ==
        "1 inherited=box \n"
        "5 sfx=usybox is a suffix\n"
        "8 FOO=123 \n"
        "10 BAR=678 is a number\n"
        "15 ABC=a \n");
}

TEST_CASE("an ARG that only takes the global value is the global one",
          "[outline][D479]") {
  CHECK(show(outline_of("# V is a version\nARG V=1\nFROM a\nARG V\nARG W\n")) ==
        "2 V=1 is a version\n5 W= \n");
}

TEST_CASE("an outline has secrets and caches of the target's stages",
          "[outline][D479]") {
  const builder::Outline outline = outline_of(
      "FROM busybox AS first\n"
      "RUN --mount=type=secret,target=/etc/passwd,required=true true\n"
      "FROM alpine AS second\n"
      "RUN --mount=type=secret,id=unused true\n"
      "FROM scratch AS third\n"
      "ARG BAR\n"
      "RUN --mount=type=secret,id=second${BAR} --mount=type=cache,target=/c x\n"
      "FROM third AS target\n"
      "COPY --from=first /foo /\n"
      "FROM second\n",
      "target");
  CHECK(show(outline.secrets) == "2 passwd required\n7 second678\n");
  CHECK(show(outline.caches) == "7 /c\n");
}
