// From a solved plan to a configuration.
#include "builder/assemble.h"

#include <catch2/catch.hpp>

#include "base/temp_dir.h"
#include "fakes.h"

using builder::Plan;
using builder::StepResult;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using tests::plan_of;

namespace {

// Results of a plan whose nth vertex was made at second n * 60.
std::vector<StepResult> results_of(const Plan& plan) {
  std::vector<StepResult> results(plan.vertices.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& vertex = plan.vertices[i];
    if (vertex.parent) results[i].snapshot = results[*vertex.parent].snapshot;
    const auto id = base::Digest::of(std::to_string(i));
    results[i].snapshot.layers.push_back({id, id});
    results[i].created = sys_seconds(seconds(60 * i));
  }
  return results;
}

std::vector<std::string> times_of(const store::ImageConfig& config) {
  std::vector<std::string> times;
  for (const auto& entry : config.history) times.push_back(entry.created);
  return times;
}

}  // namespace

TEST_CASE("a step's history has the time of its layer, others the one before",
          "[assemble][D198][D202]") {
  const Plan plan = plan_of("FROM base\nENV A=1\nRUN x\nENV B=1\nRUN y\n");
  const auto config = builder::make_image_config(plan, results_of(plan));
  CHECK(times_of(config) ==
        std::vector<std::string>{"2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z",
                                 "1970-01-01T00:01:00Z", "1970-01-01T00:01:00Z",
                                 "1970-01-01T00:02:00Z"});
  CHECK(config.created == "1970-01-01T00:02:00Z");
}

TEST_CASE("layers are as many as history entries that have one",
          "[assemble][D200][D201][D204]") {
  const Plan plan = plan_of(
      "FROM base\nENV A=1\nRUN x\nWORKDIR /\nWORKDIR /w\nCOPY a /\nCMD c\n");
  const auto config = builder::make_image_config(plan, results_of(plan));
  std::size_t layers = 0;
  for (const auto& entry : config.history) layers += entry.empty_layer ? 0 : 1;
  CHECK(config.diff_ids.size() == 4);
  CHECK(layers == 4);
  CHECK(config.history[0].comment.empty());
  CHECK(config.history[1].comment == "strake");
}

TEST_CASE("SOURCE_DATE_EPOCH is the time of what this build describes",
          "[assemble][D147][D150]") {
  const Plan plan = plan_of("ARG SOURCE_DATE_EPOCH=86400\nFROM base\nRUN x\n");
  const auto config = builder::make_image_config(plan, results_of(plan));
  CHECK(times_of(config) == std::vector<std::string>{"2020-01-01T00:00:00Z",
                                                     "1970-01-02T00:00:00Z"});
  CHECK(config.created == "1970-01-02T00:00:00Z");
}

TEST_CASE("the base's platform is the image's, its own time is not",
          "[assemble][D183][D184]") {
  tests::FakeImages images;
  images.add("base");
  images.images["base"].config.architecture = "s390x";
  images.images["base"].config.variant = "v9";
  images.images["base"].config.created = "2001-01-01T00:00:00Z";
  const Plan plan = plan_of("FROM base\n", images);
  const auto config = builder::make_image_config(plan, results_of(plan));
  CHECK(config.architecture == "s390x");
  CHECK(config.variant == "v9");
  CHECK(config.created == "2020-01-01T00:00:00Z");
}

TEST_CASE("an image of scratch without layers is made at no time",
          "[assemble][D174]") {
  const Plan plan = plan_of("FROM scratch\nENV A=1\n");
  const auto config = builder::make_image_config(plan, results_of(plan));
  CHECK(config.diff_ids.empty());
  CHECK(config.created == "1970-01-01T00:00:00Z");
  CHECK(config.os == "linux");
}

TEST_CASE("the same results give the same image, stored once",
          "[assemble][D440]") {
  const base::TempDir root;
  store::Store store(root.path() / "store");
  const Plan plan = plan_of("FROM scratch\nENV A=1\nLABEL b=2 a=1\n");
  const auto config = builder::make_image_config(plan, results_of(plan));
  const auto first = builder::store_image(store, config, {"docker.io/x/y:1"});
  const auto again = builder::store_image(store, config, {"docker.io/x/y:1"});
  CHECK(first == again);
  CHECK(store.images().find_tag("docker.io/x/y:1")->id == first);
  builder::store_image(store, config, {"docker.io/x/y:2"});
  CHECK(store.images().find_tag("docker.io/x/y:2")->id == first);
}
