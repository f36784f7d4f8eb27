// What --build-context changes in a plan.
#include <catch2/catch.hpp>

#include "fakes.h"

using builder::BaseOp;
using builder::CopyOp;
using builder::ExecOp;
using builder::NamedContexts;
using builder::Plan;
using builder::TreeSource;
using Kind = builder::TreeSource::Kind;
using tests::operation_of;

namespace {

struct Fixture {
  tests::FakeImages images;
  std::vector<builder::NamedContext> contexts;

  void add(const std::string& text) {
    contexts.push_back(builder::parse_named_context(text));
  }
  Plan plan(std::string_view dockerfile) {
    const NamedContexts named(contexts);
    return builder::make_plan(builder::parse_source("Dockerfile", dockerfile),
                              {}, images, named);
  }
  std::string error(std::string_view dockerfile) {
    try {
      plan(dockerfile);
    } catch (const base::Error& error) {
      return error.message() + "\n" + error.hint();
    }
    return "no error";
  }
  static std::size_t count_runs(const Plan& plan) {
    std::size_t runs = 0;
    for (const auto& vertex : plan.vertices) {
      runs += std::holds_alternative<ExecOp>(vertex.operation) ? 1 : 0;
    }
    return runs;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a directory is what COPY --from reads",
                 "[context][D186]") {
  add("other=/usr");
  add("lib=/");
  const Plan plan = this->plan(
      "FROM scratch\nCOPY --from=docker.io/library/lib a /\nCOPY a /\n");
  const TreeSource& from = operation_of<CopyOp>(plan).sources[0].from;
  CHECK(from.kind == Kind::context);
  CHECK(from.context == 2);
  CHECK(operation_of<CopyOp>(plan, 1).sources[0].from.context == 0);
  CHECK(images.asked.empty());
}

TEST_CASE_METHOD(Fixture, "equal words of two contexts are two steps",
                 "[context][D186]") {
  add("a=/usr");
  add("b=/");
  const Plan plan = this->plan(
      "FROM scratch AS x\nCOPY --from=a f /\nFROM scratch AS y\n"
      "COPY --from=b f /\nFROM scratch\nCOPY --from=x / /\n"
      "COPY --from=y / /\n");
  CHECK(plan.vertices.size() == 4);
}

TEST_CASE_METHOD(Fixture, "a directory is what a mount shows",
                 "[context][D186]") {
  add("lib=/");
  images.add("base");
  const Plan plan =
      this->plan("FROM base\nRUN --mount=from=lib,target=/m true\n");
  CHECK(operation_of<ExecOp>(plan).mounts[0].source.context == 1);
}

TEST_CASE_METHOD(Fixture, "FROM a directory starts on its files",
                 "[context][D186][D191]") {
  add("lib=/");
  const Plan plan = this->plan("FROM lib:latest\nCMD [\"/x\"]\n");
  const CopyOp& copy = operation_of<CopyOp>(plan);
  CHECK(copy.sources[0].from.context == 1);
  CHECK(copy.destination == "/");
  CHECK(plan.vertices[0].title == "FROM lib");
  CHECK(plan.vertices[0].steps_of_stage == 1);
  CHECK(tests::history_of(plan).front() == "FROM lib");
  CHECK(images.asked.empty());
}

TEST_CASE_METHOD(Fixture, "an image brings its configuration and triggers",
                 "[context][D191]") {
  store::ContainerConfig config;
  config.user = "ann";
  config.on_build = {"RUN trigger"};
  images.add("mine:1", config);
  add("base=docker-image://mine:1");
  const Plan plan = this->plan("FROM base\nRUN own\n");
  CHECK(images.asked == std::vector<std::string>{"mine:1"});
  CHECK(plan.config.config.user == "ann");
  CHECK(count_runs(plan) == 2);
}

TEST_CASE_METHOD(Fixture, "a layout's image is one like any other",
                 "[context][D189][D191]") {
  store::ContainerConfig config;
  config.user = "bob";
  const std::string layout = "oci-layout:///usr:v1";
  images.add("usr:v1", config);
  add("base=" + layout);
  CHECK(plan("FROM base\n").config.config.user == "bob");
  const Plan copied = plan("FROM scratch\nCOPY --from=base /a /\n");
  CHECK(operation_of<CopyOp>(copied).sources[0].from.kind == Kind::vertex);
}

TEST_CASE_METHOD(Fixture,
                 "of a layout's images the stage's platform has its own",
                 "[context][D178][D189]") {
  images.add("usr:v1");
  add("base=oci-layout:///usr:v1");
  plan("FROM --platform=linux/s390x base\n");
  CHECK(images.asked_platform->architecture == "s390x");
  plan("FROM --platform=linux/arm64 scratch\nCOPY --from=base /a /\n");
  CHECK(images.asked_platform->architecture == "arm64");
}

TEST_CASE_METHOD(Fixture, "contexts are told apart by where a step has them",
                 "[context][D439]") {
  add("lib=/usr");
  const Plan plan = this->plan(
      "FROM scratch AS one\nRUN --mount=from=lib,target=/a --mount=target=/b "
      "c\n"
      "FROM scratch\nRUN --mount=target=/a --mount=from=lib,target=/b c\n"
      "COPY --from=one /x /\n");
  CHECK(count_runs(plan) == 2);
}

TEST_CASE_METHOD(Fixture, "nothing is what docker-image://scratch has",
                 "[context][D189]") {
  add("base=docker-image://scratch");
  CHECK(plan("FROM base\n").vertices.empty());
  const Plan copied = plan("FROM scratch\nCOPY --from=base a* /\n");
  CHECK(operation_of<CopyOp>(copied).sources[0].from.kind == Kind::empty);
}

TEST_CASE_METHOD(Fixture, "a stage of a context's name is not built",
                 "[context][D188]") {
  add("deps=/");
  const Plan plan = this->plan(
      "FROM nowhere AS deps\nRUN make\nCOPY --from=unknown / /\n"
      "FROM scratch\nCOPY --from=deps a /\nCOPY --from=0 b /\n");
  CHECK(count_runs(plan) == 0);
  CHECK(images.asked.empty());
  CHECK(operation_of<CopyOp>(plan).sources[0].from.context == 1);
  CHECK(operation_of<CopyOp>(plan, 1).sources[0].from.context == 1);
}

TEST_CASE_METHOD(Fixture, "a stage's image has its triggers run further on",
                 "[context][D188][D191]") {
  store::ContainerConfig config;
  config.on_build = {"RUN trigger"};
  images.add("mine", config);
  add("deps=docker-image://mine");
  CHECK(count_runs(plan("FROM nowhere AS deps\nRUN make\n")) == 0);
  CHECK(count_runs(plan("FROM nowhere AS deps\nRUN make\nFROM deps\n")) == 1);
}

TEST_CASE_METHOD(Fixture, "scratch and context mean what they always do",
                 "[context][D190]") {
  add("scratch=/");
  add("context=/");
  CHECK(plan("FROM scratch\n").vertices.empty());
  CHECK_THAT(error("FROM scratch\nCOPY --from=context a /\n"),
             Catch::Contains("image \"context\" is not in the store"));
}

TEST_CASE_METHOD(Fixture, "what is not named is not looked at",
                 "[context][D186]") {
  add("unused=docker-image://nowhere");
  CHECK(plan("FROM scratch\n").vertices.empty());
  CHECK_THAT(error("FROM unused\n"),
             Catch::Contains("image \"nowhere\" is not in the store"));
}

TEST_CASE_METHOD(Fixture, "an address is fetched by a step of its own",
                 "[context][D189][D191]") {
  add("far=https://h/r.git#v1:sub");
  add("file=http://ann:secret@h/a.tar");
  const Plan plan = this->plan(
      "FROM far\nCOPY --from=file context /a\nCOPY --from=far b /\n");
  const auto& git = operation_of<builder::GitOp>(plan);
  CHECK(git.remote == "https://h/r.git");
  CHECK(git.ref == "v1");
  CHECK(git.subdir == "sub");
  CHECK(operation_of<builder::HttpOp>(plan).name == "context");
  CHECK(plan.vertices.size() == 4);
  CHECK(tests::history_of(plan).front() == "FROM far");
  for (const auto& vertex : plan.vertices) {
    CHECK(vertex.title.find("secret") == std::string::npos);
  }
}
