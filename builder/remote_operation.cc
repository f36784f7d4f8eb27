#include "builder/remote_operation.h"

#include "builder/stage_planner.h"

namespace builder {

GitOp git_operation(const parser::GitAddress& address) {
  GitOp op;
  op.remote = address.remote;
  op.host = address.host;
  op.ref = address.ref;
  op.checksum = address.checksum;
  op.subdir = clean_path("/" + address.subdir).substr(1);
  op.has_submodules = address.submodules.value_or(true);
  op.has_commit_times = address.has_commit_times;
  op.keep_git_dir = address.keep_git_dir.value_or(false);
  return op;
}

std::optional<Operation> context_operation(const ContextForm& form,
                                           const BuildArgs& build_args) {
  if (form.kind == ContextForm::Kind::git) {
    GitOp op = git_operation(*parser::find_git_address(form.reference));
    op.proxy_env = proxy_environment(build_args, {});
    return op;
  }
  if (form.kind == ContextForm::Kind::download) {
    HttpOp op;
    op.url = form.reference;
    op.name = kDownloadName;
    op.proxy_env = proxy_environment(build_args, {});
    return op;
  }
  return std::nullopt;
}

}  // namespace builder
