// Each rule has a page, and the page is right: its bad example gives this
// finding and no other, its good one none.
#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

#include "base/file.h"
#include "builder/check.h"
#include "builder/lint.h"
#include "fakes.h"

namespace {

// The part of a page below "## <title>".
std::string section(const std::string& page, const std::string& title) {
  const std::size_t begin = page.find("\n## " + title + "\n");
  if (begin == std::string::npos) return {};
  return page.substr(begin, page.find("\n## ", begin + 1) - begin);
}

// What stands in the section's ```<language> block.
std::string block(const std::string& section, const std::string& language) {
  const std::string open = "```" + language + "\n";
  const std::size_t fence = section.find(open);
  if (fence == std::string::npos) return {};
  const std::size_t begin = fence + open.size();
  return section.substr(begin, section.find("```", begin) - begin);
}

builder::BuildArgs build_args_of(const std::string& command) {
  builder::BuildArgs args;
  std::istringstream words(command);
  for (std::string word; words >> word;) {
    if (word != "--build-arg" || !(words >> word)) continue;
    const std::size_t equals = word.find('=');
    args[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return args;
}

// The names of what a check finds in an example.
std::vector<std::string> lint(const std::string& example) {
  const auto source =
      builder::parse_until_fault("Dockerfile", block(example, "dockerfile"));
  REQUIRE_FALSE(source.fault);
  const auto ignore = parser::IgnoreFile::parse(block(example, "dockerignore"));
  builder::PlanOptions options;
  options.build_platform = {"linux", "amd64"};
  options.build_args = build_args_of(block(example, "sh"));
  options.all_stages = true;
  tests::FakeImages images;
  images.add("arm-only:1");
  images.images["arm-only:1"].config.architecture = "arm64";
  builder::AnyImages any(&images, builder::Platform{"linux", "amd64"});
  builder::Lint lint(source.file, options.build_args, &ignore);
  builder::make_plan(source.file, options, any, lint);
  std::vector<std::string> names;
  for (const parser::LintFinding& finding : lint.report().findings) {
    names.emplace_back(parser::info_of(finding.rule).name);
  }
  return names;
}

}  // namespace

TEST_CASE("each rule has a page whose examples are right", "[lint][D469]") {
  for (const parser::LintRuleInfo& rule : parser::lint_rules()) {
    const std::string name(rule.name);
    INFO(name);
    const std::string page =
        base::read_file(std::filesystem::path(LINT_PAGES) / (name + ".md"));
    CHECK(page.starts_with("# " + name + "\n"));
    CHECK(section(page, "Why").size() > 20);
    CHECK(section(page, "Skipping it").size() > 20);
    CHECK(lint(section(page, "Bad")) == std::vector<std::string>{name});
    CHECK(lint(section(page, "Good")).empty());
  }
}

TEST_CASE("each page is of a rule", "[lint][D469]") {
  std::size_t pages = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(LINT_PAGES)) {
    if (entry.path().extension() == ".md") ++pages;
  }
  CHECK(pages == parser::lint_rules().size());
}
