#include "parser/lint_rule.h"

#include <array>

#include "parser/ascii.h"

namespace parser {

namespace {

using Info = LintRuleInfo;
using Scope = LintRuleInfo::Scope;

constexpr bool kExperimental = true;

// In the order of the enumerators, which index it.
constexpr std::array kTable = {
    Info{LintRule::consistent_instruction_casing, "ConsistentInstructionCasing",
         "All instructions of a file are written in one case"},
    Info{LintRule::copy_ignored_file, "CopyIgnoredFile",
         "What the ignore file hides cannot be copied", Scope::stage},
    Info{LintRule::duplicate_stage_name, "DuplicateStageName",
         "A stage has a name of its own"},
    Info{LintRule::expose_invalid_format, "ExposeInvalidFormat",
         "EXPOSE names ports of the container; addresses and host ports "
         "belong to the command that runs it",
         Scope::stage},
    Info{LintRule::expose_proto_casing, "ExposeProtoCasing",
         "Protocols are written in lower case", Scope::stage},
    Info{LintRule::from_as_casing, "FromAsCasing",
         "AS is written in the case of its FROM"},
    Info{LintRule::from_platform_flag_const_disallowed,
         "FromPlatformFlagConstDisallowed",
         "A constant --platform ties the image to one platform"},
    Info{LintRule::invalid_base_image_platform, "InvalidBaseImagePlatform",
         "A base is of the platform that is built for", Scope::stage},
    Info{LintRule::invalid_default_arg_in_from, "InvalidDefaultArgInFrom",
         "A base has a valid name when no build argument is given"},
    Info{LintRule::invalid_definition_description,
         "InvalidDefinitionDescription",
         "The comment above a stage or an ARG begins with its name, or an "
         "empty comment line stands between",
         Scope::file, kExperimental},
    Info{LintRule::json_args_recommended, "JSONArgsRecommended",
         "CMD and ENTRYPOINT as JSON lists get signals that a shell keeps",
         Scope::stage},
    Info{LintRule::legacy_key_value_format, "LegacyKeyValueFormat",
         "Keys and values are joined by an equals sign", Scope::stage},
    Info{LintRule::maintainer_deprecated, "MaintainerDeprecated",
         "A label takes MAINTAINER's place"},
    Info{LintRule::multiple_instructions_disallowed,
         "MultipleInstructionsDisallowed",
         "Of several CMD, ENTRYPOINT or HEALTHCHECK only the last counts",
         Scope::stage},
    Info{LintRule::no_empty_continuation, "NoEmptyContinuation",
         "A blank line inside an instruction is easily taken for its end"},
    Info{LintRule::redundant_target_platform, "RedundantTargetPlatform",
         "$TARGETPLATFORM is what --platform is without being written"},
    Info{LintRule::reserved_stage_name, "ReservedStageName",
         "A stage is not called what has another meaning already"},
    Info{LintRule::secrets_used_in_arg_or_env, "SecretsUsedInArgOrEnv",
         "Secrets given by ARG or ENV stay in the image", Scope::stage},
    Info{LintRule::stage_name_casing, "StageNameCasing",
         "Stage names are written in lower case"},
    Info{LintRule::undefined_arg_in_from, "UndefinedArgInFrom",
         "FROM sees the ARGs above the first FROM, and no others"},
    Info{LintRule::undefined_var, "UndefinedVar",
         "A variable is set before it is used", Scope::stage},
    Info{LintRule::workdir_relative_path, "WorkdirRelativePath",
         "A relative WORKDIR hangs on what the base image has", Scope::stage},
    Info{LintRule::apt_lists_kept, "strake/AptListsKept",
         "The package lists of apt are left out of the layer", Scope::stage},
    Info{LintRule::apt_update_alone, "strake/AptUpdateAlone",
         "apt-get update runs together with what needs it", Scope::stage},
    Info{LintRule::json_lookalike, "strake/JsonLookalike",
         "What is meant as a JSON list is one"},
    Info{LintRule::recursive_change, "strake/RecursiveChange",
         "Owner and mode are set while copying, not in a second copy",
         Scope::stage},
    Info{LintRule::secret_value, "strake/SecretValue",
         "Tokens and private keys are not written into a Dockerfile"},
    Info{LintRule::tree_before_dependencies, "strake/TreeBeforeDependencies",
         "Dependencies are installed before the sources are copied",
         Scope::stage},
    Info{LintRule::unknown_rule, "strake/UnknownRule",
         "A check option names rules that there are"},
    Info{LintRule::unpinned_base, "strake/UnpinnedBase",
         "A base has a tag that says which version it is", Scope::stage,
         kExperimental},
    Info{LintRule::unused_build_arg, "strake/UnusedBuildArg",
         "A --build-arg sets an ARG of the file"},
};

constexpr bool is_in_enumerator_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].rule) != i) return false;
  }
  return true;
}
static_assert(is_in_enumerator_order());

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// "JSONArgsRecommended" as addresses have it: "json-args-recommended".
std::string kebab_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool ends_word = i > 0 && is_upper(name[i]) &&
                           (!is_upper(name[i - 1]) ||
                            (i + 1 < name.size() && !is_upper(name[i + 1])));
    if (ends_word) out += '-';
    out += to_lower(name[i]);
  }
  return out;
}

}  // namespace

std::string LintRuleInfo::url() const {
  if (is_own()) return {};
  return "https://docs.docker.com/go/dockerfile/rule/" + kebab_case(name) + "/";
}

std::span<const LintRuleInfo> lint_rules() noexcept { return kTable; }

const LintRuleInfo& info_of(LintRule rule) noexcept {
  return kTable[static_cast<std::size_t>(rule)];
}

}  // namespace parser
