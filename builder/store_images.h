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

// What people type for an image: a reference first, else an ID or its prefix.
// Throws: invalid_input when it can be neither or the prefix is ambiguous.
std::optional<store::Image> find_image(store::Store& store,
                                       std::string_view name);

}  // namespace builder
