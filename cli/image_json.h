// An image as JSON, with the field names that docker's users have in scripts,
// and the template language they select fields with.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "builder/store_images.h"
#include "store/store.h"

namespace cli {

// As `docker image inspect` shows it: Id, RepoTags, Created, Config, RootFS …
nlohmann::json render_image(store::Store& store, const store::Image& image);

// A --format value applied to one value: "json" for the whole, else text with
// "{{.Field.Field}}" and "{{json .Field}}" replaced. Throws: usage for a field
// that is not there, with the nearest one, or for another construct.
// Written to stdout as a line of its own; values as they are, but without what
// drives a terminal (clean_text.h) where stdout is one.
void print_formatted(std::string_view format, const nlohmann::json& value);

// The image of this name or ID. Throws: not_found, with what to do.
builder::FoundImage require_image(store::Store& store, const std::string& name);

}  // namespace cli
