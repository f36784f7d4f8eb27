#include "parser/unknown_instruction.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>

#include "parser/ascii.h"
#include "parser/keyword.h"
#include "parser/unicode.h"
#include "parser/values.h"

namespace parser {

namespace {

constexpr std::string_view kOtherFile =
    "name the Dockerfile with -f, or give the directory that holds it";

// A kind of file by its first bytes.
struct Magic {
  std::string_view bytes;
  std::string_view name;
};
constexpr std::array kBinaries = {
    Magic{"\x1f\x8b", "gzip data"},
    Magic{"\x7f"
          "ELF",
          "an ELF program"},
    Magic{"PK\x03\x04", "a zip archive"},
    Magic{"BZh", "bzip2 data"},
    Magic{"\xfd"
          "7zXZ",
          "xz data"},
    Magic{"\x28\xb5\x2f\xfd", "zstd data"},
    Magic{"%PDF", "a PDF document"},
};

std::string_view first_line_of(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

// "UTF-16" and the like: by the mark, or by the NULs that ASCII letters get.
std::string find_wide_encoding(std::string_view text) {
  using std::string_view_literals::operator""sv;
  if (text.starts_with("\xff\xfe\0\0"sv) ||
      text.starts_with("\0\0\xfe\xff"sv)) {
    return "UTF-32";
  }
  const bool has_mark =
      text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
  const auto alternates = [&](std::size_t from) {
    if (text.size() < from + 3) return false;
    return text[from] == '\0' && text[from + 2] == '\0' &&
           text[1 - from] != '\0';
  };
  return has_mark || alternates(0) || alternates(1) ? "UTF-16" : "";
}

std::optional<SyntaxError> find_binary(std::string_view text) {
  constexpr std::size_t kLooked = 1024;
  const Range start{{1, 1}, {1, 2}};
  if (const std::string encoding = find_wide_encoding(text);
      !encoding.empty()) {
    return SyntaxError(
        start, "file is " + encoding + " text",
        "save it as UTF-8: iconv -f " + encoding + " -t UTF-8 Dockerfile");
  }
  for (const Magic& magic : kBinaries) {
    if (text.starts_with(magic.bytes)) {
      return SyntaxError(
          start, "file is " + std::string(magic.name) + ", not a Dockerfile",
          std::string(kOtherFile));
    }
  }
  if (text.substr(0, kLooked).find('\0') == std::string_view::npos) return {};
  return SyntaxError(start, "file is not text: it holds NUL bytes",
                     std::string(kOtherFile));
}

// The value of `"syntax": "…"` in a JSON object, or of `// syntax=…`: ways to
// ask for another frontend that other languages than this one use.
std::string find_foreign_syntax(std::string_view text) {
  if (text.starts_with("#!")) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  if (text.starts_with("//")) {
    std::string_view line = trim_spaces(first_line_of(text).substr(2));
    if (!equal_ignoring_case(line.substr(0, 6), "syntax")) return {};
    line = trim_spaces(line.substr(6));
    if (!line.starts_with('=')) return {};
    line = trim_spaces(line.substr(1));
    return std::string(line.substr(0, line.find(' ')));
  }
  constexpr std::string_view kKey = "\"syntax\"";
  std::size_t at = text.starts_with('{') ? text.find(kKey) : text.npos;
  if (at == text.npos) return {};
  at = text.find_first_not_of(" \t\r\n", at + kKey.size());
  if (at == text.npos || text[at] != ':') return {};
  at = text.find_first_not_of(" \t\r\n", at + 1);
  if (at == text.npos || text[at] != '"') return {};
  const std::size_t end = text.find('"', at + 1);
  return std::string(text.substr(at + 1, end - at - 1));
}

// What the file is, when its first line says it is no Dockerfile.
std::string find_other_language(std::string_view text) {
  const std::string_view line = trim_spaces(first_line_of(text));
  if (line.starts_with("#!")) {
    return "a script for " + std::string(trim_spaces(line.substr(2)));
  }
  if (line.starts_with("<")) return "markup";
  if (line.starts_with("{") || line.starts_with("[")) return "JSON";
  if (line.starts_with("```")) return "Markdown";
  const std::size_t colon = line.find(':');
  const bool is_key =
      colon != line.npos && colon > 0 &&
      (colon + 1 == line.size() || line[colon + 1] == ' ') &&
      std::all_of(line.begin(), line.begin() + static_cast<long>(colon),
                  [](char c) { return is_name_char(c) || c == '-'; });
  return is_key || line == "---" ? "YAML" : "";
}

// Of a name with something unseen in it: "U+00A0", else "".
std::string find_unseen(std::string_view word) {
  while (!word.empty()) {
    const Character character = read_character(word);
    const char32_t c = character.value;
    const bool is_unseen = (c >= 0x200b && c <= 0x200f) || c == 0x2060 ||
                           c == 0xfeff || c == 0xad ||
                           (c >= 0x80 && space_size(word) > 0);
    if (is_unseen) {
      std::array<char, 16> shown{};
      std::snprintf(shown.data(), shown.size(), "U+%04X",
                    static_cast<unsigned>(c));
      return shown.data();
    }
    word.remove_prefix(character.size);
  }
  return {};
}

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (; number > 1; --number) {
    const std::size_t feed = text.find('\n');
    if (feed == text.npos) return {};
    text.remove_prefix(feed + 1);
  }
  return trim_spaces(first_line_of(text));
}

// What may be wrong with the line above, if this one was meant to go on with
// it.
std::string find_hint_above(const UnknownLine& line) {
  const std::uint32_t number = line.word.range().start.line;
  const Instruction* const above = line.above;
  if (above == nullptr) return {};
  const bool opens_none = above->text.find("<<") != std::string::npos &&
                          above->heredocs.empty() && above->form == Form::shell;
  if (opens_none && above->keyword == Keyword::run) {
    return "\"<<\" on line " + std::to_string(above->range.start.line) +
           " opens no heredoc: write it as a word of its own, <<EOF, and "
           "close all quotes";
  }
  if (above->range.end.line + 1 != number || !above->heredocs.empty()) {
    return {};
  }
  const std::string escape(1, line.escape);
  const std::string text(line_of(line.file, number - 1));
  const std::size_t last = text.rfind(line.escape);
  const bool has_comment =
      last != text.npos &&
      trim_spaces(std::string_view(text).substr(last + 1)).starts_with('#');
  if (has_comment) {
    return "line " + std::to_string(number - 1) +
           " goes on only if nothing stands behind its \"" + escape +
           "\"; put the comment on a line of its own";
  }
  return "if this goes on with line " + std::to_string(number - 1) +
         ", end that with \"" + escape + "\"";
}

std::string find_hint(const UnknownLine& line) {
  const std::string_view word = line.word.text();
  if (const std::string unseen = find_unseen(word); !unseen.empty()) {
    return "it holds " + unseen +
           ", which is not seen; delete it or write a "
           "blank";
  }
  if (word.starts_with("<<<<<<<") || word.starts_with("=======") ||
      word.starts_with(">>>>>>>")) {
    return "a merge was left with its conflicts";
  }
  if (word.starts_with("//") || word.starts_with("/*") ||
      word.starts_with("--")) {
    return "a comment begins with \"#\"";
  }
  return find_hint_above(line);
}

}  // namespace

SyntaxError explain_unknown(const UnknownLine& line) {
  const Range range = line.word.range();
  const std::string unknown =
      "unknown instruction " + quote_word(line.word.text());
  const std::string nearest = find_nearest(line.word.text(), keyword_names());
  if (!nearest.empty()) {
    return SyntaxError(range, unknown, "did you mean \"" + nearest + "\"?");
  }
  if (line.above == nullptr) {
    if (auto binary = find_binary(line.file)) return *std::move(binary);
    if (const std::string syntax = find_foreign_syntax(line.file);
        !syntax.empty()) {
      return SyntaxError(
          range, "file asks for the frontend " + quote_word(syntax),
          "strake reads the Dockerfile language alone; it runs no frontends");
    }
    if (const std::string language = find_other_language(line.file);
        !language.empty()) {
      return SyntaxError(range, "file is " + language + ", not a Dockerfile",
                         std::string(kOtherFile));
    }
  }
  return SyntaxError(range, unknown, find_hint(line));
}

}  // namespace parser
