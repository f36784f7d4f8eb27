#include "tests/tree_difference.h"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace tests {

namespace {

using parser::Instruction;

// Notes the first difference; later ones are not looked at.
class Comparison {
 public:
  bool differs() const noexcept { return !found_.empty(); }
  const std::string& found() const noexcept { return found_; }

  void check(std::string_view what, bool is_same) {
    if (!is_same && !differs()) found_ = what;
  }
  void check(std::string_view what, const std::string& a,
             const std::string& b) {
    check(std::string(what) + ": '" + a + "' and '" + b + "'", a == b);
  }

  void instructions(const Instruction& a, const Instruction& b) {
    check("keyword", a.keyword == b.keyword);
    check("keyword as written", a.keyword_text, b.keyword_text);
    check("form", a.form == b.form);
    check("legacy pair", a.is_legacy_pair == b.is_legacy_pair);
    check("text", a.text, b.text);
    check("stage of an instruction", a.stage == b.stage);
    check("comments", a.comments == b.comments);
    flags(a, b);
    check("arguments",
          std::equal(a.args.begin(), a.args.end(), b.args.begin(), b.args.end(),
                     [](auto& x, auto& y) { return x.text == y.text; }));
    heredocs(a, b);
    check("trigger", (a.onbuild == nullptr) == (b.onbuild == nullptr));
    if (!differs() && a.onbuild) instructions(*a.onbuild, *b.onbuild);
  }

  void stages(const parser::Stage& a, const parser::Stage& b) {
    check("stage index", a.index == b.index && a.from == b.from);
    check("stage name", a.name == b.name);
    check("stage base", a.base, b.base);
    check("stage platform", a.platform == b.platform);
    check("stage description", a.description, b.description);
  }

 private:
  void flags(const Instruction& a, const Instruction& b) {
    check("flags", std::equal(a.flags.begin(), a.flags.end(), b.flags.begin(),
                              b.flags.end(), [](auto& x, auto& y) {
                                return x.name == y.name && x.value == y.value &&
                                       x.text == y.text;
                              }));
  }

  void heredocs(const Instruction& a, const Instruction& b) {
    check("heredocs",
          std::equal(a.heredocs.begin(), a.heredocs.end(), b.heredocs.begin(),
                     b.heredocs.end(), [](auto& x, auto& y) {
                       return x.start.text == y.start.text &&
                              x.name == y.name && x.fd == y.fd &&
                              x.expand == y.expand && x.chomp == y.chomp &&
                              x.content == y.content;
                     }));
    check("sole heredoc", a.is_sole_heredoc() == b.is_sole_heredoc());
    if (differs()) return;
    // Which argument is which heredoc.
    for (std::size_t i = 0; i < a.args.size(); ++i) {
      check("heredoc among the arguments",
            (a.find_heredoc(a.args[i]) == nullptr) ==
                (b.find_heredoc(b.args[i]) == nullptr));
    }
  }

  std::string found_;
};

}  // namespace

std::string find_difference(const parser::Dockerfile& a,
                            const parser::Dockerfile& b) {
  Comparison comparison;
  comparison.check("escape character", a.escape == b.escape);
  comparison.check("directives", a.directives == b.directives);
  comparison.check("number of stages", a.stages.size() == b.stages.size());
  comparison.check("number of instructions",
                   a.instructions.size() == b.instructions.size());
  if (comparison.differs()) return comparison.found();
  for (std::size_t i = 0; i < a.stages.size(); ++i) {
    comparison.stages(a.stages[i], b.stages[i]);
  }
  for (std::size_t i = 0; i < a.instructions.size(); ++i) {
    comparison.instructions(a.instructions[i], b.instructions[i]);
    if (comparison.differs()) {
      return "instruction " + std::to_string(i) + ": " + comparison.found();
    }
  }
  return comparison.found();
}

}  // namespace tests
