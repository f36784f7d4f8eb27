#include "store/resolved_images.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/temp_dir.h"
#include "resolved_image.h"
#include "store/cache_layers.h"
#include "store/store.h"
#include "tests/has_kind.h"

namespace {

namespace fs = std::filesystem;
using base::Digest;
using base::ErrorKind;
using std::chrono::hours;
using store::ImageDocuments;
using store::Store;
using tests::HasKind;

constexpr const char* kName = "docker.io/library/debian:12";
constexpr const char* kPlatform = "linux/arm/v7";
constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};

struct Fixture {
  base::TempDir root;
  Store store{root.path()};
  store::ResolvedImages& resolved = store.resolved_images();

  ImageDocuments remember(const std::string& name = kName,
                          const std::string& text = "a") {
    ImageDocuments documents = tests::documents_of(text);
    resolved.remember(store.lease(), name, kPlatform, documents, kNow);
    return documents;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "what a registry said of a name is found again",
                 "[resolved]") {
  const ImageDocuments documents = remember();
  const auto found = resolved.find(kName, kPlatform);
  REQUIRE(found);
  CHECK(found->name.reference == kName);
  CHECK(found->name.platform == kPlatform);
  CHECK(found->name.manifest_digest == documents.descriptor().digest);
  CHECK(found->name.image_id == Digest::of(documents.config_bytes));
  CHECK(found->name.resolved_at == kNow);
  CHECK(found->documents.manifest_bytes == documents.manifest_bytes);
  CHECK(found->documents.config_bytes == documents.config_bytes);
  CHECK(found->documents.config.diff_ids == tests::diff_ids_of("a"));
  CHECK(found->documents.descriptor().size_bytes ==
        documents.manifest_bytes.size());
  CHECK(store::check_store(store).empty());
}

TEST_CASE_METHOD(Fixture, "a name is known for its platform alone",
                 "[resolved]") {
  remember();
  CHECK_FALSE(resolved.find(kName, "linux/arm64"));
  CHECK_FALSE(resolved.find("docker.io/library/debian:13", kPlatform));
}

TEST_CASE_METHOD(Fixture, "a name that moved is what it is now", "[resolved]") {
  remember(kName, "old");
  const ImageDocuments now = remember(kName, "new");
  CHECK(resolved.find(kName, kPlatform)->name.image_id == now.image_id());
  CHECK(resolved.list().size() == 1);
  CHECK(store.blobs().list().size() == 2);
  CHECK(store::check_store(store).empty());
}

TEST_CASE_METHOD(Fixture, "documents that do not belong together are refused",
                 "[resolved]") {
  const ImageDocuments one = tests::documents_of("a");
  const ImageDocuments other = tests::documents_of("b");
  CHECK_THROWS_MATCHES(
      store::read_image_documents(one.manifest_bytes, other.config_bytes),
      base::Error, HasKind(ErrorKind::corrupt, "its manifest names"));
  store::Manifest fewer = one.manifest;
  fewer.layers.pop_back();
  CHECK_THROWS_MATCHES(store::read_image_documents(
                           store::render_manifest(fewer), one.config_bytes),
                       base::Error,
                       HasKind(ErrorKind::invalid_input, "lists 1 layers"));
  CHECK_THROWS_MATCHES(store::read_image_documents("{}", one.config_bytes),
                       base::Error, HasKind(ErrorKind::invalid_input));
}

TEST_CASE_METHOD(Fixture, "collection leaves what a name stands for",
                 "[resolved]") {
  remember();
  store.collect();
  CHECK(resolved.find(kName, kPlatform));
  CHECK(resolved.forget(kName) == 1);
  store.collect();
  CHECK_FALSE(resolved.find(kName, kPlatform));
  CHECK(store.blobs().list().empty());
  CHECK(store::check_store(store).empty());
}

TEST_CASE_METHOD(Fixture, "one platform of a name can be forgotten",
                 "[resolved]") {
  remember();
  resolved.remember(store.lease(), kName, "linux/amd64",
                    tests::documents_of("b"), kNow);
  CHECK(resolved.forget(kName, kPlatform) == 1);
  CHECK(resolved.forget(kName, kPlatform) == 0);
  CHECK(resolved.find(kName, "linux/amd64"));
  CHECK(resolved.forget(kName) == 1);
}

TEST_CASE_METHOD(Fixture, "no stack of layers outlives the names that have it",
                 "[resolved]") {
  const auto count = [&] {
    store::Statement row = store.database().prepare("SELECT 1 FROM chains");
    int rows = 0;
    while (row.step()) ++rows;
    return rows;
  };
  remember();
  remember("docker.io/library/debian:bookworm");
  CHECK(count() == 2);
  forget(store, {}, {});
  CHECK(count() == 2);
  resolved.forget(kName);
  CHECK(count() == 2);
  resolved.forget("docker.io/library/debian:bookworm");
  CHECK(count() == 0);
}

TEST_CASE_METHOD(Fixture, "a use is noted once an hour", "[resolved]") {
  remember();
  const auto used = [&] { return resolved.list().at(0).last_used; };
  resolved.touch(resolved.list().at(0),
                 kNow + hours(1) - std::chrono::seconds(1));
  CHECK(used() == kNow);
  resolved.touch(resolved.list().at(0), kNow + hours(1));
  CHECK(used() == kNow + hours(1));
  CHECK(resolved.list().at(0).resolved_at == kNow);
}

TEST_CASE_METHOD(Fixture, "a registry that says the same again is believed",
                 "[resolved]") {
  remember();
  const store::ResolvedName before = resolved.list().at(0);
  resolved.confirm(before, kNow + hours(5));
  CHECK(resolved.list().at(0).resolved_at == kNow + hours(5));
  // It became something else meanwhile.
  remember(kName, "b");
  resolved.confirm(before, kNow + hours(7));
  CHECK(resolved.list().at(0).resolved_at == kNow);
}

TEST_CASE_METHOD(Fixture, "what is damaged is not known, and told",
                 "[resolved]") {
  const ImageDocuments documents = remember();
  const fs::path blob = store.blobs().path_of(
      GENERATE(true, false) ? tests::documents_of("a").image_id()
                            : tests::documents_of("a").descriptor().digest);
  SECTION("a blob that is lost") { fs::remove(blob); }
  SECTION("a blob that is cut") { fs::resize_file(blob, 20); }
  SECTION("a blob that is altered") { std::ofstream(blob) << "{}"; }
  SECTION("a row without digests") {
    store.database().execute("UPDATE resolved_images SET image_id = x'01'");
  }
  SECTION("a row with digests of something else") {
    store.blobs().put(store.lease(), "no json");
    store.database()
        .prepare("UPDATE resolved_images SET manifest_digest = ?")
        .bind(0, Digest::of("no json"))
        .run();
  }
  CHECK_FALSE(resolved.find(kName, kPlatform));
  const auto damage = store::check_store(store);
  REQUIRE_FALSE(damage.empty());
  CHECK(damage.back().starts_with(
      "what docker.io/library/debian:12 is for linux/arm/v7: "));
  CHECK(damage.back().ends_with("asks its registry again"));

  // The registry's answer mends it.
  remember();
  CHECK(resolved.find(kName, kPlatform)->documents.config_bytes ==
        documents.config_bytes);
  store.collect();
  CHECK(store::check_store(store).empty());
}

TEST_CASE_METHOD(Fixture, "collection works beside a damaged row",
                 "[resolved]") {
  remember();
  store.database().execute("UPDATE resolved_images SET manifest_digest = 'x'");
  store.collect();
  CHECK(resolved.list().empty());
  CHECK(resolved.forget(kName) == 1);
}

TEST_CASE_METHOD(Fixture, "a process killed before the row leaves no blobs",
                 "[resolved]") {
  const pid_t child = ::fork();
  if (child == 0) {
    Store same(root.path());
    const store::Lease lease = same.lease();
    const ImageDocuments documents = tests::documents_of("a");
    same.blobs().put(lease, documents.manifest_bytes);
    same.blobs().put(lease, documents.config_bytes);
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  CHECK(store.blobs().list().size() == 2);
  store.lease();  // finds the dead one
  CHECK(store.blobs().list().empty());
  CHECK(store::check_store(store).empty());
}

TEST_CASE_METHOD(Fixture, "a name is known whole or not at all after any kill",
                 "[resolved]") {
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      Store same(root.path());
      for (int i = 0;; ++i) {
        const std::string name = "docker.io/library/x:" + std::to_string(i % 5);
        same.resolved_images().remember(same.lease(), name, kPlatform,
                                        tests::documents_of(std::to_string(i)),
                                        kNow);
        if (i % 3 == 0) same.resolved_images().forget(name);
        if (i % 7 == 0) same.collect();
      }
    }
    ::usleep(static_cast<useconds_t>(3000 + 1700 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    Store after(root.path());
    after.lease();
    for (const store::ResolvedName& name : after.resolved_images().list()) {
      CHECK(after.resolved_images().find(name.reference, name.platform));
    }
    after.collect();
    CHECK(store::check_store(after).empty());
  }
}
