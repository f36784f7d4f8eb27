// Limits and device rules in the specification's words.
#include <nlohmann/json.hpp>

#include "runtime/oci_config.h"

namespace runtime {
namespace {

using Json = nlohmann::json;

Json render_rule(const DeviceRule& rule) {
  Json json = {{"allow", rule.allow},
               {"type", std::string(1, rule.type)},
               {"access", rule.access}};
  if (rule.major) json["major"] = *rule.major;
  if (rule.minor) json["minor"] = *rule.minor;
  return json;
}

// The rules, then the devices that are to be made: a runtime refuses to make
// one that has no rule. Without rules every device may be used.
Json render_devices(const Linux& linux) {
  Json rules = Json::array();
  for (const DeviceRule& rule : linux.resources.devices) {
    rules.push_back(render_rule(rule));
  }
  if (rules.empty()) rules.push_back(render_rule({true}));
  for (const Device& device : linux.devices) {
    if (device.type == 'p') continue;
    rules.push_back(
        render_rule({true, device.type, device.major, device.minor}));
  }
  return rules;
}

Json render_memory(const Resources::Memory& memory) {
  return {{"limit", *memory.limit},
          {"swap", memory.swap.value_or(2 * *memory.limit)}};
}

Json render_cpu(const Resources::Cpu& cpu) {
  Json json = Json::object();
  if (cpu.quota || cpu.period != Resources::Cpu().period) {
    json["period"] = cpu.period;
  }
  if (cpu.quota) json["quota"] = *cpu.quota;
  if (cpu.shares) json["shares"] = *cpu.shares;
  if (!cpu.cpus.empty()) json["cpus"] = cpu.cpus;
  if (!cpu.mems.empty()) json["mems"] = cpu.mems;
  return json;
}

Json render_block_io(const Resources::BlockIo& block_io) {
  Json json = Json::object();
  if (block_io.weight) json["weight"] = *block_io.weight;
  const auto add = [&](const char* name,
                       const std::vector<Resources::Throttle>& throttles) {
    for (const Resources::Throttle& throttle : throttles) {
      json[name].push_back({{"major", throttle.major},
                            {"minor", throttle.minor},
                            {"rate", throttle.rate}});
    }
  };
  add("throttleReadBpsDevice", block_io.read_bps);
  add("throttleWriteBpsDevice", block_io.write_bps);
  add("throttleReadIOPSDevice", block_io.read_iops);
  add("throttleWriteIOPSDevice", block_io.write_iops);
  return json;
}

}  // namespace

Json render_oci_resources(const Linux& linux) {
  const Resources& resources = linux.resources;
  Json json = {{"devices", render_devices(linux)}};
  if (resources.memory.limit) json["memory"] = render_memory(resources.memory);
  if (Json cpu = render_cpu(resources.cpu); !cpu.empty()) {
    json["cpu"] = std::move(cpu);
  }
  if (resources.pids) json["pids"] = {{"limit", *resources.pids}};
  if (Json io = render_block_io(resources.block_io); !io.empty()) {
    json["blockIO"] = std::move(io);
  }
  return json;
}

}  // namespace runtime
