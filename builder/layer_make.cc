// How the directory of each operation is made, below the lease of its step.
#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "builder/copy_step.h"
#include "builder/layer_builder.h"
#include "builder/source_trees.h"
#include "builder/tree_edit.h"

namespace builder {

std::filesystem::path LayerBuilder::make(const Step& step, store::Lease& lease,
                                         std::optional<runtime::Usage>& usage) {
  const Operation& operation = step.vertex.operation;
  if (const auto* exec = std::get_if<ExecOp>(&operation)) {
    return make_exec(step, *exec, lease, usage);
  }
  if (const auto* copy = std::get_if<CopyOp>(&operation)) {
    return make_copy(step, *copy, lease);
  }
  return make_workdir(step, std::get<WorkDirOp>(operation), lease);
}

std::filesystem::path LayerBuilder::make_exec(
    const Step& step, const ExecOp& op, store::Lease& lease,
    std::optional<runtime::Usage>& usage) {
  StepLog log(log_of(step.number), step.number, progress_,
              secret_values(op, environment_.credentials));
  ExecStep exec(environment_, op, step.inputs, lease);
  try {
    std::filesystem::path made = exec.run(log, step.stop);
    usage = exec.usage();
    return made;
  } catch (base::Error& error) {
    if (error.kind() == base::ErrorKind::step_failed) {
      error.excerpt(error.excerpt() + log.render_tail());
      if (options_.on_failure) {
        options_.on_failure(FailedStep(
            fmt::format("{} {}", render_place(step.vertex), step.vertex.title),
            exec.release(), std::move(lease)));
      }
    }
    throw;
  }
}

namespace {

// Said here, where it was asked for; what only came so is written as the one
// owner there is.
void require_owner(const BaseView& view, const store::LayerIo& io) {
  if (!view.owner || !io.rights().has_one_owner) return;
  if (*view.owner == store::Owner{0, 0}) return;
  throw base::Error(
      base::ErrorKind::denied,
      fmt::format("the owner {}:{} does not exist in this build's user "
                  "namespace, which has one id",
                  view.owner->uid, view.owner->gid))
      .hint(
          "let root grant more ids, then start with a new --root: usermod "
          "--add-subuids 100000-165535 --add-subgids 100000-165535 USER");
}

bool is_device(const store::Entry& entry) {
  return entry.type == store::EntryType::character ||
         entry.type == store::EntryType::block;
}

// The path in its source of each device that is copied.
std::vector<std::string> find_devices(const Selection& selection) {
  std::vector<std::string> devices;
  for (const SourceMatch& match : selection.matches) {
    if (is_device(match.entry)) devices.push_back(match.path);
    for (const store::Entry& member : match.members) {
      if (!is_device(member)) continue;
      devices.push_back(store::join_path(match.path, member.path));
    }
  }
  return devices;
}

// Images whose /dev is copied with the rest of them are to be built all the
// same, so it is no error.
void warn_of_devices(const Selection& selection, const store::LayerIo& io,
                     Progress& progress) {
  if (io.rights().makes_devices) return;
  const std::vector<std::string> devices = find_devices(selection);
  if (devices.empty()) return;
  progress.warning(fmt::format(
      "COPY leaves out the device /{}{}: only root can make devices",
      devices.front(),
      devices.size() == 1 ? ""
                          : fmt::format(" and {} more", devices.size() - 1)));
}

}  // namespace

std::filesystem::path LayerBuilder::make_copy(const Step& step,
                                              const CopyOp& op,
                                              const store::Lease& lease) {
  const base::Span span(environment_.trace, "step", "copy");
  require_owner(*step.view, environment_.store.layers().io());
  warn_of_devices(step.selection, environment_.store.layers().io(), progress_);
  const std::filesystem::path directory = lease.make_directory("upper");
  TreeEdit edit(step.view->tree,
                environment_.store.layers().io().write(directory));
  SourceTrees trees(op, step.inputs, environment_.contexts,
                    environment_.store.layers());
  write_copy(
      op, step.selection,
      [&](std::size_t source, const std::string& path) {
        lease.throw_if_stopped();
        return trees.open(source, path);
      },
      step.view->owner, now_timestamp(), edit);
  return directory;
}

std::filesystem::path LayerBuilder::make_workdir(const Step& step,
                                                 const WorkDirOp& op,
                                                 const store::Lease& lease) {
  require_owner(*step.view, environment_.store.layers().io());
  const std::filesystem::path directory = lease.make_directory("upper");
  TreeEdit edit(step.view->tree,
                environment_.store.layers().io().write(directory));
  const TreeEdit::NewDirectory made{{}, step.view->owner, now_timestamp()};
  const std::string path = edit.resolve(op.path, store::FollowLast::yes);
  const store::Entry* existing = edit.find(path);
  if (existing == nullptr || existing->type != store::EntryType::directory) {
    edit.make_directory(path, made);
  }
  edit.finish();
  return directory;
}

}  // namespace builder
