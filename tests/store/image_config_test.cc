#include "store/image_config.h"

#include <catch2/catch.hpp>
#include <string>

#include "tests/has_kind.h"

namespace {

using base::ErrorKind;
using store::ContainerConfig;
using store::ImageConfig;
using store::parse_image_config;
using store::render_image_config;
using tests::HasKind;

ImageConfig whole_config() {
  ImageConfig image;
  image.created = "2024-05-06T07:08:09.123456789Z";
  image.author = "someone";
  image.architecture = "arm64";
  image.os = "linux";
  image.variant = "v8";
  image.os_version = "1.2";
  image.os_features = {"x"};
  ContainerConfig& config = image.config;
  config.user = "1000:1000";
  config.exposed_ports = {"80/tcp", "53/udp"};
  config.env = {"PATH=/bin", "B=", "A=1"};
  config.entrypoint = {{"/init"}};
  config.cmd = {{"serve", "--fast"}};
  config.volumes = {"/data"};
  config.working_dir = "/srv";
  config.labels = {{"b", "2"}, {"a", "1"}};
  config.stop_signal = "SIGINT";
  config.on_build = {"RUN true"};
  config.shell = {"/bin/bash", "-c"};
  config.healthcheck.emplace();
  config.healthcheck->test = {"CMD-SHELL", "true"};
  config.healthcheck->interval = std::chrono::seconds(30);
  config.healthcheck->start_interval = std::chrono::milliseconds(5);
  config.healthcheck->retries = 3;
  config.args_escaped = true;
  image.diff_ids = {base::Digest::of("layer")};
  image.history = {{"2024-05-06T07:08:09Z", "RUN x", "me", "why", false},
                   {"", "ENV A=1", "", "", true}};
  return image;
}

}  // namespace

TEST_CASE("a configuration is rendered and read back whole", "[store]") {
  const ImageConfig image = whole_config();
  CHECK(parse_image_config(render_image_config(image)) == image);
}

TEST_CASE("a configuration is written as Docker and OCI name its fields",
          "[store][D194][D195][D197][D246]") {
  CHECK(render_image_config(whole_config()) ==
        R"({"architecture":"arm64","author":"someone","config":{)"
        R"("User":"1000:1000","ExposedPorts":{"53/udp":{},"80/tcp":{}},)"
        R"("Env":["PATH=/bin","B=","A=1"],"Entrypoint":["/init"],)"
        R"("Cmd":["serve","--fast"],"Volumes":{"/data":{}},)"
        R"("WorkingDir":"/srv","Labels":{"a":"1","b":"2"},)"
        R"("StopSignal":"SIGINT","ArgsEscaped":true,)"
        R"("Healthcheck":{"Test":["CMD-SHELL","true"],)"
        R"("Interval":30000000000,"StartInterval":5000000,"Retries":3},)"
        R"("OnBuild":["RUN true"],"Shell":["/bin/bash","-c"]},)"
        R"("created":"2024-05-06T07:08:09.123456789Z",)"
        R"("history":[{"created":"2024-05-06T07:08:09Z",)"
        R"("created_by":"RUN x","author":"me","comment":"why"},)"
        R"({"created_by":"ENV A=1","empty_layer":true}],)"
        R"("os":"linux","os.features":["x"],"os.version":"1.2",)"
        R"("rootfs":{"type":"layers","diff_ids":[")" +
            base::Digest::of("layer").str() + R"("]},"variant":"v8"})");
}

TEST_CASE("texts are escaped as Go does", "[store][D194]") {
  ImageConfig image;
  image.author = "<a&b> \xe2\x80\xa8\xe2\x80\xa9 \xc3\xa9 \xff";
  CHECK_THAT(
      render_image_config(image),
      Catch::Contains("\"author\":\"\\u003ca\\u0026b\\u003e \\u2028\\u2029"
                      " \xc3\xa9 \xef\xbf\xbd\""));
  CHECK(parse_image_config(render_image_config(image)).author ==
        "<a&b> \xe2\x80\xa8\xe2\x80\xa9 \xc3\xa9 \xef\xbf\xbd");
}

TEST_CASE("what was never set is not written", "[store][D196][D247]") {
  CHECK(render_image_config(ImageConfig()) ==
        R"({"architecture":"","config":{},"os":"",)"
        R"("rootfs":{"type":"layers","diff_ids":[]}})");
}

TEST_CASE("an empty command is told from none", "[store]") {
  const ImageConfig image = parse_image_config(
      R"({"config":{"Cmd":[],"Entrypoint":null},"rootfs":{}})");
  CHECK(image.config.cmd == std::vector<std::string>());
  CHECK_FALSE(image.config.entrypoint);
  const std::string text = render_image_config(image);
  CHECK(text.find(R"("Cmd":[])") != std::string::npos);
  CHECK(text.find("Entrypoint") == std::string::npos);
}

TEST_CASE("null stands for a field that is not there", "[store]") {
  const ImageConfig image = parse_image_config(
      R"({"created":null,"author":null,"os.features":null,"history":null,
          "config":{"User":null,"Env":null,"Cmd":null,"Volumes":null,
                    "ExposedPorts":null,"Labels":null,"OnBuild":null,
                    "Healthcheck":null,"ArgsEscaped":null},
          "rootfs":{"type":"layers","diff_ids":null}})");
  CHECK(image == ImageConfig());
  CHECK(parse_image_config(R"({"config":null,"rootfs":{}})") == ImageConfig());
}

TEST_CASE("unknown keys are dropped", "[store][D183]") {
  CHECK(parse_image_config(
            R"({"docker_version":"1","container_config":{"Env":7},
                "config":{"Tty":false,"Memory":5},"rootfs":{}})") ==
        ImageConfig());
}

TEST_CASE("a wrong type is refused and its key named", "[store]") {
  const auto [json, message] = GENERATE(table<std::string, std::string>({
      {R"([])", "image configuration must be an object"},
      {R"({"rootfs":{},"os":1})", "\"os\" must be a string"},
      {R"({"rootfs":{},"config":[]})", "\"config\" must be an object"},
      {R"({"rootfs":{},"config":{"Env":"A=1"}})",
       "\"config\": \"Env\" must be an array of strings"},
      {R"({"rootfs":{},"config":{"Env":["A",1]}})",
       "\"Env\" must be an array of strings"},
      {R"({"rootfs":{},"config":{"Volumes":["/x"]}})",
       "\"Volumes\" must be an object"},
      {R"({"rootfs":{},"config":{"Labels":{"a":1}}})",
       "\"Labels\" must be an object of strings"},
      {R"({"rootfs":{},"config":{"ArgsEscaped":"yes"}})",
       "\"ArgsEscaped\" must be true or false"},
      {R"({"rootfs":{},"config":{"Healthcheck":{"Retries":1.5}}})",
       "\"Healthcheck\": \"Retries\" must be an integer"},
      {R"({"rootfs":{},"config":{"Healthcheck":{"Retries":1e30}}})",
       "\"Retries\" must be an integer"},
      {R"({"rootfs":{},"config":{"Healthcheck":{"Timeout":18446744073709551615}}})",
       "\"Timeout\" is too large"},
      {R"({"rootfs":{},"config":{"Healthcheck":{"Interval":-1}}})",
       "\"Interval\" must not be negative"},
      {R"({"rootfs":{},"history":[{},{"created_by":3}]})",
       "\"history\" [1]: \"created_by\" must be a string"},
      {R"({"rootfs":{},"history":{}})", "must be an array of objects"},
      {R"({})", "\"rootfs\" is missing"},
      {R"({"rootfs":{"type":"tar"}})", "\"type\" must be \"layers\""},
      {R"({"rootfs":{"diff_ids":["sha256:12"]}})",
       "\"diff_ids\" must hold sha256 digests"},
      {R"({"rootfs":)", "is not JSON"},
      {"{\"os\":\"\xff\"}", "is not JSON"},
      {"", "is not JSON"},
  }));
  CAPTURE(json);
  CHECK_THROWS_MATCHES(parse_image_config(json), base::Error,
                       HasKind(ErrorKind::invalid_input, message));
}

TEST_CASE("deep nesting is refused, whatever key it hides under", "[store]") {
  const std::string deep = R"({"x":)" + std::string(5'000'000, '[') +
                           std::string(5'000'000, ']') + "}";
  CHECK_THROWS_MATCHES(parse_image_config(deep), base::Error,
                       HasKind(ErrorKind::invalid_input, "nested deeper"));
}

TEST_CASE("a list of very many objects is read in one pass", "[store]") {
  std::string many = R"({"rootfs":{"diff_ids":[]},"x":[{})";
  for (int i = 0; i < 500'000; ++i) many += ",{}";
  CHECK(parse_image_config(many + "]}").diff_ids.empty());
}

TEST_CASE("a configuration above 16 MiB is refused", "[store]") {
  const std::string large =
      R"({"x":")" + std::string(std::size_t{17} << 20U, 'a') + "\"}";
  CHECK_THROWS_MATCHES(parse_image_config(large), base::Error,
                       HasKind(ErrorKind::invalid_input, "16 MiB"));
}

TEST_CASE("bytes that are not UTF-8 do not stop a configuration", "[store]") {
  ImageConfig image;
  image.config.env = {"A=\xff"};
  CHECK(parse_image_config(render_image_config(image)).config.env ==
        std::vector<std::string>{"A=\xef\xbf\xbd"});
}
