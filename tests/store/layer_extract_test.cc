// Layers from elsewhere: what their tars may say, and what they must not do.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "shell.h"
#include "store/layer_store.h"
#include "store/store.h"
#include "store/tar_encoder.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using store::Entry;
using tests::directory;
using tests::file;
using tests::hardlink;
using tests::link_to;
using tests::shell;
using tests::whiteout;

struct Fixture {
  base::TempDir root;
  store::Store store{root.path() / "store"};
  store::Lease lease = store.lease();
  store::LayerStore& layers = store.layers();

  store::Layer extract(const std::string& tar,
                       const std::vector<base::Digest>& parents = {}) {
    return layers.extract(lease,
                          {.tar = tests::source_of(tar), .parents = parents});
  }
  store::Layer extract(const std::vector<Entry>& entries,
                       const std::vector<base::Digest>& parents = {}) {
    return extract(tests::tar_of(entries), parents);
  }
  std::string read(const store::Layer& layer, const char* path) {
    return base::read_file(layer.diff / path);
  }
  const Entry* find(const store::Layer& layer, const char* path) {
    return layers.index(layer.diff_id)->find(path);
  }
};

// An xattr's value, or "" when there is none.
std::string xattr(const fs::path& path, const char* name) {
  std::string value(100, '\0');
  const ssize_t size =
      ::lgetxattr(path.c_str(), name, value.data(), value.size());
  value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return value;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "names cannot climb out of a layer",
                 "[store][root]") {
  base::replace_file(root.path() / "victim", "safe");
  const store::Layer layer = extract({
      file("../../../../victim", "1"),
      file("/victim2", "2"),
      directory("a"),
      file("a/../../../../../../victim3", "3"),
  });
  CHECK(base::read_file(root.path() / "victim") == "safe");
  CHECK(read(layer, "victim") == "1");
  CHECK(read(layer, "victim2") == "2");
  CHECK(read(layer, "victim3") == "3");
}

TEST_CASE_METHOD(Fixture, "nothing is written through a link out of a layer",
                 "[store][root]") {
  const fs::path outside = root.path() / "outside";
  fs::create_directory(outside);
  base::replace_file(outside / "passwd", "safe");
  SECTION("an absolute link stays inside") {
    const store::Layer layer =
        extract({link_to("l", outside.native()), file("l/passwd", "bad")});
    CHECK(base::read_file(layer.diff / outside.relative_path() / "passwd") ==
          "bad");
  }
  SECTION("a relative one that climbs out is refused") {
    CHECK_THROWS_MATCHES(
        extract({link_to("l", "../../../../../.." + outside.native()),
                 file("l/passwd", "bad")}),
        base::Error, tests::HasKind(ErrorKind::invalid_input, "leads out"));
  }
  SECTION("a file replaces a link of its own name") {
    const store::Layer layer =
        extract({link_to("l", outside.native() + "/passwd"), file("l", "new")});
    CHECK(read(layer, "l") == "new");
  }
  SECTION("links in a circle are refused") {
    CHECK_THROWS_MATCHES(
        extract({link_to("a", "b"), link_to("b", "a"), file("a/x", "")}),
        base::Error, tests::HasKind(ErrorKind::invalid_input, "too many"));
  }
  CHECK(base::read_file(outside / "passwd") == "safe");
}

TEST_CASE_METHOD(Fixture, "a path through a link inside the layer is followed",
                 "[store][root]") {
  const store::Layer layer =
      extract({directory("usr"), directory("usr/lib"),
               link_to("lib", "usr/lib"), file("lib/libc.so", "elf")});
  CHECK(read(layer, "usr/lib/libc.so") == "elf");
  CHECK(find(layer, "lib")->type == store::EntryType::symlink);
}

TEST_CASE_METHOD(Fixture, "a hard link cannot reach out of a layer",
                 "[store][root]") {
  base::replace_file(root.path() / "victim", "safe");
  CHECK_THROWS_MATCHES(
      extract({hardlink("stolen", "../../../../victim")}), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "does not exist"));
  CHECK_THROWS_MATCHES(extract({link_to("l", root.path().native() + "/victim"),
                                hardlink("stolen", "l/../victim")}),
                       base::Error, tests::HasKind(ErrorKind::invalid_input));
}

TEST_CASE_METHOD(Fixture, "a hard link into a lower layer copies its file",
                 "[store][root]") {
  Entry lower = file("bin/sh", "shell");
  lower.mode = 04755;
  lower.owner = {1, 2};
  const store::Layer below = extract({directory("bin"), lower});
  const store::Layer layer =
      extract({hardlink("bin/ash", "bin/sh")}, {below.diff_id});
  CHECK(read(layer, "bin/ash") == "shell");
  CHECK(find(layer, "bin/ash")->mode == 04755);
  CHECK(find(layer, "bin/ash")->owner == store::Owner{1, 2});
  CHECK(layer.source == store::LayerSource::blob);
}

TEST_CASE_METHOD(Fixture, "of members with one name the last wins",
                 "[store][root]") {
  const store::Layer layer = extract({
      file("a", "first"),
      hardlink("kept", "a"),
      file("a", "second"),
      directory("b"),
      file("b/below", ""),
      file("b", "now a file"),
      link_to("c", "a"),
      directory("c"),
      file("c/below", "in c"),
  });
  CHECK(read(layer, "a") == "second");
  CHECK(read(layer, "kept") == "first");
  CHECK(read(layer, "b") == "now a file");
  CHECK(read(layer, "c/below") == "in c");
}

TEST_CASE_METHOD(Fixture, "a layer's index is what was written last",
                 "[store][root]") {
  const auto check = [this](const store::Layer& layer) {
    const auto index = layers.index(layer.diff_id);
    CHECK(
        std::vector<Entry>(index->entries().begin(), index->entries().end()) ==
        tests::read_tree(layer.diff));
  };
  SECTION("where members repeat names") {
    const Entry replaced = file("y", "3");
    check(extract(
        {file("x", "1"), replaced, hardlink("y", "x"), file("x", "4")}));
    check(extract({directory("d"), file("d/f", "old"), file("d", "a file"),
                   directory("d"), hardlink("d/f", "d/g"), file("d/g", "new")},
                  {extract({directory("d"), file("d/g", "low")}).diff_id}));
    check(extract({file("a", "1"), link_to("a", "b"), file("b", "2"),
                   directory("a"), file("a/b", "3"), whiteout("a/b")}));
  }
  SECTION("where a link's name comes before its file's") {
    check(extract({file("b", "text"), hardlink("a", "b")}));
  }
  SECTION("where files have holes") {
    const fs::path tree = root.path() / "tree";
    fs::create_directory(tree);
    shell("cd " + tree.native() +
          " && printf x | dd of=end bs=1 seek=3000000 status=none"
          " && { printf x; cat end; } > middle && fallocate -l 100000 all"
          " && truncate -s 9000000 end");
    for (const char* format : {"gnu", "posix"}) {
      check(extract(shell("tar -C " + tree.native() +
                          " --sparse --format=" + format + " -cf - .")));
    }
  }
}

TEST_CASE_METHOD(Fixture, "implied directories are made like those below",
                 "[store][root]") {
  const store::Layer below = extract({directory("tmp", 01777)});
  const store::Layer layer = extract({file("tmp/a/b", "x")}, {below.diff_id});
  CHECK(find(layer, "tmp")->mode == 01777);
  CHECK(find(layer, "tmp/a")->mode == 0755);
}

TEST_CASE_METHOD(Fixture, "a member below a file is refused", "[store][root]") {
  CHECK_THROWS_MATCHES(
      extract({file("a", "x"), file("a/b", "y")}), base::Error,
      tests::HasKind(ErrorKind::invalid_input, "not a directory"));
}

TEST_CASE_METHOD(Fixture, "a whiteout does not hide its own layer's files",
                 "[store][root]") {
  const store::Layer layer = extract({
      file("a", "kept"),
      whiteout("a"),
      whiteout("b"),
      file("b", "kept"),
      whiteout("c"),
      directory("c"),
      directory("d"),
      whiteout("d"),
      whiteout("e"),
  });
  CHECK(read(layer, "a") == "kept");
  CHECK(read(layer, "b") == "kept");
  // What was deleted and made again shows nothing of what it was.
  CHECK(find(layer, "c")->opaque);
  CHECK(find(layer, "d")->opaque);
  CHECK(find(layer, "e")->type == store::EntryType::whiteout);
}

TEST_CASE_METHOD(Fixture, "an opaque marker may come before its directory",
                 "[store][root]") {
  const store::Layer layer = extract(
      {file("d/.wh..wh..opq", ""), directory("d", 0700), file("d/x", "")});
  CHECK(find(layer, "d")->opaque);
  CHECK(find(layer, "d")->mode == 0700);
}

TEST_CASE_METHOD(Fixture, "a whiteout of nothing is refused", "[store][root]") {
  for (const char* name : {".wh.", "d/.wh..", "d/.wh..."}) {
    CHECK_THROWS_MATCHES(extract({file(name, "")}), base::Error,
                         tests::HasKind(ErrorKind::invalid_input));
  }
}

TEST_CASE_METHOD(Fixture, "overlayfs's attributes are never taken from a tar",
                 "[store][root]") {
  Entry entry = directory("d");
  entry.xattrs = {{"trusted.overlay.redirect", "/etc"},
                  {"user.overlay.opaque", "y"},
                  {"security.selinux", "x"},
                  {"user.kept", "1"}};
  const store::Layer layer = extract({entry});
  CHECK(xattr(layer.diff / "d", "trusted.overlay.redirect").empty());
  CHECK(xattr(layer.diff / "d", "user.overlay.opaque").empty());
  CHECK(xattr(layer.diff / "d", "user.kept") == "1");
}

TEST_CASE_METHOD(Fixture, "a cut or altered tar is refused", "[store][root]") {
  const std::string whole = tests::tar_of(
      {file("a", std::string(5000, 'x')), file("b", std::string(5000, 'y'))});
  SECTION("in a member") {
    CHECK_THROWS_MATCHES(extract(whole.substr(0, 7000)), base::Error,
                         tests::HasKind(ErrorKind::invalid_input));
  }
  SECTION("in a header") {
    CHECK_THROWS_MATCHES(extract(whole.substr(0, 300)), base::Error,
                         tests::HasKind(ErrorKind::invalid_input));
  }
  SECTION("a size beyond the end") {
    Entry lying = file("a", "");
    std::string tar = tests::tar_of({lying});
    lying.size_bytes = 1ULL << 40;
    std::string header;
    store::TarEncoder encoder([&](std::string_view more) { header += more; });
    encoder.add(lying);
    CHECK_THROWS_MATCHES(extract(header + tar.substr(512)), base::Error,
                         tests::HasKind(ErrorKind::invalid_input));
  }
  SECTION("no tar at all") {
    CHECK_THROWS_MATCHES(extract(std::string(5000, 'x')), base::Error,
                         tests::HasKind(ErrorKind::invalid_input));
  }
  CHECK(layers.io().write(root.path()) != nullptr);
}

TEST_CASE_METHOD(Fixture, "a foreign tar's bytes are kept", "[store]") {
  const fs::path tree = root.path() / "tree";
  fs::create_directories(tree / "dir");
  base::replace_file(tree / "dir" / "file", "content");
  base::replace_file(tree / "z\xC3\xA4hlen-\xE9", "any bytes");
  const std::string make = "tar -C " + tree.native() + " -cf - . ";
  const fs::path plain = root.path() / "plain.tar";
  shell(make + "> " + plain.native());
  const base::Digest diff_id = base::Digest::of(base::read_file(plain));
  for (const char* pack : {"cat", "gzip", "bzip2", "xz", "zstd"}) {
    INFO(pack);
    Fixture other;
    const fs::path packed = root.path() / "packed";
    shell(std::string(pack) + " < " + plain.native() + " > " + packed.native());
    const store::Layer layer = other.extract(base::read_file(packed));
    CHECK(layer.diff_id == diff_id);
    CHECK(layer.source == store::LayerSource::blob);
    CHECK(other.read(layer, "dir/file") == "content");
    CHECK(other.read(layer, "z\xC3\xA4hlen-\xE9") == "any bytes");
    CHECK(other.store.blobs().find(base::Digest::of(base::read_file(packed))));
    std::string tar;
    other.layers.write_tar(diff_id,
                           [&](std::string_view more) { tar += more; });
    CHECK(base::Digest::of(tar) == diff_id);
    const auto blob = other.layers.ensure_blob(other.lease, diff_id,
                                               store::Compression::gzip);
    CHECK(blob.media_type == base::media_type::kOciLayerTarGzip);
    CHECK((blob.digest == base::Digest::of(base::read_file(packed))) ==
          (std::string(pack) == "gzip"));
  }
}

TEST_CASE_METHOD(Fixture, "bytes after a gzip member still belong to the blob",
                 "[store][root]") {
  const fs::path plain = root.path() / "plain.tar";
  base::replace_file(plain, tests::tar_of({file("a", "x"), file("A", "")}));
  const std::string packed =
      shell("gzip -c " + plain.native()) + std::string(100'000, '\0');
  const store::Layer layer = extract(packed);
  CHECK(layer.diff_id == base::Digest::of(base::read_file(plain)));
  CHECK(store.blobs().find(base::Digest::of(packed)));
}

TEST_CASE_METHOD(Fixture, "an empty tar is an empty layer", "[store]") {
  const store::Layer layer = extract(std::string(10240, '\0'));
  CHECK(layers.index(layer.diff_id)->entries().empty());
}

TEST_CASE_METHOD(Fixture, "a bomb takes no memory", "[store]") {
  const fs::path packed = root.path() / "bomb.tar.gz";
  shell("truncate -s 300M " + (root.path() / "zeros").native());
  shell("tar -C " + root.path().native() + " -cf - zeros | gzip -1 > " +
        packed.native());
  rusage before{};
  ::getrusage(RUSAGE_SELF, &before);
  const base::Fd opened = base::open_file(packed, O_RDONLY);
  const store::Layer layer =
      layers.extract(lease, {[&](std::byte* buffer, std::size_t size) {
                       return base::read_some(opened, buffer, size);
                     }});
  rusage after{};
  ::getrusage(RUSAGE_SELF, &after);
  CHECK(layer.file_bytes == 300ULL << 20);
  CHECK(after.ru_maxrss - before.ru_maxrss < 64 * 1024);
}
