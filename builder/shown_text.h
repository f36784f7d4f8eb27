// Texts of a Dockerfile as reasons show them: short, on one line, and without
// what might be a secret.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace builder {

// At most so many bytes, with "…" for what is left out at the end; line ends
// become blanks. Cut between characters.
std::string cut_text(std::string_view text, std::size_t most);

// A file's name on one line: control characters, and those that change the
// direction of writing, as "\\n", "\\x1b" or "\\u202e".
std::string show_name(std::string_view name);

// What a stranger has written, in a message: the same, and not too long.
std::string show_foreign(std::string_view text);

// "1.2 → 1.3". Of long texts the part around the first difference is shown.
std::string show_change(std::string_view was, std::string_view is);

// Whether a variable of that name may hold a credential: GITHUB_TOKEN,
// DB_PASSWORD, SSHKEY. Wider than the lint rule about such names, since to hide
// too much costs little here.
bool may_be_secret(std::string_view name);

}  // namespace builder
