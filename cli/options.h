// The command line of one command, in docker's conventions: long flags with '='
// or a blank, short flags that bundle, lists by repetition, "--" ends flags.
// Keeps the parsing library out of every command's file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

using Arguments = std::vector<std::string>;

class Options {
 public:
  // `usage` is what follows "strake": "build [flags] PATH".
  Options(std::string_view usage, std::string_view summary,
          std::string_view example);
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options();

  // Names as "-t,--tag". What they are bound to must outlive parse().
  void flag(std::string_view names, bool& value, std::string_view help);
  void value(std::string_view names, std::optional<std::string>& value,
             std::string_view help);
  void list(std::string_view names, std::vector<std::string>& values,
            std::string_view help);
  // Whose value may be left out, and stands behind "=" when it is there; left
  // out, it is empty.
  void optional_list(std::string_view name, std::vector<std::string>& values,
                     std::string_view help);
  void operand(std::string_view name, std::string& value,
               std::string_view help);
  void optional_operand(std::string_view name,
                        std::optional<std::string>& value,
                        std::string_view help);
  void operands(std::string_view name, std::vector<std::string>& values,
                std::string_view help);
  // The first argument that is no flag ends the flags; it and all behind it.
  void rest(std::string_view name, std::vector<std::string>& values,
            std::string_view help);

  // Flags of docker's that will come, "--platform -m": refused as such, so that
  // nobody looks for a typing mistake.
  void not_yet(std::string_view names);
  // Flags of docker's that mean nothing here, and are taken without a word.
  void ignored(std::string_view names);

  // False when --help was asked for and printed. Throws: usage, with the
  // nearest known flag for one that is not known.
  bool parse(const Arguments& arguments);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cli
