// Each directory of golden/ holds a Dockerfile and the tree it parses to, each
// of golden_bad/ one that is refused and the whole error text. UPDATE_GOLDEN=1
// writes what came out and then fails, so that nobody takes the new files for
// checked ones.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "parser/dockerfile.h"
#include "parser/render.h"
#include "parser/syntax_error.h"
#include "tests/tree_difference.h"
#include "tree_dump.h"

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> find_cases(const std::string& folder) {
  std::vector<fs::path> cases;
  for (const auto& entry :
       fs::directory_iterator(fs::path(GOLDEN_ROOT) / folder)) {
    cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

std::string parse_to_text(const std::string& dockerfile) {
  try {
    return tests::dump_tree(parser::parse_dockerfile(dockerfile));
  } catch (const parser::SyntaxError& error) {
    std::ostringstream out;
    out << "Dockerfile:" << error.range().start.line << ':'
        << error.range().start.column << '-' << error.range().end.line << ':'
        << error.range().end.column << ": " << error.message();
    if (!error.hint().empty()) out << "; " << error.hint();
    out << '\n';
    return out.str();
  }
}

void check_cases(const std::string& folder) {
  const bool updates = std::getenv("UPDATE_GOLDEN") != nullptr;
  const std::vector<fs::path> cases = find_cases(folder);
  REQUIRE(!cases.empty());
  for (const fs::path& golden : cases) {
    INFO(golden.string());
    const std::string actual = parse_to_text(read_file(golden / "Dockerfile"));
    const bool is_error = actual.starts_with("Dockerfile:");
    CHECK(is_error == (folder == "golden_bad"));
    if (updates) {
      std::ofstream(golden / "expected", std::ios::binary) << actual;
    } else {
      CHECK(actual == read_file(golden / "expected"));
    }
  }
  if (updates) FAIL("SKIPPED: expected files were written, not compared");
}

}  // namespace

TEST_CASE("every golden Dockerfile parses to its recorded tree") {
  check_cases("golden");
}

TEST_CASE("every golden bad Dockerfile is refused with its recorded error") {
  check_cases("golden_bad");
}

TEST_CASE("every golden Dockerfile survives rendering and parsing") {
  for (const fs::path& golden : find_cases("golden")) {
    INFO(golden.string());
    const parser::Dockerfile first =
        parser::parse_dockerfile(read_file(golden / "Dockerfile"));
    const std::string rendered = parser::render_dockerfile(first);
    const parser::Dockerfile second = parser::parse_dockerfile(rendered);
    CHECK(parser::render_dockerfile(second) == rendered);
    CHECK(tests::find_difference(first, second) == "");
  }
}
