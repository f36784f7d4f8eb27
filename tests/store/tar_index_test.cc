#include "store/tar_index.h"

#include <fcntl.h>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "shell.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

struct Fixture {
  base::TempDir root;

  base::Fd write(const std::string& bytes) {
    base::replace_file(root.path() / "tar", bytes);
    return base::open_file(root.path() / "tar", O_RDONLY);
  }
  std::string read(const base::Fd& file, const store::TarMember& member) {
    std::string bytes(member.size_bytes, '\0');
    base::read_at(file, member.offset,
                  reinterpret_cast<std::byte*>(bytes.data()), bytes.size());
    return bytes;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "members are found where they lie", "[store]") {
  const std::string big(300'000, 'b');
  const std::string name(180, 'n');
  const base::Fd file = write(
      tests::tar_of({tests::file("a", "one"), tests::directory("d"),
                     tests::file("d/" + name, big), tests::link_to("l", "../a"),
                     tests::hardlink("h", "a"), tests::file("empty", "")}));
  const auto members = store::index_tar(file);
  REQUIRE(members);
  REQUIRE(members->size() == 6);
  CHECK(read(file, (*members)[0]) == "one");
  CHECK((*members)[2].path == "d/" + name);
  CHECK(read(file, (*members)[2]) == big);
  CHECK((*members)[3].link_target == "../a");
  CHECK((*members)[4].type == store::EntryType::hardlink);
  CHECK((*members)[5].size_bytes == 0);
}

TEST_CASE_METHOD(Fixture, "what cannot be read in place has no index",
                 "[store]") {
  const std::filesystem::path tar = root.path() / "tar";
  write(tests::tar_of({tests::file("a", "one")}));
  SECTION("compressed") {
    tests::shell("gzip -c " + tar.native() + " > " + tar.native() + ".gz");
    CHECK_FALSE(
        store::index_tar(base::open_file(tar.native() + ".gz", O_RDONLY)));
  }
  SECTION("with holes") {
    tests::shell("cd " + root.path().native() +
                 " && truncate -s 1M hole && echo x >> hole && "
                 "tar --sparse --format=gnu -cf tar hole");
    CHECK_FALSE(store::index_tar(base::open_file(tar, O_RDONLY)));
  }
  SECTION("a pipe") {
    CHECK_FALSE(store::index_tar(base::open_pipe().read_end));
  }
}

TEST_CASE_METHOD(Fixture, "a tar that ends too early is damaged", "[store]") {
  const std::string whole =
      tests::tar_of({tests::file("a", std::string(5000, 'a'))});
  CHECK_THROWS_MATCHES(store::index_tar(write(whole.substr(0, 3000))),
                       base::Error,
                       tests::HasKind(base::ErrorKind::invalid_input));
}
