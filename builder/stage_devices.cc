// RUN --device: which devices of this machine a step gets, and whether it may.
#include <fmt/format.h>

#include <algorithm>

#include "builder/stage_planner.h"
#include "parser/device_option.h"

namespace builder {

// A class or all of a class is told as it was written, one device by its name.
void StagePlanner::check_device_consent(
    const parser::Flag& flag, std::string_view name,
    const std::vector<CdiDevice>& devices) const {
  const Entitlements& allowed = context_.options.allowed;
  const bool is_allowed =
      allowed.allows_device(name) ||
      std::all_of(devices.begin(), devices.end(), [&](const CdiDevice& device) {
        return device.is_allowed || allowed.allows_device(device.name);
      });
  if (!is_allowed) throw no_consent(flag, fmt::format("device={}", name));
}

void StagePlanner::add_devices(const parser::Flag& flag, ExecOp& op) {
  parser::Word word = value_of(flag);
  word.text = expand(word);
  const auto option = read_value(
      word, [&word] { return parser::parse_device_option(word.text); });
  if (!context_.devices) {
    context_.devices.emplace(context_.options.cdi_directories);
  }
  const std::vector<CdiDevice> devices = context_.devices->find(option.name);
  if (devices.empty() && option.required) {
    const auto& skipped = context_.devices->skipped();
    throw error_at(
        context_.file, place(flag.range),
        about(fmt::format("device \"{}\" is required, and this machine has "
                          "none",
                          option.name)),
        skipped.empty()
            ? fmt::format("devices are described in {}",
                          standard_cdi_directories().front().native())
            : fmt::format("{} is not read: {}", skipped.front().file.native(),
                          skipped.front().reason),
        base::ErrorKind::not_found);
  }
  check_device_consent(flag, option.name, devices);
  ExecDevice& device = op.devices.emplace_back();
  device.name = option.name;
  for (const CdiDevice& found : devices) {
    if (found.fault) {
      throw error_at(context_.file, place(flag.range),
                     about(fmt::format("device \"{}\" cannot be used: {}",
                                       found.name, found.fault->message())),
                     found.fault->hint(), found.fault->kind());
    }
    device.edits.push_back(found.edits);
  }
}

}  // namespace builder
