#include "cli/trace_file.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/temp_dir.h"
#include "tests/has_kind.h"

using cli::TraceFile;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

const std::chrono::steady_clock::time_point kStart{1h};

json read(const std::filesystem::path& path) {
  return json::parse(base::read_file(path)).at("traceEvents");
}

}  // namespace

TEST_CASE("a span is a complete event in microseconds", "[trace_file]") {
  const base::TempDir directory;
  const auto path = directory.path() / "trace.json";
  TraceFile file(path, kStart);
  file.add({"step", "RUN make", kStart + 1500us, 2ms, 7, {{"key", "abc"}}});
  file.finish();
  const json event = read(path).at(1);
  CHECK(event.at("ph") == "X");
  CHECK(event.at("name") == "RUN make");
  CHECK(event.at("cat") == "step");
  CHECK(event.at("ts") == 1500.0);
  CHECK(event.at("dur") == 2000.0);
  CHECK(event.at("tid") == 7);
  CHECK(event.at("pid").is_number());
  CHECK(event.at("args") == json{{"key", "abc"}});
}

TEST_CASE("a note is an instant event", "[trace_file]") {
  const base::TempDir directory;
  const auto path = directory.path() / "trace.json";
  TraceFile file(path, kStart);
  file.add({"cli", "note", kStart, {}, 7, {}});
  file.finish();
  const json event = read(path).at(1);
  CHECK(event.at("ph") == "i");
  CHECK(event.at("s") == "t");
  CHECK_FALSE(event.contains("dur"));
}

TEST_CASE("the file is a trace before anything has happened", "[trace_file]") {
  const base::TempDir directory;
  const auto path = directory.path() / "trace.json";
  const TraceFile file(path, kStart);
  CHECK(read(path).size() == 1);
}

TEST_CASE("any bytes can be traced", "[trace_file]") {
  const base::TempDir directory;
  const auto path = directory.path() / "trace.json";
  TraceFile file(path, kStart);
  file.add({"step", "RUN \"\x1b\xff\n", kStart, 1us, 1, {{"f", "\xc3"}}});
  file.finish();
  CHECK(read(path).at(1).at("cat") == "step");
}

TEST_CASE("a thread is named for its outermost span", "[trace_file]") {
  const base::TempDir directory;
  const auto path = directory.path() / "trace.json";
  TraceFile file(path, kStart);
  file.add({"step", "key", kStart, 1us, 7, {}});
  file.add({"step", "RUN make", kStart, 2us, 7, {}});
  file.add({"cli", "note", kStart, {}, 7, {}});
  file.finish();
  std::vector<json> names;
  for (const json& event : read(path)) {
    if (event.at("name") == "thread_name") names.push_back(event);
  }
  REQUIRE(names.size() == 1);
  CHECK(names[0].at("ph") == "M");
  CHECK(names[0].at("tid") == 7);
  CHECK(names[0].at("args").at("name") == "RUN make");
}

TEST_CASE("flows lead from what work needed to the work", "[trace_file]") {
  const base::TempDir directory;
  const auto path = directory.path() / "trace.json";
  TraceFile file(path, kStart);
  file.add({"step", "look up 1", kStart, 1us, 7, {}, 1, {}});
  file.add({"step", "run 1", kStart + 2us, 5us, 8, {}, 1, {}});
  file.add({"step", "look up 2", kStart + 9us, 1us, 7, {}, 2, {1, 44}});
  file.finish();
  std::vector<json> flows;
  for (const json& event : read(path)) {
    if (event.at("name") == "needs") flows.push_back(event);
  }
  const auto is = [&](std::size_t i, const char* phase, double ts, int tid,
                      int id) {
    return flows.at(i).at("ph") == phase && flows.at(i).at("ts") == ts &&
           flows.at(i).at("tid") == tid && flows.at(i).at("id") == id &&
           flows.at(i).at("cat") == "step" &&
           flows.at(i).contains("bp") == (*phase == 'f');
  };
  REQUIRE(flows.size() == 4);
  CHECK(is(0, "s", 0, 7, 1));
  CHECK(is(1, "f", 2, 8, 1));
  CHECK(is(2, "s", 2, 8, 2));
  CHECK(is(3, "f", 9, 7, 2));
}

TEST_CASE("a trace file that cannot be written is told at once",
          "[trace_file]") {
  const base::TempDir directory;
  CHECK_THROWS_MATCHES(
      TraceFile(directory.path() / "none" / "trace.json", kStart), base::Error,
      tests::HasKind(base::ErrorKind::not_found, "writing the trace"));
}
