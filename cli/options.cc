#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <deque>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "cli/report.h"
#include "parser/values.h"

namespace cli {

struct Options::State {
  CLI::App app;
  std::string command;
  std::vector<std::string>* rest = nullptr;
  std::vector<std::string> bare;  // flags that may do without a value
  std::vector<std::string> not_yet;
  std::deque<bool> ignored;  // what flags without meaning are stored in
};

namespace {

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// The library's own line knows neither what follows a command nor its flags'
// place.
class HelpFormatter : public CLI::Formatter {
 public:
  explicit HelpFormatter(std::string_view usage) : usage_(usage) {}
  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("\nUsage: strake {}\n", usage_);
  }
  // "--fail-on-miss[=TEXT]": no blank where there may be none.
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string text = CLI::Formatter::make_option_opts(option);
    return text.starts_with(" [=") ? text.substr(1) : text;
  }

 private:
  std::string usage_;
};

// Whether the next argument is its value.
bool wants_value(const CLI::App& app, const std::string& word) {
  const CLI::Option* option = app.get_option_no_throw(word);
  return option != nullptr && option->get_items_expected_min() > 0;
}

// Of "--no-cache=false": docker's words for true and false, and no empty one.
void require_truth(const CLI::App& app, const std::string& word) {
  constexpr std::array<std::string_view, 12> kWords = {
      "true",  "TRUE",  "True",  "t", "T", "1",
      "false", "FALSE", "False", "f", "F", "0"};
  const std::size_t equals = word.find('=');
  if (!word.starts_with("--") || equals == std::string::npos) return;
  const std::string name = word.substr(0, equals);
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option == nullptr || option->get_items_expected_max() > 0) return;
  const std::string value = word.substr(equals + 1);
  if (std::find(kWords.begin(), kWords.end(), value) != kWords.end()) return;
  throw usage_error(
      fmt::format("{} is true or false, not \"{}\"", name, value));
}

// The library takes "--name=" for a name alone, and then the next argument for
// its value; scripts write it for a variable that happens to be empty. Behind
// the first argument that is no flag, a command's own begin.
Arguments part_empty_values(const CLI::App& app, const Arguments& arguments,
                            bool has_command) {
  Arguments parted;
  auto word = arguments.begin();
  for (; word != arguments.end() && *word != "--"; ++word) {
    const bool is_flag = word->size() > 1 && word->starts_with('-');
    if (!is_flag && has_command) break;
    require_truth(app, *word);
    if (word->starts_with("--") && word->find('=') == word->size() - 1) {
      parted.push_back(word->substr(0, word->size() - 1));
      parted.emplace_back();
      continue;
    }
    parted.push_back(*word);
    if (is_flag && wants_value(app, *word) && word + 1 != arguments.end()) {
      parted.push_back(*++word);
    }
  }
  parted.insert(parted.end(), word, arguments.end());
  return parted;
}

// "builder prune" of "builder prune [flags]": what stands in front of flags and
// operands.
std::string command_of(std::string_view usage) {
  constexpr std::string_view kCommand = "abcdefghijklmnopqrstuvwxyz ";
  const std::size_t end = usage.find_first_not_of(kCommand);
  std::string_view words = usage.substr(0, end);
  while (words.ends_with(' ')) words.remove_suffix(1);
  return std::string(words);
}

}  // namespace

Options::Options(std::string_view usage, std::string_view summary,
                 std::string_view example)
    : state_(std::make_unique<State>()) {
  CLI::App& app = state_->app;
  app.description(std::string(summary));
  app.formatter(std::make_shared<HelpFormatter>(usage));
  app.footer(fmt::format("Example:\n  {}", example));
  app.set_help_flag("--help", "Show this text");
  app.allow_extras();
  state_->command = command_of(usage);
  app.name(fmt::format("strake {}", state_->command));
}

Options::~Options() = default;

void Options::flag(std::string_view names, bool& value, std::string_view help) {
  state_->app.add_flag(std::string(names), value, std::string(help));
}

void Options::value(std::string_view names, std::optional<std::string>& value,
                    std::string_view help) {
  state_->app
      .add_option_function<std::string>(
          std::string(names),
          [&value](const std::string& text) { value = text; },
          std::string(help))
      ->take_last()
      ->type_name("TEXT");
}

void Options::list(std::string_view names, std::vector<std::string>& values,
                   std::string_view help) {
  state_->app.add_option(std::string(names), values, std::string(help))
      ->allow_extra_args(false)
      ->type_name("TEXT");
}

void Options::optional_list(std::string_view name,
                            std::vector<std::string>& values,
                            std::string_view help) {
  list(name, values, help);
  state_->app.get_option(std::string(name))->type_name("[=TEXT]");
  state_->bare.emplace_back(name);
}

void Options::operand(std::string_view name, std::string& value,
                      std::string_view help) {
  state_->app.add_option(std::string(name), value, std::string(help))
      ->required()
      ->type_name("");
}

void Options::optional_operand(std::string_view name,
                               std::optional<std::string>& value,
                               std::string_view help) {
  state_->app
      .add_option_function<std::string>(
          std::string(name),
          [&value](const std::string& text) { value = text; },
          std::string(help))
      ->type_name("");
}

void Options::operands(std::string_view name, std::vector<std::string>& values,
                       std::string_view help) {
  state_->app.add_option(std::string(name), values, std::string(help))
      ->required()
      ->type_name("");
}

void Options::rest(std::string_view name, std::vector<std::string>& values,
                   std::string_view help) {
  state_->app.prefix_command();
  state_->app.footer(
      fmt::format("{}  {}\n\n{}", name, help, state_->app.get_footer()));
  state_->rest = &values;
}

void Options::not_yet(std::string_view names) {
  state_->not_yet = split_words(names);
}

void Options::ignored(std::string_view names) {
  for (const std::string& name : split_words(names)) {
    // No group: they are not part of --help.
    state_->app.add_flag(name, state_->ignored.emplace_back())->group("");
  }
}

bool Options::parse(const Arguments& arguments) {
  CLI::App& app = state_->app;
  const std::string see =
      fmt::format("see \"strake {} --help\"", state_->command);
  try {
    Arguments whole = arguments;
    for (std::string& word : whole) {
      if (word == "--") break;
      const auto& bare = state_->bare;
      if (std::find(bare.begin(), bare.end(), word) != bare.end()) word += "=";
    }
    Arguments words = part_empty_values(app, whole, state_->rest != nullptr);
    std::reverse(words.begin(), words.end());  // as the library wants them
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return false;
  } catch (const CLI::ParseError& error) {
    throw base::Error(base::ErrorKind::usage, error.what()).hint(see);
  }
  Arguments extra = app.remaining();
  if (state_->rest != nullptr && !extra.empty() && extra.front() == "--") {
    extra.erase(extra.begin());
    *state_->rest = std::move(extra);
    return true;
  }
  const bool is_flag = !extra.empty() && extra.front().size() > 1 &&
                       extra.front().starts_with('-');
  if (state_->rest != nullptr && !is_flag) {
    *state_->rest = std::move(extra);
    return true;
  }
  if (extra.empty()) return true;
  const std::string word = extra.front().substr(0, extra.front().find('='));
  if (!is_flag) {
    throw base::Error(base::ErrorKind::usage,
                      fmt::format("unexpected argument \"{}\"", word))
        .hint(see);
  }
  const auto& later = state_->not_yet;
  const std::string shown =
      word.starts_with("--") ? word : word.substr(0, 2);  // "-m" of "-m64m"
  if (std::find(later.begin(), later.end(), shown) != later.end()) {
    throw base::Error(base::ErrorKind::unsupported,
                      fmt::format("{} is not supported yet", shown));
  }
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  names.insert(names.end(), later.begin(), later.end());
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string near = parser::find_nearest(word, views);
  throw base::Error(base::ErrorKind::usage,
                    fmt::format("unknown flag \"{}\"", word))
      .hint(near.empty() ? see : fmt::format("did you mean \"{}\"?", near));
}

}  // namespace cli
