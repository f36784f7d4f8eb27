// The table of lint rules: the one place that knows their names, what they are
// about, and whether they are on. A new rule starts here; its page is
// parser/lint/<name>.md.
//
// BuildKit's rules keep BuildKit's names and meaning, so that its `check`
// comments work unchanged. Ours are named "strake/…": no rule of BuildKit's
// will ever be called that.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace parser {

enum class LintRule {
  consistent_instruction_casing,
  copy_ignored_file,
  duplicate_stage_name,
  expose_invalid_format,
  expose_proto_casing,
  from_as_casing,
  from_platform_flag_const_disallowed,
  invalid_base_image_platform,
  invalid_default_arg_in_from,
  invalid_definition_description,
  json_args_recommended,
  legacy_key_value_format,
  maintainer_deprecated,
  multiple_instructions_disallowed,
  no_empty_continuation,
  redundant_target_platform,
  reserved_stage_name,
  secrets_used_in_arg_or_env,
  stage_name_casing,
  undefined_arg_in_from,
  undefined_var,
  workdir_relative_path,
  apt_lists_kept,
  apt_update_alone,
  json_lookalike,
  recursive_change,
  secret_value,
  tree_before_dependencies,
  unknown_rule,
  unpinned_base,
  unused_build_arg,
};

struct LintRuleInfo {
  LintRule rule;
  std::string_view name;
  std::string_view description;  // one sentence, the same for every finding
  enum class Scope {
    file,   // looked for in the whole file, whatever is built
    stage,  // looked for in the stages that are built
  };
  Scope scope = Scope::file;
  // Off until a check option says experimental=<name>, and not silenced by
  // skip=all then.
  bool is_experimental = false;

  // Whether it is ours and unknown to BuildKit.
  bool is_own() const noexcept { return name.starts_with("strake/"); }
  // Where BuildKit explains it; empty for ours.
  std::string url() const;
};

// In the order of the enumerators.
std::span<const LintRuleInfo> lint_rules() noexcept;
const LintRuleInfo& info_of(LintRule rule) noexcept;

}  // namespace parser
