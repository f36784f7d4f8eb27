#include "builder/image_choice.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.h"
#include "builder/platform.h"
#include "builder/shown_text.h"
#include "registry/reference.h"

namespace builder {
namespace {

// How well an entry fits, 0 being best; nullopt when it does not. What says
// nothing of a platform is for any; another variant of the right architecture
// is better than nothing.
std::optional<std::size_t> fit_of(const store::IndexEntry& entry,
                                  const std::vector<Platform>& runnable) {
  const Platform platform =
      normalize_platform({entry.os, entry.architecture, entry.variant, ""});
  for (std::size_t i = 0; i < runnable.size(); ++i) {
    if (render_platform(platform) == render_platform(runnable[i])) return i;
  }
  if (entry.os.empty() && entry.architecture.empty()) return runnable.size();
  const bool is_other_variant =
      platform.os == runnable[0].os &&
      platform.architecture == runnable[0].architecture;
  if (is_other_variant) return runnable.size() + 1;
  return std::nullopt;
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
                               const Platform& platform,
                               std::string_view what) {
  std::erase_if(entries, is_attestation);
  if (entries.empty()) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("{} is a list of no images", what));
  }
  if (entries.size() == 1) return std::move(entries[0]);
  const std::vector<Platform> runnable = runnable_platforms(platform);
  std::set<std::string> platforms;
  std::map<std::size_t, std::vector<const store::IndexEntry*>> by_fit;
  for (const auto& entry : entries) {
    platforms.insert(entry.platform());
    if (const auto fit = fit_of(entry, runnable)) {
      by_fit[*fit].push_back(&entry);
    }
  }
  if (by_fit.empty()) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("{} has no image for {}, only for: {}", what,
                                  render_platform(platform),
                                  show_foreign(fmt::format(
                                      "{}", fmt::join(platforms, ", ")))));
  }
  const auto& best = by_fit.begin()->second;
  for (const store::IndexEntry* entry : best) {
    if (entry->variant == best[0]->variant &&
        entry->descriptor.digest != best[0]->descriptor.digest) {
      throw base::Error(base::ErrorKind::invalid_input,
                        fmt::format("{} is the name of several images", what));
    }
  }
  return *best[0];
}

}  // namespace builder
