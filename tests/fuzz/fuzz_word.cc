// Any word expands or is refused. The first byte picks the escape character.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parser/syntax_error.h"
#include "parser/word.h"
#include "require.h"

namespace {

std::optional<std::string> look_up(std::string_view name) {
  if (name == "e") return "";
  if (name == "p") return "/usr/lib/lib.so.1";
  if (name == "g") return "*?\\";
  if (name.size() % 2 == 0) return std::nullopt;
  return "a b";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  if (size == 0) return 0;
  const char escape = data[0] == '`' ? '`' : '\\';
  const std::string_view word(reinterpret_cast<const char*>(data + 1),
                              size - 1);
  const auto attempt = [&](const auto& expand) {
    try {
      expand();
    } catch (const parser::SyntaxError& error) {
      fuzz::require(error.range().start <= error.range().end, "a place");
    }
  };
  attempt([&] { parser::expand_word(word, escape, look_up); });
  attempt([&] { parser::expand_to_words(word, escape, look_up); });
  attempt([&] { parser::expand_heredoc(word, look_up); });
  return 0;
}
