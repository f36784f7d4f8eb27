// What a tar says of its files, unpacked nowhere.
#include "store/tar_entries.h"

#include <catch2/catch.hpp>

#include "base/temp_dir.h"
#include "store/store.h"
#include "tests/has_kind.h"
#include "trees.h"

using base::ErrorKind;
using tests::HasKind;

TEST_CASE("a layer's tar says what its directory holds", "[store][root]") {
  const base::TempDir root;
  store::Store store(root.path() / "store");
  store::Lease lease = store.lease();
  const auto directory = lease.make_directory("upper");
  tests::make_everything(directory);
  const store::Layer layer =
      store.layers().publish(lease, store.layers().seal(lease, directory));
  std::string tar;
  store.layers().write_tar(layer.diff_id,
                           [&](std::string_view bytes) { tar += bytes; });
  const store::LayerIndex there = *store.layers().index(layer.diff_id);
  const store::LayerIndex said = store::read_tar_entries(tests::source_of(tar));
  REQUIRE(said.entries().size() == there.entries().size());
  for (std::size_t i = 0; i < there.entries().size(); ++i) {
    CAPTURE(there.entries()[i].path);
    CHECK(said.entries()[i] == there.entries()[i]);
  }
  CHECK(said.stable_digest() == layer.stable_digest);
}

TEST_CASE("whiteouts and opaque directories are read as such", "[store]") {
  const store::LayerIndex index =
      store::read_tar_entries(tests::source_of(tests::tar_of(
          {tests::directory("d"), tests::whiteout("d/gone"),
           tests::file("d/new", "text"), tests::file("d/.wh..wh..opq", ""),
           tests::directory("old"), tests::file("old/f", "x"),
           tests::file("old", "in its place")})));
  CHECK(index.find("d")->opaque);
  CHECK(index.find("d/gone")->type == store::EntryType::whiteout);
  CHECK(index.find("d/new")->content == base::Digest::of("text"));
  CHECK(index.find("old")->content == base::Digest::of("in its place"));
  CHECK(index.find("old/f") == nullptr);
}

TEST_CASE("what lies in a lower layer is not guessed", "[store]") {
  const std::string tar = tests::tar_of({tests::hardlink("l", "below")});
  CHECK_THROWS_MATCHES(store::read_tar_entries(tests::source_of(tar)),
                       base::Error, HasKind(ErrorKind::invalid_input));
}
