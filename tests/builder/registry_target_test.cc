// A cache at a registry as writers leave it, several at once among them.
#include "builder/registry_target.h"

#include <catch2/catch.hpp>
#include <future>
#include <thread>

#include "../registry/test_registry.h"
#include "builder/cache_merge.h"
#include "store/manifest.h"
#include "tests/has_kind.h"

using base::Digest;
using base::ErrorKind;

namespace {

struct Fixture {
  tests::TestRegistry registry;
  tests::TestClient client{registry.authority()};
  builder::FirstContacts contacts;

  builder::RegistryTarget open(
      std::chrono::milliseconds pause = std::chrono::milliseconds(20)) {
    return {client.repository(), "cache", contacts, {{}, {}, pause}};
  }
  // A cache of this layer, whose bytes are its name.
  static store::CacheIndex index_of(builder::CacheTarget& target,
                                    const std::string& name) {
    store::CacheIndex index;
    store::CachedStep step;
    step.key = Digest::of("key of " + name);
    step.operation = step.parent = step.stable_digest = Digest::of("x");
    step.diff_id = Digest::of(name);
    index.records[step.key] = step;
    index.layers[step.diff_id] = {step.diff_id, Digest::of("x"),
                                  name.size(),  target.put("layer.tar", name),
                                  {},           0};
    return index;
  }
  static registry::Manifest manifest_of(const base::Descriptor& config,
                                        const base::Descriptor& layer) {
    store::Manifest manifest;
    manifest.config = config;
    manifest.layers = {layer};
    std::string text = store::render_manifest(manifest);
    const Digest digest = Digest::of(text);
    const std::size_t size = text.size();
    return {std::move(text),
            {std::string(base::media_type::kOciManifest), digest, size, {}}};
  }
  // As an export does.
  static void write(builder::RegistryTarget& target, store::CacheIndex index) {
    for (;;) {
      auto theirs = target.commit(index, {});
      if (!theirs) return;
      builder::merge_index(index, std::move(*theirs));
    }
  }
  std::size_t count() { return open().read_index().records.size(); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a cache at a registry is read back",
                 "[registry_target]") {
  builder::RegistryTarget target = open();
  CHECK(target.read_index().records.empty());
  const store::CacheIndex index = index_of(target, "one");
  CHECK_FALSE(target.commit(index, {}));
  builder::RegistryTarget again = open();
  const store::CacheIndex found = again.read_index();
  CHECK(store::render_cache_index(found) == store::render_cache_index(index));
  const base::Descriptor& blob = found.layers.begin()->second.blob;
  CHECK(again.has(blob));
  CHECK(again.read(blob, 100) == "one");
}

TEST_CASE_METHOD(Fixture, "what is at the registry is not sent again",
                 "[registry_target]") {
  builder::RegistryTarget first = open();
  first.read_index();
  write(first, index_of(first, "one"));
  CHECK(first.written_bytes() > 3);
  builder::RegistryTarget second = open();
  const store::CacheIndex index = second.read_index();
  CHECK_FALSE(second.commit(index, {}));
  CHECK(second.written_bytes() == 0);
}

TEST_CASE_METHOD(Fixture, "a blob is known when it was made while it was sent",
                 "[registry_target]") {
  builder::RegistryTarget target = open();
  const base::Descriptor made =
      target.add_made("layer.tar", [](const store::ByteSink& sink) {
        sink("hel");
        sink("lo");
      });
  CHECK(made.digest == Digest::of("hello"));
  CHECK(made.size_bytes == 5);
  CHECK(made.media_type == "layer.tar");
  CHECK(target.read(made, 5) == "hello");
}

TEST_CASE_METHOD(Fixture, "who wrote since the read is not overwritten",
                 "[registry_target]") {
  builder::RegistryTarget one = open(), other = open();
  one.read_index();
  other.read_index();
  write(other, index_of(other, "theirs"));
  store::CacheIndex index = index_of(one, "ours");
  const auto theirs = one.commit(index, {});
  REQUIRE(theirs);
  CHECK(theirs->records.contains(Digest::of("key of theirs")));
  builder::merge_index(index, *theirs);
  write(one, index);
  CHECK(count() == 2);
}

TEST_CASE_METHOD(Fixture, "a writer that was overwritten begins anew",
                 "[registry_target]") {
  builder::RegistryTarget slow = open(std::chrono::milliseconds(3000));
  slow.read_index();
  const store::CacheIndex ours = index_of(slow, "ours");
  auto done =
      std::async(std::launch::async, [&] { return slow.commit(ours, {}); });
  const registry::Repository repository = client.repository();
  while (!repository.find_manifest("cache", {})) std::this_thread::yield();
  // By somebody who looks at nothing.
  builder::RegistryTarget rude = open();
  const store::CacheIndex theirs = index_of(rude, "theirs");
  const base::Descriptor config =
      rude.put(store::kCacheConfigType, store::render_cache_index(theirs));
  repository.put_manifest(
      "cache", manifest_of(config, theirs.layers.begin()->second.blob), {});
  const auto found = done.get();
  REQUIRE(found);
  CHECK(found->records.contains(Digest::of("key of theirs")));
}

TEST_CASE_METHOD(Fixture, "many that write at once lose nothing",
                 "[registry_target]") {
  const int writers = 6;
  std::vector<std::future<void>> all;
  for (int i = 0; i < writers; ++i) {
    all.push_back(std::async(std::launch::async, [this, i] {
      builder::RegistryTarget target = open(std::chrono::milliseconds(150));
      target.read_index();
      write(target, index_of(target, std::to_string(i)));
    }));
  }
  for (std::future<void>& one : all) one.get();
  CHECK(count() == writers);
}

TEST_CASE_METHOD(Fixture, "a cache takes nothing's place but a cache's",
                 "[registry_target]") {
  const registry::Repository repository = client.repository();
  base::Descriptor config = tests::push_blob(repository, "{}");
  SECTION("an image") {
    config.media_type = base::media_type::kOciConfig;
    repository.put_manifest("cache", tests::make_manifest(config), {});
  }
  SECTION("what another program keeps") {
    config.media_type = "application/vnd.cncf.helm.config.v1+json";
    repository.put_manifest("cache", manifest_of(config, config), {});
  }
  SECTION("a list of images") {
    std::string text = store::render_index({});
    const Digest digest = Digest::of(text);
    const std::size_t size = text.size();
    repository.put_manifest(
        "cache",
        {std::move(text),
         {std::string(base::media_type::kOciIndex), digest, size, {}}},
        {});
  }
  REQUIRE_THROWS_MATCHES(open().read_index(), base::Error,
                         tests::HasKind(ErrorKind::denied));
}

TEST_CASE_METHOD(Fixture, "a cache that cannot be read is begun anew",
                 "[registry_target]") {
  const registry::Repository repository = client.repository();
  base::Descriptor config = tests::push_blob(repository, "no index");
  config.media_type = store::kCacheConfigType;
  repository.put_manifest("cache", manifest_of(config, config), {});
  builder::RegistryTarget target = open();
  CHECK(target.read_index().records.empty());
  write(target, index_of(target, "one"));
  CHECK(count() == 1);
}
