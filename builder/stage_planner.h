// Plans one stage: folds its instructions, in order, into a file system (the
// last vertex), a configuration, variables and history. Private to the planner.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "builder/lint.h"
#include "builder/plan.h"
#include "builder/source_words.h"
#include "parser/git_address.h"
#include "parser/word.h"

namespace builder {

// What a stage has become so far; a stage built FROM it starts as a copy.
struct StageState {
  std::optional<std::size_t> tree;  // none: empty
  store::ImageConfig config;
  Scope scope;
  std::vector<PlannedHistory> history = {};  // of its own instructions
  bool has_workdir = false;  // a WORKDIR of this file was applied
  bool knows_base = true;    // ResolvedImage::is_known
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

// A `from` as an instruction of a stage writes it.
struct TreeRequest {
  std::string_view name;
  std::size_t stage;  // whose instruction it is
  parser::Range range;
  bool takes_numbers;  // COPY --from does, a mount's from does not
};

// What the stages of one file share.
struct PlanContext {
  const SourceFile& file;
  const PlanOptions& options;
  Graph& graph;
  BuildArgs globals;     // built-in and global ARGs, with --build-arg applied
  BuildArgs build_args;  // --build-arg, SOURCE_DATE_EPOCH made a plain number
  std::set<std::string> declared;  // ARGs of planned stages and their triggers
  Lint& lint;
  std::vector<PlannedArgument> arguments;  // in the order they were applied

  // The tree that COPY --from or a mount's from means, seen from a stage.
  std::function<TreeSource(const TreeRequest&)> find_tree;

  // Read when the first RUN asks for a device.
  std::optional<CdiRegistry> devices = {};

  std::vector<std::string> comment_warnings = {};
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
  void refuse_nul(const parser::Instruction& instruction) const;
  // Notes the use of what is not set, at its place in `word`.
  parser::Lookup lookup(const parser::Word& word);
  std::string expand(const parser::Word& word);
  // Runs a reader of what a word holds, giving its SyntaxError a place.
  template <typename Read>
  auto read_value(const parser::Word& word, Read read);
  base::Error error(const parser::Range& range, std::string_view message,
                    std::string hint = {}) const;
  base::Error unsupported(const parser::Range& range,
                          std::string_view what) const;
  const parser::Range& place(const parser::Range& range) const;
  std::string about(std::string_view message) const;
  void add_vertex(const parser::Instruction& instruction, Operation operation,
                  std::string created_by);
  bool is_uncached() const;
  void read_step_comments(const parser::Instruction& instruction);
  std::vector<StepVariable> variables_of(const Operation& operation) const;
  void add_history(std::string created_by);
  std::vector<std::string> shell() const;
  std::string working_dir() const;
  std::string absolute(std::string_view path) const;

  // stage_config.cc
  void apply_arg(const parser::Instruction& instruction);
  void apply_env(const parser::Instruction& instruction);
  void set_config_env(const std::string& name, const std::string& value);
  void apply_label(const parser::Instruction& instruction);
  void apply_cmd(const parser::Instruction& instruction);
  void apply_entrypoint(const parser::Instruction& instruction);
  void apply_expose(const parser::Instruction& instruction);
  void apply_volume(const parser::Instruction& instruction);
  void apply_healthcheck(const parser::Instruction& instruction);
  void read_healthcheck_flags(const parser::Instruction& instruction,
                              store::Healthcheck& check);
  void apply_word(const parser::Instruction& instruction);  // USER and alike
  std::vector<std::string> command(const parser::Instruction& instruction,
                                   std::size_t first) const;
  std::vector<std::pair<std::string, std::string>> expand_pairs(
      const parser::Instruction& instruction);

  // stage_files.cc
  void apply_workdir(const parser::Instruction& instruction);
  void apply_copy(const parser::Instruction& instruction);
  void read_copy_flags(const parser::Instruction& instruction, CopyOp& op);
  TreeSource read_from(const parser::Instruction& instruction);
  void read_copy_words(const parser::Instruction& instruction, CopyOp& op);
  std::string read_heredoc(const parser::Heredoc& heredoc);

  // stage_remote.cc
  std::optional<CopySource> find_remote(const parser::Instruction& instruction,
                                        const parser::Word& source);
  CopySource read_http(const parser::Instruction& instruction,
                       const parser::Word& source);
  CopySource read_git(const parser::Instruction& instruction,
                      const parser::Word& source,
                      const parser::GitAddress& address);
  std::size_t add_source(Operation operation, const parser::Word& source);
  std::optional<parser::Word> read_checksum(
      const parser::Instruction& instruction);
  void check_checksum(const parser::Instruction& instruction, const CopyOp& op);

  // stage_run.cc
  void apply_run(const parser::Instruction& instruction);
  void read_run_flags(const parser::Instruction& instruction, ExecOp& op);
  NetworkMode read_network(const parser::Flag& flag) const;
  SecurityMode read_security(const parser::Flag& flag) const;
  base::Error no_consent(const parser::Flag& flag,
                         std::string_view entitlement) const;
  TreeSource find_tree(std::string_view name, const parser::Range& range,
                       bool takes_numbers) const;
  void read_run_command(const parser::Instruction& instruction, ExecOp& op,
                        std::string& shown);

  // stage_lint.cc
  void add_finding(parser::LintRule rule, std::string message,
                   const parser::Range& focus) const;
  void lint_undefined(const parser::Word& word, std::string_view name) const;
  void lint_shell_form(const parser::Instruction& instruction) const;
  void lint_workdir(const parser::Word& word, std::string_view path);
  void lint_source(const parser::Word& word, std::string_view path) const;

  // stage_devices.cc
  void add_devices(const parser::Flag& flag, ExecOp& op);
  void check_device_consent(const parser::Flag& flag, std::string_view name,
                            const std::vector<CdiDevice>& devices) const;

  // stage_mounts.cc
  void add_mount(const parser::Flag& flag, ExecOp& op);
  ExecMount read_mount(const parser::Flag& flag);
  parser::MountOption read_mount_option(const parser::Flag& flag);
  void set_agent_variable(ExecOp& op);

  PlanContext& context_;
  const parser::Stage& stage_;
  StageState state_;
  const parser::Instruction* current_ = nullptr;   // being applied
  std::set<std::string, std::less<>> used_names_;  // in its words
  std::optional<parser::StepOptions::Ttl> ttl_;    // in its comments
  bool has_cmd_ = false;  // CMD was written in this stage
  // Where the configuration has each variable; empty until the first ENV.
  std::unordered_map<std::string, std::size_t> env_places_;
  // While a base's ONBUILD trigger is applied: its text, and the FROM's place.
  struct Trigger {
    std::string text;
    parser::Range from;
  };
  std::optional<Trigger> trigger_;
  std::vector<std::size_t> own_vertices_;
};

// Puts a trigger's text, which is in no file, under an error that has only the
// place of the FROM.
void show_trigger(base::Error& error, std::string_view text);

// The path with ".", ".." and repeated slashes resolved by text alone.
std::string clean_path(std::string_view path);

template <typename Read>
auto StagePlanner::read_value(const parser::Word& word, Read read) {
  try {
    return read();
  } catch (const parser::SyntaxError& fault) {
    if (trigger_) throw error(word.range, fault.message(), fault.hint());
    throw error_at(context_.file, word, fault);
  }
}

}  // namespace builder
