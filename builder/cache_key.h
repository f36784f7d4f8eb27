// A vertex's cache key:
//
//   H(operation digest, content of the parent, content of each other input)
//
// The operation digest covers the canonical JSON of the operation and the key
// format's version (operation.h). A content is what can be seen, never how it
// was made: stable digests of layers, or of the selected files; no times.
// COPY --link stands on nothing, so its parent's content is left out. For what
// else copies, what it sees of its base can take that place (base_view.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "builder/operation.h"

namespace builder {

class CacheKey {
 public:
  CacheKey(const Operation& operation, const base::Digest& parent);

  // Another input, by a name that says what it is ("files", "mount /src").
  void add_input(std::string name, const base::Digest& content);

  // The same on another parent.
  CacheKey on(const base::Digest& parent) const;

  base::Digest digest() const;
  const base::Digest& operation() const noexcept { return operation_; }
  const base::Digest& parent() const noexcept { return parent_; }

  // In the order they were added.
  const std::vector<std::pair<std::string, base::Digest>>& inputs() const {
    return inputs_;
  }

  // All of it as JSON, kept with the record so that a miss can be explained.
  std::string render_parts() const;

 private:
  std::string operation_text_;
  base::Digest operation_;
  base::Digest parent_;
  std::vector<std::pair<std::string, base::Digest>> inputs_;
};

}  // namespace builder
