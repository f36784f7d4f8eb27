#include "store/layer_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "shell.h"
#include "store/database.h"
#include "store/store.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using tests::shell;

struct Fixture {
  base::TempDir root;
  store::Store store{root.path() / "store"};
  store::Lease lease = store.lease();
  store::LayerStore& layers = store.layers();

  store::Layer publish(const fs::path& directory) {
    return layers.publish(lease, layers.seal(lease, directory));
  }
  store::Layer publish_file(const std::string& name,
                            const std::string& content) {
    const fs::path directory = lease.make_directory("upper");
    base::replace_file(directory / name, content);
    return publish(directory);
  }
  std::string tar(const base::Digest& diff_id) {
    std::string bytes;
    layers.write_tar(diff_id, [&](std::string_view more) { bytes += more; });
    return bytes;
  }
  void forget_boot() {
    store.database().execute("UPDATE layers SET boot_id = 'earlier'");
  }
  std::int64_t count(const char* sql) {
    auto statement = store.database().prepare(sql);
    statement.step();
    return statement.integer(0);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a layer keeps everything a tree can hold",
                 "[store][root]") {
  const fs::path directory = lease.make_directory("upper");
  tests::make_everything(directory);
  const auto before = tests::read_tree(directory);
  const store::Layer layer = publish(directory);
  CHECK_FALSE(fs::exists(directory));
  CHECK(tests::read_tree(layer.diff) == before);
  const auto entries = layers.index(layer.diff_id)->entries();
  CHECK(std::vector<store::Entry>(entries.begin(), entries.end()) == before);
  const auto index =
      store::LayerIndex::read(layer.diff.parent_path() / "index");
  const auto reread = index.entries();
  CHECK(std::vector<store::Entry>(reread.begin(), reread.end()) == before);
  CHECK(layers.index(layer.diff_id)->find("socket") == nullptr);
}

TEST_CASE_METHOD(Fixture, "an older form of tar counts where it gives the same",
                 "[store][root]") {
  const store::Layer layer = publish_file("f", "x");
  const std::string bytes = tar(layer.diff_id);
  store.database().execute("UPDATE layers SET tar_format = 1");
  CHECK(tar(layer.diff_id) == bytes);
  base::replace_file(layer.diff / "f", "y");
  CHECK_THROWS_MATCHES(tar(layer.diff_id), base::Error,
                       tests::HasKind(ErrorKind::unsupported, "form of tar"));
}

TEST_CASE_METHOD(Fixture, "the diffID is the digest of the tar written later",
                 "[store][root]") {
  const fs::path directory = lease.make_directory("upper");
  tests::make_everything(directory);
  const store::Layer layer = publish(directory);
  const std::string bytes = tar(layer.diff_id);
  CHECK(base::Digest::of(bytes) == layer.diff_id);
  CHECK(bytes.size() == layer.tar_bytes);
  CHECK(layer.source == store::LayerSource::canonical);
}

TEST_CASE_METHOD(Fixture, "GNU tar unpacks a layer's tar into the same tree",
                 "[store][root]") {
  const fs::path directory = lease.make_directory("upper");
  tests::make_everything(directory);
  const auto before = tests::read_tree(directory);
  const store::Layer layer = publish(directory);
  const fs::path file = root.path() / "layer.tar";
  base::replace_file(file, tar(layer.diff_id));
  const fs::path out = root.path() / "out";
  fs::create_directory(out);
  // GNU tar cannot make paths beyond PATH_MAX, whoever wrote the archive.
  shell("tar -C " + out.native() + " --xattrs --xattrs-include='*' -xpf " +
        file.native() + " --exclude='dir/dddd*'");
  auto expected = before;
  std::erase_if(expected, [](const store::Entry& entry) {
    return entry.path.starts_with("dir/dddd");
  });
  const auto got = tests::read_tree(out);
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO(expected[i].path << " " << expected[i].mtime.seconds << "."
                          << expected[i].mtime.nanoseconds << " got "
                          << got[i].path << " " << got[i].mtime.seconds << "."
                          << got[i].mtime.nanoseconds);
    CHECK(got[i] == expected[i]);
  }
  store.layers().io().remove_tree(out);
}

TEST_CASE_METHOD(Fixture, "a layer's own tar gives the same layer again",
                 "[store][root]") {
  const fs::path directory = lease.make_directory("upper");
  tests::make_everything(directory);
  const store::SealedLayer sealed = layers.seal(lease, directory);
  const store::Layer first = layers.publish(lease, sealed);
  const std::string bytes = tar(first.diff_id);

  Fixture other;
  const store::Layer second =
      other.layers.extract(other.lease, {tests::source_of(bytes, 777)});
  const auto expected = sealed.index.entries();
  const auto got = other.layers.index(second.diff_id)->entries();
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    INFO(expected[i].path << " got " << got[i].path);
    CHECK(got[i] == expected[i]);
  }
  CHECK(second.diff_id == first.diff_id);
  CHECK(second.source == store::LayerSource::canonical);
  CHECK(second.stable_digest == first.stable_digest);
}

TEST_CASE_METHOD(Fixture, "overlayfs's whiteouts become .wh. and come back",
                 "[store][root]") {
  const fs::path directory = lease.make_directory("upper");
  REQUIRE(::mknod((directory / "gone").c_str(), S_IFCHR, 0) == 0);
  fs::create_directories(directory / "fresh");
  REQUIRE(::setxattr((directory / "fresh").c_str(), "trusted.overlay.opaque",
                     "y", 1, 0) == 0);
  const store::Layer layer = publish(directory);
  const fs::path file = root.path() / "layer.tar";
  base::replace_file(file, tar(layer.diff_id));
  CHECK(shell("tar -tf " + file.native()) ==
        "fresh/\nfresh/.wh..wh..opq\n.wh.gone\n");

  Fixture other;
  const store::Layer again =
      other.layers.extract(other.lease, {tests::source_of(tar(layer.diff_id))});
  CHECK(again.diff_id == layer.diff_id);
  CHECK(again.source == store::LayerSource::canonical);
  struct stat status {};
  REQUIRE(::lstat((again.diff / "gone").c_str(), &status) == 0);
  CHECK(S_ISCHR(status.st_mode));
  CHECK(status.st_rdev == 0);
  char value = 0;
  CHECK(::getxattr((again.diff / "fresh").c_str(), "trusted.overlay.opaque",
                   &value, 1) == 1);
}

TEST_CASE_METHOD(Fixture, "equal directories are one layer", "[store]") {
  const store::Layer first = publish_file("a", "same");
  // The time is part of the tar, so it has to be the same as well.
  const fs::path directory = lease.make_directory("upper");
  shell("cp -p " + (first.diff / "a").native() + " " + directory.native());
  const store::Layer second = publish(directory);
  CHECK(second.diff_id == first.diff_id);
  CHECK_FALSE(fs::exists(directory));
  CHECK(count("SELECT count(*) FROM layers") == 1);
}

TEST_CASE_METHOD(Fixture, "times change the diffID but not the stable digest",
                 "[store]") {
  const store::Layer first = publish_file("a", "same");
  const fs::path directory = lease.make_directory("upper");
  base::replace_file(directory / "a", "same");
  shell("touch -d @1000000000 " + (directory / "a").native());
  const store::Layer second = publish(directory);
  CHECK(second.diff_id != first.diff_id);
  CHECK(second.stable_digest == first.stable_digest);
}

TEST_CASE_METHOD(Fixture, "what a crash left under a layer's name gives way",
                 "[store]") {
  const fs::path directory = lease.make_directory("upper");
  base::replace_file(directory / "a", "whole");
  store::SealedLayer sealed = layers.seal(lease, directory);
  const fs::path place =
      root.path() / "store" / "overlay2" / sealed.diff_id.hex();
  fs::create_directories(place / "diff" / "half");
  const store::Layer layer = layers.publish(lease, std::move(sealed));
  CHECK(base::read_file(layer.diff / "a") == "whole");
  CHECK_FALSE(fs::exists(layer.diff / "half"));
}

TEST_CASE_METHOD(Fixture, "a short link leads to the layer", "[store]") {
  const store::Layer layer = publish_file("a", "x");
  const std::string name = base::read_file(layer.diff.parent_path() / "link");
  CHECK(name.size() == 26);
  CHECK(fs::equivalent(root.path() / "store" / "overlay2" / "l" / name,
                       layer.diff));
}

TEST_CASE_METHOD(Fixture, "a layer of an earlier boot is verified once",
                 "[store]") {
  const store::Layer layer = publish_file("a", "x");
  forget_boot();
  CHECK(layers.find(layer.diff_id));
  CHECK(count("SELECT boot_id = '' FROM layers") == 1);
}

TEST_CASE_METHOD(Fixture, "a layer that a power loss has damaged is absent",
                 "[store]") {
  const store::Layer layer = publish_file("a", "x");
  SECTION("its content") {
    const auto time = fs::last_write_time(layer.diff / "a");
    base::write_all(base::open_file(layer.diff / "a", O_WRONLY), "y");
    fs::last_write_time(layer.diff / "a", time);
  }
  SECTION("a file") { fs::remove(layer.diff / "a"); }
  SECTION("its index") {
    fs::resize_file(layer.diff.parent_path() / "index", 10);
  }
  CHECK(layers.find(layer.diff_id));  // this boot's are trusted
  forget_boot();
  CHECK_FALSE(layers.find(layer.diff_id));
  CHECK(count("SELECT count(*) FROM layers") == 0);
  CHECK_FALSE(fs::exists(layer.diff));
}

TEST_CASE_METHOD(Fixture, "a tar is refused when the files have changed",
                 "[store]") {
  const store::Layer layer = publish_file("a", "x");
  base::write_all(base::open_file(layer.diff / "a", O_WRONLY), "y");
  CHECK_THROWS_MATCHES(tar(layer.diff_id), base::Error,
                       tests::HasKind(ErrorKind::corrupt));
}

TEST_CASE_METHOD(Fixture, "a gzip blob holds the layer's tar", "[store]") {
  const store::Layer layer = publish_file("a", std::string(3'000'000, 'x'));
  const auto blob =
      layers.ensure_blob(lease, layer.diff_id, store::Compression::gzip);
  CHECK(blob.media_type == base::media_type::kOciLayerTarGzip);
  const fs::path path = store.blobs().path_of(blob.digest);
  CHECK(fs::file_size(path) == blob.size_bytes);
  shell("gzip -t < " + path.native());
  const std::string sum = shell("gzip -dc < " + path.native() + " | sha256sum");
  CHECK(sum.starts_with(layer.diff_id.hex()));
  CHECK(layers.ensure_blob(lease, layer.diff_id, store::Compression::gzip) ==
        blob);
}

TEST_CASE_METHOD(Fixture, "a blob can be written elsewhere without being kept",
                 "[store]") {
  const store::Layer layer = publish_file("a", std::string(300'000, 'x'));
  const auto form = GENERATE(store::Compression::none, store::Compression::gzip,
                             store::Compression::zstd);
  std::string bytes;
  const auto write = [&] {
    bytes.clear();
    layers.write_blob(lease, layer.diff_id, form,
                      [&](std::string_view more) { bytes += more; });
    return base::Digest::of(bytes);
  };
  const base::Digest made = write();
  CHECK(store.blobs().list().empty());
  CHECK_FALSE(layers.find_blob(lease, layer.diff_id, form));
  // Kept ones are the same, and are read instead of made.
  const auto blob = layers.ensure_blob(lease, layer.diff_id, form);
  CHECK(blob.digest == made);
  CHECK(blob.size_bytes == bytes.size());
  CHECK(layers.find_blob(lease, layer.diff_id, form) == blob);
  CHECK(write() == made);
  base::write_all(base::open_file(store.blobs().path_of(blob.digest), O_WRONLY),
                  "damage");
  CHECK_THROWS_MATCHES(write(), base::Error,
                       tests::HasKind(ErrorKind::corrupt, "was changed"));
}

TEST_CASE_METHOD(Fixture, "a plain blob is the layer's tar", "[store]") {
  const store::Layer layer = publish_file("a", "x");
  const auto blob =
      layers.ensure_blob(lease, layer.diff_id, store::Compression::none);
  CHECK(blob.digest == layer.diff_id);
}

TEST_CASE("a chain id is made as the specification says", "[store]") {
  const base::Digest a = base::Digest::of("a");
  const base::Digest b = base::Digest::of("b");
  CHECK_FALSE(store::chain_id({}).is_set());
  const std::vector<base::Digest> one{a};
  CHECK(store::chain_id(one) == a);
  const std::vector<base::Digest> two{a, b};
  CHECK(store::chain_id(two) == base::Digest::of(a.str() + " " + b.str()));
}

TEST_CASE_METHOD(Fixture, "a layer whose files somebody removed is forgotten",
                 "[store]") {
  const store::Layer layer = publish_file("f", "1");
  REQUIRE(layers.find(layer.diff_id));
  CHECK(layers.look(layer.diff_id));
  fs::remove_all(layer.diff);
  CHECK_FALSE(layers.look(layer.diff_id));
  CHECK_FALSE(layers.find(layer.diff_id));
  CHECK(layers.find(publish_file("f", "1").diff_id));
}
