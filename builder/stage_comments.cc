// "# strake: ttl=24h" above an instruction.
#include <fmt/format.h>

#include "builder/stage_planner.h"

namespace builder {

void StagePlanner::read_step_comments(const parser::Instruction& instruction) {
  ttl_.reset();
  if (trigger_ || instruction.comments.empty()) return;
  parser::StepOptions options;
  try {
    options = parser::read_step_options(context_.file.tree, instruction);
  } catch (const parser::SyntaxError& fault) {
    throw error(fault.range(), fault.message(), fault.hint());
  }
  const auto warn = [&](const parser::Range& range, std::string_view text) {
    context_.comment_warnings.push_back(
        fmt::format("{}:{}: {}", context_.file.name, range.start.line, text));
  };
  for (const auto& unknown : options.unknown) {
    warn(unknown.range,
         fmt::format(
             "the comment asks strake for \"{}\", which it does not "
             "know{}",
             unknown.word,
             unknown.nearest.empty()
                 ? ""
                 : fmt::format("; did you mean \"{}\"?", unknown.nearest)));
  }
  if (!options.ttl) return;
  using parser::Keyword;
  const Keyword keyword = instruction.keyword;
  if (keyword == Keyword::run || keyword == Keyword::copy ||
      keyword == Keyword::add) {
    ttl_ = std::move(options.ttl);
  } else {
    warn(
        options.range,
        fmt::format("a ttl means nothing above {}; it is for RUN, COPY and ADD",
                    parser::render_keyword(keyword)));
  }
}

}  // namespace builder
