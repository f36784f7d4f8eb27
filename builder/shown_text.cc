#include "builder/shown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "parser/ascii.h"

namespace builder {
namespace {

constexpr std::size_t kMostBytes = 60;
// Of what two long texts have in common, this much is shown on either side.
constexpr std::size_t kCommonBytes = 16;

constexpr std::array<std::string_view, 6> kSecretParts = {
    "token", "pass", "pword", "secret", "cred", "apikey"};
constexpr std::array<std::string_view, 4> kSecretWords = {"auth", "key", "pwd",
                                                          "pat"};

bool is_inside_character(std::string_view text, std::size_t at) {
  return at < text.size() &&
         (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U;
}

std::size_t character_before(std::string_view text, std::size_t at) {
  while (at > 0 && is_inside_character(text, at)) --at;
  return at;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most),
                    b.begin())
          .first -
      a.begin());
}

}  // namespace

std::string cut_text(std::string_view text, std::size_t most) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  if (line.size() <= most) return line;
  line.resize(character_before(line, most));
  return line + "…";
}

std::string show_change(std::string_view was, std::string_view is) {
  std::string_view mark;
  if (std::max(was.size(), is.size()) > kMostBytes) {
    const std::size_t same = common_prefix(was, is);
    if (same > kCommonBytes) {
      std::size_t start = same - kCommonBytes;
      const std::size_t blank = is.substr(0, same).find(' ', start);
      if (blank != std::string_view::npos) start = blank + 1;
      start = character_before(is, start);
      was.remove_prefix(start);
      is.remove_prefix(start);
      mark = "…";
    }
  }
  return fmt::format("{}{} → {}{}", mark, cut_text(was, kMostBytes), mark,
                     cut_text(is, kMostBytes));
}

bool may_be_secret(std::string_view name) {
  const std::string low = parser::to_lower(name);
  for (const std::string_view part : kSecretParts) {
    if (low.find(part) != std::string::npos) return true;
  }
  if (low.ends_with("key")) return true;
  std::string_view rest = low;
  for (;;) {
    const std::size_t end = rest.find('_');
    const std::string_view word = rest.substr(0, end);
    if (std::find(kSecretWords.begin(), kSecretWords.end(), word) !=
        kSecretWords.end()) {
      return true;
    }
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace builder
