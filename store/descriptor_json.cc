#include "store/descriptor_json.h"

namespace store {

base::Descriptor read_descriptor(const JsonObject& object) {
  base::Descriptor descriptor;
  descriptor.media_type = object.text("mediaType");
  const auto digest = base::Digest::find_in(object.text("digest"));
  if (!digest) object.refuse("digest", "must be a sha256 digest");
  descriptor.digest = *digest;
  const std::int64_t size = object.integer("size");
  if (!object.has("size")) object.refuse("size", "is missing");
  if (size < 0) object.refuse("size", "must not be negative");
  descriptor.size_bytes = static_cast<std::uint64_t>(size);
  descriptor.annotations = object.text_map("annotations");
  return descriptor;
}

nlohmann::json write_descriptor(const base::Descriptor& descriptor) {
  nlohmann::json object{{"mediaType", descriptor.media_type},
                        {"digest", descriptor.digest.str()},
                        {"size", descriptor.size_bytes}};
  if (!descriptor.annotations.empty()) {
    object["annotations"] = descriptor.annotations;
  }
  return object;
}

}  // namespace store
