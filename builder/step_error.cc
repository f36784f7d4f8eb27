#include "builder/step_error.h"

#include <fmt/format.h>

namespace builder {

base::Error locate_error(const SourceFile& file, const Vertex& vertex,
                         const parser::Range& range, const base::Error& error) {
  const std::string message =
      vertex.title.starts_with("ONBUILD ")
          ? fmt::format("{} of the base: {}", vertex.title, error.message())
          : error.message();
  base::Error located = error_at(file, range, message, error.hint(),
                                 error.kind() == base::ErrorKind::invalid_input
                                     ? base::ErrorKind::invalid_dockerfile
                                     : error.kind());
  return std::move(located).excerpt(located.excerpt() + error.excerpt());
}

}  // namespace builder
