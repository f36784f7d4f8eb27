#include "builder/remote_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "builder/image_choice.h"
#include "builder/shown_text.h"
#include "parser/values.h"

namespace builder {
namespace {

constexpr int kMostNested = 4;
constexpr std::size_t kMostListedTags = 8;

base::Error invalid(std::string text) {
  return base::Error(base::ErrorKind::invalid_input, std::move(text));
}

bool is_index(const base::Descriptor& descriptor) {
  return store::IndexEntry{descriptor}.is_index();
}

// An index with one image that says whom it is for is not for everybody.
void require_platform(const store::IndexEntry& entry, const Platform& platform,
                      const std::string& what) {
  if (entry.os.empty() && entry.architecture.empty()) return;
  const Platform found =
      normalize_platform({entry.os, entry.architecture, entry.variant, ""});
  const auto runnable = runnable_platforms(platform);
  const bool fits =
      std::any_of(runnable.begin(), runnable.end(), [&](const Platform& one) {
        return one.os == found.os && one.architecture == found.architecture;
      });
  if (fits) return;
  throw base::Error(
      base::ErrorKind::not_found,
      fmt::format("{} has no image for {}, only for: {}", what,
                  render_platform(platform), render_platform(found)));
}

// What an index says of a manifest is what others check it by.
void require_same(const base::Descriptor& came,
                  const base::Descriptor& promised) {
  if (came.size_bytes != promised.size_bytes) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("the index says that {} has {} bytes; it has {}",
                    promised.digest.str(), promised.size_bytes,
                    came.size_bytes));
  }
  if (came.media_type != promised.media_type) {
    throw base::Error(
        base::ErrorKind::corrupt,
        fmt::format("the index says that {} is \"{}\"; it is \"{}\"",
                    promised.digest.str(), show_foreign(promised.media_type),
                    came.media_type));
  }
}

// Docker's manifests before 2016 have no configuration: there is no image ID.
void require_schema_2(const base::Descriptor& manifest) {
  constexpr std::string_view kOld =
      "application/vnd.docker.distribution.manifest.v1+";
  if (!manifest.media_type.starts_with(kOld)) return;
  throw invalid("its manifest is of Docker's old schema 1")
      .hint(
          "push it anew with a current tool, as \"skopeo copy --format oci\" "
          "does");
}

// A file system, and nothing else, is what an image is made of.
void require_file_systems(const store::Manifest& manifest) {
  const bool is_config =
      manifest.config.media_type == base::media_type::kOciConfig ||
      manifest.config.media_type == base::media_type::kDockerConfig;
  if (!is_config) {
    throw invalid(fmt::format("it is no image but \"{}\"",
                              show_foreign(manifest.config.media_type)));
  }
  for (const base::Descriptor& layer : manifest.layers) {
    if (layer.media_type.find(".tar") != std::string::npos) continue;
    throw invalid(fmt::format("it is no image: a layer of it is \"{}\"",
                              show_foreign(layer.media_type)));
  }
}

// "did you mean", where the repository has a tag of nearly that name, else what
// there is, where that is not much; that it does not tell its tags is no other
// error.
std::string suggest_tag(const registry::Repository& from,
                        const std::string& reference,
                        const std::stop_token& stop) {
  if (reference.find(':') != std::string::npos) return {};
  std::vector<std::string> tags;
  try {
    from.list_tags([&](const std::string& tag) { tags.push_back(tag); }, stop);
  } catch (const base::Error& error) {
    if (error.kind() == base::ErrorKind::cancelled) throw;
    return {};
  }
  if (std::find(tags.begin(), tags.end(), reference) != tags.end()) return {};
  const std::string nearest =
      parser::find_nearest(reference, {tags.begin(), tags.end()});
  if (!nearest.empty()) {
    return fmt::format("did you mean {}:{}?", from.describe(), nearest);
  }
  if (tags.empty() || tags.size() > kMostListedTags) return {};
  return "its tags are: " +
         show_foreign(fmt::format("{}", fmt::join(tags, ", ")));
}

}  // namespace

std::string read_remote_blob(const registry::Repository& from,
                             const base::Descriptor& blob,
                             const std::stop_token& stop) {
  if (blob.size_bytes > store::kMostDocumentBytes) {
    throw invalid(fmt::format("blob {} has {} bytes; at most {} are read",
                              blob.digest.str(), blob.size_bytes,
                              store::kMostDocumentBytes));
  }
  const registry::BlobBytes read = from.open_blob(blob, stop);
  std::string bytes(static_cast<std::size_t>(blob.size_bytes) + 1, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const std::size_t count = read(
        reinterpret_cast<std::byte*>(bytes.data()) + done, bytes.size() - done);
    if (count == 0) break;
    done += count;
  }
  bytes.resize(done);
  if (done != blob.size_bytes || base::Digest::of(bytes) != blob.digest) {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("{}: what came for blob {} is something else",
                                  from.describe(), blob.digest.str()));
  }
  return bytes;
}

RemoteImage find_remote_image(const registry::Repository& from,
                              const std::string& reference,
                              const Platform& platform,
                              const std::stop_token& stop) {
  const std::string what = fmt::format(
      "{}{}{}", from.describe(),
      reference.find(':') == std::string::npos ? ":" : "@", reference);
  try {
    registry::Manifest document = from.get_manifest(reference, stop);
    const base::Descriptor top = document.descriptor;
    for (int depth = 0; is_index(document.descriptor); ++depth) {
      if (depth == kMostNested) {
        throw invalid("the image index leads to indexes only");
      }
      const store::IndexEntry entry =
          choose_image(store::parse_index(document.bytes), platform, what);
      require_platform(entry, platform, what);
      document = from.get_manifest(entry.descriptor.digest.str(), stop);
      require_same(document.descriptor, entry.descriptor);
    }
    require_schema_2(document.descriptor);
    const store::Manifest manifest = store::parse_manifest(document.bytes);
    require_file_systems(manifest);
    std::string config = read_remote_blob(from, manifest.config, stop);
    return {store::read_image_documents(std::move(document.bytes),
                                        std::move(config)),
            top};
  } catch (base::Error& error) {
    if (error.message().find(what) == std::string::npos) {
      error.add_context(what);
    }
    if (error.kind() == base::ErrorKind::not_found && error.hint().empty()) {
      error.hint(suggest_tag(from, reference, stop));
    }
    throw;
  }
}

RemoteImage find_remote_image(registry::Registries& registries,
                              const registry::Reference& reference,
                              const Platform& platform,
                              const std::stop_token& stop) {
  return registries.pull_sources(reference).try_each(
      [&](const registry::PullSource& source) {
        return find_remote_image(source.repository, source.reference, platform,
                                 stop);
      });
}

}  // namespace builder
