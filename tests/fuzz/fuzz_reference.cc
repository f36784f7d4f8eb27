// Any text is an image reference or is refused; both forms of one name the same
// image, and its parts are what registries take.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "registry/reference.h"
#include "require.h"

namespace {

using registry::Reference;

void check(const Reference& reference) {
  using fuzz::require;
  const std::string full = reference.full();
  require(registry::parse_reference(full).full() == full,
          "the full form names itself");
  require(registry::parse_reference(reference.familiar()).full() == full,
          "the familiar form names the same");
  require(reference.tag || reference.digest, "a tag or a digest");
  require(!reference.domain.empty() && !reference.path.empty(), "a name");
  require(!reference.tag || reference.tag->size() <= 128, "a short tag");
  require(reference.path.find("//") == std::string::npos &&
              !reference.path.starts_with('/') &&
              !reference.path.ends_with('/'),
          "a path of parts");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    check(registry::parse_reference(text));
  } catch (const base::Error& error) {
    // sha512 digests are right, but nothing here has one.
    fuzz::require(error.kind() == base::ErrorKind::invalid_input ||
                      error.kind() == base::ErrorKind::unsupported,
                  "its kind");
  }
  return 0;
}
