// A store is used under one map of ids all its life.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/temp_dir.h"
#include "store/store.h"
#include "tests/has_kind.h"

namespace {

store::FileRights rights(std::string id_map) {
  store::FileRights rights;
  rights.id_map = std::move(id_map);
  return rights;
}

TEST_CASE("a store stays with the ids it was first used under", "[store]") {
  const base::TempDir root;
  store::Store(root.path()).adopt(rights("0:1000:1 0:1000:1"));
  store::Store(root.path()).adopt(rights("0:1000:1 0:1000:1"));
  store::Store other(root.path());
  REQUIRE_THROWS_MATCHES(other.adopt(rights("host")), base::Error,
                         tests::HasKind(base::ErrorKind::unsupported));
}

TEST_CASE("a store from before ids were recorded is the machine's root's",
          "[store]") {
  const base::TempDir root;
  {
    store::Store store(root.path());
    store.database().execute(
        "INSERT INTO layers (diff_id, state, source, created, last_used) "
        "VALUES (x'00', 2, 0, 0, 0)");
    REQUIRE_THROWS_MATCHES(store.adopt(rights("0:1000:1 0:1000:1")),
                           base::Error,
                           tests::HasKind(base::ErrorKind::unsupported));
  }
  store::Store(root.path()).adopt(rights("host"));
}

TEST_CASE("rights are asked for before a layer's files are touched, and once",
          "[store]") {
  const base::TempDir root;
  store::Store store(root.path());
  int asked = 0;
  store.before_files([&] {
    ++asked;
    store.adopt(rights("host"));
  });
  CHECK(store.images().list().empty());
  CHECK(asked == 0);
  store.layers().io().remove_tree(root.path() / "absent");
  store.layers().io().remove_tree(root.path() / "absent");
  CHECK(asked == 1);
}

}  // namespace
