#include "builder/stage_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "builder/source_words.h"
#include "parser/ascii.h"
#include "parser/csv_record.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::to_lower;

// How many lines of a long cycle are shown.
constexpr std::size_t kMostShown = 8;

// A sign belongs to a number, so "-1" is one that no stage has.
bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Calls for each instruction of a stage but its FROM.
template <typename Visit>
void for_each_of(const parser::Dockerfile& tree, const parser::Stage& stage,
                 Visit visit) {
  for (std::size_t i = stage.from + 1;
       i < tree.instructions.size() &&
       tree.instructions[i].keyword != Keyword::from;
       ++i) {
    visit(tree.instructions[i]);
  }
}

}  // namespace

std::vector<SourceName> source_names(const Instruction& instruction) {
  std::vector<SourceName> sources;
  for (const parser::Flag& flag : instruction.flags) {
    if (!flag.value) continue;
    if (instruction.keyword == Keyword::copy && flag.name == "from") {
      sources.push_back({*flag.value, value_of(flag).range, true});
    }
    if (instruction.keyword != Keyword::run || flag.name != "mount") continue;
    for (const auto& field : parser::read_csv_record(*flag.value)) {
      const std::size_t equals = field.text.find('=');
      if (to_lower(field.text.substr(0, equals)) != "from") continue;
      if (equals == std::string::npos) continue;
      sources.push_back({field.text.substr(equals + 1), flag.range, false});
    }
  }
  return sources;
}

StageGraph::StageGraph(const SourceFile& file,
                       const std::vector<std::string>& bases)
    : file_(file), uses_(file.tree.stages.size()) {
  for (const parser::Stage& stage : file.tree.stages) {
    if (stage.name) named_[*stage.name].push_back(stage.index);
  }
  for (const parser::Stage& stage : file.tree.stages) {
    const Instruction& from = file.tree.instructions[stage.from];
    const auto base = find_above(bases.at(stage.index), stage.index);
    if (base) {
      uses_[stage.index].push_back(
          {*base, {bases[stage.index], from.args.at(0).range, false}});
      for_each_of(file.tree, file.tree.stages[*base],
                  [&](const Instruction& instruction) {
                    if (instruction.onbuild == nullptr) return;
                    add(*instruction.onbuild, stage.index, &from.range);
                  });
    }
    for_each_of(file.tree, stage, [&](const Instruction& instruction) {
      add(instruction, stage.index, nullptr);
    });
  }
  refuse_cycles();
}

std::optional<std::size_t> StageGraph::find_above(std::string_view name,
                                                  std::size_t before) const {
  const auto named = named_.find(name);
  if (named == named_.end()) return std::nullopt;
  const auto& stages = named->second;
  const auto end = std::lower_bound(stages.begin(), stages.end(), before);
  if (end == stages.begin()) return std::nullopt;
  return *std::prev(end);
}

std::optional<std::size_t> StageGraph::find_source(const SourceName& source,
                                                   std::size_t user) const {
  const std::size_t count = file_.tree.stages.size();
  const std::string name = to_lower(source.text);
  if (const auto above = find_above(name, user)) return above;
  if (source.takes_numbers && is_number(name)) {
    const bool may_exist = name.size() < 9 && !name.starts_with('-');
    const std::size_t number = may_exist ? std::stoul(name) : count;
    if (number < count) return number;
    throw error_at(file_, source.range,
                   fmt::format("there is no stage {}", name),
                   fmt::format("stages are numbered from 0 to {}", count - 1));
  }
  if (file_.tree.stages[user].name == name) return user;
  return find_above(name, count);
}

void StageGraph::add(const Instruction& instruction, std::size_t user,
                     const parser::Range* place) {
  for (SourceName& source : source_names(instruction)) {
    if (place != nullptr) source.range = *place;
    if (const auto used = find_source(source, user)) {
      uses_[user].push_back({*used, std::move(source)});
    }
  }
}

void StageGraph::add_trigger(const Instruction& trigger, std::size_t user,
                             const parser::Range& from) {
  const std::size_t before = uses_[user].size();
  add(trigger, user, &from);
  if (uses_[user].size() > before) refuse_cycles();
}

std::vector<std::size_t> StageGraph::used_by(std::size_t user) const {
  std::vector<std::size_t> stages;
  for (const Use& use : uses_[user]) {
    if (use.used < user) stages.push_back(use.used);
  }
  return stages;
}

// Depth first, with a stack of our own: files of many thousand stages exist.
void StageGraph::refuse_cycles() const {
  enum class Mark { unseen, on_path, done };
  std::vector<Mark> marks(uses_.size(), Mark::unseen);
  for (std::size_t start = 0; start < uses_.size(); ++start) {
    if (marks[start] != Mark::unseen) continue;
    std::vector<std::size_t> path = {start};
    std::vector<std::size_t> next = {0};
    std::vector<const Use*> taken;
    marks[start] = Mark::on_path;
    while (!path.empty()) {
      const std::size_t user = path.back();
      if (next.back() == uses_[user].size()) {
        marks[user] = Mark::done;
        path.pop_back();
        next.pop_back();
        if (!taken.empty()) taken.pop_back();
        continue;
      }
      const Use& use = uses_[user][next.back()++];
      if (marks[use.used] == Mark::done) continue;
      taken.push_back(&use);
      if (marks[use.used] == Mark::on_path) {
        const auto begin = std::find(path.begin(), path.end(), use.used);
        const auto skipped = begin - path.begin();
        throw cycle_error({begin, path.end()},
                          {taken.begin() + skipped, taken.end()});
      }
      marks[use.used] = Mark::on_path;
      path.push_back(use.used);
      next.push_back(0);
    }
  }
}

base::Error StageGraph::cycle_error(const std::vector<std::size_t>& users,
                                    const std::vector<const Use*>& uses) const {
  constexpr const char* kHint = "a stage can use only stages above it";
  const SourceName& first = uses[0]->source;
  if (uses.size() == 1) {
    return error_at(file_, first.range,
                    fmt::format("stage \"{}\" copies from itself", first.text),
                    kHint);
  }
  base::Error whole = error_at(
      file_, first.range,
      fmt::format("{} needs {}: stages depend on each other in a circle",
                  name_of(users[0]), name_of(uses[0]->used)),
      kHint);
  std::string excerpt = whole.excerpt();
  for (std::size_t i = 1; i < uses.size() && i < kMostShown; ++i) {
    const base::Error other = error_at(
        file_, uses[i]->source.range,
        fmt::format("{} needs {}", name_of(users[i]), name_of(uses[i]->used)));
    excerpt += fmt::format("{}\n{}", other.message(), other.excerpt());
  }
  return std::move(whole).excerpt(std::move(excerpt));
}

std::string StageGraph::name_of(std::size_t stage) const {
  const auto& name = file_.tree.stages[stage].name;
  return name ? fmt::format("stage \"{}\"", *name)
              : fmt::format("stage {}", stage);
}

}  // namespace builder
