// What becomes of addresses among the sources of ADD and COPY.
#include <catch2/catch.hpp>

#include "builder/plan.h"
#include "fakes.h"

using builder::CopyOp;
using builder::GitOp;
using builder::HttpOp;
using builder::TreeSource;
using Catch::Contains;
using tests::history_of;
using tests::operation_of;
using tests::paths_of;
using tests::plan_error;
using tests::plan_of;

namespace {

const std::string kSum = "sha256:" + std::string(64, 'a');
const std::string kCommit(40, 'a');

std::string scratch(const std::string& instruction) {
  return "FROM scratch\n" + instruction + "\n";
}

}  // namespace

TEST_CASE("an address is a vertex that ADD copies one file from",
          "[remote][D386][D387]") {
  const auto plan = plan_of(scratch("ADD http://host/a/b.txt?x=y#z /d/"));
  REQUIRE(plan.vertices.size() == 2);
  const auto& op = operation_of<HttpOp>(plan);
  CHECK(op.url == "http://host/a/b.txt?x=y#z");
  CHECK(op.name == "b.txt");
  const auto& copy = operation_of<CopyOp>(plan);
  CHECK(copy.sources[0].from.kind == TreeSource::Kind::vertex);
  CHECK(paths_of(copy) == std::vector<std::string>{"b.txt"});
  CHECK(plan.vertices[0].title == "http://host/a/b.txt?x=y#z");
  CHECK(builder::render_place(plan.vertices[0]) == "[stage-0]");
  CHECK(builder::render_place(plan.vertices[1]) == "[stage-0 1/1]");
  CHECK(
      history_of(plan) ==
      std::vector<std::string>{"ADD http://host/a/b.txt?x=y#z /d/ # buildkit"});
}

TEST_CASE("an address without a name has the name other builders give it",
          "[remote][D387]") {
  CHECK(operation_of<HttpOp>(plan_of(scratch("ADD http://host /d/"))).name ==
        "__unnamed__");
  const auto plan = plan_of(scratch("ADD http://host/a%5B*%3F /d/"));
  CHECK(operation_of<HttpOp>(plan).name == "a[*?");
  // What is a wildcard among files stands for itself here.
  CHECK(paths_of(operation_of<CopyOp>(plan)) ==
        std::vector<std::string>{"a\\[\\*\\?"});
}

TEST_CASE("an address is fetched once for all who want it",
          "[remote][D386][D402]") {
  const auto plan = plan_of(
      "FROM scratch AS a\nADD http://host/x http://host/x /d/\n"
      "FROM scratch\nADD http://host/x local <<heredoc /e/\nheredoc\n"
      "ADD http://me:a@host/x /f\nADD http://me:b@host/x /g\n"
      "COPY --from=a /d /d\n");
  std::size_t fetched = 0;
  for (const auto& vertex : plan.vertices) {
    fetched += std::holds_alternative<HttpOp>(vertex.operation) ? 1 : 0;
  }
  CHECK(fetched == 3);
  const auto& mixed = operation_of<CopyOp>(plan, 1);
  CHECK(mixed.sources.size() == 2);
  CHECK(mixed.sources[1].from.kind == TreeSource::Kind::context);
  CHECK(mixed.inline_files.size() == 1);
}

TEST_CASE("archives from addresses are unpacked only when that is asked for",
          "[remote][D385]") {
  const auto op_of = [](const std::string& flag) {
    return operation_of<CopyOp>(
        plan_of(scratch("ADD " + flag + " http://host/a.tar b.tar /d/")));
  };
  CHECK(op_of("").is_unpacking);
  CHECK(op_of("").sources[0].keeps_archive);
  CHECK_FALSE(op_of("").sources[1].keeps_archive);
  CHECK_FALSE(op_of("--unpack=true").sources[0].keeps_archive);
  CHECK_FALSE(op_of("--unpack=false").is_unpacking);
}

TEST_CASE("credentials of an address are neither shown nor kept",
          "[remote][D390]") {
  const auto plan = plan_of(scratch(
      "ARG U=http://me:pa55@host/x\nADD $U https://t0ken@host/r.git /d/"));
  for (const auto& vertex : plan.vertices) {
    const std::string kept =
        vertex.title + builder::render_operation(vertex.operation);
    CHECK(kept.find("pa55") == std::string::npos);
    CHECK(kept.find("t0ken") == std::string::npos);
  }
  CHECK(
      history_of(plan).back() ==
      "ADD http://xxxxx:xxxxx@host/x https://xxxxx@host/r.git /d/ # buildkit");
}

TEST_CASE("proxies of the build serve fetching and are in no key",
          "[remote][D390]") {
  const builder::PlanOptions with = {
      .target = {}, .build_args = {{"HTTP_PROXY", "http://p"}}, .labels = {}};
  const std::string text = scratch("ADD http://host/x /\nADD git://host/x /g");
  const auto plan = plan_of(text, with);
  const std::vector<std::string> expected = {"HTTP_PROXY=http://p",
                                             "http_proxy=http://p"};
  CHECK(operation_of<HttpOp>(plan).proxy_env == expected);
  CHECK(operation_of<GitOp>(plan).proxy_env == expected);
  CHECK(builder::render_operation(operation_of<HttpOp>(plan)) ==
        builder::render_operation(operation_of<HttpOp>(plan_of(text))));
}

TEST_CASE("a checksum is expanded, and with it any address will do",
          "[remote][D391]") {
  const auto op_of = [](const std::string& url) {
    return operation_of<HttpOp>(plan_of(
        scratch("ARG S=" + kSum + "\nADD --checksum=$S " + url + " /")));
  };
  CHECK(op_of("http://a/x").checksum == base::Digest::parse(kSum));
  CHECK(builder::render_operation(op_of("http://a/x")) ==
        builder::render_operation(op_of("https://b/y/x")));
  CHECK(builder::render_operation(op_of("http://a/x")) !=
        builder::render_operation(op_of("http://a/y")));
  CHECK_FALSE(builder::asks_server(op_of("http://a/x")));
  CHECK(builder::asks_server(HttpOp{"http://a/x", "x", {}, {}}));
}

TEST_CASE("a checksum that cannot be one is refused where it stands",
          "[remote][D391][D392]") {
  CHECK_THAT(plan_error(scratch("ADD --checksum=sha256:12 http://a/x /")),
             Contains("Dockerfile:2:16: \"sha256:12\" is no checksum") &&
                 Contains("64 digits"));
  CHECK_THAT(plan_error(scratch("ADD --checksum=" + kSum + " file /")),
             Contains("Dockerfile:2:5: --checksum is for sources that are "
                      "fetched"));
  CHECK_THAT(plan_error(scratch("ADD --checksum=" + kSum + " <<a /\na")),
             Contains("fetched"));
  CHECK_THAT(
      plan_error(scratch("ADD --checksum=" + kSum + " http://a/x y /d/")),
      Contains("--checksum cannot be of several sources"));
  CHECK_THAT(plan_error(scratch("ADD --checksum=XYZ git://a/x /")),
             Contains("\"XYZ\" is no git commit"));
  CHECK_THAT(plan_error(scratch("ADD --checksum=ab git://a/x?checksum=cd /")),
             Contains("--checksum is \"ab\", the address has \"cd\""));
  CHECK_THAT(
      plan_error(scratch("ADD --checksum=b git://a/x#" + kCommit + " /")),
      Contains("is not b"));
}

TEST_CASE("a git address is a vertex whose whole tree is copied",
          "[remote][D393][D394][D396]") {
  const auto plan = plan_of(
      scratch("ADD --keep-git-dir=true git@host:o/r.git#v1:/a/../b/ /d"));
  const auto& op = operation_of<GitOp>(plan);
  CHECK(op.remote == "git@host:o/r.git");
  CHECK(op.host == "host");
  CHECK(op.ref == "v1");
  CHECK(op.subdir == "b");
  CHECK(op.keep_git_dir);
  CHECK(op.has_submodules);
  CHECK(builder::asks_server(op));
  CHECK(paths_of(operation_of<CopyOp>(plan)) == std::vector<std::string>{"/"});
  const auto other = plan_of(scratch(
      "ADD https://h:81/r.git?submodules=0&mtime=commit#" + kCommit + " /d"));
  const auto& settled = operation_of<GitOp>(other);
  CHECK(settled.host == "h:81");
  CHECK_FALSE(settled.has_submodules);
  CHECK(settled.has_commit_times);
  CHECK_FALSE(settled.keep_git_dir);
  CHECK_FALSE(builder::asks_server(settled));
}

TEST_CASE("what is wrong with a git address is shown in it", "[remote][D395]") {
  CHECK_THAT(plan_error(scratch("ADD git://h/r?tog=x /d")),
             Contains("Dockerfile:2:15: a git address has no query \"tog\"") &&
                 Contains("did you mean \"tag\"?"));
  CHECK_THAT(plan_error(scratch(
                 "ADD --keep-git-dir=false git://h/r?keep-git-dir=1 /d")),
             Contains("say different things"));
}

TEST_CASE("COPY fetches nothing, and says who does", "[remote][D342]") {
  for (const char* source : {"http://h/x", "https://h/x", "git://h/x",
                             "ssh://git@h/x", "git@h:x", "https://h/x.git"}) {
    CAPTURE(source);
    CHECK_THAT(
        plan_error(scratch("COPY " + std::string(source) + " /d")),
        Contains("Dockerfile:2:6: COPY cannot fetch") && Contains("ADD can"));
  }
}

TEST_CASE("github.com without a scheme is a directory here", "[remote][D401]") {
  const auto plan = plan_of(scratch("ADD github.com/o/r /d"));
  CHECK(operation_of<CopyOp>(plan).sources[0].from.kind ==
        TreeSource::Kind::context);
}
