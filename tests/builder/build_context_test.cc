// The build context: what of a directory is seen, and what is read again.
#include "builder/build_context.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "base/temp_dir.h"
#include "fakes.h"
#include "store/database.h"
#include "tests/has_kind.h"

using builder::BuildContext;
using Texts = std::vector<std::string>;

namespace {

struct Fixture {
  base::TempDir root;
  store::Database database{root.path() / "strake.db"};
  store::FileDigests digests{database};
  std::filesystem::path directory = root.path() / "context";

  Fixture() { std::filesystem::create_directory(directory); }

  void write(const std::string& path, std::string_view content = "x") {
    tests::write_file(directory / path, content);
    // Digests of files as young as the clock's grain are not kept.
    const timespec times[2] = {{1'600'000'000, 1}, {1'600'000'000, 2}};
    ::utimensat(AT_FDCWD, (directory / path).c_str(), times, 0);
  }
  BuildContext open(const std::string& ignore = {}) {
    return BuildContext({directory, "build context " + directory.native()},
                        {parser::IgnoreFile::parse(ignore), ".dockerignore"},
                        digests);
  }
  // Records a digest under the stat data that a file has now. (What a build
  // itself reads of a file this young is not recorded.)
  void remember(const std::string& path, std::string_view content,
                std::string stat_of = {}) {
    struct stat status {};
    if (stat_of.empty()) stat_of = path;
    REQUIRE(::stat((directory / stat_of).c_str(), &status) == 0);
    const auto ns = [](const timespec& time) {
      return time.tv_sec * 1'000'000'000 + time.tv_nsec;
    };
    const store::FileStamp stamp{status.st_dev, status.st_ino,
                                 static_cast<std::uint64_t>(status.st_size),
                                 ns(status.st_mtim), ns(status.st_ctim)};
    digests.put(directory.native(), {{path, stamp, base::Digest::of(content)}},
                ns(status.st_ctim) + 1'000'000'000'000);
  }
  std::vector<store::KnownFile> known_files() const {
    std::vector<store::KnownFile> files;
    digests.for_each(directory.native(), [&](const store::KnownFile& file) {
      files.push_back(file);
    });
    return files;
  }
  static Texts paths_of(BuildContext& context) {
    Texts paths;
    for (const store::Entry* entry : context.tree().below("")) {
      paths.push_back(entry->path);
    }
    return paths;
  }
  // The digest of one file as this context gives it.
  static base::Digest digest_in(BuildContext& context,
                                const std::string& path) {
    auto match = *builder::find_tree_match(context.tree(), path);
    context.fill_content(match);
    return match.entry.content;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a context is all below its directory, owned by root",
                 "[context][D339]") {
  write("b/f", "1");
  write("a c");
  write("b-x");
  std::filesystem::create_symlink("../out", directory / "l");
  ::mkfifo((directory / "pipe").c_str(), 0600);
  auto context = open();
  CHECK(paths_of(context) == Texts{"a c", "b", "b/f", "b-x", "l", "pipe"});
  CHECK(context.tree().find("l")->link_target == "../out");
  CHECK(context.tree().find("pipe")->type == store::EntryType::fifo);
  CHECK(context.tree().find("b/f")->owner == store::Owner());
  CHECK(digest_in(context, "b/f") == base::Digest::of("1"));
}

TEST_CASE_METHOD(Fixture, "names of any bytes are seen as they are",
                 "[context][D5]") {
  write("\xff\xfe", "raw");
  auto context = open();
  CHECK(digest_in(context, "\xff\xfe") == base::Digest::of("raw"));
}

TEST_CASE_METHOD(Fixture, "what an ignore rule hits is not there",
                 "[context][D409][D410][D411][D415][D417]") {
  write("keep/f");
  write("drop/f");
  write("drop/sub/g");
  write("deep/a/b/c");
  write("deep/a/x");
  write("log");
  std::filesystem::create_directory(directory / "empty");
  auto context = open("drop\nlog\ndeep\n!deep/a/b/c\n");
  CHECK(paths_of(context) == Texts{"deep", "deep/a", "deep/a/b", "deep/a/b/c",
                                   "empty", "keep", "keep/f"});
}

TEST_CASE_METHOD(Fixture, "an ignored directory is not even opened",
                 "[context][D409]") {
  write("drop/f");
  write("keep");
  // It would be an error to walk (except for root, who may read anything).
  std::filesystem::permissions(directory / "drop", std::filesystem::perms(0));
  auto context = open("drop\n");
  CHECK(paths_of(context) == Texts{"keep"});
  std::filesystem::permissions(directory / "drop",
                               std::filesystem::perms(0755));
}

TEST_CASE_METHOD(Fixture, "a socket is seen as an empty file",
                 "[context][D336]") {
  write("f");
  const base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const std::string path = (directory / "s").native();
  REQUIRE(path.size() < sizeof(name.sun_path));
  std::memcpy(name.sun_path, path.c_str(), path.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&name),
                 sizeof(name)) == 0);
  auto context = open();
  CHECK(paths_of(context) == Texts{"f", "s"});
  const store::Entry& seen = *context.tree().find("s");
  CHECK(seen.type == store::EntryType::regular);
  CHECK(seen.size_bytes == 0);
  CHECK(seen.content == base::Digest::of(""));
}

TEST_CASE_METHOD(Fixture, "hard links are known, also when one is ignored",
                 "[context][D337]") {
  write("a/1", "1");
  std::filesystem::create_hard_link(directory / "a/1", directory / "b");
  std::filesystem::create_hard_link(directory / "a/1", directory / "c");
  auto all = open();
  CHECK(all.tree().file_of(*all.tree().find("b")) == all.tree().find("a/1"));
  auto some = open("a\n");
  CHECK(paths_of(some) == Texts{"b", "c"});
  CHECK(some.tree().file_of(*some.tree().find("c")) == some.tree().find("b"));
  CHECK(digest_in(some, "c") == base::Digest::of("1"));
}

TEST_CASE_METHOD(Fixture, "an ignored file beside an exception is no name",
                 "[context][D410]") {
  // As far as the rules go, "a" could be a directory that holds "keep".
  write("a", "1");
  write("d/keep");
  std::filesystem::create_hard_link(directory / "a", directory / "d/keep2");
  auto context = open("*\n!*/keep*\n");
  CHECK(paths_of(context) == Texts{"d", "d/keep", "d/keep2"});
  CHECK(digest_in(context, "d/keep2") == base::Digest::of("1"));
}

TEST_CASE_METHOD(Fixture, "an unchanged file is not read again",
                 "[context][D435]") {
  write("f", "first");
  remember("f", "remembered");
  auto context = open();
  // Only a digest that was remembered can come from this.
  CHECK(digest_in(context, "f") == base::Digest::of("remembered"));
}

TEST_CASE_METHOD(Fixture, "a changed file is read again, whatever its size",
                 "[context][D434]") {
  write("f", "first");
  remember("f", "remembered");
  write("f", "other");  // of the same size and mtime; its ctime differs
  auto context = open();
  CHECK(digest_in(context, "f") == base::Digest::of("other"));
}

TEST_CASE_METHOD(Fixture, "a file that is gone is forgotten", "[context]") {
  write("f", "first");
  remember("gone", "remembered", "f");
  auto context = open();
  digest_in(context, "f");
  context.save_digests();
  CHECK(known_files().size() <= 1);
  for (const auto& known : known_files()) {
    CHECK(known.path == "f");
  }
}

TEST_CASE_METHOD(Fixture, "a build that reads nothing writes nothing",
                 "[context]") {
  write("f");
  auto context = open();
  context.tree();
  context.save_digests();
  CHECK(known_files().empty());
}

TEST_CASE_METHOD(Fixture, "many files are hashed right", "[context]") {
  for (int i = 0; i < 100; ++i) {
    write("d/" + std::to_string(i), std::to_string(i));
  }
  auto context = open();
  auto match = *builder::find_tree_match(context.tree(), "d");
  context.fill_content(match);
  REQUIRE(match.members.size() == 100);
  for (const auto& member : match.members) {
    CHECK(member.content == base::Digest::of(member.path));
  }
}

TEST_CASE_METHOD(Fixture, "a file that is gone before it is read is an error",
                 "[context]") {
  write("f");
  auto context = open();
  context.tree();
  std::filesystem::remove(directory / "f");
  CHECK_THROWS_MATCHES(
      digest_in(context, "f"), base::Error,
      tests::HasKind(base::ErrorKind::not_found, directory.native()));
}

TEST_CASE_METHOD(Fixture, "a file that turns into a link out is not followed",
                 "[context][D325]") {
  write("f");
  auto context = open();
  context.tree();
  tests::write_file(root.path() / "outside", "secret");
  std::filesystem::remove(directory / "f");
  std::filesystem::create_symlink(root.path() / "outside", directory / "f");
  CHECK_THROWS_AS(digest_in(context, "f"), base::Error);
}

TEST_CASE_METHOD(Fixture, "an unreadable file fails only what selects it",
                 "[context]") {
  write("f");
  write("g");
  std::filesystem::permissions(directory / "f", std::filesystem::perms(0));
  auto context = open();
  CHECK(digest_in(context, "g") == base::Digest::of("x"));
  if (::geteuid() == 0) return;  // nothing is unreadable for root
  CHECK_THROWS_MATCHES(digest_in(context, "f"), base::Error,
                       tests::HasKind(base::ErrorKind::denied, "f"));
}

TEST_CASE_METHOD(Fixture, "a missing path is explained by rule or spelling",
                 "[context][D327]") {
  write("src/main.c");
  write("hidden/f");
  auto context = open("# rules\n\nhidden\nneither\n");
  CHECK(context.explain_absence("hidden/f") ==
        ".dockerignore line 3 leaves it out");
  CHECK(context.explain_absence("src/mian.c") ==
        "did you mean \"src/main.c\"?");
  CHECK(context.explain_absence("scr/main.c") ==
        "did you mean \"src/main.c\"?");
  // A rule says nothing about a file that is not there at all.
  CHECK(context.explain_absence("neither").empty());
  CHECK(context.explain_absence("completely/else").empty());
}

TEST_CASE_METHOD(Fixture, "a directory with something ignored is not plain",
                 "[context]") {
  write("a/f");
  write("b/f");
  auto context = open("a/f\n");
  CHECK_FALSE(context.is_plain_below("a"));
  CHECK_FALSE(context.is_plain_below(""));
  CHECK(context.is_plain_below("b"));
}

TEST_CASE_METHOD(Fixture, "a read that takes a while is told before it begins",
                 "[context]") {
  write("small");
  write("large");
  std::filesystem::resize_file(directory / "large", 65U << 20U);
  auto context = open();
  std::vector<std::pair<std::size_t, std::uint64_t>> told;
  context.on_long_read([&](std::size_t files, std::uint64_t bytes) {
    told.emplace_back(files, bytes);
  });
  digest_in(context, "small");
  CHECK(told.empty());
  digest_in(context, "large");
  REQUIRE(told.size() == 1);
  CHECK(told.front() == std::pair<std::size_t, std::uint64_t>(1, 65U << 20U));
  digest_in(context, "large");  // known by now
  CHECK(told.size() == 1);
}
