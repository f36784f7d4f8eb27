#include "builder/context_stage.h"

#include <fmt/format.h>

#include <utility>

namespace builder {

void start_from_files(Graph& graph, TreeSource context,
                      const parser::Range& range, const std::string& stage_name,
                      StageState& state) {
  Vertex vertex;
  vertex.title = fmt::format("FROM {}", context.name);
  vertex.range = range;
  vertex.stage = stage_name;
  CopyOp copy;
  copy.sources.push_back({std::move(context), "/", range});
  copy.destination = "/";
  copy.destination_is_directory = true;
  vertex.operation = std::move(copy);
  PlannedHistory planned;
  planned.entry.created_by = vertex.title;
  planned.vertex = graph.add(std::move(vertex));
  state.tree = planned.vertex;
  state.history.push_back(std::move(planned));
}

}  // namespace builder
