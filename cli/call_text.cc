#include "cli/call_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/clean_text.h"
#include "cli/table.h"

namespace cli {
namespace {

// Puts a table under what is there, an empty line between.
void append_table(const Table& table, std::string& text) {
  if (!text.empty()) text += '\n';
  text += table.render();
}

void append_inputs(const char* title,
                   const std::vector<builder::Outline::Input>& inputs,
                   std::string& text) {
  if (inputs.empty()) return;
  Table table({title, "REQUIRED"});
  for (const builder::Outline::Input& input : inputs) {
    table.add({input.id, input.is_required ? "true" : ""});
  }
  append_table(table, text);
}

}  // namespace

std::string render_targets(const builder::SourceFile& file) {
  Table table({"TARGET", "BASE", "DESCRIPTION"});
  for (const parser::Stage& stage : file.tree.stages) {
    const bool is_default = stage.index + 1 == file.tree.stages.size();
    std::string name = stage.name.value_or("");
    if (is_default) name += name.empty() ? "(default)" : " (default)";
    if (!name.empty()) table.add({name, stage.base, stage.description});
  }
  return clean_text(table.render());
}

std::string render_outline(const builder::Outline& outline) {
  std::string text;
  if (!outline.name.empty() || !outline.description.empty()) {
    text = fmt::format("TARGET:      {}\n",
                       outline.name.empty() ? "(default)" : outline.name);
    if (!outline.description.empty()) {
      text += fmt::format("DESCRIPTION: {}\n", outline.description);
    }
  }
  if (!outline.arguments.empty()) {
    Table table({"BUILD ARG", "VALUE", "DESCRIPTION"});
    for (const builder::PlannedArgument& argument : outline.arguments) {
      table.add({argument.name, argument.value, argument.description});
    }
    append_table(table, text);
  }
  append_inputs("SECRET", outline.secrets, text);
  append_inputs("SSH", outline.ssh, text);
  if (!outline.caches.empty()) {
    Table table({"CACHE"});
    for (const builder::Outline::Input& cache : outline.caches) {
      table.add({cache.id});
    }
    append_table(table, text);
  }
  return clean_text(text);
}

}  // namespace cli
