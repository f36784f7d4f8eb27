#include "builder/cache_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error.h"
#include "builder/store_images.h"
#include "store/image_config.h"
#include "store/manifest.h"

namespace builder {
namespace {

class BlobVerifier {
 public:
  BlobVerifier(store::ByteSource bytes, const base::Descriptor& blob,
               std::function<void(std::size_t)> on_read)
      : bytes_(std::move(bytes)),
        digest_(blob.digest),
        left_(blob.size_bytes),
        on_read_(std::move(on_read)) {}

  std::size_t read(std::byte* buffer, std::size_t size) {
    if (is_over_ || size == 0) return 0;
    const std::size_t count = read_some(buffer, size);
    if (count > left_) refuse("is longer than its cache says");
    if (on_read_) on_read_(count);
    if (count > 0) {
      left_ -= count;
      hasher_.update(std::span<const std::byte>(buffer, count));
      return count;
    }
    is_over_ = true;
    if (left_ > 0) refuse(fmt::format("ends {} bytes too early", left_));
    if (const base::Digest actual = hasher_.finish(); actual != digest_) {
      refuse(fmt::format("has the digest {}", actual.brief()));
    }
    return 0;
  }

 private:
  std::size_t read_some(std::byte* buffer, std::size_t size) {
    try {
      return bytes_(buffer, size);
    } catch (const base::Error& error) {
      if (error.kind() == base::ErrorKind::cancelled) throw;
      // Some sources say of themselves which blob it is.
      const std::string blob = fmt::format("blob {}", digest_.brief());
      const bool is_named = error.message().find(blob) != std::string::npos;
      throw base::Error(
          is_lost(error) ? error.kind() : base::ErrorKind::unavailable,
          is_named ? error.message()
                   : fmt::format("reading {}: {}", blob, error.message()));
    }
  }
  // Whoever writes there can make it good.
  static bool is_lost(const base::Error& error) {
    return error.kind() == base::ErrorKind::not_found ||
           error.kind() == base::ErrorKind::corrupt;
  }
  [[noreturn]] void refuse(const std::string& why) const {
    throw base::Error(base::ErrorKind::corrupt,
                      fmt::format("blob {} {}", digest_.brief(), why));
  }

  store::ByteSource bytes_;
  base::Digest digest_;
  std::uint64_t left_;
  std::function<void(std::size_t)> on_read_;
  base::Hasher hasher_;
  bool is_over_ = false;
};

base::Error too_large(const base::Descriptor& blob, std::uint64_t limit_bytes) {
  return base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("blob {} has {} bytes; at most {} are read",
                  blob.digest.brief(), blob.size_bytes, limit_bytes));
}

class ImageCacheSource : public CacheSource {
 public:
  ImageCacheSource(store::Store& store, std::string name,
                   std::unique_ptr<CacheSource> otherwise)
      : store_(store),
        name_(std::move(name)),
        otherwise_(std::move(otherwise)) {}
  std::string describe() const override { return name_; }
  std::string repository() const override {
    return otherwise_ ? otherwise_->repository() : std::string();
  }
  Contents read_index() override {
    const auto found = find_image(store_, name_);
    if (found) {
      const std::string config = store_.blobs().read(found->image.id);
      if (!otherwise_ || has_inline_cache(config)) {
        otherwise_.reset();
        return {parse_inline_cache(config)};
      }
    }
    if (otherwise_) return otherwise_->read_index();
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("there is no image \"{}\" in the store", name_));
  }
  // The layers of an image of the store are in the store.
  store::ByteSource open_blob(const base::Descriptor& blob) override {
    if (otherwise_) return otherwise_->open_blob(blob);
    throw base::Error(
        base::ErrorKind::not_found,
        fmt::format("blob {} is not in the store", blob.digest.brief()));
  }

 private:
  static bool has_inline_cache(std::string_view config) {
    return !store::parse_image_config(config).inline_cache.empty();
  }

  store::Store& store_;
  std::string name_;
  std::unique_ptr<CacheSource> otherwise_;
};

}  // namespace

std::unique_ptr<CacheSource> open_image_cache(
    store::Store& store, std::string name,
    std::unique_ptr<CacheSource> otherwise) {
  return std::make_unique<ImageCacheSource>(store, std::move(name),
                                            std::move(otherwise));
}

store::CacheIndex read_cache(CacheSource& source, std::string_view text,
                             const std::function<void(std::size_t)>& on_read) {
  const store::Manifest manifest = store::parse_manifest(text);
  const std::string& type = manifest.config.media_type;
  const bool is_cache = type == store::kCacheConfigType;
  if (!is_cache && type != base::media_type::kOciConfig &&
      type != base::media_type::kDockerConfig) {
    throw base::Error(
        base::ErrorKind::unsupported,
        fmt::format("it is not a build cache of strake but \"{}\"", type));
  }
  const std::string config =
      read_blob(source, manifest.config, store::kMostDocumentBytes, on_read);
  return is_cache ? store::parse_cache_index(config)
                  : parse_inline_cache(config, manifest.layers);
}

store::CacheIndex parse_inline_cache(
    std::string_view image_config, const std::vector<base::Descriptor>& blobs) {
  const store::ImageConfig config = store::parse_image_config(image_config);
  if (config.inline_cache.empty()) {
    throw base::Error(base::ErrorKind::not_found,
                      "the image has no build cache inside")
        .hint("build it with --cache-to type=inline");
  }
  store::CacheIndex index = store::parse_cache_index(config.inline_cache);
  for (std::size_t i = 0; i < config.diff_ids.size() && i < blobs.size(); ++i) {
    const auto layer = index.layers.find(config.diff_ids[i]);
    if (layer != index.layers.end()) layer->second.blob = blobs[i];
  }
  return index;
}

store::CacheRecord record_of(const store::CachedStep& step) {
  const auto now = std::chrono::floor<std::chrono::seconds>(
      std::chrono::system_clock::now());
  return {.key = step.key,
          .operation = step.operation,
          .parent = step.parent,
          .diff_id = step.diff_id,
          .stable_digest = step.stable_digest,
          .parts = "{}",
          .created = step.created,
          .recorded = std::min(step.recorded, now),
          .elapsed = step.elapsed,
          .reason = {},
          .last_used = now};
}

store::ByteSource verify_blob(store::ByteSource bytes,
                              const base::Descriptor& blob,
                              std::function<void(std::size_t)> on_read) {
  auto verifier = std::make_shared<BlobVerifier>(std::move(bytes), blob,
                                                 std::move(on_read));
  return [verifier](std::byte* buffer, std::size_t size) {
    return verifier->read(buffer, size);
  };
}

std::string read_blob(CacheSource& source, const base::Descriptor& blob,
                      std::uint64_t limit_bytes,
                      std::function<void(std::size_t)> on_read) {
  if (blob.size_bytes > limit_bytes) throw too_large(blob, limit_bytes);
  return read_blob(source.open_blob(blob), blob, limit_bytes,
                   std::move(on_read));
}

std::string read_blob(store::ByteSource source, const base::Descriptor& blob,
                      std::uint64_t limit_bytes,
                      std::function<void(std::size_t)> on_read) {
  if (blob.size_bytes > limit_bytes) throw too_large(blob, limit_bytes);
  const store::ByteSource read =
      verify_blob(std::move(source), blob, std::move(on_read));
  std::string bytes(static_cast<std::size_t>(blob.size_bytes), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    done += read(reinterpret_cast<std::byte*>(bytes.data()) + done,
                 bytes.size() - done);
  }
  std::byte end{};
  read(&end, 1);  // what compares the digest
  return bytes;
}

}  // namespace builder
