#include "parser/dockerfile.h"

#include <algorithm>
#include <utility>

#include "parser/ascii.h"
#include "parser/directive.h"
#include "parser/instruction.h"
#include "parser/keyword.h"
#include "parser/line_structure.h"
#include "parser/stage_name.h"
#include "parser/syntax_error.h"
#include "parser/unknown_instruction.h"

namespace parser {

namespace {

// The body without its leading tabs, line by line.
std::string chomp_tabs(std::string_view lines) {
  std::string result;
  while (!lines.empty()) {
    while (lines.starts_with('\t')) lines.remove_prefix(1);
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    if (lines.empty()) break;
    result += lines.substr(0, end);
    lines.remove_prefix(end);
  }
  return result;
}

// Puts instructions together as their parts arrive; a file and a trigger differ
// only in what they do with a whole one.
class InstructionCollector : public LineHandler {
 public:
  std::vector<HeredocStart> on_line(
      const JoinedText& line, std::vector<std::string> comments) override {
    ReadInstruction read = read_instruction(line, escape_);
    current_ = std::move(read.instruction);
    current_.blank_line = std::exchange(blank_line_, std::nullopt);
    bodies_read_ = 0;
    current_.comments = std::move(comments);
    on_command_line(current_);
    return std::move(read.heredocs);
  }

  void on_heredoc(const HeredocStart& start, const HeredocBody& body) override {
    Instruction& owner = current_.onbuild ? *current_.onbuild : current_;
    Heredoc& heredoc = owner.heredocs[bodies_read_++];
    heredoc.content =
        start.chomp ? chomp_tabs(body.lines) : std::string(body.lines);
    heredoc.range = body.range;
    add_text(owner, start, body);
    if (current_.onbuild) add_text(current_, start, body);
  }

  void on_line_end(Position end) override {
    current_.range.end = end;
    if (current_.onbuild) current_.onbuild->range.end = end;
    on_instruction(std::move(current_));
    current_ = Instruction();
  }

  void on_blank_in_line(Position at) override {
    if (!blank_line_) blank_line_ = at.line;
  }

 protected:
  // As soon as the command line is there, so that what is wrong with it is said
  // before what is wrong with a body.
  virtual void on_command_line(const Instruction& instruction) = 0;
  virtual void on_instruction(Instruction&& instruction) = 0;

  char escape_ = '\\';

 private:
  static void add_text(Instruction& instruction, const HeredocStart& start,
                       const HeredocBody& body) {
    instruction.text += '\n';
    instruction.text += body.lines;
    instruction.text += start.name;
  }

  Instruction current_;
  std::optional<std::uint32_t> blank_line_;  // of the line being joined
  std::size_t bodies_read_ = 0;
};

class FileCollector final : public InstructionCollector {
 public:
  explicit FileCollector(std::string_view text) : text_(text) {}

  std::vector<HeredocStart> on_line(
      const JoinedText& line, std::vector<std::string> comments) override {
    const Slice word = first_word(Slice(line).trimmed());
    if (!find_keyword(word.text())) {
      const auto& all = file_.instructions;
      throw explain_unknown(
          {word, text_, all.empty() ? nullptr : &all.back(), escape_});
    }
    return InstructionCollector::on_line(line, std::move(comments));
  }

  void on_directive(const std::string& name, std::string_view value,
                    Range range) override {
    if (file_.directives.contains(name)) {
      throw SyntaxError(range, "directive \"" + name + "\" is given twice");
    }
    check_directive(name, value, range);
    file_.directives.emplace(name, value);
    if (name == "escape") escape_ = value.front();
  }

  // What there is, whole or not.
  Dockerfile take() {
    file_.escape = escape_;
    return std::move(file_);
  }

  void check_is_whole() const {
    if (file_.instructions.empty()) {
      throw SyntaxError(Range{}, "file holds no instruction",
                        "begin with FROM image");
    }
    if (file_.stages.empty()) {
      throw SyntaxError(file_.instructions.back().range,
                        "file holds no FROM, so there is nothing to build",
                        "add FROM image");
    }
  }

 private:
  void on_command_line(const Instruction& instruction) override {
    if (instruction.keyword == Keyword::from) {
      add_stage(instruction);
    } else if (file_.stages.empty() && instruction.keyword != Keyword::arg) {
      throw SyntaxError(instruction.range,
                        std::string(render_keyword(instruction.keyword)) +
                            " stands before the first FROM",
                        "only ARG may stand there; begin with FROM image");
    }
  }

  void on_instruction(Instruction&& instruction) override {
    if (!file_.stages.empty()) {
      instruction.stage = file_.stages.back().index;
    }
    file_.instructions.push_back(std::move(instruction));
  }

  void add_stage(const Instruction& from) {
    Stage stage;
    stage.index = file_.stages.size();
    stage.base = from.args.front().text;
    stage.from = file_.instructions.size();
    if (const Flag* platform = from.find_flag("platform")) {
      stage.platform = platform->value;
    }
    if (from.args.size() == 3) {
      stage.name = read_stage_name(from.args[2]);
      stage.description = find_description(from.comments, *stage.name);
    }
    file_.stages.push_back(std::move(stage));
  }

  std::string_view text_;
  Dockerfile file_;
};

class TriggerCollector final : public InstructionCollector {
 public:
  void on_directive(const std::string&, std::string_view, Range) override {}

  Instruction finish() {
    if (!found_) throw SyntaxError(Range{}, "trigger holds no instruction");
    return std::move(*found_);
  }

 private:
  void on_command_line(const Instruction& instruction) override {
    check_is_trigger(instruction);
    if (found_) {
      throw SyntaxError(instruction.range,
                        "trigger holds more than one instruction");
    }
  }
  void on_instruction(Instruction&& instruction) override {
    found_ = std::move(instruction);
  }

  std::optional<Instruction> found_;
};

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t feed = text.find('\n');
    std::string_view line = text.substr(0, feed);
    text.remove_prefix(feed == std::string_view::npos ? text.size() : feed + 1);
    while (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
  }
  return lines;
}

// Columns and excerpts are those an editor shows, which hides the mark.
std::string_view without_byte_order_mark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

}  // namespace

const Flag* Instruction::find_flag(std::string_view name) const {
  const auto found =
      std::find_if(flags.begin(), flags.end(),
                   [&](const Flag& flag) { return flag.name == name; });
  return found == flags.end() ? nullptr : &*found;
}

const Heredoc* Instruction::find_heredoc(const Word& arg) const {
  // They stand in the order of the file.
  const auto found =
      std::lower_bound(heredocs.begin(), heredocs.end(), arg.range.start,
                       [](const Heredoc& heredoc, const Position& start) {
                         return heredoc.start.range.start < start;
                       });
  return found != heredocs.end() && found->start.range == arg.range ? &*found
                                                                    : nullptr;
}

bool Instruction::is_sole_heredoc() const {
  return keyword == Keyword::run && heredocs.size() == 1 &&
         args.front().range == heredocs.front().start.range;
}

Dockerfile parse_until_fault(std::string_view text,
                             std::optional<SyntaxError>& fault) {
  text = without_byte_order_mark(text);
  FileCollector collector(text);
  try {
    read_lines(text, LineSource::file, collector);
    collector.check_is_whole();
  } catch (const SyntaxError& error) {
    fault = error;
  }
  Dockerfile file = collector.take();
  file.lines = split_lines(text);
  return file;
}

Dockerfile parse_dockerfile(std::string_view text) {
  std::optional<SyntaxError> fault;
  Dockerfile file = parse_until_fault(text, fault);
  if (fault) throw std::move(*fault);
  return file;
}

Instruction parse_trigger(std::string_view text) {
  TriggerCollector collector;
  read_lines(text, LineSource::trigger, collector);
  return collector.finish();
}

}  // namespace parser
