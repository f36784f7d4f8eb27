#include "builder/context_stage.h"

#include <fmt/format.h>

#include <utility>

namespace builder {

void start_from_files(Graph& graph, TreeSource context,
                      const parser::Range& range, const std::string& stage_name,
                      StageState& state) {
  if (context.kind == TreeSource::Kind::empty) return;
  PlannedHistory planned;
  planned.entry.created_by = fmt::format("FROM {}", context.name);
  if (context.kind == TreeSource::Kind::vertex) {
    planned.vertex = context.vertex;
  } else {
    Vertex vertex;
    vertex.title = planned.entry.created_by;
    vertex.text = vertex.title;
    vertex.range = range;
    vertex.stage = stage_name;
    CopyOp copy;
    copy.sources.push_back({std::move(context), "/", range});
    copy.destination.push_back('/');
    copy.destination_is_directory = true;
    vertex.operation = std::move(copy);
    planned.vertex = graph.add(std::move(vertex));
  }
  state.tree = planned.vertex;
  state.history.push_back(std::move(planned));
}

}  // namespace builder
