// Images out of the store, by reference or ID.
#pragma once

#include <functional>
#include <stop_token>
#include <utility>

#include "base/trace.h"
#include "builder/image_source.h"
#include "store/store.h"

namespace builder {

class StoreImages : public ImageSource {
 public:
  // `before_work` is called before a layout is read, which may take long.
  explicit StoreImages(store::Store& store, std::stop_token stop = {},
                       base::Trace* trace = nullptr,
                       std::function<void()> before_work = {})
      : store_(store),
        stop_(std::move(stop)),
        trace_(trace),
        before_work_(std::move(before_work)) {}
  // By reference, or by an ID of at least twelve digits: fewer are a name, as
  // the number of a stage would be in FROM.
  // What a registry has said of a name counts more than a tag: it was said
  // later, or the tag would have replaced it.
  std::optional<ResolvedImage> find(std::string_view reference,
                                    const Platform& platform) override;
  std::vector<std::string> names() const override;
  // Brings the image into the store.
  ResolvedImage read_layout(const LayoutImage& wanted) override;

 private:
  std::optional<ResolvedImage> find_resolved(std::string_view name,
                                             const Platform& platform) const;

  store::Store& store_;
  std::stop_token stop_;
  base::Trace* trace_;
  std::function<void()> before_work_;
};

// Whether FROM may mean an image of the store by this ID.
bool can_name_image(std::string_view id);

// Whether a machine of that platform runs it; what it does not say is no
// obstacle.
bool is_for(const store::ImageConfig& config, const Platform& platform);

// An image, and the full reference it was found by; none for one found by ID.
struct FoundImage {
  store::Image image;
  std::optional<std::string> reference;
};

// What people type for an image: a reference first, else an ID or its prefix. A
// name without a registry is Docker's, or else one that podman and buildah give
// to what they build: "hello" also finds "localhost/hello".
// Throws: invalid_input when it can be neither or the prefix is ambiguous.
std::optional<FoundImage> find_image(store::Store& store,
                                     std::string_view name);

}  // namespace builder
