#include "builder/bucket_target.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "builder/cache_merge.h"
#include "registry/http_client.h"
#include "store/manifest.h"

namespace builder {
namespace {

// S3 copies no more at once, and an object is made young by a copy.
constexpr std::uint64_t kMostCopiedBytes = std::uint64_t{5} << 30U;

// A blob of up to so many is kept while it is made.
constexpr std::size_t kMostKeptBytes = std::size_t{8} << 20U;

// Where it is, for people.
std::string server_of(const registry::S3Settings& settings) {
  if (settings.endpoint_url.empty()) return "s3://" + settings.bucket;
  const registry::HttpAddress address(settings.endpoint_url);
  return fmt::format("s3://{} at {}:{}", settings.bucket, address.host,
                     address.port);
}

// A manifest of ours, whole or not, says that it is a manifest of OCI.
bool is_foreign(std::string_view text) {
  return !text.empty() &&
         text.find(base::media_type::kOciManifest) == std::string_view::npos;
}

}  // namespace

registry::S3Bucket open_bucket(const BucketOptions& options) {
  return registry::S3Bucket(
      options.settings,
      {options.given, registry::S3CredentialSources::variables_of_process(),
       options.settings.region},
      registry::Proxies::of_process(), impatient({}));
}

std::optional<registry::S3Content> find_manifest_soon(
    registry::S3Bucket& bucket, const BucketOptions& options,
    FirstContacts& contacts, const std::stop_token& stop) {
  std::optional<registry::S3Content> found;
  contacts.ask(server_of(options.settings), stop,
               [&](const std::stop_token& soon) {
                 found = bucket.find_content(options.manifest_key(),
                                             store::kMostDocumentBytes, soon);
               });
  return found;
}

BucketTarget::BucketTarget(BucketOptions options, FirstContacts& contacts,
                           std::stop_token stop,
                           std::chrono::milliseconds least_pause)
    : UnlockedTarget(least_pause, std::move(stop)),
      options_(std::move(options)),
      contacts_(contacts),
      bucket_(open_bucket(options_)) {}

std::string BucketTarget::describe() const { return options_.describe(); }

// Of all caches of the bucket, as they share them.
void BucketTarget::list_blobs() {
  const std::string prefix = options_.prefix + options_.blobs_prefix;
  std::map<base::Digest, Known> known;
  bucket_.list(
      prefix,
      [&](const registry::S3Object& object) {
        const auto digest = base::Digest::find_in(
            std::string_view(object.key).substr(prefix.size()));
        if (digest) known[*digest] = {object.size_bytes, object.last_modified};
      },
      stop());
  *known_.lock() = std::move(known);
}

std::optional<UnlockedTarget::Found> BucketTarget::find_manifest() {
  auto content = find_manifest_soon(bucket_, options_, contacts_, stop());
  list_blobs();
  if (!content) return std::nullopt;
  return Found{std::move(content->bytes), std::move(content->etag)};
}

store::CacheIndex BucketTarget::parse(const std::string& text) {
  if (is_foreign(text)) {
    throw base::Error(base::ErrorKind::denied,
                      fmt::format("{} is no build cache of strake", describe()))
        .hint("another program keeps its own there; give another name=");
  }
  const store::Manifest manifest = store::parse_manifest(text);
  store::CacheIndex index = store::parse_cache_index(
      read(manifest.config, store::kMostDocumentBytes));
  std::erase_if(index.layers, [&](const auto& item) {
    const store::CachedLayer& layer = item.second;
    return (layer.blob.digest.is_set() && !has(layer.blob)) ||
           (layer.index && !has(*layer.index));
  });
  std::erase_if(index.bases, [&](const auto& item) {
    const auto& base_index = item.second.layer.index;
    return base_index && !has(*base_index);
  });
  drop_lost_records(index);
  return index;
}

bool BucketTarget::has(const base::Descriptor& blob) const {
  const auto known = known_.lock();
  const auto it = known->find(blob.digest);
  return it != known->end() && it->second.size_bytes == blob.size_bytes;
}

std::string BucketTarget::read(const base::Descriptor& blob,
                               std::uint64_t limit_bytes) const {
  auto content =
      bucket_.find_content(options_.blob_key(blob.digest), limit_bytes, stop());
  if (!content) {
    throw base::Error(base::ErrorKind::not_found,
                      fmt::format("blob {} is missing", blob.digest.brief()));
  }
  if (base::Digest::of(content->bytes) != blob.digest) {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("blob {} was changed", blob.digest.brief()));
  }
  return std::move(content->bytes);
}

void BucketTarget::add(const base::Descriptor& blob, const Write& write) {
  bucket_.put(
      options_.blob_key(blob.digest),
      [&](const store::ByteSink& sink) {
        base::Hasher hasher;
        std::uint64_t size_bytes = 0;
        write([&](std::string_view bytes) {
          hasher.update(bytes);
          size_bytes += bytes.size();
          sink(bytes);
        });
        // Thrown from here, nothing of it stays in the bucket.
        if (hasher.finish() != blob.digest || size_bytes != blob.size_bytes) {
          throw base::Error(base::ErrorKind::corrupt,
                            fmt::format("blob {} was changed in the store",
                                        blob.digest.brief()))
              .hint("\"strake system check\" names what is damaged");
        }
      },
      {}, stop());
  written_bytes_ += blob.size_bytes;
  (*known_.lock())[blob.digest] = {blob.size_bytes, std::nullopt};
}

base::Descriptor BucketTarget::add_made(std::string_view media_type,
                                        const Write& write) {
  base::Hasher hasher;
  base::Descriptor made;
  made.media_type = media_type;
  std::string kept;
  write([&](std::string_view bytes) {
    if (stop().stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled, "interrupted");
    }
    hasher.update(bytes);
    made.size_bytes += bytes.size();
    if (made.size_bytes <= kMostKeptBytes) kept.append(bytes);
  });
  made.digest = hasher.finish();
  if (has(made)) return made;
  if (made.size_bytes > kMostKeptBytes) {
    kept = {};
    add(made, write);
  } else {
    add(made, [&kept](const store::ByteSink& sink) { sink(kept); });
  }
  return made;
}

void BucketTarget::keep_young(const base::Digest& digest) {
  const auto now = std::chrono::system_clock::now();
  {
    const auto known = known_.lock();
    const auto it = known->find(digest);
    if (it == known->end() || !it->second.last_modified ||
        it->second.size_bytes > kMostCopiedBytes ||
        now - *it->second.last_modified < options_.touch_refresh) {
      return;
    }
    it->second.last_modified.reset();  // once is enough
  }
  bucket_.touch(options_.blob_key(digest), stop());
}

void BucketTarget::keep(const store::CacheIndex& index,
                        const std::vector<base::Descriptor>& more) {
  for (const auto& [diff_id, layer] : index.layers) {
    keep_young(layer.blob.digest);
    if (layer.index) keep_young(layer.index->digest);
  }
  for (const auto& [diff_id, item] : index.bases) {
    if (item.layer.index) keep_young(item.layer.index->digest);
  }
  for (const base::Descriptor& blob : more) keep_young(blob.digest);
  // The key index may be the one that is there.
  keep_young(base::Digest::of(store::render_cache_index(index)));
}

std::string BucketTarget::look() {
  const auto found = bucket_.find(options_.manifest_key(), stop());
  return found ? found->etag : std::string();
}

bool BucketTarget::replace(const std::string& text,
                           const std::string& version) {
  using When = registry::S3Condition::When;
  const registry::S3Condition condition{
      version.empty() ? When::absent : When::unchanged, version};
  if (!bucket_.put(options_.manifest_key(), text, condition, stop())) {
    return false;
  }
  written_bytes_ += text.size();
  return true;
}

bool BucketTarget::holds(const std::string& text) {
  const auto content = bucket_.find_content(options_.manifest_key(),
                                            store::kMostDocumentBytes, stop());
  return content && content->bytes == text;
}

}  // namespace builder
