#include "builder/outline.h"

#include <algorithm>
#include <map>
#include <set>

#include "parser/stage_name.h"
#include "parser/syntax_error.h"
#include "parser/word.h"

namespace builder {
namespace {

using parser::Instruction;
using parser::Keyword;
using parser::MountType;

// The names that a word's variables have.
std::set<std::string> variables_of(const std::string& word, char escape) {
  std::set<std::string> names;
  try {
    parser::expand_word(word, escape, [&names](std::string_view name) {
      names.emplace(name);
      return std::optional<std::string>("x");
    });
  } catch (const parser::SyntaxError&) {
    // A pattern may not like the stand-in; the names are complete.
  }
  return names;
}

// An ARG above the first FROM.
struct GlobalArgument {
  PlannedArgument argument;
  std::set<std::string> uses;  // in its default
};

class OutlineMaker {
 public:
  OutlineMaker(const SourceFile& file, const PlanOptions& options,
               const Plan& plan)
      : file_(file), options_(options), plan_(plan) {}

  Outline make() {
    read_globals();
    name_target();
    take_arguments();
    take_inputs();
    return std::move(outline_);
  }

 private:
  void read_globals() {
    for (const Instruction& instruction : file_.tree.instructions) {
      if (instruction.stage || instruction.keyword != Keyword::arg) continue;
      for (const parser::Word& word : instruction.args) {
        const std::size_t equals = word.text.find('=');
        const std::string name = word.text.substr(0, equals);
        GlobalArgument& global = globals_[name];
        global.argument = {name, "", instruction.range,
                           parser::find_description(instruction.comments, name),
                           true};
        const auto value = plan_.globals.find(name);
        if (value != plan_.globals.end()) {
          global.argument.value = value->second;
        }
        global.uses.clear();
        if (equals != std::string::npos &&
            !options_.build_args.contains(name)) {
          global.uses =
              variables_of(word.text.substr(equals + 1), file_.tree.escape);
        }
      }
    }
  }

  void name_target() {
    if (plan_.stages.empty()) return;
    // A stage sees only those above it, so the target is the last one planned.
    const parser::Stage& target = file_.tree.stages[*plan_.stages.rbegin()];
    outline_.name = target.name.value_or("");
    outline_.description = target.description;
  }

  void take_global(const std::string& name) {
    const auto found = globals_.find(name);
    if (found == globals_.end() || !taken_.insert(name).second) return;
    outline_.arguments.push_back(found->second.argument);
    for (const std::string& used : found->second.uses) take_global(used);
  }

  void take_arguments() {
    const auto& arguments = plan_.arguments;
    for (auto it = arguments.rbegin(); it != arguments.rend(); ++it) {
      if (it->is_global) {
        take_global(it->name);
      } else if (taken_.insert(it->name).second) {
        outline_.arguments.push_back(*it);
      }
    }
    for (const std::size_t index : plan_.stages) {
      const parser::Stage& stage = file_.tree.stages[index];
      for (const std::string& word :
           {stage.base, stage.platform.value_or("")}) {
        for (const std::string& name : variables_of(word, file_.tree.escape)) {
          take_global(name);
        }
      }
    }
    std::stable_sort(
        outline_.arguments.begin(), outline_.arguments.end(),
        [](const PlannedArgument& left, const PlannedArgument& right) {
          return left.range.start < right.range.start;
        });
  }

  void take_inputs() {
    for (const Vertex& vertex : plan_.vertices) {
      const auto* run = std::get_if<ExecOp>(&vertex.operation);
      if (run == nullptr) continue;
      for (const ExecMount& mount : run->mounts) {
        const parser::MountOption& option = mount.option;
        const std::string id = option.id.value_or("");
        if (option.type == MountType::secret) {
          add(outline_.secrets, id, option.required, vertex.range);
        } else if (option.type == MountType::ssh) {
          add(outline_.ssh, id.empty() ? "default" : id, option.required,
              vertex.range);
        } else if (option.type == MountType::cache) {
          add(outline_.caches, id, false, vertex.range);
        }
      }
    }
  }

  static void add(std::vector<Outline::Input>& inputs, const std::string& id,
                  bool is_required, const parser::Range& range) {
    const auto known = std::find_if(
        inputs.begin(), inputs.end(),
        [&](const Outline::Input& input) { return input.id == id; });
    if (known == inputs.end()) {
      inputs.push_back({id, is_required, range});
    } else {
      known->is_required |= is_required;
    }
  }

  const SourceFile& file_;
  const PlanOptions& options_;
  const Plan& plan_;
  std::map<std::string, GlobalArgument> globals_;
  std::set<std::string> taken_;
  Outline outline_;
};

}  // namespace

Outline make_outline(const SourceFile& file, const PlanOptions& options,
                     const Plan& plan) {
  return OutlineMaker(file, options, plan).make();
}

}  // namespace builder
