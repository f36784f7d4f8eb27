// Layers and images that must stay what they were elsewhere.
#include <catch2/catch.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "store/database.h"
#include "store/gzip_writer.h"
#include "store/store.h"
#include "store/zstd_writer.h"
#include "tests/has_kind.h"
#include "trees.h"

namespace {

using base::Digest;
using base::ErrorKind;
using tests::HasKind;

template <typename Writer>
std::string packed(const std::string& bytes) {
  std::string out;
  Writer writer([&](std::string_view more) { out += more; });
  writer.write(bytes);
  writer.finish();
  return out;
}

struct Fixture {
  base::TempDir root;
  store::Store store{root.path() / "store"};
  store::Lease lease = store.lease();
  store::LayerStore& layers = store.layers();
  // Ours, and one that no directory gives again: it has junk behind its end.
  std::string canonical =
      tests::tar_of({tests::directory("d"), tests::file("d/f", "text")});
  std::string odd = canonical + std::string(512, '\0') + "junk";
  int reads = 0;

  store::ForeignLayer foreign(const std::string& bytes) {
    return {.tar = [this, from = tests::source_of(bytes)](std::byte* buffer,
                                                          std::size_t size) {
      ++reads;
      return from(buffer, size);
    }};
  }
  std::string tar(const Digest& diff_id) {
    std::string bytes;
    layers.write_tar(diff_id, [&](std::string_view more) { bytes += more; });
    return bytes;
  }
  std::size_t blob_count() { return store.blobs().list().size(); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a layer keeps the compressed bytes it came in",
                 "[store][root]") {
  const std::string bytes = GENERATE_REF(packed<store::GzipWriter>(canonical),
                                         packed<store::ZstdWriter>(canonical));
  store::ForeignLayer layer = foreign(bytes);
  layer.keep_bytes = true;
  layer.blob = Digest::of(bytes);
  layer.diff_id = Digest::of(canonical);
  CHECK(layers.extract(lease, layer).source == store::LayerSource::canonical);
  CHECK(layers.find_blob_size(lease, *layer.diff_id, *layer.blob));
  CHECK(base::read_all(*store.blobs().find(*layer.blob)) == bytes);
  CHECK(tar(*layer.diff_id) == canonical);
}

TEST_CASE_METHOD(Fixture, "nothing is kept that can be made again",
                 "[store][root]") {
  const auto layer =
      layers.extract(lease, foreign(packed<store::GzipWriter>(canonical)));
  CHECK(layer.source == store::LayerSource::canonical);
  CHECK(blob_count() == 0);
  CHECK(layers.find_blob_size(lease, layer.diff_id, layer.diff_id));
  CHECK_FALSE(layers.find_blob_size(lease, layer.diff_id, Digest::of("other")));
}

TEST_CASE_METHOD(Fixture, "a tar that cannot be made again is kept",
                 "[store][root]") {
  store::ForeignLayer layer = foreign(odd);
  SECTION("while it passes") {}
  SECTION("by reading it a second time") {
    layer.reopen = [this] { return foreign(odd).tar; };
  }
  const auto known = layers.extract(lease, layer);
  CHECK(known.source == store::LayerSource::blob);
  CHECK(known.diff_id == Digest::of(odd));
  CHECK(known.tar_bytes == odd.size());
  CHECK(tar(known.diff_id) == odd);
  // The files are there once, and so are the bytes.
  CHECK(layers.find(known.diff_id)->state == store::LayerState::extracted);
  CHECK(blob_count() == 1);
}

TEST_CASE_METHOD(Fixture, "a source that changes between two readings is told",
                 "[store][root]") {
  store::ForeignLayer layer = foreign(odd);
  layer.reopen = [this] { return foreign(odd + "more").tar; };
  CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                       HasKind(ErrorKind::corrupt));
  CHECK_FALSE(layers.find(Digest::of(odd)));
}

TEST_CASE_METHOD(Fixture, "a layer that is not what it claims is refused",
                 "[store][root]") {
  store::ForeignLayer layer = foreign(packed<store::GzipWriter>(canonical));
  layer.keep_bytes = true;
  SECTION("by its tar") { layer.diff_id = Digest::of("other"); }
  SECTION("by its bytes") { layer.blob = Digest::of("other"); }
  CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                       HasKind(ErrorKind::corrupt));
  CHECK_FALSE(layers.find(Digest::of(canonical)));
  CHECK(blob_count() == 0);
}

TEST_CASE_METHOD(Fixture, "a layer with other files than it claims is refused",
                 "[store][root]") {
  // One that can be made again, and one that cannot.
  const bool is_odd = GENERATE(false, true);
  const std::string bytes = is_odd ? odd : canonical;
  store::ForeignLayer layer = foreign(packed<store::GzipWriter>(bytes));
  layer.reopen = [this, bytes] { return foreign(bytes).tar; };
  layer.diff_id = Digest::of(bytes);
  layer.stable_digest = Digest::of("other");
  CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                       HasKind(ErrorKind::corrupt, "stable digest"));
  CHECK_FALSE(layers.find(Digest::of(bytes)));
  layer = foreign(bytes);
  layer.diff_id = Digest::of(bytes);
  const auto there = layers.extract(lease, layer);
  // Nor is it taken for what is there already.
  layer.stable_digest = Digest::of("other");
  CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                       HasKind(ErrorKind::corrupt, "stable digest"));
  layer.stable_digest = there.stable_digest;
  CHECK(layers.extract(lease, layer).diff_id == there.diff_id);
}

TEST_CASE_METHOD(Fixture, "files that could not be held are what the tar says",
                 "[store][root]") {
  store::ForeignLayer layer = foreign(odd);
  layer.diff_id = Digest::of(odd);
  layer.stable_digest = layers.extract(lease, layer).stable_digest;
  // As if this machine had lost some of their attributes.
  store.database().execute(
      "UPDATE layers SET stable_digest = zeroblob(length(stable_digest))");
  REQUIRE(layers.find(Digest::of(odd))->stable_digest != layer.stable_digest);
  CHECK_NOTHROW(layers.extract(lease, layer));
}

TEST_CASE_METHOD(Fixture, "bytes that are not the blob are told as such",
                 "[store][root]") {
  const std::string right = packed<store::GzipWriter>(canonical);
  std::string wrong = right;
  SECTION("where they unpack to nothing") { wrong[right.size() / 2] ^= '\x55'; }
  SECTION("where they are no archive") { wrong.assign(right.size(), 'x'); }
  SECTION("where they are another tar") {
    wrong = packed<store::GzipWriter>(std::string(10240, '\0'));
  }
  store::ForeignLayer layer = foreign(wrong);
  layer.keep_bytes = true;
  layer.blob = Digest::of(right);
  layer.diff_id = Digest::of(canonical);
  try {
    layers.extract(lease, layer);
    FAIL("it was taken");
  } catch (const base::Error& error) {
    CHECK(error.kind() == ErrorKind::corrupt);
    CHECK(error.message() == "blob is " + Digest::of(wrong).str() + ", not " +
                                 Digest::of(right).str());
  }
  CHECK(blob_count() == 0);
}

TEST_CASE_METHOD(Fixture, "a plain tar is compared with its blob's digest",
                 "[store][root]") {
  const std::string gzip = packed<store::GzipWriter>(canonical);
  store::ForeignLayer layer = foreign(canonical);
  SECTION("which is another's") {
    layer.blob = Digest::of("other");
    layer.keep_bytes = true;
  }
  SECTION("which is that of the tar inside") {
    layer = foreign(gzip);
    layer.blob = Digest::of(canonical);
    layer.diff_id = Digest::of(canonical);
  }
  CHECK_THROWS_MATCHES(layers.extract(lease, layer), base::Error,
                       HasKind(ErrorKind::corrupt));
  CHECK_FALSE(layers.find(Digest::of(canonical)));
}

TEST_CASE_METHOD(Fixture, "a tar that is kept compressed is there as a tar too",
                 "[store][root]") {
  store::ForeignLayer layer = foreign(packed<store::GzipWriter>(odd));
  layer.diff_id = Digest::of(odd);
  REQUIRE(layers.extract(lease, layer).source == store::LayerSource::blob);
  CHECK(layers.find_blob_size(lease, *layer.diff_id, *layer.diff_id) ==
        odd.size());
}

TEST_CASE_METHOD(Fixture, "a layer that is there already is not read",
                 "[store][root]") {
  store::ForeignLayer layer = foreign(canonical);
  layer.diff_id = Digest::of(canonical);
  layers.extract(lease, layer);
  reads = 0;
  SECTION("without a manifest that names its bytes") {
    layers.extract(lease, layer);
    CHECK(reads == 0);
  }
  SECTION("except for bytes that are named and missing") {
    const std::string bytes = packed<store::ZstdWriter>(canonical);
    store::ForeignLayer again = foreign(bytes);
    again.diff_id = layer.diff_id;
    again.blob = Digest::of(bytes);
    again.keep_bytes = true;
    layers.extract(lease, again);
    CHECK(reads > 0);
    CHECK(layers.find_blob_size(lease, *layer.diff_id, *again.blob));
    reads = 0;
    layers.extract(lease, again);
    CHECK(reads == 0);
    again.blob_bytes = bytes.size() + 1;
    CHECK_THROWS_MATCHES(layers.extract(lease, again), base::Error,
                         HasKind(ErrorKind::corrupt));
    again.blob = Digest::of("lie");
    again.tar = foreign(bytes).tar;
    CHECK_THROWS_MATCHES(layers.extract(lease, again), base::Error,
                         HasKind(ErrorKind::corrupt));
  }
}

TEST_CASE_METHOD(Fixture, "bytes from elsewhere go before our own",
                 "[store][root]") {
  const std::string bytes =
      packed<store::GzipWriter>(canonical) + packed<store::GzipWriter>("");
  store::ForeignLayer layer = foreign(bytes);
  layer.keep_bytes = true;
  const Digest diff_id = layers.extract(lease, layer).diff_id;
  const auto blob =
      layers.ensure_blob(lease, diff_id, store::Compression::gzip);
  CHECK(blob.digest == Digest::of(bytes));
  const auto zstd =
      layers.ensure_blob(lease, diff_id, store::Compression::zstd);
  CHECK(zstd.media_type == base::media_type::kOciLayerTarZstd);
  CHECK(base::read_all(*store.blobs().find(zstd.digest)) ==
        packed<store::ZstdWriter>(canonical));
}

TEST_CASE_METHOD(Fixture, "an image keeps its bytes and its manifest",
                 "[store]") {
  const std::string config =
      R"({ "os":"linux","architecture":"amd64","unknown":[1],)"
      R"("rootfs":{"type":"layers","diff_ids":[]}})";
  store.images().put_foreign(lease, {{config, "the manifest", {"x:1"}}});
  const store::Image image =
      store.images().find_id(Digest::of(config).str()).value();
  CHECK(store.blobs().read(image.id) == config);
  CHECK(store.images().find_tag("x:1")->id == image.id);
  CHECK(store.images().find_manifest(image.id) == "the manifest");
  CHECK(store.images().find_manifest_digest(image.id) ==
        Digest::of("the manifest"));
  CHECK(store::check_store(store).empty());

  SECTION("until it came without one") {
    store.images().put_foreign(lease, {{config, "", {}}});
    CHECK(store.images().find_manifest(image.id) == "the manifest");
  }
  SECTION("until it is removed") {
    store.images().remove(image.id);
    CHECK_FALSE(store.images().find_manifest(image.id));
  }
}

TEST_CASE_METHOD(Fixture, "an image whose layers are missing is refused",
                 "[store]") {
  const std::string config = R"({"rootfs":{"type":"layers","diff_ids":[")" +
                             Digest::of("x").str() + "\"]}}";
  const std::string good = R"({"rootfs":{"type":"layers","diff_ids":[]}})";
  CHECK_THROWS_MATCHES(store.images().put_foreign(
                           lease, {{good, "", {"y:1"}}, {config, "", {"x:1"}}}),
                       base::Error, HasKind(ErrorKind::invalid_input));
  CHECK_FALSE(store.images().find_tag("x:1"));
  CHECK_FALSE(store.images().find_tag("y:1"));
}
