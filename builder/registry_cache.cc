#include "builder/registry_cache.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/error.h"
#include "builder/image_choice.h"
#include "store/manifest.h"

namespace builder {
namespace {

constexpr int kMostNested = 4;  // of indexes within indexes

class RegistryCacheSource : public CacheSource {
 public:
  RegistryCacheSource(registry::Registries& registries, FirstContacts& contacts,
                      registry::Reference reference, Platform platform,
                      std::stop_token stop)
      : registries_(registries),
        contacts_(contacts),
        reference_(std::move(reference)),
        platform_(std::move(platform)),
        stop_(std::move(stop)) {}

  std::string describe() const override { return reference_.full(); }
  std::string repository() const override {
    return from_ ? from_->describe() : std::string();
  }

  Contents read_index() override {
    const registry::PullSources sources = registries_.pull_sources(reference_);
    return sources.try_each([this](const registry::PullSource& source) {
      from_.emplace(source.repository);
      return read_from(source.reference);
    });
  }

  store::ByteSource open_blob(const base::Descriptor& blob) override {
    return from_.value().open_blob(blob, stop_);
  }

 private:
  Contents read_from(const std::string& asked) {
    Contents all;
    const auto count = [&all](std::size_t bytes) { all.read_bytes += bytes; };
    registry::Manifest document = contacts_.get_manifest(*from_, asked, stop_);
    count(document.bytes.size());
    for (int depth = 0; store::IndexEntry{document.descriptor}.is_index();
         ++depth) {
      if (depth == kMostNested) {
        throw base::Error(base::ErrorKind::invalid_input,
                          "its image index leads to indexes only");
      }
      const store::IndexEntry entry = choose_image(
          store::parse_index(document.bytes), platform_, describe());
      document = from_->get_manifest(entry.descriptor.digest.str(), stop_);
      count(document.bytes.size());
    }
    all.index = read_cache(*this, document.bytes, count);
    return all;
  }

  registry::Registries& registries_;
  FirstContacts& contacts_;
  registry::Reference reference_;
  Platform platform_;
  std::stop_token stop_;
  std::optional<registry::Repository> from_;  // that answered
};

}  // namespace

std::unique_ptr<CacheSource> open_registry_cache(
    registry::Registries& registries, FirstContacts& contacts,
    registry::Reference reference, Platform platform, std::stop_token stop) {
  return std::make_unique<RegistryCacheSource>(
      registries, contacts, std::move(reference), std::move(platform),
      std::move(stop));
}

}  // namespace builder
