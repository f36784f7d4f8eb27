#include "parser/instruction.h"

#include <utility>

#include "parser/arguments.h"
#include "parser/ascii.h"
#include "parser/flags.h"
#include "parser/json_words.h"
#include "parser/keyword.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

Range first_word_range(const Instruction& instruction) {
  const Position start = instruction.range.start;
  const auto size = static_cast<std::uint32_t>(instruction.keyword_text.size());
  return Range{start, {start.line, start.column + size}};
}

Keyword read_keyword(Slice word) {
  if (const std::optional<Keyword> keyword = find_keyword(word.text())) {
    return *keyword;
  }
  const std::string nearest = find_nearest(word.text(), keyword_names());
  throw SyntaxError(word.range(),
                    "unknown instruction " + quote_word(word.text()),
                    nearest.empty() ? "" : "did you mean \"" + nearest + "\"?");
}

bool takes_heredocs(Keyword keyword) noexcept {
  return keyword == Keyword::run || keyword == Keyword::copy ||
         keyword == Keyword::add;
}

class InstructionReader {
 public:
  explicit InstructionReader(char escape) : escape_(escape) {}

  // `offset` is where `text` starts in the joined line.
  ReadInstruction read(Slice text, std::size_t offset) {
    ReadInstruction result;
    Instruction& instruction = result.instruction;
    const Slice word = first_word(text);
    instruction.keyword = read_keyword(word);
    instruction.keyword_text = word.text();
    instruction.range = text.range();
    const Slice behind = text.from(word.size()).trimmed();
    instruction.text = behind.text();

    const Slice rest =
        read_flags(instruction.keyword, behind, escape_, instruction.flags);
    const std::size_t rest_offset = offset + text.size() - rest.size();
    if (instruction.keyword == Keyword::onbuild) {
      read_trigger(rest, rest_offset, result);
      return result;
    }
    read_rest(rest, rest_offset, result);
    return result;
  }

 private:
  void read_rest(Slice rest, std::size_t offset, ReadInstruction& result) {
    Instruction& instruction = result.instruction;
    ArgumentSource source{rest, escape_, {}, {}};
    if (takes_json(instruction.keyword)) {
      source.json = read_json_words(rest.text());
    }
    if (takes_heredocs(instruction.keyword) &&
        source.json.kind == JsonWords::Kind::not_json) {
      source.heredocs = find_heredocs(rest.text());
    }
    read_arguments(source, instruction);
    for (const HeredocStart& start : source.heredocs) {
      Heredoc heredoc;
      heredoc.start = rest.sub(start.begin, start.end).word();
      heredoc.name = start.name;
      heredoc.fd = start.fd;
      heredoc.expand = start.expand;
      heredoc.chomp = start.chomp;
      instruction.heredocs.push_back(std::move(heredoc));
    }
    result.heredocs = std::move(source.heredocs);
    for (HeredocStart& start : result.heredocs) {
      start.begin += offset;
      start.end += offset;
    }
  }

  void read_trigger(Slice rest, std::size_t offset, ReadInstruction& result) {
    Instruction& instruction = result.instruction;
    if (rest.empty()) {
      throw SyntaxError(instruction.range, "ONBUILD triggers nothing",
                        "write an instruction behind it");
    }
    instruction.form = Form::none;
    ReadInstruction trigger = read(rest, offset);
    check_is_trigger(trigger.instruction);
    instruction.onbuild =
        std::make_unique<Instruction>(std::move(trigger.instruction));
    result.heredocs = std::move(trigger.heredocs);
  }

  char escape_;
};

// ONBUILD ONBUILD … would otherwise recurse once per word.
void refuse_nested_onbuild(Slice text) {
  std::size_t at = 0;
  int onbuilds = 0;
  while (at < text.size()) {
    while (at < text.size() && is_space(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && !is_space(text[at])) ++at;
    const Slice word = text.sub(begin, at);
    if (word.text() == "--") continue;
    if (!equal_ignoring_case(word.text(), "onbuild")) return;
    if (++onbuilds == 2) {
      throw SyntaxError(word.range(), "ONBUILD cannot trigger ONBUILD");
    }
  }
}

}  // namespace

Slice first_word(Slice text) {
  std::size_t end = 0;
  while (end < text.size() && !is_space(text[end])) ++end;
  return text.sub(0, end);
}

void check_is_trigger(const Instruction& instruction) {
  if (instruction.keyword == Keyword::onbuild ||
      instruction.keyword == Keyword::from ||
      instruction.keyword == Keyword::maintainer) {
    throw SyntaxError(first_word_range(instruction),
                      "ONBUILD cannot trigger " +
                          std::string(render_keyword(instruction.keyword)));
  }
}

ReadInstruction read_instruction(const JoinedText& line, char escape) {
  const Slice text = Slice(line).trimmed();
  refuse_nested_onbuild(text);
  const std::size_t skipped =
      static_cast<std::size_t>(text.text().data() - line.text().data());
  return InstructionReader(escape).read(text, skipped);
}

}  // namespace parser
