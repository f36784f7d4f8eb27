// Any text is one of the documents that strangers write about images, or is
// refused; what was read is written and read back the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "require.h"
#include "store/docker_archive.h"
#include "store/image_config.h"
#include "store/manifest.h"

namespace {

template <typename Read>
void attempt(const Read& read) {
  try {
    read();
  } catch (const base::Error& error) {
    fuzz::require(error.kind() == base::ErrorKind::invalid_input, "its kind");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  attempt([&] {
    const auto manifest = store::parse_manifest(text);
    const auto again = store::parse_manifest(store::render_manifest(manifest));
    require(again.layers.size() == manifest.layers.size(), "its layers");
  });
  attempt([&] { store::parse_index(text); });
  attempt([&] {
    const auto images = store::parse_docker_archive(text);
    store::render_docker_archive(images);
  });
  attempt([&] {
    const std::string once =
        store::render_image_config(store::parse_image_config(text));
    require(store::render_image_config(store::parse_image_config(once)) == once,
            "a configuration that stays the same");
  });
  return 0;
}
