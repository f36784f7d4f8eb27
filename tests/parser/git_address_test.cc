// Addresses of git repositories: which texts are one, and what they ask for.
#include "parser/git_address.h"

#include <catch2/catch.hpp>

#include "parser/syntax_error.h"

using parser::find_git_address;
using parser::GitAddress;

namespace {

// "remote|ref|subdir" of an address; "-" when it is none.
std::string parts(std::string_view text) {
  const auto address = find_git_address(text);
  if (!address) return "-";
  return address->remote + "|" + address->ref + "|" + address->subdir;
}

// "column-column message" of what is wrong with it.
std::string fault(std::string_view text) {
  try {
    find_git_address(text);
  } catch (const parser::SyntaxError& error) {
    return std::to_string(error.range().start.column) + "-" +
           std::to_string(error.range().end.column) + " " + error.message();
  }
  return "none";
}

}  // namespace

TEST_CASE("an address is git's by its scheme, its .git or its user@host:",
          "[git_address][D393][D401]") {
  for (const char* text :
       {"https://example.com/", "https://example.com/foo",
        "https://example.com/foo.git/", "https://example.com/foo.git.bar",
        "http://github.com/docker/docker.git:#branch", "github.com/o/r",
        "github.com/o/r.git", "custom.xyz/moby/buildkit.git", "./.git", ".git",
        "./a@b:c", "../a@b:c", "file:///x.git", "ftp://host/x.git",
        "ext::sh -c x", "a b@host:x", "user@:x", "https://github.com/o/r"}) {
    CAPTURE(text);
    CHECK(parts(text) == "-");
  }
  CHECK(parts("https://example.com/foo.git") ==
        "https://example.com/foo.git||");
  CHECK(parts("HTTPS://example.com:444/a/foo.git") ==
        "https://example.com:444/a/foo.git||");
  CHECK(parts("git://example.com/foo") == "git://example.com/foo||");
  CHECK(parts("ssh://root@sub.host.com:2222/o/r") ==
        "ssh://root@sub.host.com:2222/o/r||");
  CHECK(parts("git@github.com:moby/buildkit") ==
        "git@github.com:moby/buildkit||");
  CHECK(parts("other_user@host.com:/a/b.git") ==
        "other_user@host.com:/a/b.git||");
  CHECK(parts("https://foo:bar@github.com/moby/buildkit.git") ==
        "https://foo:bar@github.com/moby/buildkit.git||");
}

TEST_CASE("a fragment is a ref and a directory", "[git_address][D394]") {
  const std::string at = "https://github.com/foo/bar.git";
  CHECK(parts(at + "#deadbeef") == at + "|deadbeef|");
  CHECK(parts(at + "#release/1.2") == at + "|release/1.2|");
  CHECK(parts(at + "#refs/heads/x") == at + "|refs/heads/x|");
  CHECK(parts(at + "#baz/qux:quux/quuz") == at + "|baz/qux|quux/quuz");
  CHECK(parts(at + "#:myfolder") == at + "||myfolder");
  CHECK(parts(at + "#a:b:c") == at + "|a|b:c");
  CHECK(parts(at + "#:with%20blank") == at + "||with blank");
  CHECK(parts(at + "#") == at + "||");
  CHECK(parts("git@github.com:o/r.git#v1:sub") ==
        "git@github.com:o/r.git|v1|sub");
  CHECK(parts("git://host/repo#v1:sub") == "git://host/repo|v1|sub");
}

TEST_CASE("a query says the same, and more", "[git_address][D395]") {
  const std::string at = "https://github.com/docker/docker.git";
  CHECK(parts(at + "?ref=v1.0.0&subdir=/subdir") == at + "|v1.0.0|/subdir");
  CHECK(parts(at + "?tag=v1") == at + "|refs/tags/v1|");
  CHECK(parts(at + "?tag=refs/tags/v1") == at + "|refs/tags/v1|");
  CHECK(parts(at + "?branch=main") == at + "|refs/heads/main|");
  CHECK(parts(at + "?ref=v1#v1:sub") == at + "|v1|sub");
  CHECK(parts("git@github.com:o/r.git?subdir=a+b%2Fc&branch=x") ==
        "git@github.com:o/r.git|refs/heads/x|a b/c");
  const std::string commit(40, 'a');
  CHECK(parts(at + "?checksum=" + commit) == at + "|" + commit + "|");
  CHECK(find_git_address(at + "?commit=" + commit + "&tag=v1")->checksum ==
        commit);

  const auto given = find_git_address(
      at + "?keep-git-dir&submodules=0&mtime=commit&fetch-by-commit=true");
  CHECK(given->keep_git_dir == true);
  CHECK(given->submodules == false);
  CHECK(given->has_commit_times);
  CHECK(given->fetch_by_commit == true);
  const auto empty = find_git_address(at + "?keep-git-dir=&mtime=checkout");
  CHECK(empty->keep_git_dir == true);
  CHECK_FALSE(empty->submodules);
  CHECK_FALSE(empty->has_commit_times);
}

TEST_CASE("a query that makes no sense is refused where it stands",
          "[git_address][D395]") {
  CHECK(fault("git://h/r?rev=x") == "11-16 a git address has no query \"rev\"");
  CHECK(fault("git://h/r?ref=a&ref=a") ==
        "17-22 \"ref\" is given twice in a git address");
  CHECK(fault("git://h/r?ref=&tag=a") ==
        "11-15 query \"ref\" of a git address has no value");
  CHECK(fault("git://h/r?subdir") ==
        "11-17 query \"subdir\" of a git address has no value");
  CHECK(fault("git://h/r?ref=a#b") ==
        "11-16 a git address names more than one ref: \"b\" and \"a\"");
  CHECK(
      fault("git://h/r?subdir=a#:b") ==
      "11-19 a git address names more than one subdirectory: \"b\" and \"a\"");
  CHECK(fault("git://h/r?branch=a#b").ends_with("\"b\" and \"refs/heads/a\""));
  CHECK(fault("git://h/r?branch=a&tag=b").ends_with("not both"));
  CHECK(fault("git://h/r?submodules=maybe") ==
        "11-27 submodules of a git address is \"maybe\"");
  CHECK(fault("git://h/r?mtime=now") ==
        "11-20 mtime of a git address is \"now\"");
  CHECK(fault("git://h/r?checksum=a&commit=b").find("more than one checksum") !=
        std::string::npos);
}

TEST_CASE("nothing in an address can become an option or a pattern of git's",
          "[git_address][D394]") {
  for (const char* text :
       {"git://h/r#--upload-pack=x", "git://h/r#a..b", "git://h/r#a^{}",
        "git://h/r?ref=+refs/*", "git://h/r#a%0ab", "git://-oProxyCommand=x/r",
        "git:///r", "git://h/r?checksum=-x", "git://h/r?subdir=%00"}) {
    CAPTURE(text);
    CHECK(fault(text) != "none");
  }
}
