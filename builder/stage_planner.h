// Plans one stage: folds its instructions, in order, into a file system (the
// last vertex), a configuration, variables and history. Private to the planner.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "builder/plan.h"

namespace builder {

// What a stage has become so far; a stage built FROM it starts as a copy.
struct StageState {
  std::optional<std::size_t> tree;  // none: empty
  store::ImageConfig config;
  Scope scope;
  std::vector<PlannedHistory> history;
};

// The vertices so far; adding an equal one gives the first one's number.
class Graph {
 public:
  std::size_t add(Vertex vertex);
  std::vector<Vertex>& vertices() noexcept { return vertices_; }

 private:
  std::vector<Vertex> vertices_;
  std::map<std::string, std::size_t, std::less<>> known_;
};

// What the stages of one file share.
struct PlanContext {
  const SourceFile& file;
  const PlanOptions& options;
  Graph& graph;
  BuildArgs globals;  // built-in and global ARGs, with --build-arg applied

  // The tree that COPY --from or a mount's from means, seen from a stage.
  std::function<TreeSource(std::string_view name, std::size_t stage,
                           const parser::Range& range)>
      find_tree;
};

class StagePlanner {
 public:
  StagePlanner(PlanContext& context, const parser::Stage& stage,
               StageState start);

  // Applies an instruction of the stage.
  void apply(const parser::Instruction& instruction);
  // Applies a base's ONBUILD trigger; errors point to `from`, the FROM's place.
  void apply_trigger(std::string_view text, const parser::Range& from);

  // Numbers the steps; the state is final.
  StageState finish();

 private:
  // stage_planner.cc
  void dispatch(const parser::Instruction& instruction);
  std::string expand(const parser::Word& word);
  std::string expand(std::string_view text, const parser::Range& range);
  // Runs a reader of a small value, giving its SyntaxError a place.
  template <typename Read>
  auto read_value(const parser::Range& range, Read read);
  base::Error error(const parser::Range& range, std::string_view message,
                    std::string hint = {}) const;
  base::Error unsupported(const parser::Range& range,
                          std::string_view what) const;
  const parser::Range& place(const parser::Range& range) const;
  void add_vertex(const parser::Instruction& instruction, Operation operation,
                  std::string created_by);
  void add_history(std::string created_by);
  std::vector<std::string> shell() const;
  std::string working_dir() const;
  std::string absolute(std::string_view path) const;

  // stage_config.cc
  void apply_arg(const parser::Instruction& instruction);
  void apply_env(const parser::Instruction& instruction);
  void apply_label(const parser::Instruction& instruction);
  void apply_cmd(const parser::Instruction& instruction);
  void apply_entrypoint(const parser::Instruction& instruction);
  void apply_expose(const parser::Instruction& instruction);
  void apply_volume(const parser::Instruction& instruction);
  void apply_healthcheck(const parser::Instruction& instruction);
  void apply_word(const parser::Instruction& instruction);  // USER and alike
  std::vector<std::string> command(const parser::Instruction& instruction,
                                   std::size_t first) const;
  std::vector<std::pair<std::string, std::string>> expand_pairs(
      const parser::Instruction& instruction);

  // stage_files.cc
  void apply_workdir(const parser::Instruction& instruction);
  void apply_copy(const parser::Instruction& instruction);
  void read_copy_flags(const parser::Instruction& instruction, CopyOp& op);
  void read_copy_words(const parser::Instruction& instruction, CopyOp& op);

  // stage_run.cc
  void apply_run(const parser::Instruction& instruction);
  void read_run_flags(const parser::Instruction& instruction, ExecOp& op);
  ExecMount read_mount(const parser::Flag& flag);
  void read_run_command(const parser::Instruction& instruction, ExecOp& op,
                        std::string& shown);

  PlanContext& context_;
  const parser::Stage& stage_;
  StageState state_;
  bool has_cmd_ = false;  // CMD was written in this stage
  std::optional<parser::Range> trigger_from_;
  std::vector<std::size_t> own_vertices_;
};

// The path with ".", ".." and repeated slashes resolved by text alone.
std::string clean_path(std::string_view path);

template <typename Read>
auto StagePlanner::read_value(const parser::Range& range, Read read) {
  try {
    return read();
  } catch (const parser::SyntaxError& fault) {
    if (trigger_from_) throw error(range, fault.message(), fault.hint());
    throw error_at(context_.file, range.start, fault);
  }
}

}  // namespace builder
