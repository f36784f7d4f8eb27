// The addresses among an ADD's sources. Each becomes a vertex of its own that
// fetches; the ADD copies from what it made.
#include <fmt/format.h>

#include <algorithm>

#include "builder/remote_operation.h"
#include "builder/stage_planner.h"
#include "parser/git_address.h"
#include "parser/url.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::Word;

// Other builders' word for a file whose address has no name for it.
constexpr std::string_view kNoName = "__unnamed__";

bool is_http(std::string_view source) {
  return source.starts_with("http://") || source.starts_with("https://");
}

// So that a name stands for itself where wildcards are taken.
std::string escape_wildcards(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos)
      out += '\\';
    out += c;
  }
  return out;
}

bool is_commit_prefix(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

// nullopt for what is no address.
std::optional<CopySource> StagePlanner::find_remote(
    const Instruction& instruction, const Word& source) {
  const auto address =
      read_value(source, [&] { return parser::find_git_address(source.text); });
  if (!address && !is_http(source.text)) return std::nullopt;
  const std::string shown = parser::redact_address(source.text);
  if (instruction.keyword != Keyword::add) {
    throw error(source.range, fmt::format("COPY cannot fetch \"{}\"", shown),
                "ADD can");
  }
  CopySource remote = address ? read_git(instruction, source, *address)
                              : read_http(instruction, source);
  remote.from.kind = TreeSource::Kind::vertex;
  remote.from.name = shown;
  remote.range = place(source.range);
  remote.shown = shown;
  return remote;
}

CopySource StagePlanner::read_http(const Instruction& instruction,
                                   const Word& source) {
  const auto url = parser::find_url(source.text);
  if (!url || url->host.empty()) {
    throw error(source.range,
                fmt::format("\"{}\" is no address of a file",
                            parser::redact_address(source.text)),
                "write it as in https://example.org/file.tar.gz");
  }
  HttpOp op;
  op.url = source.text;
  op.name = parser::file_name_of(*url);
  if (op.name.empty()) op.name = kNoName;
  if (const auto checksum = read_checksum(instruction)) {
    op.checksum = base::Digest::find_in(checksum->text);
    if (!op.checksum) {
      throw error(
          checksum->range,
          fmt::format("\"{}\" is no checksum of a file", checksum->text),
          "write it as sha256: and 64 digits from 0 to f");
    }
  }
  op.proxy_env = proxy_environment(context_.options.build_args, {});
  CopySource remote;
  remote.path = escape_wildcards(op.name);
  const parser::Flag* unpack = instruction.find_flag("unpack");
  remote.keeps_archive = unpack == nullptr || !is_true(*unpack);
  remote.from.vertex = add_source(std::move(op), source);
  return remote;
}

CopySource StagePlanner::read_git(const Instruction& instruction,
                                  const Word& source,
                                  const parser::GitAddress& address) {
  GitOp op = git_operation(address);
  if (const parser::Flag* keep = instruction.find_flag("keep-git-dir")) {
    op.keep_git_dir = is_true(*keep);
    if (address.keep_git_dir.value_or(op.keep_git_dir) != op.keep_git_dir) {
      throw error(keep->range,
                  "--keep-git-dir and the address say different things",
                  "leave one of them out");
    }
  }
  if (const auto checksum = read_checksum(instruction)) {
    if (!op.checksum.empty() && op.checksum != checksum->text) {
      throw error(checksum->range,
                  fmt::format("--checksum is \"{}\", the address has \"{}\"",
                              checksum->text, op.checksum),
                  "leave one of them out");
    }
    op.checksum = checksum->text;
  }
  if (!op.checksum.empty() && !is_commit_prefix(op.checksum)) {
    throw error(
        source.range, fmt::format("\"{}\" is no git commit", op.checksum),
        "the checksum of a git source is a commit, or its first digits");
  }
  if (parser::is_commit(op.ref)) {
    if (!op.ref.starts_with(op.checksum)) {
      throw error(source.range,
                  fmt::format("commit {} is not {}", op.ref, op.checksum));
    }
    op.checksum.clear();
  }
  op.proxy_env = proxy_environment(context_.options.build_args, {});
  CopySource remote;
  remote.path.push_back('/');
  remote.keeps_archive = true;
  remote.from.vertex = add_source(std::move(op), source);
  return remote;
}

// What an address gives, fetched once for all who want it.
std::size_t StagePlanner::add_source(Operation operation, const Word& source) {
  Vertex vertex;
  vertex.operation = std::move(operation);
  vertex.range = place(source.range);
  vertex.stage = stage_name_of(stage_);
  vertex.title = parser::redact_address(source.text);
  const std::size_t number = context_.graph.add(std::move(vertex));
  context_.graph.vertices()[number].is_uncached |= is_uncached();
  return number;
}

std::optional<Word> StagePlanner::read_checksum(
    const Instruction& instruction) {
  const parser::Flag* flag = instruction.find_flag("checksum");
  if (flag == nullptr) return std::nullopt;
  Word value = value_of(*flag);
  value.text = expand(value);
  if (value.text.empty()) return std::nullopt;
  return value;
}

// One checksum can be of one thing, and local files are hashed anyway.
void StagePlanner::check_checksum(const Instruction& instruction,
                                  const CopyOp& op) {
  if (!read_checksum(instruction)) return;
  const parser::Range& range = instruction.find_flag("checksum")->range;
  if (op.sources.size() + op.inline_files.size() != 1) {
    throw error(range, "--checksum cannot be of several sources",
                "give each of them an ADD of its own");
  }
  if (op.sources.empty() || op.sources[0].shown.empty()) {
    throw error(range, "--checksum is for sources that are fetched",
                "leave it out");
  }
}

}  // namespace builder
