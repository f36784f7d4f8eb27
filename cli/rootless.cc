#include "cli/rootless.h"

#include <fmt/format.h>

namespace cli {
namespace {

using Kind = runtime::Privileges::Kind;

store::FileRights rights_of(const runtime::Privileges& privileges) {
  store::FileRights rights;
  if (privileges.kind == Kind::host) return rights;
  rights.id_map = runtime::render_id_map(privileges.ids);
  rights.trusted_xattrs = false;
  rights.makes_devices = false;
  rights.has_one_owner = privileges.ids.count() == 1;
  return rights;
}

std::string_view describe_form(runtime::RootForm form) {
  switch (form) {
    case runtime::RootForm::overlay:
      return "overlayfs";
    case runtime::RootForm::overlay_userxattr:
      return "overlayfs (userxattr)";
    case runtime::RootForm::fuse_overlay:
      return "fuse-overlayfs";
    case runtime::RootForm::copy:
      return "copies";
  }
  return {};
}

}  // namespace

Rootless::Rootless(store::Store& store) : store_(store) {
  store_.before_files([this] { enter(); });
}

Rootless::~Rootless() { store_.before_files(nullptr); }

void Rootless::enter() {
  if (privileges_) return;
  privileges_ = runtime::acquire_privileges();
  store_.adopt(rights_of(*privileges_));
  root_form_ = privileges_->kind == Kind::host
                   ? runtime::RootForm::overlay
                   : runtime::RootForm::overlay_userxattr;
}

std::string Rootless::describe() const {
  if (privileges_->kind == Kind::host) return {};
  return fmt::format("{}, {}", runtime::describe(*privileges_),
                     describe_form(root_form_));
}

}  // namespace cli
