// A step's output: on its way to progress, on disk, and its tail.
#include "builder/step_log.h"

#include <catch2/catch.hpp>

#include "base/file.h"
#include "base/temp_dir.h"
#include "fakes.h"

using builder::StepLog;
using Catch::Contains;
using runtime::Stream;

namespace {

// What is shown of `chunks` on standard output.
std::string shown(const std::vector<std::string>& chunks,
                  const std::vector<std::string>& secrets) {
  const base::TempDir root;
  tests::RecordingProgress progress;
  StepLog log(root.path() / "logs/1.log", 1, progress, secrets);
  for (const std::string& chunk : chunks) {
    log.write(Stream::standard_output, chunk);
  }
  log.flush();
  const auto file = root.path() / "logs/1.log";
  if (std::filesystem::exists(file)) {
    CHECK(base::read_file(file) == progress.text[0]);
  }
  return progress.text[0];
}

}  // namespace

TEST_CASE("output goes to progress by stream and to the file as it came",
          "[step_log][D316]") {
  const base::TempDir root;
  tests::RecordingProgress progress;
  StepLog log(root.path() / "logs/1.log", 1, progress, {});
  log.write(Stream::standard_output, "a\n");
  log.write(Stream::standard_error, "b\n");
  log.write(Stream::standard_output, "c");
  CHECK(progress.text[0] == "a\nc");
  CHECK(progress.text[1] == "b\n");
  CHECK(base::read_file(root.path() / "logs/1.log") == "a\nb\nc");
}

TEST_CASE("a step that says nothing leaves no file", "[step_log]") {
  const base::TempDir root;
  tests::RecordingProgress progress;
  StepLog log(root.path() / "logs/1.log", 1, progress, {"secret"});
  log.flush();
  CHECK_FALSE(std::filesystem::exists(root.path() / "logs"));
  CHECK(log.render_tail().empty());
}

TEST_CASE("a secret is masked wherever chunks are cut",
          "[step_log][D294][D295]") {
  const std::string text = "a hunter22 b hunter22hunter22";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    for (std::size_t j = i; j <= text.size(); ++j) {
      CHECK(shown({text.substr(0, i), text.substr(i, j - i), text.substr(j)},
                  {"hunter22"}) == "a *** b ******");
    }
  }
}

TEST_CASE("the beginning of a secret alone is shown in the end",
          "[step_log][D295]") {
  CHECK(shown({"x hunt"}, {"hunter22"}) == "x hunt");
  CHECK(shown({"x hunt", "ing"}, {"hunter22"}) == "x hunting");
}

TEST_CASE("of secrets that begin alike or overlap nothing is left over",
          "[step_log][D294]") {
  const std::vector<std::string> nested = {"abcd", "abcdefgh"};
  CHECK(shown({"abcdefgh"}, nested) == "***");
  CHECK(shown({"abcd", "efgh", " abcd."}, nested) == "*** ***.");
  const std::vector<std::string> crossed = {"abcdef", "efghij"};
  CHECK(shown({"abcdef", "ghij!"}, crossed) == "***!");
  CHECK(shown({"abcdefg!"}, crossed) == "***g!");
  CHECK(shown({"abcd", "ef"}, {"abcdef", "cdxxxx"}) == "***");
}

TEST_CASE("a secret's final newline does not keep it from being masked",
          "[step_log][D295]") {
  CHECK(shown({"<hunter22>"}, {"hunter22\n"}) == "<***>");
}

TEST_CASE("each line of a secret is one as well", "[step_log][D295]") {
  const std::string key = "-----BEGIN-----\r\n  first line  \nok\nsecond\n";
  CHECK(shown({"<" + key + ">"}, {key}) == "<***\n>");
  CHECK(shown({"+ first line\n+ ok\n+ sec", "ond\n"}, {key}) ==
        "+ ***\n+ ok\n+ ***\n");
  CHECK(shown({"first li\nfirst line"}, {key}) == "first li\n***");
}

TEST_CASE("values too short to mean anything are not masked", "[step_log]") {
  CHECK(shown({"on 1 on"}, {"1", "on", ""}) == "on 1 on");
}

TEST_CASE("secrets of one stream are not sought across both", "[step_log]") {
  const base::TempDir root;
  tests::RecordingProgress progress;
  StepLog log(root.path() / "1.log", 1, progress, {"hunter22"});
  log.write(Stream::standard_output, "hunt");
  log.write(Stream::standard_error, "er22");
  log.flush();
  CHECK(progress.text[0] == "hunt");
  CHECK(progress.text[1] == "er22");
}

TEST_CASE("the tail is the last lines, masked, and says where the rest is",
          "[step_log][D317]") {
  const base::TempDir root;
  tests::RecordingProgress progress;
  StepLog log(root.path() / "1.log", 1, progress, {"hunter22"});
  for (int i = 1; i <= 30; ++i) {
    log.write(Stream::standard_output, "line " + std::to_string(i) + "\n");
  }
  log.write(Stream::standard_error, "hunter22\n\n");
  log.flush();
  const std::string tail = log.render_tail();
  CHECK_THAT(tail, Contains("last output:\n  line 20\n  line 21\n"));
  CHECK_THAT(tail, Contains("  line 30\n  ***\nall of it: "));
  CHECK_THAT(tail, !Contains("line 19\n"));
}

TEST_CASE("the tail of a step that floods its log stays small", "[step_log]") {
  const base::TempDir root;
  tests::RecordingProgress progress;
  StepLog log(root.path() / "1.log", 1, progress, {});
  for (int i = 0; i < 100; ++i) {
    log.write(Stream::standard_output, std::string(1000, 'x'));
  }
  CHECK(log.render_tail().size() < 20000);
}

TEST_CASE("a log that cannot be kept costs a warning, not the step",
          "[step_log]") {
  const base::TempDir root;
  base::replace_file(root.path() / "logs", "a file in the way");
  tests::RecordingProgress progress;
  StepLog log(root.path() / "logs/1.log", 1, progress, {});
  log.write(Stream::standard_output, "a\n");
  log.write(Stream::standard_output, "b\n");
  CHECK(progress.text[0] == "a\nb\n");
  CHECK_THAT(log.render_tail(), Contains("a\n  b\n") && !Contains("all of"));
}
