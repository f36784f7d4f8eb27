// RUN --mount: what each kind of mount means, as far as the text tells.
#include <fmt/format.h>

#include <algorithm>

#include "builder/environment.h"
#include "builder/stage_planner.h"
#include "parser/csv_record.h"
#include "store/entry.h"

namespace builder {
namespace {

using parser::MountType;

// A field as one of a comma-separated record, whatever it holds.
std::string quote_field(std::string_view field) {
  if (field.find_first_of(",\"\n") == field.npos) return std::string(field);
  std::string out = "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// What sets the cache mounts of this build apart from those of others.
std::string cache_prefix(const BuildArgs& build_args) {
  const auto name = build_args.find("BUILDKIT_CACHE_MOUNT_NS");
  if (name == build_args.end() || name->second.empty()) return {};
  return name->second + "/";
}

bool is_agent(const ExecMount& mount) {
  return mount.option.type == MountType::ssh;
}

}  // namespace

// Variables are expanded field by field, so that a comma in a value stays in
// its field. The parser lets none into `from`.
parser::MountOption StagePlanner::read_mount_option(const parser::Flag& flag) {
  const parser::Word word = value_of(flag);
  std::vector<parser::CsvField> fields =
      read_value(word, [&word] { return parser::read_csv_record(word.text); });
  std::string record;
  for (const parser::CsvField& field : fields) {
    const parser::Word part =
        part_of(word, field.begin, field.end - field.begin);
    const std::size_t equals = field.text.find('=');
    std::string text = field.text;
    if (equals != std::string::npos) {
      text.erase(equals + 1);
      text += expand({field.text.substr(equals + 1), part.range});
    }
    if (!record.empty()) record += ',';
    record += quote_field(text);
  }
  // Columns of an expanded record are not those of the file.
  const parser::Word whole{"", flag.range};
  return read_value(record == word.text ? word : whole,
                    [&record] { return parser::parse_mount_option(record); });
}

void StagePlanner::add_mount(const parser::Flag& flag, ExecOp& op) {
  ExecMount mount = read_mount(flag);
  if (mount.option.type == MountType::ssh && mount.target.empty()) {
    const auto number =
        std::count_if(op.mounts.begin(), op.mounts.end(), is_agent);
    mount.target = fmt::format("/run/buildkit/ssh_agent.{}", number);
  }
  for (const ExecMount& other : op.mounts) {
    // A secret that is only a variable has no target.
    if (other.target != mount.target || mount.target.empty()) continue;
    throw error(flag.range,
                fmt::format("two mounts have the target \"{}\"", mount.target));
  }
  op.mounts.push_back(std::move(mount));
}

// Programs look for their agent there; of several the first in the file.
void StagePlanner::set_agent_variable(ExecOp& op) {
  constexpr std::string_view kVariable = "SSH_AUTH_SOCK";
  const auto agent = std::find_if(op.mounts.begin(), op.mounts.end(), is_agent);
  if (agent == op.mounts.end() || find_variable(op.env, kVariable)) return;
  set_variable(op.env, kVariable, agent->target);
}

ExecMount StagePlanner::read_mount(const parser::Flag& flag) {
  ExecMount mount;
  mount.option = read_mount_option(flag);
  parser::MountOption& option = mount.option;
  switch (option.type) {
    case MountType::ssh:
      if (!option.id) option.id = "default";
      if (option.target) mount.target = clean_path("/" + *option.target);
      return mount;
    case MountType::secret:
      if (!option.id) option.id = store::base_name(*option.target);
      if (option.target || !option.env) {
        mount.target = clean_path(
            "/" + option.target.value_or(fmt::format(
                      "run/secrets/{}", store::base_name(*option.id))));
      }
      return mount;
    case MountType::cache:
      if (!option.id) option.id = clean_path(option.target.value_or(""));
      option.id = cache_prefix(context_.options.build_args) + *option.id;
      mount.source.kind = TreeSource::Kind::empty;
      break;
    case MountType::bind:
    case MountType::tmpfs:
      break;
  }
  if (option.from && option.type != MountType::tmpfs) {
    mount.source = find_tree(*option.from, flag.range, /*takes_numbers=*/false);
  }
  mount.target = absolute(option.target.value_or(""));
  if (mount.target == "/") {
    throw error(flag.range, "mount target \"/\" would hide the whole image",
                "mount on a directory below it");
  }
  return mount;
}

}  // namespace builder
