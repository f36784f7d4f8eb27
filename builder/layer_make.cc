// How the directory of each operation is made, below the lease of its step.
#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/accounts.h"
#include "builder/copy_step.h"
#include "builder/layer_builder.h"
#include "builder/source_trees.h"
#include "builder/tree_edit.h"

namespace builder {

// --link: as if on nothing.
Snapshot LayerBuilder::parent_of(const Operation& operation,
                                 const StepInputs& inputs) {
  const auto* copy = std::get_if<CopyOp>(&operation);
  return copy != nullptr && copy->is_link ? Snapshot() : inputs.parent;
}

store::MergedTree LayerBuilder::tree_of(const Snapshot& snapshot) const {
  return environment_.store.layers().merged(snapshot.diff_ids());
}

std::filesystem::path LayerBuilder::make(const Step& step,
                                         const store::Lease& lease) {
  const Operation& operation = step.vertex.operation;
  if (const auto* exec = std::get_if<ExecOp>(&operation)) {
    return make_exec(step, *exec, lease);
  }
  if (const auto* copy = std::get_if<CopyOp>(&operation)) {
    return make_copy(step, *copy, lease);
  }
  return make_workdir(step, std::get<WorkDirOp>(operation), lease);
}

std::filesystem::path LayerBuilder::make_exec(const Step& step,
                                              const ExecOp& op,
                                              const store::Lease& lease) {
  StepLog log(options_.logs / fmt::format("{}.log", step.number + 1),
              step.number, progress_,
              ExecStep::secret_values(op, environment_.secrets));
  ExecStep exec(environment_, op, step.inputs, lease);
  try {
    return exec.run(log, step.stop);
  } catch (base::Error& error) {
    if (error.kind() == base::ErrorKind::step_failed) {
      error.excerpt(error.excerpt() + log.render_tail());
    }
    throw;
  }
}

std::filesystem::path LayerBuilder::make_copy(const Step& step,
                                              const CopyOp& op,
                                              const store::Lease& lease) {
  const base::Span span(environment_.trace, "step", "copy");
  const store::MergedTree below =
      tree_of(parent_of(step.vertex.operation, step.inputs));
  const std::filesystem::path directory = lease.make_directory("upper");
  TreeEdit edit(below, environment_.store.layers().io().write(directory));
  SourceTrees trees(op, step.inputs, environment_.contexts,
                    environment_.store.layers());
  write_copy(
      op, step.selection,
      [&](std::size_t source, const std::string& path) {
        lease.throw_if_stopped();
        return trees.open(source, path);
      },
      Accounts(below), edit);
  return directory;
}

std::filesystem::path LayerBuilder::make_workdir(const Step& step,
                                                 const WorkDirOp& op,
                                                 const store::Lease& lease) {
  const store::MergedTree below = tree_of(step.inputs.parent);
  const std::filesystem::path directory = lease.make_directory("upper");
  TreeEdit edit(below, environment_.store.layers().io().write(directory));
  TreeEdit::NewDirectory made{{}, {}, now_timestamp()};
  try {
    if (!op.user.empty()) {
      const Account account = Accounts(below).find_user(op.user);
      made.owner = {account.uid, account.gid};
    }
  } catch (const base::Error& error) {
    // A user that does not exist yet owns nothing; RUN will say so.
    if (error.kind() != base::ErrorKind::not_found) throw;
  }
  const std::string path = edit.resolve(op.path, store::FollowLast::yes);
  const store::Entry* existing = edit.find(path);
  if (existing == nullptr || existing->type != store::EntryType::directory) {
    edit.make_directory(path, made);
  }
  edit.finish();
  return directory;
}

}  // namespace builder
