#include "builder/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace builder {
namespace {

constexpr std::size_t kMaxShownBytes = 160;

// Tabs become one space, so that the caret below stands right; bytes that a
// terminal would obey are shown as '?'.
std::string printable(std::string_view line) {
  std::string shown(line.substr(0, kMaxShownBytes));
  for (char& c : shown) {
    if (c == '\t') c = ' ';
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return shown;
}

std::string render_excerpt_lines(const std::vector<std::string>& lines,
                                 const parser::Range& range) {
  if (range.start.line == 0 || range.start.line > lines.size()) return {};
  const std::string& line = lines[range.start.line - 1];
  const std::string number = fmt::format("{:>4}", range.start.line);
  std::string text = fmt::format("{} | {}\n", number, printable(line));
  const std::size_t start = range.start.column - 1;
  if (start > kMaxShownBytes) return text;
  const std::size_t last =
      range.end.line == range.start.line ? range.end.column - 1 : line.size();
  const std::size_t length = std::max<std::size_t>(
      std::min(last, kMaxShownBytes) - std::min(start, last), 1);
  text +=
      fmt::format("{:>4} | {:>{}}^{:~>{}}\n", "", "", start, "", length - 1);
  return text;
}

base::Error make_error(std::string_view name,
                       const std::vector<std::string>& lines,
                       const parser::Range& range, std::string_view message,
                       std::string hint, base::ErrorKind kind) {
  return base::Error(kind, fmt::format("{}:{}:{}: {}", name, range.start.line,
                                       range.start.column, message))
      .hint(std::move(hint))
      .excerpt(render_excerpt_lines(lines, range));
}

// The physical lines of a text that did not parse.
std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

SourceFile parse_source(std::string name, std::string_view text) {
  try {
    return {name, parser::parse_dockerfile(text)};
  } catch (const parser::SyntaxError& error) {
    throw make_error(name, split_lines(text), error.range(), error.message(),
                     error.hint(), base::ErrorKind::invalid_dockerfile);
  }
}

base::Error error_at(const SourceFile& file, const parser::Range& range,
                     std::string_view message, std::string hint,
                     base::ErrorKind kind) {
  return make_error(file.name, file.tree.lines, range, message, std::move(hint),
                    kind);
}

base::Error error_at(const SourceFile& file, const parser::Position& start,
                     const parser::SyntaxError& error) {
  const auto move = [&start](parser::Position position) {
    if (position.line > 1) return start;  // the word spans lines
    return parser::Position{start.line, start.column + position.column - 1};
  };
  return error_at(file, {move(error.range().start), move(error.range().end)},
                  error.message(), error.hint());
}

std::string render_excerpt(const parser::Dockerfile& tree,
                           const parser::Range& range) {
  return render_excerpt_lines(tree.lines, range);
}

std::string render_place(const SourceFile& file, const parser::Range& range) {
  return fmt::format("{}:{}", file.name, range.start.line);
}

}  // namespace builder
