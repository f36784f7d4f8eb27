#include "store/manifest.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/has_kind.h"

namespace {

using base::ErrorKind;
using store::Manifest;
using store::parse_manifest;
using tests::HasKind;

const std::string kDigest = base::Digest::of("x").str();

std::string config_of(const std::string& size) {
  return R"("config":{"mediaType":"m","digest":")" + kDigest + R"(","size":)" +
         size + "}";
}

}  // namespace

TEST_CASE("a manifest is written sorted and compact, and read back",
          "[store]") {
  Manifest manifest;
  manifest.config = {"c/t", base::Digest::of("x"), 7, {}};
  manifest.layers = {{"l/t", base::Digest::of("x"), 9, {{"b", "2"}}}};
  const std::string text = store::render_manifest(manifest);
  CHECK(text == R"({"config":{"digest":")" + kDigest +
                    R"(","mediaType":"c/t","size":7},"layers":[)"
                    R"({"annotations":{"b":"2"},"digest":")" +
                    kDigest +
                    R"(","mediaType":"l/t","size":9}],"mediaType":)"
                    R"("application/vnd.oci.image.manifest.v1+json",)"
                    R"("schemaVersion":2})");
  const Manifest read = parse_manifest(text);
  CHECK(read.media_type == manifest.media_type);
  CHECK(read.config == manifest.config);
  CHECK(read.layers == manifest.layers);
}

TEST_CASE("Docker's manifest and one without a type are taken", "[store]") {
  const std::string rest = config_of("1") + R"(,"layers":[]})";
  CHECK(parse_manifest(R"({"schemaVersion":2,)" + rest).media_type ==
        base::media_type::kOciManifest);
  CHECK(parse_manifest(
            R"({"schemaVersion":2,"mediaType":)"
            R"("application/vnd.docker.distribution.manifest.v2+json",)" +
            rest)
            .media_type == base::media_type::kDockerManifest);
}

TEST_CASE("a manifest that is wrong is refused with the place", "[store]") {
  const std::string head = R"({"schemaVersion":2,)";
  const auto [json, message] = GENERATE_COPY(table<std::string, std::string>({
      {R"({"schemaVersion":1})", "\"schemaVersion\" must be 2"},
      {head + R"("mediaType":"application/vnd.oci.image.index.v1+json"})",
       "index of several manifests"},
      {head + R"("mediaType":"a/b"})", "not that of an image manifest"},
      {head + R"("layers":[]})", "\"config\" is missing"},
      {head + config_of("-1") + "}", "\"size\" must not be negative"},
      {head + config_of("null") + "}", "\"size\" is missing"},
      {head + config_of("1") + R"(,"layers":[{"digest":"sha512:12"}]})",
       "\"layers\" [0]: \"digest\" must be a sha256 digest"},
  }));
  CAPTURE(json);
  CHECK_THROWS_MATCHES(parse_manifest(json), base::Error,
                       HasKind(ErrorKind::invalid_input, message));
}

TEST_CASE("an index lists manifests with their annotations", "[store]") {
  CHECK(store::render_index(
            {{{"m/t",
               base::Digest::of("x"),
               3,
               {{"org.opencontainers.image.ref.name", "v1"}}}}}) ==
        R"({"manifests":[{"annotations":)"
        R"({"org.opencontainers.image.ref.name":"v1"},"digest":")" +
            kDigest +
            R"(","mediaType":"m/t","size":3}],)"
            R"("mediaType":"application/vnd.oci.image.index.v1+json",)"
            R"("schemaVersion":2})");
}

TEST_CASE("an index is read with its platforms", "[store]") {
  const std::string entry =
      R"({"mediaType":"m","digest":")" + kDigest + R"(","size":1)";
  const auto entries = store::parse_index(
      R"({"schemaVersion":2,"manifests":[)" + entry + "}," + entry +
      R"(,"platform":{"os":"linux","architecture":"arm64","variant":"v8"},)"
      R"("annotations":{"a":"b"}}]})");
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].platform() == "/");
  CHECK(entries[1].platform() == "linux/arm64/v8");
  CHECK(entries[1].descriptor.annotations.at("a") == "b");
  CHECK_FALSE(entries[0].is_index());
  CHECK_THROWS_MATCHES(store::parse_index(R"({"schemaVersion":2})"),
                       base::Error, HasKind(ErrorKind::invalid_input));
  CHECK_THROWS_MATCHES(
      store::parse_index(R"({"schemaVersion":2,"manifests":[1]})"), base::Error,
      HasKind(ErrorKind::invalid_input));
}

TEST_CASE("entries of other digest algorithms are in nobody's way", "[store]") {
  const auto index = [](const std::string& entries) {
    return R"({"schemaVersion":2,"manifests":[)" + entries + "]}";
  };
  const std::string other =
      R"({"mediaType":"m","digest":"sha512:00","size":1})";
  const auto entries =
      store::parse_index(index(other + R"(,{"mediaType":"m","digest":")" +
                               kDigest + R"(","size":1},)" + other));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].descriptor.digest.str() == kDigest);
  CHECK_THROWS_MATCHES(
      store::parse_index(index(other)), base::Error,
      HasKind(ErrorKind::invalid_input, "no entry with a sha256 digest"));
  for (const char* wrong : {"", ":00", "00", "sha256:00"}) {
    CHECK_THROWS_MATCHES(
        store::parse_index(index(other + R"(,{"digest":")" + wrong +
                                 R"(","mediaType":"m","size":1})")),
        base::Error, HasKind(ErrorKind::invalid_input));
  }
}

TEST_CASE("an index that is edited keeps what others wrote", "[store]") {
  const auto entry = [](const std::string& name, const std::string& more) {
    return R"({"annotations":{"n":")" + name + R"("},)" + more +
           R"("digest":")" + kDigest + R"(","mediaType":"m/t","size":3})";
  };
  const std::string foreign =
      entry("theirs", R"("artifactType":"a/t","data":"eA==",)") +
      R"(,{"digest":"sha512:00","mediaType":"m","size":1,"urls":["u"]})";
  const std::string head =
      R"({"annotations":{"a":"b"},"manifests":[)" + foreign;
  const std::string tail = R"(],"mediaType":"i","schemaVersion":2,)"
                           R"("subject":{"size":1}})";
  const std::string edited =
      store::edit_index(head + "," + entry("ours", "") + tail,
                        [](const store::IndexEntry& old) {
                          return old.descriptor.annotations.at("n") == "ours";
                        },
                        {{{"m/t", base::Digest::of("x"), 3, {{"n", "new"}}}}});
  CHECK(edited == head + "," + entry("new", "") + tail);
  for (const char* wrong : {"", "[]", R"({"schemaVersion":2})",
                            R"({"schemaVersion":2,"manifests":{}})"}) {
    CHECK_THROWS_MATCHES(
        store::edit_index(wrong, [](const auto&) { return false; }, {}),
        base::Error, HasKind(ErrorKind::invalid_input));
  }
}
