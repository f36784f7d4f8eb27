#include "builder/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "builder/source_words.h"
#include "parser/url.h"

namespace builder {
namespace {

// Of a longer line, what is around the fault is shown.
constexpr std::size_t kMaxShownBytes = 160;
constexpr std::size_t kShownBeforeFault = 60;
constexpr std::string_view kCut = "...";

bool is_inside_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

// Tabs become one space, so that the caret below stands right; bytes that a
// terminal would obey are shown as '?'.
std::string printable(std::string_view line) {
  std::string shown(line);
  for (char& c : shown) {
    if (c == '\t') c = ' ';
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return shown;
}

// How many columns a terminal gives the text, were all characters equally wide.
std::size_t width_of(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(
                           text.begin(), text.end(), is_inside_character));
}

std::string render_excerpt(const std::vector<std::string>& lines,
                           const parser::Range& range) {
  if (range.start.line == 0 || range.start.line > lines.size()) return {};
  const std::string text =
      parser::mask_credentials(lines[range.start.line - 1]);
  const std::string_view line = text;
  const std::size_t start =
      std::min<std::size_t>(range.start.column - 1, line.size());
  std::size_t end =
      range.end.line == range.start.line ? range.end.column - 1 : line.size();
  std::size_t from = 0;
  if (line.size() > kMaxShownBytes && start > kShownBeforeFault) {
    from = start - kShownBeforeFault;
    while (from < start && is_inside_character(line[from])) ++from;
  }
  std::size_t until = std::min(line.size(), from + kMaxShownBytes);
  while (until < line.size() && is_inside_character(line[until])) ++until;
  end = std::clamp(end, start, until);

  const std::string_view cut = from > 0 ? kCut : "";
  const std::size_t before =
      cut.size() + width_of(line.substr(from, start - from));
  const std::string number = fmt::format("{:>4}", range.start.line);
  const std::size_t marked =
      std::max<std::size_t>(width_of(line.substr(start, end - start)), 1);
  return fmt::format("{} | {}{}{}\n{:>{}} | {:>{}}^{:~>{}}\n", number, cut,
                     printable(line.substr(from, until - from)),
                     until < line.size() ? kCut : "", "", number.size(), "",
                     before, "", marked - 1);
}

// The physical lines of a text that is no Dockerfile, as an editor shows them.
std::vector<std::string> split_lines(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    while (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

std::string render_excerpt(const SourceFile& file, const parser::Range& range) {
  return render_excerpt(file.tree.lines, range);
}

PartialSource parse_until_fault(std::string name, std::string_view text) {
  std::optional<parser::SyntaxError> fault;
  PartialSource source;
  source.file = {std::move(name), parser::parse_until_fault(text, fault)};
  if (fault) {
    source.fault =
        error_at(source.file, fault->range(), fault->message(), fault->hint());
  }
  return source;
}

SourceFile parse_source(std::string name, std::string_view text) {
  PartialSource source = parse_until_fault(std::move(name), text);
  if (source.fault) throw std::move(*source.fault);
  return std::move(source.file);
}

base::Error error_in(std::string_view name, std::string_view text,
                     const parser::SyntaxError& error) {
  SourceFile shown{std::string(name), {}};
  shown.tree.lines = split_lines(text);
  return error_at(shown, error.range(), error.message(), error.hint());
}

base::Error error_at(const SourceFile& file, const parser::Range& range,
                     std::string_view message, std::string hint,
                     base::ErrorKind kind) {
  return base::Error(kind,
                     fmt::format("{}:{}:{}: {}", file.name, range.start.line,
                                 range.start.column, message))
      .hint(std::move(hint))
      .excerpt(render_excerpt(file, range));
}

base::Error error_at(const SourceFile& file, const parser::Word& word,
                     const parser::SyntaxError& error) {
  parser::Range range = word.range;
  if (is_verbatim(word)) {
    const std::uint32_t last = range.end.column;
    const auto move = [&](const parser::Position& position) {
      return parser::Position{
          range.start.line,
          std::min(word.range.start.column + position.column - 1, last)};
    };
    range = {move(error.range().start), move(error.range().end)};
  }
  return error_at(file, range, error.message(), error.hint());
}

std::optional<parser::Position> find_place(const SourceFile& file,
                                           const base::Error& error) {
  const std::string_view message = error.message();
  if (!message.starts_with(file.name + ":")) return std::nullopt;
  const char* at = message.data() + file.name.size() + 1;
  const char* end = message.data() + message.size();
  parser::Position place;
  const auto line = std::from_chars(at, end, place.line);
  if (line.ec != std::errc() || line.ptr == end) return std::nullopt;
  const auto column = std::from_chars(line.ptr + 1, end, place.column);
  if (column.ec != std::errc()) return std::nullopt;
  return place;
}

}  // namespace builder
