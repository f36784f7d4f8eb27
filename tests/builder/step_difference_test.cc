// What is said of a step that is not as it was: each text as people see it.
#include "builder/step_difference.h"

#include <catch2/catch.hpp>

#include "builder/cache_key.h"
#include "builder/shown_text.h"
#include "builder/snapshot.h"
#include "fakes.h"

using builder::StepFacts;
using Lines = std::vector<std::string>;

namespace {

// The last step of a file.
StepFacts facts_of(std::string_view dockerfile,
                   const builder::PlanOptions& options = {}) {
  const builder::Plan plan = tests::plan_of(dockerfile, options);
  const builder::Vertex& vertex = plan.vertices.back();
  StepFacts facts = builder::facts_of(vertex);
  facts.parts =
      builder::CacheKey(vertex.operation, builder::Snapshot().content())
          .render_parts();
  return facts;
}

Lines compare(std::string_view was, std::string_view is,
              const builder::PlanOptions& then = {},
              const builder::PlanOptions& now = {}) {
  return compare_steps(facts_of(was, then), facts_of(is, now));
}

builder::PlanOptions with_argument(const char* name, const char* value) {
  builder::PlanOptions options;
  options.build_args[name] = value;
  return options;
}

}  // namespace

TEST_CASE("equal steps have no difference", "[explain]") {
  CHECK(compare("FROM scratch\nRUN make\n", "FROM scratch\n\nRUN make\n")
            .empty());
}

TEST_CASE("a changed instruction is shown before and after", "[explain]") {
  CHECK(compare("FROM scratch\nRUN make\n", "FROM scratch\nRUN make -j\n") ==
        Lines{"the instruction changed: RUN make → RUN make -j"});
  CHECK(compare("FROM scratch\nCOPY a /x\n", "FROM scratch\nCOPY b /x\n") ==
        Lines{"the instruction changed: COPY a /x → COPY b /x"});
  CHECK(compare("FROM scratch\nRUN --network=none make\n",
                "FROM scratch\nRUN make\n")
            .front() == "network none → default");
}

TEST_CASE("a changed variable is named with its kind and values", "[explain]") {
  const char* text = "FROM scratch\nARG VERSION\nRUN make\n";
  CHECK(compare(text, text, with_argument("VERSION", "1.2"),
                with_argument("VERSION", "1.3")) ==
        Lines{"ARG VERSION: 1.2 → 1.3"});
  CHECK(compare("FROM scratch\nRUN make\n",
                "FROM scratch\nENV DEBUG=1\nRUN make\n") ==
        Lines{"ENV DEBUG: (not set) → 1"});
  CHECK(compare("FROM scratch\nENV DEBUG=1\nRUN make\n",
                "FROM scratch\nENV DEBUG=\nRUN make\n") ==
        Lines{"ENV DEBUG: 1 → \"\""});
  CHECK(compare("FROM scratch\nARG D=a\nCOPY $D /x\n",
                "FROM scratch\nARG D=b\nCOPY $D /x\n") ==
        Lines{"ARG D: a → b"});
}

TEST_CASE("a variable that may hold a secret shows no value", "[explain]") {
  const char* text = "FROM scratch\nARG NPM_TOKEN\nRUN make\n";
  CHECK(compare(text, text, with_argument("NPM_TOKEN", "hush"),
                with_argument("NPM_TOKEN", "quiet")) ==
        Lines{"ARG NPM_TOKEN changed"});
  CHECK(compare(text, text, {}, with_argument("NPM_TOKEN", "quiet")) ==
        Lines{"ARG NPM_TOKEN is new"});
  for (const char* name : {"GITHUBTOKEN", "db_password", "Secret", "SSHKEY",
                           "API_KEY", "BASIC_AUTH", "AWS_SECRET_ACCESS_KEY"}) {
    CHECK(builder::may_be_secret(name));
  }
  for (const char* name : {"VERSION", "AUTHOR", "KEYBOARD", "PATH"}) {
    CHECK_FALSE(builder::may_be_secret(name));
  }
}

TEST_CASE("settings that a step gets from elsewhere are named", "[explain]") {
  CHECK(compare("FROM scratch\nRUN make\n",
                "FROM scratch\nUSER app\nRUN make\n") ==
        Lines{"USER root → app"});
  CHECK(compare("FROM scratch\nSHELL [\"/bin/sh\", \"-c\"]\nRUN make\n",
                "FROM scratch\nSHELL [\"/bin/bash\", \"-c\"]\nRUN make\n") ==
        Lines{"SHELL /bin/sh -c → /bin/bash -c"});
  const char* text = "FROM scratch\nRUN make\n";
  builder::PlanOptions options;
  options.network = builder::NetworkMode::none;
  options.run.hostname = "x";
  options.run.extra_hosts = {{"db", "10.0.0.1"}};
  CHECK(compare(text, text, {}, options) == Lines{"network default → none",
                                                  "host name (default) → x",
                                                  "hosts (none) → db"});
  builder::PlanOptions arm;
  arm.platform = builder::Platform{"linux", "arm64"};
  builder::PlanOptions intel;
  intel.platform = builder::Platform{"linux", "amd64"};
  CHECK(compare(text, text, intel, arm) ==
        Lines{"platform linux/amd64 → linux/arm64"});
}

TEST_CASE("a changed heredoc is told by its line", "[explain]") {
  CHECK(compare("FROM scratch\nRUN <<E\nset -e\nmake\nE\n",
                "FROM scratch\nRUN <<E\nset -e\nmake -j\nE\n") ==
        Lines{"its heredoc changed in line 2: make → make -j"});
}

TEST_CASE("a mount that others decide is compared by its target", "[explain]") {
  const char* text = "FROM scratch\nRUN --mount=type=tmpfs,target=/t make\n";
  StepFacts was = facts_of(text);
  const StepFacts is = facts_of(text);
  const std::string::size_type at = was.parts.find("/t\"");
  REQUIRE(at != std::string::npos);
  was.parts.replace(at, 2, "/u");
  CHECK(compare_steps(was, is) == Lines{"mount /u is gone", "mount /t is new"});
}

TEST_CASE("long texts are cut around their first difference", "[explain]") {
  const std::string start = "RUN " + std::string(80, 'a');
  CHECK(builder::show_change(start + " b c one", start + " b c two") ==
        "…b c one → …b c two");
  CHECK(builder::show_change(start + "1", start + "2") ==
        "…" + std::string(16, 'a') + "1 → …" + std::string(16, 'a') + "2");
  CHECK(builder::cut_text("äöü", 3) == "ä…");
  CHECK(builder::cut_text("a\nb", 9) == "a b");
}

TEST_CASE("facts survive being written, whatever bytes they hold",
          "[explain]") {
  StepFacts facts = facts_of("FROM scratch\nENV A=\xff\xc3\xa4\nRUN x\xfe\n");
  facts.below = 3;
  facts.base = "docker.io/library/debian:12";
  const auto read =
      builder::parse_steps(builder::render_steps({facts, StepFacts(facts)}));
  REQUIRE(read.size() == 2);
  CHECK(read[1].text == facts.text);
  CHECK(read[1].variables == facts.variables);
  CHECK(read[1].below == 3U);
  CHECK(read[1].base == facts.base);
  CHECK(read[1].parts == facts.parts);
  CHECK(builder::parse_steps("{").empty());
  CHECK(builder::parse_steps("[{\"text\":3}]").empty());
}
