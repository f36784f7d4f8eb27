#include "store/image_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "plain_layer_io.h"
#include "resolved_image.h"
#include "store/database.h"
#include "store/resolved_images.h"
#include "tests/has_kind.h"

namespace {

using base::Digest;
using base::ErrorKind;
using store::Image;
using store::ImageConfig;
using store::ImageStore;
using tests::HasKind;

using Tags = std::vector<std::string>;

struct Fixture {
  base::TempDir root;
  tests::PlainLayerIo io;
  store::Database database{root.path() / "strake.db"};
  store::BlobStore blobs{root.path()};
  ImageStore images{database, blobs};
  std::optional<store::Lease> lease;

  Fixture() {
    std::filesystem::create_directory(root.path() / "tmp");
    lease.emplace(root.path(), io);
  }
  Digest know_layer(const std::string& name, int file_bytes) {
    database
        .prepare(
            "INSERT INTO layers (diff_id, state, source, file_bytes, created, "
            "last_used) VALUES (?, 2, 0, ?, 0, 0)")
        .bind(0, Digest::of(name))
        .bind(1, std::int64_t{file_bytes})
        .run();
    return Digest::of(name);
  }
  Image put(const std::string& author, const Tags& tags = {}) {
    ImageConfig config;
    config.author = author;
    return images.put(*lease, config, tags);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "an image is found by its tag and its ID",
                 "[store]") {
  ImageConfig config;
  config.diff_ids = {know_layer("a", 10), know_layer("b", 200)};
  const Image image = images.put(*lease, config, {"z:1", "a:1"});
  CHECK(image.id == Digest::of(store::render_image_config(config)));
  CHECK(image.tags == Tags{"a:1", "z:1"});
  CHECK(image.size_bytes == 210);
  CHECK(images.find_tag("z:1")->id == image.id);
  CHECK_FALSE(images.find_tag("z"));
  CHECK(images.find_id(image.id.str())->id == image.id);
  CHECK(images.config(image.id) == config);
}

TEST_CASE_METHOD(Fixture, "an image records the chain of its layers",
                 "[store]") {
  ImageConfig config;
  const Digest a = know_layer("a", 1);
  const Digest b = know_layer("b", 1);
  config.diff_ids = {a, b, a};
  CHECK(images.put(*lease, config).size_bytes == 3);
  const Digest ab = Digest::of(a.str() + " " + b.str());
  const Digest aba = Digest::of(ab.str() + " " + a.str());
  store::Statement statement =
      database.prepare("SELECT parent, diff_id FROM chains WHERE chain_id = ?");
  statement.bind(0, aba);
  REQUIRE(statement.step());
  CHECK(statement.digest(0) == ab);
  CHECK(statement.digest(1) == a);
  statement.reset();
  statement.bind(0, a);
  REQUIRE(statement.step());
  CHECK(statement.is_null(0));
}

TEST_CASE_METHOD(Fixture, "an image of an unknown layer is refused whole",
                 "[store]") {
  ImageConfig config;
  config.diff_ids = {know_layer("a", 1), Digest::of("unknown")};
  CHECK_THROWS_MATCHES(
      images.put(*lease, config, {"x:1"}), base::Error,
      HasKind(ErrorKind::invalid_input, Digest::of("unknown").str()));
  CHECK(images.list().empty());
  CHECK_FALSE(images.find_tag("x:1"));
}

TEST_CASE_METHOD(Fixture, "a tag that moves leaves the old image untagged",
                 "[store]") {
  const Image old = put("old", {"x:1", "x:2"});
  const Image young = put("young", {"x:1"});
  CHECK(images.find_tag("x:1")->id == young.id);
  CHECK(images.find_id(old.id.hex())->tags == Tags{"x:2"});
  images.tag(young.id, "x:2");
  CHECK(images.find_id(old.id.hex())->tags.empty());
  CHECK(images.find_id(young.id.hex())->tags == Tags{"x:1", "x:2"});
}

TEST_CASE_METHOD(Fixture, "images are listed newest first", "[store]") {
  const Image a = put("a");
  const Image b = put("b");
  const Image c = put("c");
  put("a", {"later:1"});
  const std::vector<Image> list = images.list();
  REQUIRE(list.size() == 3);
  CHECK(list[0].id == c.id);
  CHECK(list[1].id == b.id);
  CHECK(list[2].id == a.id);
  CHECK(list[2].tags == Tags{"later:1"});
}

TEST_CASE_METHOD(Fixture, "an ID may be cut short while it fits one image",
                 "[store]") {
  std::vector<Image> all;
  for (int i = 0; i < 17; ++i) all.push_back(put(std::to_string(i)));
  // 17 images and 16 digits: some two share their first.
  bool is_ambiguous = false;
  for (const Image& image : all) {
    const std::string hex = image.id.hex();
    CHECK(images.find_id(hex.substr(0, 33))->id == image.id);
    CHECK(images.find_id("sha256:" + hex.substr(0, 12))->id == image.id);
    CHECK(images.find_id(hex)->id == image.id);
    try {
      const auto found = images.find_id(hex.substr(0, 1));
      CHECK(found->id == image.id);
    } catch (const base::Error& error) {
      CHECK(error.kind() == ErrorKind::invalid_input);
      is_ambiguous = true;
    }
  }
  CHECK(is_ambiguous);
}

TEST_CASE_METHOD(Fixture, "what is no ID finds no image", "[store]") {
  const Image image = put("a");
  const std::string hex = image.id.hex();
  CHECK_FALSE(images.find_id(""));
  CHECK_FALSE(images.find_id("sha256:"));
  CHECK_FALSE(images.find_id("xyz"));
  CHECK_FALSE(images.find_id(hex + "0"));
  CHECK_FALSE(images.find_id("sha512:" + hex));
  CHECK_FALSE(images.find_id(hex.substr(0, 11) + (hex[11] == '0' ? "1" : "0")));
}

TEST_CASE_METHOD(Fixture, "untagging keeps the image, removing forgets it",
                 "[store]") {
  const Image image = put("a", {"x:1", "x:2"});
  CHECK(images.untag("x:1") == Tags{"x:1"});
  CHECK(images.untag("x:1").empty());
  CHECK(images.find_id(image.id.hex())->tags == Tags{"x:2"});
  images.remove(image.id);
  CHECK_FALSE(images.find_tag("x:2"));
  CHECK_FALSE(images.find_id(image.id.hex()));
  CHECK_THROWS_MATCHES(images.remove(image.id), base::Error,
                       HasKind(ErrorKind::not_found, image.id.str()));
  CHECK_THROWS_MATCHES(images.tag(image.id, "y:1"), base::Error,
                       HasKind(ErrorKind::not_found, image.id.str()));
}

TEST_CASE_METHOD(Fixture, "a repository's digests go with its last tag there",
                 "[store]") {
  const Image image = put("a", {"x:1", "x:2", "y:1"});
  const std::string digest = "@sha256:" + std::string(64, 'a');
  images.tag(image.id, "x" + digest);
  images.tag(image.id, "y" + digest);
  const Image named = *images.find_tag("x" + digest);
  CHECK(named.id == image.id);
  CHECK(named.tags == Tags{"x:1", "x:2", "y:1"});
  CHECK(named.digests == Tags{"x" + digest, "y" + digest});
  CHECK(images.untag("x:1") == Tags{"x:1"});
  CHECK(images.untag("x:2") == Tags{"x:2", "x" + digest});
  CHECK(images.untag("y" + digest) == Tags{"y" + digest});
  CHECK(images.find_tag("y:1")->digests.empty());
}

TEST_CASE_METHOD(Fixture, "an image that has digests alone is no named one",
                 "[store]") {
  const Image image = put("a");
  images.tag(image.id, "x@sha256:" + std::string(64, 'a'));
  CHECK(images.remove_unnamed(image.id));
}

TEST_CASE_METHOD(Fixture, "putting a known image again writes nothing",
                 "[store]") {
  const Image image = put("a", {"x:1"});
  // A writer that is kept out would wait a minute and then throw.
  store::Database other(root.path() / "strake.db");
  store::Transaction busy(other);
  CHECK(put("a", {"x:1"}).id == image.id);
}

TEST_CASE_METHOD(Fixture, "putting an image again brings back its lost blob",
                 "[store]") {
  const Image image = put("a");
  std::filesystem::remove(blobs.path_of(image.id));
  CHECK_THROWS_MATCHES(images.config(image.id), base::Error,
                       HasKind(ErrorKind::not_found));
  put("a");
  CHECK(images.config(image.id).author == "a");
  std::ofstream(blobs.path_of(image.id)) << "";
  put("a");
  CHECK(images.config(image.id).author == "a");
}

TEST_CASE_METHOD(Fixture,
                 "a tag counts more than what a registry said before it",
                 "[store]") {
  store::ResolvedImages resolved(database, blobs);
  const auto say = [&](const std::string& name) {
    for (const char* platform : {"linux/amd64", "linux/arm64"}) {
      resolved.remember(*lease, name, platform, tests::documents_of("x"),
                        std::chrono::sys_seconds{});
    }
  };
  const auto known = [&](const std::string& name) {
    return resolved.find(name, "linux/amd64").has_value() ||
           resolved.find(name, "linux/arm64").has_value();
  };
  say("a:1");
  say("b:1");
  const Image image = put("x", {"a:1"});
  CHECK_FALSE(known("a:1"));
  CHECK(known("b:1"));

  say("a:1");
  put("x", {"a:1"});  // the image is known, and has the tag
  CHECK_FALSE(known("a:1"));

  say("a:1");
  images.tag(image.id, "a:1");
  CHECK_FALSE(known("a:1"));

  store::ImageConfig config;
  config.author = "loaded";
  images.put_foreign(*lease,
                     {{store::render_image_config(config), "", {"b:1"}}});
  CHECK_FALSE(known("b:1"));
  store::Statement chains = database.prepare("SELECT count(*) FROM chains");
  REQUIRE(chains.step());
  CHECK(chains.integer(0) == 0);
}

TEST_CASE_METHOD(Fixture, "documents go with the last that spoke of them",
                 "[store]") {
  const auto say = [&](const std::string& manifest) {
    const store::Lease passing(root.path(), io);
    images.put_foreign(
        passing,
        {{store::render_image_config(ImageConfig()), manifest, {"a:1"}}});
  };
  say("first");
  say("second");
  CHECK(blobs.list().size() == 2);
  CHECK_FALSE(blobs.find(Digest::of("first")));

  store::ResolvedImages resolved(database, blobs);
  resolved.remember(store::Lease(root.path(), io), "b:1", "linux/amd64",
                    tests::documents_of("x"), std::chrono::sys_seconds{});
  CHECK(blobs.list().size() == 4);
  images.tag(Digest::of(store::render_image_config(ImageConfig())), "b:1");
  CHECK(blobs.list().size() == 2);
}

TEST_CASE_METHOD(Fixture, "an image that got a name is not removed as nameless",
                 "[store]") {
  ImageConfig config;
  config.author = "a";
  const Image image = images.put(*lease, config, {"x:1"});
  CHECK_FALSE(images.remove_unnamed(image.id));
  CHECK(images.find_tag("x:1"));
  CHECK_FALSE(images.untag("x:1").empty());
  CHECK(images.remove_unnamed(image.id));
  CHECK_FALSE(images.remove_unnamed(image.id));
  CHECK(images.list().empty());
}

TEST_CASE_METHOD(Fixture, "processes put images at once", "[store]") {
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        store::Database mine(root.path() / "strake.db");
        const store::Lease own(root.path(), io);
        ImageStore same(mine, blobs);
        for (int n = 0; n < 20; ++n) {
          ImageConfig config;
          config.author = std::to_string(n);
          same.put(own, config, {"x:1", "own:" + std::to_string(i)});
        }
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(images.list().size() == 20);
  CHECK(images.find_tag("x:1")->id == images.find_tag("own:3")->id);
}
