#include "cli/report_data.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/report_page.h"
#include "cli/report_text.h"

using cli::Report;
using cli::StepFacts;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

StepFacts step(StepFacts::State state, std::vector<std::size_t> needs = {}) {
  StepFacts made;
  made.stage = "build";
  made.title = "RUN make";
  made.step = 1;
  made.steps_of_stage = 2;
  made.line = 3;
  if (!needs.empty()) made.parent = needs.back();
  made.needs = std::move(needs);
  made.state = state;
  if (state != StepFacts::State::waiting) made.looked_up = 1ms;
  return made;
}

StepFacts cached(std::vector<std::size_t> needs = {}) {
  StepFacts made = step(StepFacts::State::cached, std::move(needs));
  made.ended = 2ms;
  made.hit = {std::chrono::sys_seconds(1000s), 5s, "", base::Digest::of("hit")};
  made.hit->reason = "no such step before";
  made.hit->log = "20260101/3.log";
  return made;
}

StepFacts done(std::vector<std::size_t> needs = {}) {
  StepFacts made = step(StepFacts::State::done, std::move(needs));
  made.started = 10ms;
  made.ended = 110ms;
  made.miss = {"main.c changed (content)", {}};
  made.cost = {100ms, runtime::Usage(), base::Digest::of("made")};
  return made;
}

Report report_of(std::vector<StepFacts> steps) {
  Report report;
  report.facts.steps = std::move(steps);
  report.total = 120ms;
  return report;
}

json data_of(const Report& report) {
  return json::parse(cli::render_report_data(report));
}

// Everything that has ended a script, a comment or a line of somebody's.
constexpr std::string_view kHostile =
    "</script><!--<script>\"'&\\{{data}}\xe2\x80\xa8\xe2\x80\xae\x1b[2J\xff"
    "\x01";

}  // namespace

TEST_CASE("a report tells what became of each step", "[report]") {
  Report report =
      report_of({cached(), done({0}), step(StepFacts::State::running, {1}),
                 step(StepFacts::State::waiting, {2})});
  report.layer_bytes[base::Digest::of("made")] = 77;
  report.logs = "/logs/20260202";
  const json data = data_of(report);
  const json& steps = data.at("steps");
  CHECK(steps.at(0).at("state") == "cached");
  CHECK(steps.at(0).at("hit") == json{{"recorded", 1000},
                                      {"took_ms", 5000.0},
                                      {"reason", "no such step before"},
                                      {"log", "/logs/20260101/3.log"}});
  CHECK_FALSE(steps.at(0).contains("bytes"));
  CHECK(steps.at(1).at("state") == "ran");
  CHECK(steps.at(1).at("reason") == "main.c changed (content)");
  CHECK(steps.at(1).at("start_ms") == 10.0);
  CHECK(steps.at(1).at("end_ms") == 110.0);
  CHECK(steps.at(1).at("layer") == base::Digest::of("made").str());
  CHECK(steps.at(1).at("bytes") == 77);
  CHECK(steps.at(1).at("parent") == 0);
  // It ended with the build.
  CHECK(steps.at(2).at("state") == "stopped");
  CHECK(steps.at(2).at("end_ms") == 120.0);
  CHECK(steps.at(3).at("state") == "waiting");
  CHECK_FALSE(steps.at(3).contains("end_ms"));
  CHECK(data.at("saved_ms") == 5000.0);
}

TEST_CASE("only a build that ran to its end has a critical path", "[report]") {
  Report report = report_of({cached(), done({0})});
  CHECK(data_of(report).at("critical") == json{0, 1});
  report.error = base::Error(base::ErrorKind::cancelled, "interrupted");
  CHECK(data_of(report).at("critical").empty());
  CHECK(data_of(report).at("result") == "interrupted");
  CHECK(data_of(report_of({cached()})).at("critical").empty());
}

TEST_CASE("the layers of a report are those of the image", "[report]") {
  cli::BuildFacts facts;
  StepFacts base = step(StepFacts::State::cached);
  base.base_layers = {base::Digest::of("1"), base::Digest::of("2")};
  facts.steps = {base, done(), done({0, 1}),
                 step(StepFacts::State::failed, {2})};
  facts.steps[2].parent = 0;
  facts.target = 3;
  // Up to where the build came.
  const auto layers = cli::find_layers(facts);
  REQUIRE(layers.size() == 3);
  CHECK(layers[0].diff_id == base::Digest::of("1"));
  CHECK(layers[1].step == 0);
  CHECK(layers[2].step == 2);
  facts.target.reset();
  CHECK(cli::find_layers(facts).empty());
}

TEST_CASE("an image whose layers are elsewhere has no size", "[report]") {
  Report report = report_of({cached()});
  report.image_id = base::Digest::of("image");
  CHECK(data_of(report).at("image") == json{{"id", report.image_id->str()}});
  report.waste.emplace().layers.resize(2);
  report.waste->layers[1].file_bytes = 7;
  CHECK(data_of(report).at("image").at("bytes") == 7);
}

TEST_CASE("no text of a report can leave its place in the page", "[report]") {
  const std::string hostile(kHostile);
  Report report = report_of({done()});
  StepFacts& one = report.facts.steps.front();
  one.title = one.stage = one.error = one.miss.reason = hostile;
  one.miss.parts = {hostile, hostile};
  one.log.append(hostile);
  report.command = report.names = {hostile};
  report.machine = {{"Mode", hostile}};
  report.facts.warnings = report.facts.notes =
      report.facts.findings = {hostile};
  report.facts.outputs.push_back({hostile, 1ms, 2ms});
  report.error = base::Error(base::ErrorKind::system, hostile)
                     .hint(hostile)
                     .excerpt(hostile);
  const std::string text = cli::render_report_data(report);
  CHECK(text.find_first_of("<>&") == std::string::npos);
  for (const char c : text) REQUIRE((c >= ' ' && c < 0x7f));
  const std::string shown = data_of(report).at("steps").at(0).at("title");
  CHECK(shown ==
        "</script><!--<script>\"'&\\{{data}}<U+2028><U+202E>\xef\xbf\xbd");

  const std::string page = cli::render_report_page(hostile, text);
  const auto count = [&page](std::string_view wanted) {
    std::size_t found = 0;
    for (std::size_t at = page.find(wanted); at != std::string::npos;
         at = page.find(wanted, at + 1)) {
      ++found;
    }
    return found;
  };
  CHECK(count("</script>") == 2);
  CHECK(count("<!--") == 0);
  CHECK(count("\"steps\":") == 1);
  CHECK(count("script-src 'sha256-") == 1);
}

TEST_CASE("words of a command are shown as a shell takes them", "[report]") {
  CHECK(cli::show_command({"strake", "--tag=a/b:1", "K=it's", ""}) ==
        "strake --tag=a/b:1 'K=it'\\''s' ''");
  CHECK(cli::show_command({"https://me:hush@host/x"}).find("hush") ==
        std::string::npos);
}

TEST_CASE("a command is shown without what build arguments may hide",
          "[report]") {
  CHECK(cli::show_command({"strake", "build", "--build-arg", "API_TOKEN=hush",
                           "--build-arg=db_password=hush=hush", "--build-arg",
                           "VERSION=1.2", "--build-arg=B=2", "."}) ==
        "strake build --build-arg API_TOKEN=xxxxx "
        "--build-arg=db_password=xxxxx --build-arg VERSION=1.2 "
        "--build-arg=B=2 .");
  // Taken from the caller's environment.
  CHECK(cli::show_command({"--build-arg", "TOKEN", "TOKEN=dir"}) ==
        "--build-arg TOKEN TOKEN=dir");
  CHECK(cli::show_command({"--build-arg", "--build-arg", "TOKEN=dir"}) ==
        "--build-arg --build-arg TOKEN=dir");
}

TEST_CASE("emoji and letters of any script stay as they are", "[report]") {
  const std::string text = "👩‍👧 שלום é\t1\nnext";
  CHECK(cli::show_text(text) == text);
}
