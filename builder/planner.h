// The planner: what becomes of the stages of one file. Private to plan.cc,
// which has its story, and plan_bases.cc, which finds what stages start from
// and copy.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "builder/stage_graph.h"
#include "builder/stage_planner.h"

namespace builder {

constexpr std::string_view kScratch = "scratch";

// What a FROM line says, expanded.
struct StageHead {
  std::string base;
  std::optional<Platform> platform;  // --platform
};

// Plans stages as they are reached from the target, each once.
class Planner {
 public:
  Planner(const SourceFile& file, const PlanOptions& options,
          ImageSource& images, const NamedContexts& contexts, Lint& lint);
  Plan make();

 private:
  std::optional<BuildArgs> find_default_globals(
      const BuildArgs& built_in) const;
  const parser::Instruction& from_of(const parser::Stage& stage) const;
  void read_heads();
  StageHead read_head(const parser::Stage& stage) const;
  void check_base_name(const std::string& name, std::size_t index) const;
  std::size_t find_target() const;
  std::set<std::size_t> find_needed(std::size_t target);
  void resolve_base(std::size_t index);
  const StageState& stage(std::size_t index);
  StageState start_of(const parser::Stage& stage);
  StageState start_from_scratch() const;
  // The context that a name means in a stage, and the one that stands for it.
  const NamedContext* find_context(std::string_view name,
                                   std::size_t stage) const;
  const NamedContext* find_replacement(std::size_t stage) const;
  TreeSource source_of(const NamedContext& context, const parser::Range& range,
                       const std::string& stage_name);
  std::optional<ResolvedImage> find_context_image(const NamedContext& context,
                                                  std::size_t stage,
                                                  const parser::Range& range);
  StageState start_from_context(const NamedContext& context,
                                const parser::Stage& stage);
  StageState start_from_image(ResolvedImage image, const parser::Stage& stage);
  std::vector<PlannedHistory> whole_history(std::size_t target) const;
  void finish_config(store::ImageConfig& config) const;
  void lint_platform(const PlatformMismatch& mismatch,
                     const parser::Instruction& from);
  std::size_t add_base(ResolvedImage& image, const parser::Range& range,
                       const std::string& stage_name);
  Platform platform_of(std::size_t stage) const;
  ResolvedImage find_image(std::string_view name, const Platform& platform,
                           const parser::Range& range);
  static std::string describe_missing(std::string_view name,
                                      const base::Error& error);
  std::optional<std::string> find_near(std::string_view name) const;
  TreeSource find_tree(const TreeRequest& request);
  std::optional<std::size_t> find_source_stage(const TreeRequest& request);
  std::string nearest_name(std::string_view name) const;

  const SourceFile& file_;
  const PlanOptions& options_;
  ImageSource& images_;
  const NamedContexts& contexts_;
  Graph graph_;
  PlanContext context_;
  Platform target_platform_;
  std::vector<StageHead> heads_;  // of every stage of the file
  std::optional<StageGraph> stages_;
  std::map<std::size_t, ResolvedImage> bases_;  // of stages FROM an image
  std::map<std::size_t, StageState> done_;
  std::vector<PlatformMismatch> mismatches_;
};

}  // namespace builder
