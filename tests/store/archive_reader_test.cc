#include "store/archive_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <clocale>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "shell.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

using base::ErrorKind;
using store::ArchiveReader;
using tests::shell;

struct Fixture {
  base::TempDir top;
  std::string file = (top.path() / "file").native();

  base::Fd open(const std::string& bytes) {
    base::replace_file(file, bytes);
    return base::open_file(file, O_RDONLY);
  }
  bool is_archive(const std::string& bytes) {
    return ArchiveReader::is_archive(open(bytes));
  }
  std::string pack(const std::string& bytes, const std::string& program) {
    base::replace_file(file, bytes);
    return shell(program + " < " + file);
  }
};

// What a frame of `size` bytes that holds no data looks like (RFC 8878, 3.1.2).
std::string skippable_frame(unsigned char size) {
  return std::string("\x5A\x2A\x4D\x18", 4) + static_cast<char>(size) +
         std::string(3, '\0') + std::string(size, '?');
}

}  // namespace

TEST_CASE_METHOD(Fixture, "an archive is known by its bytes", "[store]") {
  const std::string tar = tests::tar_of({tests::file("a", "content")});
  CHECK(is_archive(tar));
  for (const char* program : {"gzip", "bzip2", "xz", "zstd"}) {
    INFO(program);
    CHECK(is_archive(pack(tar, program)));
    CHECK_FALSE(is_archive(pack("no tar", program)));
    CHECK_FALSE(is_archive(pack("", program)));
    CHECK_FALSE(is_archive(pack(tar, program).substr(0, 20)));
  }
  CHECK(is_archive(skippable_frame(0) + skippable_frame(200) +
                   pack(tar, "zstd")));
  CHECK_FALSE(is_archive(skippable_frame(9)));
  CHECK_FALSE(is_archive(skippable_frame(9) + tar));
  CHECK_FALSE(is_archive(""));
  CHECK_FALSE(is_archive("x"));
  CHECK_FALSE(is_archive(std::string(10240, '\0')));
  CHECK_FALSE(is_archive(std::string(10240, 'x')));
}

TEST_CASE_METHOD(Fixture, "looking at a file leaves its offset", "[store]") {
  const base::Fd opened = open(tests::tar_of({tests::file("a", "x")}));
  CHECK(ArchiveReader::is_archive(opened));
  CHECK(::lseek(opened.get(), 0, SEEK_CUR) == 0);
  CHECK(::lseek(opened.get(), 100, SEEK_SET) == 100);
  CHECK_FALSE(ArchiveReader::is_archive(opened));
  CHECK(::lseek(opened.get(), 0, SEEK_CUR) == 100);
}

TEST_CASE_METHOD(Fixture, "names are the archive's bytes in any locale",
                 "[store]") {
  const std::string utf8 = "z\xC3\xA4hlen";
  const std::string latin1 = "caf\xE9";
  const std::string both = std::string(120, 'x') + utf8 + latin1;
  for (const char* locale : {"C", "C.UTF-8"}) {
    REQUIRE(std::setlocale(LC_ALL, locale) != nullptr);
    for (const char* format : {"gnu", "pax", "ustar"}) {
      INFO(locale << " " << format);
      const auto tree = top.path() / format;
      std::filesystem::create_directories(tree);
      for (const std::string& name : {utf8, latin1, both}) {
        if (name == both && format == std::string("ustar")) continue;
        base::replace_file(tree / name, "x");
      }
      ArchiveReader archive(
          open(shell(std::string("tar --sort=name --format=") + format +
                     " -C " + tree.native() + " -cf - .")));
      std::vector<std::string> names;
      while (const auto entry = archive.next()) names.push_back(entry->path);
      CHECK(std::count(names.begin(), names.end(), utf8) == 1);
      CHECK(std::count(names.begin(), names.end(), latin1) == 1);
      CHECK(std::count(names.begin(), names.end(), both) ==
            (format == std::string("ustar") ? 0 : 1));
    }
  }
  std::setlocale(LC_ALL, "C");
}

TEST_CASE_METHOD(Fixture, "targets that only PAX can say are read back",
                 "[store]") {
  for (const std::string& target :
       {std::string(150, 'x'), std::string("z\xC3\xA4hlen"),
        std::string("caf\xE9"),
        std::string("d/\xC3\xA4/") + std::string(120, 'y')}) {
    INFO(target);
    store::Entry symlink;
    symlink.path = "s";
    symlink.type = store::EntryType::symlink;
    symlink.link_target = target;
    store::Entry hardlink = symlink;
    hardlink.path = "z";
    hardlink.type = store::EntryType::hardlink;
    ArchiveReader archive(
        open(tests::tar_of({tests::file(target, "x"), symlink, hardlink})));
    std::map<std::string, store::Entry> found;
    while (auto entry = archive.next()) found[entry->path] = *entry;
    CHECK(found.size() == 3);
    CHECK(found["s"].type == store::EntryType::symlink);
    CHECK(found["s"].link_target == target);
    CHECK(found["z"].type == store::EntryType::hardlink);
    CHECK(found["z"].link_target == target);
  }
}

TEST_CASE_METHOD(Fixture, "a hard link without a target is no silent loss",
                 "[store]") {
  store::Entry link;
  link.path = "z";
  link.type = store::EntryType::hardlink;
  ArchiveReader archive(open(tests::tar_of({link})));
  CHECK_THROWS_MATCHES(archive.next(), base::Error,
                       tests::HasKind(ErrorKind::invalid_input, "no target"));
}

TEST_CASE_METHOD(Fixture, "sparse members of every dialect keep their holes",
                 "[store]") {
  shell("truncate -s 20M " + file + " && printf end >> " + file);
  const std::string content = base::read_file(file);
  for (const char* format : {"--format=gnu", "--sparse-version=0.0",
                             "--sparse-version=0.1", "--sparse-version=1.0"}) {
    INFO(format);
    const std::string tar = (top.path() / "tar").native();
    shell(std::string("tar ") + (format[2] == 's' ? "--format=pax " : "") +
          format + " -S -C " + top.path().native() + " -cf " + tar + " file");
    ArchiveReader archive(base::open_file(tar, O_RDONLY));
    const auto entry = archive.next();
    REQUIRE(entry);
    CHECK(entry->path == "file");
    CHECK(entry->size_bytes == content.size());
    std::string got(content.size(), '\0');
    std::uint64_t taken = 0;
    archive.read_data([&](std::uint64_t offset, std::string_view bytes) {
      got.replace(offset, bytes.size(), bytes);
      taken += bytes.size();
    });
    CHECK(got == content);
    CHECK(taken < 1'000'000);
    CHECK_FALSE(archive.next());
  }
}

TEST_CASE_METHOD(Fixture, "gzip members in a row are one stream", "[store]") {
  const std::string tar =
      tests::tar_of({tests::file("a", std::string(300'000, 'x'))});
  const std::string packed =
      pack(tar.substr(0, 1000), "gzip") + pack(tar.substr(1000), "gzip");
  for (const std::size_t most : {1, 7, 100'000}) {
    ArchiveReader archive(tests::source_of(packed, most));
    REQUIRE(archive.next());
    std::uint64_t taken = 0;
    archive.read_data(
        [&](std::uint64_t, std::string_view bytes) { taken += bytes.size(); });
    CHECK(taken == 300'000);
  }
}

TEST_CASE_METHOD(Fixture, "a source's own error comes through", "[store]") {
  const auto failing = [](std::byte*, std::size_t) -> std::size_t {
    throw base::Error(ErrorKind::unavailable, "the network went away");
  };
  CHECK_THROWS_MATCHES(ArchiveReader(failing), base::Error,
                       tests::HasKind(ErrorKind::unavailable));
}
