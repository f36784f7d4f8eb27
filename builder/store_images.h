// Images out of the store, by reference or ID.
#pragma once

#include "builder/image_source.h"
#include "store/store.h"

namespace builder {

class StoreImages : public ImageSource {
 public:
  explicit StoreImages(store::Store& store) : store_(store) {}
  std::optional<ResolvedImage> find(std::string_view reference) override;

 private:
  store::Store& store_;
};

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
