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

}  // namespace

Rootless::Rootless(store::Store& store,
                   std::optional<runtime::StorageDriver> driver)
    : store_(store), driver_(driver) {
  store_.before_files([this] { enter(); });
}

Rootless::~Rootless() { store_.before_files(nullptr); }

void Rootless::enter() {
  if (is_adopted_) return;
  if (!privileges_) privileges_ = runtime::acquire_privileges();
  store_.adopt(rights_of(*privileges_));
  is_adopted_ = true;
}

runtime::RootForm Rootless::root_form() {
  enter();
  if (!root_form_) {
    const store::Lease lease = store_.lease();
    root_form_ =
        runtime::choose_root_form(driver_, lease.make_directory("probe"));
  }
  return *root_form_;
}

std::string Rootless::describe() {
  const runtime::RootForm form = root_form();
  if (privileges_->kind != Kind::host) {
    return fmt::format("rootless: {}, {}", runtime::describe(*privileges_),
                       runtime::describe(form));
  }
  if (form == runtime::RootForm::overlay) return {};
  return fmt::format("storage: {}", runtime::describe(form));
}

}  // namespace cli
