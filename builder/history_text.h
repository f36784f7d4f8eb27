// The texts of history entries (created_by) in the form that BuildKit writes,
// which is how Go prints the values in question: `docker history`, scanners and
// people who compare two builders read them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/image_config.h"

namespace builder {

// `CMD ["a" "b c"]`: each word as Go's %q, which escapes quotes, backslashes,
// bytes that are no UTF-8 and characters that do not show.
std::string render_command(std::string_view keyword,
                           const std::vector<std::string>& words);

// "ENV A=1 B=x y": nothing is quoted, so the text cannot be read back.
std::string render_pairs(
    std::string_view keyword,
    const std::vector<std::pair<std::string, std::string>>& pairs);

// "VOLUME [/a /b]".
std::string render_list(std::string_view keyword,
                        const std::vector<std::string>& words);

// "HEALTHCHECK {Test:[CMD-SHELL x] Interval:5m0s …}".
std::string render_healthcheck(const store::Healthcheck& check);

}  // namespace builder
