// Why a program of a sandbox cannot be executed, for a child that has somebody
// else execute it (child_oci.cc): a runtime's words for it differ from one to
// the next, and some have none. For the child: allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "runtime/command_plan.h"
#include "runtime/identity_plan.h"
#include "runtime/report.h"

namespace runtime {

class ProgramCheck {
 public:
  // Looks for the command in `root`, as the command's user will.
  ProgramCheck(int root, const CommandPlan& command,
               const IdentityPlan& identity) noexcept;

  // Whether it is there and its user may execute it.
  bool is_executable() const noexcept { return fault_ == Fault::none; }

  // Reports what execute() (child_exec.cc) would have, of a program that was
  // not executed though is_executable(): its interpreter is missing, or it is
  // no program.
  [[noreturn]] void fail(const Reporter& report) const noexcept;

 private:
  enum class Fault { none, missing, refused };

  void look_at(int root, const char* path) noexcept;
  bool wants_interpreter() const noexcept;
  std::string_view head() const noexcept { return {head_.data(), head_size_}; }

  Fault fault_ = Fault::missing;
  std::size_t candidate_ = 0;
  const IdentityPlan& identity_;
  std::array<char, kMaxRecordText> head_;
  std::size_t head_size_ = 0;
};

}  // namespace runtime
