#include "builder/layout_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/error.h"
#include "builder/image_choice.h"

namespace builder {
namespace {

constexpr std::string_view kDefaultTag = "latest";

// Both a name within the layout and a whole name may say the tag.
std::set<std::string> tags_of(const store::IndexEntry& entry) {
  std::set<std::string> tags;
  for (const char* key :
       {"org.opencontainers.image.ref.name", "io.containerd.image.name"}) {
    const auto name = entry.descriptor.annotations.find(key);
    if (name == entry.descriptor.annotations.end()) continue;
    tags.insert(name->second);
    const std::size_t colon = name->second.rfind(':');
    if (colon != std::string::npos &&
        name->second.find('/', colon) == std::string::npos) {
      tags.insert(name->second.substr(colon + 1));
    }
  }
  return tags;
}

std::vector<store::IndexEntry> entries_of_tag(
    const std::vector<store::IndexEntry>& entries, const std::string& tag) {
  std::vector<store::IndexEntry> found;
  std::copy_if(
      entries.begin(), entries.end(), std::back_inserter(found),
      [&tag](const auto& entry) { return tags_of(entry).contains(tag); });
  return found;
}

base::Error nothing_of(std::string_view reference,
                       const std::vector<store::IndexEntry>& entries) {
  std::set<std::string> names;
  for (const auto& entry : entries) {
    names.insert(entry.descriptor.digest.str());
    names.merge(tags_of(entry));
  }
  return base::Error(base::ErrorKind::not_found,
                     fmt::format("the image layout has no \"{}\"", reference))
      .hint(names.empty() ? "it is empty"
                          : fmt::format("it has {}", fmt::join(names, ", ")));
}

}  // namespace

std::vector<store::IndexEntry> choose_layout_entries(
    std::vector<store::IndexEntry> entries, std::string_view reference) {
  std::erase_if(entries, is_attestation);
  std::vector<store::IndexEntry> found;
  if (reference.find(':') != std::string_view::npos) {
    std::copy_if(entries.begin(), entries.end(), std::back_inserter(found),
                 [reference](const auto& entry) {
                   return entry.descriptor.digest.str() == reference;
                 });
  } else if (!reference.empty()) {
    found = entries_of_tag(entries, std::string(reference));
  } else if (entries.size() == 1) {
    return entries;
  } else {
    found = entries_of_tag(entries, std::string(kDefaultTag));
  }
  if (found.empty()) {
    throw nothing_of(reference.empty() ? kDefaultTag : reference, entries);
  }
  return found;
}

}  // namespace builder
