// The screen that stderr leads to, and what it can show.
#pragma once

#include <cstddef>
#include <string_view>

namespace cli {

struct Screen {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool has_color = false;
  bool has_utf8 = false;
};

class Terminal {
 public:
  // Of stderr. Reads TERM, NO_COLOR (no-color.org) and the locale's variables.
  Terminal();

  // Whether lines can be rewritten there: it is a terminal, and not "dumb".
  static bool can_rewrite();

  // As large as it is now; 80 by 24 when nobody can tell.
  Screen screen() const;

 private:
  bool has_color_;
  bool has_utf8_;
};

// To stderr by one write(2), more only when that one was cut short. What cannot
// be written is lost: whoever read it has gone, and the build goes on.
void write_to_stderr(std::string_view bytes) noexcept;

}  // namespace cli
