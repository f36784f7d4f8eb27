#include "parser/lint_options.h"

#include <catch2/catch.hpp>

#include "parser/dockerfile.h"
#include "parser/lint.h"
#include "parser/syntax_error.h"

namespace {

using parser::info_of;
using parser::LintOptions;
using parser::LintRule;

bool wants(const char* options, LintRule rule) {
  return parser::parse_lint_options(options).wants(info_of(rule));
}

std::string error_of(const char* options) {
  try {
    parser::parse_lint_options(options);
  } catch (const parser::SyntaxError& error) {
    return error.message();
  }
  return {};
}

std::size_t count(const std::string& text) {
  const parser::Dockerfile file = parser::parse_dockerfile(text);
  return select_findings(lint_dockerfile(file), file, {}).size();
}

}  // namespace

TEST_CASE("options name rules to skip, all or none", "[lint][D37][D443]") {
  CHECK(wants("", LintRule::stage_name_casing));
  CHECK_FALSE(wants("skip=all", LintRule::stage_name_casing));
  CHECK_FALSE(wants("skip=FromAsCasing, StageNameCasing;error=true",
                    LintRule::stage_name_casing));
  CHECK(wants("skip=FromAsCasing", LintRule::stage_name_casing));
  CHECK_FALSE(wants("skip=strake/JsonLookalike", LintRule::json_lookalike));
  CHECK(parser::parse_lint_options("skip=all; error = true").is_error);
  CHECK_FALSE(parser::parse_lint_options("error=false").is_error);
}

TEST_CASE("names of unknown rules are taken", "[lint][D446]") {
  CHECK(wants("skip=RuleOfTomorrow", LintRule::stage_name_casing));
  CHECK_FALSE(wants("skip=RuleOfTomorrow,StageNameCasing",
                    LintRule::stage_name_casing));
}

TEST_CASE("experimental rules wait to be named and are not skipped",
          "[lint][D445]") {
  const LintRule rule = LintRule::invalid_definition_description;
  CHECK_FALSE(wants("", rule));
  CHECK(wants("experimental=all;skip=all", rule));
  CHECK(wants("experimental=InvalidDefinitionDescription", rule));
  CHECK(wants("skip=InvalidDefinitionDescription;experimental=all", rule));
}

TEST_CASE("a key that is unknown or malformed is refused", "[lint][D38]") {
  CHECK(error_of("skip") == "check option \"skip\" has no value");
  CHECK(error_of("skp=all") == "unknown check option \"skp\"");
  CHECK(error_of("error=maybe") ==
        "check option \"error\" is true or false, not \"maybe\"");
  CHECK(error_of("skip=all;") == "check option \"\" has no value");
}

TEST_CASE("rules of ours fail a build only by name", "[lint][D443][D469]") {
  const auto fails = [](const char* options, LintRule rule) {
    return parser::parse_lint_options(options).fails_on(info_of(rule));
  };
  CHECK(fails("error=true", LintRule::stage_name_casing));
  CHECK_FALSE(fails("error=false", LintRule::stage_name_casing));
  CHECK_FALSE(fails("error=true", LintRule::json_lookalike));
  CHECK_FALSE(fails("error=true;experimental=all", LintRule::json_lookalike));
  CHECK(fails("error=true;experimental=strake/JsonLookalike",
              LintRule::json_lookalike));
}

TEST_CASE("a comment silences rules for the instruction below it",
          "[lint][D444]") {
  CHECK(count("FROM a\n# check=skip=MaintainerDeprecated\nMAINTAINER m\n") ==
        0);
  CHECK(count("FROM a\n# check=skip=MaintainerDeprecated // it is asked for\n"
              "\n# more\nMAINTAINER m\n") == 0);
  CHECK(count("FROM a\n#CHECK = skip=all\nENV password x\n") == 0);
  CHECK(count("FROM a\n# check=skip=LegacyKeyValueFormat\nENV password x\n") ==
        1);
  // One instruction, one comment; an empty comment line parts them.
  CHECK(count("FROM a\n# check=skip=all\nENV a b\nENV c d\n") == 1);
  CHECK(count("FROM a\n# check=skip=all\n#\nENV a b\n") == 1);
  // The first of several counts; a malformed one says nothing.
  CHECK(count("FROM a\n# check=skip=X\n# check=skip=all\nENV a b\n") == 1);
  CHECK(count("FROM a\n# check=skp=all\nENV a b\n") == 1);
  // Where two instructions are at fault, it may stand above either.
  CHECK(count("FROM a\n# check=skip=MultipleInstructionsDisallowed\nCMD [\"a\"]"
              "\nCMD [\"b\"]\n") == 0);
  CHECK(count("FROM a\nCMD [\"a\"]\n# check=skip=all\nCMD [\"b\"]\n") == 0);
}

TEST_CASE("a name that is nearly a rule's is found", "[lint][D446][D474]") {
  const auto messages = [](const std::string& text) {
    const parser::Dockerfile file = parser::parse_dockerfile(text);
    return select_findings(lint_dockerfile(file), file, {});
  };
  const auto found =
      messages("# syntax=x\n# check=skip=StageNamCasing\nFROM a\n");
  REQUIRE(found.size() == 1);
  CHECK(found[0].range.start.line == 2);
  CHECK(found[0].message ==
        "check option names \"StageNamCasing\", which is no rule; did you mean "
        "\"StageNameCasing\"?");
  CHECK(messages("FROM a\n# check=skip=MaintainerDeprecate\nMAINTAINER m\n")
            .size() == 2);
  CHECK(messages("# check=skip=DL3008,RuleOfTomorrow\nFROM a\n").empty());
}

TEST_CASE("every rule has an address or a name of ours", "[lint][D469]") {
  CHECK(info_of(LintRule::json_args_recommended).url() ==
        "https://docs.docker.com/go/dockerfile/rule/json-args-recommended/");
  CHECK(info_of(LintRule::secrets_used_in_arg_or_env).url() ==
        "https://docs.docker.com/go/dockerfile/rule/"
        "secrets-used-in-arg-or-env/");
  for (const parser::LintRuleInfo& rule : parser::lint_rules()) {
    CHECK(rule.is_own() == rule.url().empty());
  }
}
