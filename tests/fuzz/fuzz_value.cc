// Any text is a value or is refused; values are within their bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parser/mount_option.h"
#include "parser/syntax_error.h"
#include "parser/values.h"
#include "require.h"

namespace {

template <typename Read>
void attempt(const Read& read) {
  try {
    read();
  } catch (const parser::SyntaxError& error) {
    fuzz::require(error.range().start <= error.range().end, "a place");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  attempt([&] { require(!parser::parse_ports(text).empty(), "a port"); });
  attempt([&] { parser::parse_duration(text); });
  attempt([&] { parser::parse_size(text); });
  attempt([&] { require(parser::parse_signal(text) > 0, "above 0"); });
  attempt([&] { require(parser::parse_octal_mode(text) <= 07777, "a mode"); });
  attempt([&] { parser::parse_mount_option(text); });
  require(parser::find_nearest(text, {"mount", "network"}).size() <= 7,
          "one of the candidates");
  return 0;
}
