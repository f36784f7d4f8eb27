#include "store/docker_archive.h"

#include <fmt/format.h>

#include "base/error.h"
#include "store/json_object.h"

namespace store {

using nlohmann::json;

std::vector<DockerArchiveImage> parse_docker_archive(std::string_view text) {
  const std::string what = "manifest.json";
  const json parsed = parse_json(text, what);
  if (!parsed.is_array()) {
    throw base::Error(base::ErrorKind::invalid_input,
                      "manifest.json is not a list of images");
  }
  std::vector<DockerArchiveImage> images;
  for (const json& element : parsed) {
    const JsonObject object(element,
                            fmt::format("{}[{}]", what, images.size()));
    DockerArchiveImage image;
    image.config = object.text("Config");
    if (image.config.empty()) object.refuse("Config", "is missing");
    image.repo_tags =
        object.texts("RepoTags").value_or(std::vector<std::string>());
    image.layers = object.texts("Layers").value_or(std::vector<std::string>());
    images.push_back(std::move(image));
  }
  return images;
}

std::string render_docker_archive(
    const std::vector<DockerArchiveImage>& images) {
  json list = json::array();
  for (const DockerArchiveImage& image : images) {
    json object{{"Config", image.config}, {"Layers", image.layers}};
    // Docker's own tools write null, not an empty list.
    object["RepoTags"] =
        image.repo_tags.empty() ? json(nullptr) : json(image.repo_tags);
    list.push_back(std::move(object));
  }
  return render_json(list);
}

}  // namespace store
