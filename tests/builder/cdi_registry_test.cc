// Devices of the Container Device Interface.
#include "builder/cdi_registry.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "base/error.h"
#include "base/temp_dir.h"
#include "fakes.h"

using builder::CdiRegistry;
using Catch::Contains;

namespace {

struct Machine {
  base::TempDir root;
  builder::PlanOptions options;
  Machine() {
    for (const char* name : {"etc", "run"}) {
      std::filesystem::create_directory(root.path() / name);
      options.cdi_directories.push_back(root.path() / name);
    }
    options.cdi_directories.erase(options.cdi_directories.begin(),
                                  options.cdi_directories.end() - 2);
    write("etc/gpu.json", R"({"cdiVersion": "0.6.0", "kind": "a.com/gpu",
      "containerEdits": {"env": ["ALL=1"]},
      "devices": [
        {"name": "0", "containerEdits": {"env": ["GPU=0"],
          "deviceNodes": [{"path": "/dev/gpu0", "type": "c", "major": 195,
                           "minor": 7, "fileMode": 432, "gid": 44}],
          "mounts": [{"hostPath": "/usr/lib/gpu", "containerPath": "/gpu",
                      "options": ["ro", "bind"]}]}},
        {"name": "1", "annotations":
          {"org.mobyproject.buildkit.device.class": "big"},
          "containerEdits": {"env": ["GPU=1"]}}]})");
  }
  void write(const std::string& name, std::string_view text) {
    tests::write_file(root.path() / name, text);
  }
  CdiRegistry registry() const { return CdiRegistry(options.cdi_directories); }
  std::vector<std::string> names(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& device : registry().find(name)) {
      found.push_back(device.name);
    }
    return found;
  }
  std::string error(const std::string& flag) const {
    return tests::plan_error("FROM base\nRUN --device=" + flag + " x\n",
                             options);
  }
  const builder::ExecOp op(const std::string& flag) const {
    return tests::operation_of<builder::ExecOp>(
        tests::plan_of("FROM base\nRUN --device=" + flag + " x\n", options));
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Machine, "a name means a device, the first or all of a class",
                 "[cdi][D257]") {
  CHECK(names("a.com/gpu=1") == Names{"a.com/gpu=1"});
  CHECK(names("a.com/gpu") == Names{"a.com/gpu=0"});
  CHECK(names("a.com/gpu=*") == Names{"a.com/gpu=0", "a.com/gpu=1"});
  CHECK(names("a.com/gpu=big") == Names{"a.com/gpu=1"});
  CHECK(names("a.com/gpu=2").empty());
  CHECK(names("a.com/gp").empty());
  CHECK(names("b.com/gpu=*").empty());
}

TEST_CASE_METHOD(Machine, "a device edits the step, after its whole class",
                 "[cdi][D257]") {
  const auto device = registry().find("a.com/gpu=0").at(0);
  CHECK(device.edits.env == Names{"ALL=1", "GPU=0"});
  REQUIRE(device.edits.devices.size() == 1);
  const runtime::DeviceRule rule{true, 'c', 195, 7};
  CHECK(device.edits.rules == std::vector{rule});
  const runtime::Device& node = device.edits.devices[0];
  CHECK(node.path == "/dev/gpu0");
  CHECK(node.type == 'c');
  CHECK(node.major == 195);
  CHECK(node.minor == 7);
  CHECK(node.file_mode == 0660);
  CHECK(node.gid == 44);
  REQUIRE(device.edits.mounts.size() == 1);
  CHECK(device.edits.mounts[0].source == "/usr/lib/gpu");
  CHECK(device.edits.mounts[0].destination == "/gpu");
  CHECK(device.edits.mounts[0].options == Names{"rbind", "ro"});
}

TEST_CASE_METHOD(Machine, "a node that is not described is the host's",
                 "[cdi][D257]") {
  write("etc/null.json", R"({"kind": "a.com/null", "devices": [{"name": "n",
      "containerEdits": {"deviceNodes":
        [{"path": "/dev/nothing", "hostPath": "/dev/null"}]}}]})");
  const auto edits = registry().find("a.com/null").at(0).edits;
  CHECK(edits.devices.at(0).path == "/dev/nothing");
  CHECK(edits.devices.at(0).major == 1);
  CHECK(edits.devices.at(0).minor == 3);
}

TEST_CASE_METHOD(Machine, "a node outside of /dev is bound from its host path",
                 "[cdi][D257]") {
  write("etc/acc.json", R"({"kind": "a.com/acc", "devices": [{"name": "0",
      "containerEdits": {"deviceNodes":
        [{"path": "/opt/acc0", "hostPath": "/dev/null"},
         {"path": "/opt/acc1", "hostPath": "/dev/zero", "type": "c",
          "major": 1, "minor": 5}]}}]})");
  const auto edits = registry().find("a.com/acc").at(0).edits;
  CHECK(edits.devices.empty());
  REQUIRE(edits.mounts.size() == 2);
  CHECK(edits.mounts[0].source == "/dev/null");
  CHECK(edits.mounts[0].destination == "/opt/acc0");
  CHECK(edits.mounts[1].source == "/dev/zero");
}

TEST_CASE_METHOD(Machine, "a node outside of /dev takes more than numbers",
                 "[cdi][D257]") {
  options.allowed.all_devices = true;
  for (const char* host : {"", R"("hostPath": "/dev/null",)"}) {
    write("etc/acc.json",
          fmt::format(R"({{"kind": "a.com/acc", "devices": [{{"name": "0",
            "containerEdits": {{"deviceNodes": [{{"path": "/opt/acc0", {}
              "type": "c", "major": 1, "minor": 5}}]}}}}]}})",
                      host));
    CHECK_THAT(error("a.com/acc=0"), Contains("etc/acc.json") &&
                                         Contains("/opt/acc0") &&
                                         Contains("hostPath"));
  }
}

TEST_CASE_METHOD(Machine, "the later directory has the last word",
                 "[cdi][D257]") {
  write("run/gpu.json", R"({"kind": "a.com/gpu", "devices": [{"name": "0",
      "containerEdits": {"env": ["LATER=1"]}}]})");
  CHECK(registry().find("a.com/gpu=0").at(0).edits.env == Names{"LATER=1"});
}

TEST_CASE_METHOD(Machine, "a wrong specification hides its own devices alone",
                 "[cdi][D257]") {
  options.allowed.all_devices = true;
  for (const char* text : {"{", "[]", "{}", R"({"kind": "a/b", "devices": 1})",
                           R"({"kind": 1, "devices": [{"name": "x"}]})",
                           R"({"kind": "a/b", "devices": [{"name": "x"}, {}]})",
                           R"({"kind": "a/b", "devices": [{"name": "x",
            "containerEdits": {"env": [1]}}]})"}) {
    INFO(text);
    write("run/x.json", text);
    CHECK(op("a.com/gpu=0").devices.at(0).edits.size() == 1);
    CHECK(names("a/b=x").empty());
    CHECK_THAT(error("a/b=x,required"), Contains("run/x.json is not read: "));
  }
}

TEST_CASE_METHOD(Machine, "a device that cannot be used troubles no other",
                 "[cdi][D257]") {
  options.allowed.all_devices = true;
  write("run/x.json", R"({"kind": "a/b", "devices": [
      {"name": "good"},
      {"name": "hooked", "containerEdits": {"hooks": [{"path": "/bin/x"}]}},
      {"name": "gone", "containerEdits": {"deviceNodes":
          [{"path": "/dev/gone"}]}}]})");
  CHECK(op("a.com/gpu=0").devices.at(0).edits.size() == 1);
  CHECK(op("a/b=good").devices.at(0).edits.size() == 1);
  for (const char* flag : {"a/b=hooked", "a/b=*"}) {
    CHECK_THAT(error(flag), Contains("Dockerfile:2:5:") && Contains("a/b=") &&
                                Contains("run/x.json"));
  }
  CHECK_THAT(error("a/b=hooked"), Contains("hooks"));
  CHECK_THAT(error("a/b=gone"), Contains("/dev/gone"));
}

TEST_CASE_METHOD(Machine, "a device takes consent, by name, class or at all",
                 "[cdi][D256][D257]") {
  CHECK_THAT(error("a.com/gpu=0"), Contains("Dockerfile:2:5:") &&
                                       Contains("--allow device=a.com/gpu=0"));
  options.allowed.devices = {"a.com/gpu=0"};
  CHECK(op("a.com/gpu=0").devices.at(0).edits.size() == 1);
  CHECK_THAT(error("a.com/gpu=*"), Contains("consent"));
  options.allowed.devices = {"a.com/gpu"};
  CHECK(op("a.com/gpu=*").devices.at(0).edits.size() == 2);
  options.allowed.devices = {};
  options.allowed.all_devices = true;
  CHECK(op("a.com/gpu").devices.at(0).edits.size() == 1);
}

TEST_CASE_METHOD(Machine, "a specification may give consent itself",
                 "[cdi][D256]") {
  write("run/free.json", R"({"kind": "a.com/free", "annotations":
      {"org.mobyproject.buildkit.device.autoallow": "true"},
      "devices": [{"name": "x"}]})");
  CHECK(op("a.com/free=x").devices.size() == 1);
}

TEST_CASE_METHOD(Machine, "an absent device is skipped unless it is required",
                 "[cdi][D257]") {
  CHECK(op("b.com/gpu=0").devices.at(0).edits.empty());
  CHECK_THAT(error("b.com/gpu=0,required"),
             Contains("device \"b.com/gpu=0\" is required"));
  write("run/b.yaml", "kind: b.com/gpu\n");
  CHECK_THAT(error("b.com/gpu=0,required"), Contains("run/b.yaml is not read"));
}

TEST_CASE_METHOD(Machine, "a step's devices are in its key", "[cdi][D257]") {
  options.allowed.all_devices = true;
  CHECK(builder::operation_digest(op("a.com/gpu=0")) !=
        builder::operation_digest(op("a.com/gpu=1")));
}

TEST_CASE_METHOD(Machine, "permissions of a node are of rwm", "[cdi][D257]") {
  const std::string permissions = GENERATE("", "rx");
  write("etc/odd.json", R"({"kind": "b.com/odd", "devices": [
    {"name": "0", "containerEdits": {"deviceNodes": [
      {"path": "/dev/odd", "type": "c", "major": 1, "minor": 3,
       "permissions": ")" + permissions +
                            R"("}]}}]})");
  const auto device = registry().find("b.com/odd=0").at(0);
  REQUIRE(device.fault);
  CHECK_THAT(device.fault->message(), Contains("of /dev/odd are not letters"));
}
