#include "store/docker_archive.h"

#include <catch2/catch.hpp>

#include "tests/has_kind.h"

namespace {

using store::DockerArchiveImage;
using store::parse_docker_archive;

}  // namespace

TEST_CASE("manifest.json is written and read back", "[store]") {
  const std::vector<DockerArchiveImage> images = {
      {"c.json", {"a:1", "b:2"}, {"x/layer.tar", "y/layer.tar"}},
      {"d.json", {}, {}}};
  const std::string text = store::render_docker_archive(images);
  CHECK(text.find(R"("RepoTags":null)") != std::string::npos);
  CHECK(parse_docker_archive(text) == images);
  CHECK(parse_docker_archive("[]").empty());
  CHECK(parse_docker_archive(R"([{"Config":"c"}])") ==
        std::vector<DockerArchiveImage>{{"c", {}, {}}});
}

TEST_CASE("a manifest.json that is wrong is refused with the place",
          "[store]") {
  const auto [json, message] = GENERATE(table<std::string, std::string>({
      {"{}", "not a list"},
      {"7", "not a list"},
      {"[7]", "manifest.json[0] must be an object"},
      {R"([{"Config":"c"},{}])", R"(manifest.json[1]: "Config" is missing)"},
      {R"([{"Config":"c","Layers":"x"}])", R"("Layers")"},
      {R"([{"Config":"c","RepoTags":[1]}])", R"("RepoTags")"},
  }));
  CAPTURE(json);
  try {
    parse_docker_archive(json);
    FAIL("accepted");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::ErrorKind::invalid_input);
    CHECK_THAT(error.message(), Catch::Contains(message));
  }
}
