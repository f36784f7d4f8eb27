#include "parser/shell_commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "parser/ascii.h"

namespace parser {

namespace {

// Words in front of a command that are none themselves.
constexpr std::array<std::string_view, 16> kPrefixes = {
    "if",   "then", "elif", "else", "while", "until", "do",   "{",
    "time", "!",    "sudo", "env",  "exec",  "nice",  "done", "fi"};

bool is_assignment(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 &&
         !is_digit(word.front()) &&
         std::all_of(word.begin(),
                     word.begin() + static_cast<std::ptrdiff_t>(equals),
                     is_name_char);
}

class CommandReader {
 public:
  explicit CommandReader(std::string_view script) : script_(script) {}

  std::vector<ShellCommand> read() {
    for (; at_ < script_.size(); ++at_) step(script_[at_]);
    end_command();
    return std::move(commands_);
  }

 private:
  void step(char c) {
    if (quote_ != 0) return step_quoted(c);
    switch (c) {
      case '\'':
      case '"':
        quote_ = c;
        in_word_ = true;
        return;
      case '\\':
        ++at_;
        if (at_ < script_.size() && script_[at_] != '\n') add(script_[at_]);
        return;
      case '#':
        if (in_word_) return add(c);
        while (at_ + 1 < script_.size() && script_[at_ + 1] != '\n') ++at_;
        return;
      case '\n':
      case ';':
      case '&':
      case '|':
      case '(':
      case ')':
      case '`':
        return end_command();
      case '>':
      case '<':
        return start_redirection();
      default:
        if (is_space(c)) return end_word();
        add(c);
    }
  }

  void step_quoted(char c) {
    if (c == quote_) {
      quote_ = 0;
    } else if (c == '\\' && quote_ == '"' && at_ + 1 < script_.size()) {
      add(script_[++at_]);
    } else {
      add(c);
    }
  }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }

  // "2>/dev/null", ">> log": the word behind it is a file. "2>&1" has none.
  void start_redirection() {
    const bool is_number =
        !word_.empty() && std::all_of(word_.begin(), word_.end(), is_digit);
    if (is_number) {
      word_.clear();
      in_word_ = false;
    }
    end_word();
    while (at_ + 1 < script_.size() &&
           (script_[at_ + 1] == '>' || script_[at_ + 1] == '<' ||
            script_[at_ + 1] == '&')) {
      ++at_;
    }
    is_file_ = true;
  }

  void end_word() {
    if (!in_word_) return;
    in_word_ = false;
    std::string word = std::exchange(word_, {});
    if (std::exchange(is_file_, false)) return;
    const bool is_prefix =
        command_.empty() && (word.empty() || is_assignment(word) ||
                             std::find(kPrefixes.begin(), kPrefixes.end(),
                                       word) != kPrefixes.end());
    if (!is_prefix) command_.push_back(std::move(word));
  }

  void end_command() {
    end_word();
    is_file_ = false;
    if (!command_.empty()) commands_.push_back(std::exchange(command_, {}));
  }

  std::string_view script_;
  std::size_t at_ = 0;
  char quote_ = 0;
  bool in_word_ = false;
  bool is_file_ = false;
  std::string word_;
  ShellCommand command_;
  std::vector<ShellCommand> commands_;
};

}  // namespace

std::vector<ShellCommand> split_shell_commands(std::string_view script) {
  return CommandReader(script).read();
}

std::vector<ShellCommand> shell_commands_of(const Instruction& run) {
  if (run.args.empty()) return {};
  if (run.form == Form::exec) {
    // ["sh", "-c", "script"]
    if (run.args.size() == 3 && run.args[1].text.starts_with('-') &&
        run.args[1].text.ends_with('c')) {
      return split_shell_commands(run.args[2].text);
    }
    ShellCommand command;
    for (const Word& word : run.args) command.push_back(word.text);
    return {std::move(command)};
  }
  std::string script;
  if (!run.is_sole_heredoc()) script = run.args.front().text + "\n";
  for (const Heredoc& heredoc : run.heredocs) script += heredoc.content;
  return split_shell_commands(script);
}

}  // namespace parser
