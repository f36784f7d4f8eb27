#include "builder/image_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "builder/scope.h"
#include "registry/reference.h"

namespace builder {
namespace {

bool has_platform(const store::IndexEntry& entry) {
  return !entry.os.empty() || !entry.architecture.empty();
}

bool is_ours(const store::IndexEntry& entry) {
  return !has_platform(entry) ||
         (entry.os == "linux" && entry.architecture == host_architecture());
}

}  // namespace

std::optional<std::string> find_image_name(const std::string& text) {
  try {
    const auto reference = registry::parse_reference(text);
    if (reference.digest) return std::nullopt;
    return reference.full();
  } catch (const base::Error&) {
    return std::nullopt;
  }
}

std::optional<std::string> find_layout_name(
    const base::Descriptor& descriptor) {
  const auto& annotations = descriptor.annotations;
  const auto full = annotations.find("io.containerd.image.name");
  const auto named = annotations.find("org.opencontainers.image.ref.name");
  if (full != annotations.end() &&
      (named == annotations.end() || full->second == named->second ||
       full->second.ends_with(":" + named->second))) {
    return find_image_name(full->second);
  }
  if (named == annotations.end() || named->second == "latest") {
    return std::nullopt;
  }
  return find_image_name(named->second);
}

bool is_attestation(const store::IndexEntry& entry) {
  return entry.descriptor.annotations.contains("vnd.docker.reference.type") ||
         entry.os == "unknown";
}

store::IndexEntry choose_image(std::vector<store::IndexEntry> entries,
                               std::string_view what) {
  std::erase_if(entries, is_attestation);
  std::set<std::string> platforms;
  for (const auto& entry : entries) platforms.insert(entry.platform());
  if (entries.size() > 1) {
    std::erase_if(entries, [](const auto& entry) { return !is_ours(entry); });
  }
  if (entries.empty()) {
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("{} has no image for linux/{}, only for: {}", what,
                    host_architecture(), fmt::join(platforms, ", ")));
  }
  const auto plainest = std::min_element(
      entries.begin(), entries.end(),
      [](const auto& a, const auto& b) { return a.variant < b.variant; });
  for (const auto& entry : entries) {
    if (entry.variant == plainest->variant &&
        entry.descriptor.digest != plainest->descriptor.digest) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("{} is the name of several images", what));
    }
  }
  return std::move(*plainest);
}

}  // namespace builder
