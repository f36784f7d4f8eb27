#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "made_layer.h"
#include "store/store.h"

namespace {

namespace fs = std::filesystem;
using base::Digest;
using store::Store;
using Lines = std::vector<std::string>;

struct Fixture {
  base::TempDir root;
  Store store{root.path()};
  Digest layer;
  store::Image image;

  Fixture() {
    const store::Lease lease = store.lease();
    layer = tests::make_layer(store, "base");
    tests::record_layer(store, layer);
    store::ImageConfig config;
    config.diff_ids = {layer};
    image = store.images().put(lease, config, {"x:1"});
  }
  fs::path diff() { return tests::layer_directory(store, layer) / "diff"; }
  std::string layer_line(const std::string& text) const {
    return "layer " + layer.str() + text;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a sound store has no damage", "[store]") {
  CHECK(store::check_store(store) == Lines());
}

TEST_CASE_METHOD(Fixture, "a changed file of a layer is named", "[store]") {
  const auto time = fs::last_write_time(diff() / "etc/name");
  std::ofstream(diff() / "etc/name") << "BASE";
  fs::last_write_time(diff() / "etc/name", time);
  CHECK(store::check_store(store) ==
        Lines{layer_line(": /etc/name differs from its index in content")});
}

TEST_CASE_METHOD(Fixture, "files that came and went are named", "[store]") {
  const auto time = fs::last_write_time(diff() / "etc");
  fs::remove(diff() / "etc/name");
  std::ofstream(diff() / "etc/new");
  fs::last_write_time(diff() / "etc", time);
  CHECK(store::check_store(store) ==
        Lines{layer_line(": /etc/new is not in its index"),
              layer_line(": /etc/name is missing")});
}

TEST_CASE_METHOD(Fixture, "a changed mode is named", "[store]") {
  fs::permissions(diff() / "etc/name", fs::perms::owner_all);
  CHECK(store::check_store(store) ==
        Lines{layer_line(": /etc/name differs from its index")});
}

TEST_CASE_METHOD(Fixture, "an index cut short is named", "[store]") {
  fs::resize_file(diff().parent_path() / "index", 20);
  const Lines damage = store::check_store(store);
  REQUIRE(damage.size() == 1);
  CHECK(damage[0].starts_with(layer_line(": ")));
}

TEST_CASE_METHOD(Fixture, "a layer's lost directory is named", "[store]") {
  fs::remove_all(diff().parent_path());
  CHECK(store::check_store(store) ==
        Lines{layer_line(" is recorded but has no directory"),
              "overlay2/l/SHORTbase leads nowhere"});
}

TEST_CASE_METHOD(Fixture, "a damaged and a lost blob are named", "[store]") {
  std::ofstream(store.blobs().path_of(image.id)) << "damage";
  Lines damage = store::check_store(store);
  REQUIRE(damage.size() == 2);
  CHECK(damage[0] ==
        "blob " + image.id.str() + " has other bytes than its name says");
  CHECK(damage[1].starts_with("image " + image.id.str() + ": "));
  fs::remove(store.blobs().path_of(image.id));
  damage = store::check_store(store);
  REQUIRE(damage.size() == 2);
  CHECK(damage[0].starts_with("blob " + image.id.str() +
                              " is recorded but not stored"));
}

TEST_CASE_METHOD(Fixture, "what nobody recorded is named", "[store]") {
  Digest blob;
  {
    const store::Lease lease = store.lease();
    blob = store.blobs().put(lease, "stray");
    CHECK(store::check_store(store) == Lines());  // its lease speaks for it
  }
  const Digest stray = tests::make_layer(store, "stray");
  CHECK(store::check_store(store) ==
        Lines{"blob " + blob.str() +
                  " is not recorded; collection would remove it",
              "overlay2/" + stray.hex() +
                  " is not recorded; collection would remove it"});
}

TEST_CASE_METHOD(Fixture, "records that point nowhere are named", "[store]") {
  store.database().execute("DELETE FROM layers");
  Lines damage = store::check_store(store);
  REQUIRE(damage.size() == 2);
  CHECK(damage[1] == "image " + image.id.str() + " lists the layer " +
                         layer.str() + ", which is not known");
  store.database().execute("DELETE FROM images");
  damage = store::check_store(store);
  CHECK(damage.back() == "tag x:1 points to an image that is not recorded");
}

TEST_CASE_METHOD(Fixture, "a dead lease is named and left", "[store]") {
  const pid_t child = ::fork();
  if (child == 0) {
    Store same(root.path());
    const store::Lease lease = same.lease();
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  for (int round = 0; round < 2; ++round) {
    CHECK(store::check_store(store) ==
          Lines{"1 unfinished work directory of dead processes in tmp; the "
                "next build removes it"});
  }
}
