// The forms of a build context, the names of --build-context, and which ignore
// file counts.
#include "builder/context_form.h"

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/temp_dir.h"
#include "builder/ignore_rules.h"
#include "fakes.h"
#include "tests/has_kind.h"

using base::ErrorKind;
using builder::comparable_name;
using builder::ContextForm;
using builder::NamedContexts;
using builder::parse_context_form;
using builder::parse_named_context;
using Catch::Contains;
using Kind = ContextForm::Kind;

namespace {

std::string error_of(const std::string& text) {
  try {
    parse_named_context(text);
  } catch (const base::Error& error) {
    return error.message() + "\n" + error.hint();
  }
  return "no error";
}

// The text of the file that counts.
std::uint32_t line_of(const std::vector<std::filesystem::path>& files,
                      std::string_view path) {
  return builder::read_first_ignore(files).rules.decide(path).line();
}

}  // namespace

TEST_CASE("a context is told by its form", "[context][D189][D419]") {
  const base::TempDir root;
  const std::string directory = root.path().native();
  CHECK(parse_context_form(directory).kind == Kind::directory);
  CHECK(parse_context_form(directory + "/.").directory == root.path());
  CHECK(parse_context_form("docker-image://scratch").kind == Kind::scratch);
  const auto image = parse_context_form("docker-image://alpine:3");
  CHECK(image.kind == Kind::image);
  CHECK(image.reference == "alpine:3");
  for (const char* address :
       {"git://h/r", "ssh://git@h/r", "git@h:r", "https://h/r.git",
        "https://h/r.git#v1:dir", "https://h/r.git?ref=v1", "github.com/o/r"}) {
    CHECK(parse_context_form(address).kind == Kind::git);
  }
  for (const char* address : {"http://h/a.tar.gz", "https://h/r.git/x"}) {
    CHECK(parse_context_form(address).kind == Kind::download);
  }
}

TEST_CASE("github.com needs no scheme as a context", "[context][D419]") {
  CHECK(parse_context_form("github.com/o/r#v1").reference ==
        "https://github.com/o/r.git#v1");
  CHECK(parse_context_form("github.com/o/r.git").reference ==
        "https://github.com/o/r.git");
  CHECK_THAT(error_of("x=https://h/r.git?nonsense=1"), Contains("nonsense"));
}

TEST_CASE("a layout's reference stands behind its directory",
          "[context][D189]") {
  const base::TempDir root;
  std::filesystem::create_directory(root.path() / "a:b");
  const std::string layout = "oci-layout://" + root.path().native();
  CHECK(parse_context_form(layout).reference.empty());
  CHECK(parse_context_form(layout + ":v1").reference == "v1");
  CHECK(parse_context_form(layout + ":v1").directory == root.path());
  CHECK(parse_context_form(layout + "@sha256:ab").reference == "sha256:ab");
  CHECK(parse_context_form(layout + "/a:b/").directory == root.path() / "a:b");
}

TEST_CASE("a directory that is not there is refused with what is near",
          "[context][D419]") {
  const base::TempDir root;
  const std::string directory = root.path().native();
  std::filesystem::create_directory(root.path() / "source");
  tests::write_file(root.path() / "file", "");
  CHECK_THAT(
      error_of("x=" + directory + "/sourcr"),
      Contains("is not there\ndid you mean \"" + directory + "/source\"?"));
  CHECK_THAT(error_of("x=" + directory + "/file"),
             Contains("is a file, not a directory"));
  CHECK_THAT(error_of("x=oops://y"), Contains("no form of a build context"));
}

TEST_CASE("names are the same as image references are", "[context][D186]") {
  for (const char* name : {"alpine", "alpine:latest", "docker.io/alpine",
                           "docker.io/library/alpine:latest"}) {
    CHECK(comparable_name(name) == "alpine");
  }
  CHECK(comparable_name("alpine:3") == "alpine:3");
  CHECK(comparable_name("h:5000/x") == "h:5000/x");
  CHECK_FALSE(comparable_name("Alpine"));
  CHECK_THAT(error_of("A=/"), Contains("\"A\" can be no name"));
  CHECK_THAT(error_of("a"), Contains("not NAME=VALUE"));
  CHECK_THAT(error_of("=/"), Contains("not NAME=VALUE"));
}

TEST_CASE("a context for one platform goes before one for any",
          "[context][D187]") {
  const NamedContexts contexts({parse_named_context("a::linux/arm64=/"),
                                parse_named_context("a=/usr"),
                                parse_named_context("b::linux/aarch64=/")});
  CHECK(contexts.find("a", "linux/arm64") == 0U);
  CHECK(contexts.find("a:latest", "linux/amd64") == 1U);
  CHECK(contexts.find("b", "linux/arm64") == 2U);
  CHECK_FALSE(contexts.find("b", "linux/amd64"));
}

TEST_CASE("of several contexts of a name the last counts", "[context][D186]") {
  const NamedContexts contexts(
      {parse_named_context("a=/"), parse_named_context("a=/usr")});
  CHECK(contexts.find("a", "linux/amd64") == 1U);
}

TEST_CASE("scratch and context are always themselves", "[context][D190]") {
  const NamedContexts contexts(
      {parse_named_context("scratch=/"), parse_named_context("context=/")});
  for (const char* name : {"scratch", "context", "Scratch"}) {
    CHECK_FALSE(contexts.find(name, "linux/amd64"));
  }
}

TEST_CASE("a context that is refused keeps its password", "[context][D189]") {
  for (const char* text :
       {"ftp://bob:s3cret@host/x", "lib=ftp://bob:s3cret@host/x",
        "https://bob:s3cret@host/x", "https://bob:s3cret@host/x?a=b",
        "ftp://bob:s3cret=@host/x", "lib=target:http://bob:s3cret@h"}) {
    CAPTURE(text);
    try {
      parse_named_context(text);
      FAIL("no error");
    } catch (const base::Error& error) {
      CHECK_THAT(error.message() + error.hint(), !Contains("s3cret"));
    }
  }
}

TEST_CASE("one ignore file counts alone, the Dockerfile's own first",
          "[context][D403][D483]") {
  const base::TempDir root;
  const auto context = root.path() / "context";
  std::filesystem::create_directory(context);
  const auto files =
      builder::ignore_files_of(context, root.path() / "docker/Web");
  CHECK(line_of(files, "a") == 0);
  const auto add = [](const std::filesystem::path& path, int lines) {
    tests::write_file(path, std::string(lines - 1U, '\n') + "a\n");
  };
  add(context / ".containerignore", 5);
  CHECK(line_of(files, "a") == 5);
  add(context / ".dockerignore", 4);
  CHECK(line_of(files, "a") == 4);
  std::filesystem::create_directory(root.path() / "docker");
  add(root.path() / "docker/Web.containerignore", 3);
  CHECK(line_of(files, "a") == 3);
  add(root.path() / "docker/Web.dockerignore", 2);
  CHECK(line_of(files, "a") == 2);
}

TEST_CASE("a wrong ignore rule is shown in its file", "[context][D412]") {
  const base::TempDir root;
  tests::write_file(root.path() / ".dockerignore", "a\n  x[b\n");
  try {
    builder::read_first_ignore(builder::ignore_files_of(root.path()));
    FAIL("no error");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::invalid_dockerfile);
    CHECK(error.message() == root.path().native() +
                                 "/.dockerignore:2:3: class in a pattern is "
                                 "never closed");
    CHECK(error.excerpt() == "   2 |   x[b\n     |   ^~~\n");
  }
}
