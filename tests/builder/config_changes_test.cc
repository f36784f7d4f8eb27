#include "builder/config_changes.h"

#include <catch2/catch.hpp>

#include "base/error.h"

namespace {

using builder::change_config;
using Words = std::vector<std::string>;

store::ImageConfig imported() {
  store::ImageConfig config;
  config.os = "linux";
  config.architecture = "amd64";
  return config;
}

std::string refusal(const std::string& change) {
  try {
    change_config(imported(), {"ENV A=b", change});
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::ErrorKind::invalid_dockerfile);
    return error.message();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("changes mean what they mean in a Dockerfile", "[builder]") {
  const auto config = change_config(
      imported(), {"ENV A=one", "ENV B=$A-two", "LABEL l=\"two words\"",
                   "CMD echo $B", "ENTRYPOINT [\"/init\"]", "CMD [\"x\"]",
                   "WORKDIR a", "WORKDIR b", "EXPOSE 80 90/udp"});
  CHECK(config.env.back() == "B=one-two");
  CHECK(config.labels.at("l") == "two words");
  CHECK(config.entrypoint == Words{"/init"});
  CHECK(config.cmd == Words{"x"});
  CHECK(config.working_dir == "/a/b");
  CHECK(config.exposed_ports == std::set<std::string>{"80/tcp", "90/udp"});
}

TEST_CASE("without changes a configuration stays as it was", "[builder]") {
  CHECK(change_config(imported(), {}) == store::ContainerConfig{});
}

TEST_CASE("what touches files cannot change a configuration", "[builder]") {
  CHECK_THAT(refusal("RUN true"), Catch::Contains("RUN needs a build"));
  CHECK_THAT(refusal("copy a b"), Catch::Contains("needs a build"));
  CHECK_THAT(refusal("FROM x"), Catch::Contains("FROM needs a build"));
  CHECK_THAT(refusal("CMD x\nRUN y"), Catch::Contains("RUN needs a build"));
  CHECK_THAT(refusal("CDM x"), Catch::Contains("unknown instruction"));
}
