// manifest.json of a "docker save" archive: which files of the archive make up
// which image. No specification; the format is that of Docker's
// image/tarexport package, version 1.2.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace store {

// Paths are relative to the archive's root.
struct DockerArchiveImage {
  std::string config;
  std::vector<std::string> repo_tags;  // "hello:latest"
  std::vector<std::string> layers;     // bottom first

  bool operator==(const DockerArchiveImage&) const = default;
};

// Throws: invalid_input.
std::vector<DockerArchiveImage> parse_docker_archive(std::string_view json);
std::string render_docker_archive(
    const std::vector<DockerArchiveImage>& images);

}  // namespace store
