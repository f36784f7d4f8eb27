#include "cli/text_width.h"

#include <locale.h>
#include <wchar.h>

#include "cli/utf8.h"

namespace cli {
namespace {

constexpr std::size_t kTabColumns = 8;

// wcwidth() knows only what the thread's locale does, and ours is "C", which
// other code here relies on. glibc has C.UTF-8 built in.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (locale_ != nullptr) ::freelocale(locale_);
  }

  std::size_t width(char32_t code_point) const {
    if (locale_ == nullptr) return 1;
    const locale_t before = ::uselocale(locale_);
    const int columns = ::wcwidth(static_cast<wchar_t>(code_point));
    ::uselocale(before);
    return columns < 0 ? 1 : static_cast<std::size_t>(columns);
  }

 private:
  locale_t locale_;
};

std::size_t character_width(char32_t code_point) {
  if (code_point < 0x80) return 1;
  static const Utf8Locale locale;
  return locale.width(code_point);
}

}  // namespace

std::size_t text_width(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character next = first_character(text);
    columns += character_width(next.code_point);
    text.remove_prefix(next.bytes);
  }
  return columns;
}

std::string cut_text(std::string_view text, std::size_t columns,
                     std::string_view mark) {
  const std::size_t mark_columns = text_width(mark);
  std::string out;
  std::size_t width = 0;
  std::size_t fits_bytes = 0;  // of `out`, with the mark behind them
  while (!text.empty()) {
    const Character next = first_character(text);
    const bool is_tab = next.code_point == '\t';
    const std::size_t added = is_tab ? kTabColumns - width % kTabColumns
                                     : character_width(next.code_point);
    if (width + added > columns) {
      if (mark_columns > columns) return {};
      out.resize(fits_bytes);
      return out.append(mark);
    }
    width += added;
    if (is_tab) {
      out.append(added, ' ');
    } else {
      out += text.substr(0, next.bytes);
    }
    if (width + mark_columns <= columns) fits_bytes = out.size();
    text.remove_prefix(next.bytes);
  }
  return out;
}

}  // namespace cli
