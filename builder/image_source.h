// Where FROM and COPY --from find images. A seam: the planner runs in tests
// with images that exist only there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "builder/platform.h"
#include "store/image_config.h"
#include "store/manifest.h"

namespace builder {

struct ResolvedImage {
  std::string reference;  // full
  base::Digest id;
  store::ImageConfig config;
  // False for the stand-in of an image that is not at hand, with a bare
  // configuration: enough to look at what is built on it (builder/check.h).
  bool is_known = true;
  // Set where a registry has resolved the name: its layers may not be here.
  std::optional<store::Manifest> manifest = {};
};

// An image of an OCI image layout, as --build-context names it.
struct LayoutImage {
  std::filesystem::path directory;
  std::string reference;  // a tag or a digest; empty: its only one
  Platform platform;      // which one of an index
};

// When registries are asked what a name is.
enum class PullPolicy {
  missing,  // where nothing is known of it
  always,   // --pull
  never,    // --offline
};

class ImageSource {
 public:
  virtual ~ImageSource() = default;
  // The image, or nullopt when there is none of that name. One for another
  // platform may be found where there is none for this one.
  // Throws: invalid_input for a malformed reference; what asking for it throws.
  virtual std::optional<ResolvedImage> find(std::string_view reference,
                                            const Platform& platform) = 0;
  // Names that there are images of, for "did you mean".
  virtual std::vector<std::string> names() const { return {}; }
  // Throws: not_found; invalid_input, corrupt for a damaged layout.
  virtual ResolvedImage read_layout(const LayoutImage& wanted) = 0;
};

}  // namespace builder
