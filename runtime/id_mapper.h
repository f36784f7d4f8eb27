// Writes the id maps of the user namespace that this process is about to enter.
//
// Only who stands outside of a namespace with rights over the ids may map them,
// so a child is forked before, waits until the namespace is there, and then
// calls newuidmap(1) and newgidmap(1), or writes the maps itself.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.h"
#include "runtime/id_map.h"

namespace runtime {

enum class MapWriter {
  ourselves,  // one id, which the kernel lets its owner map
  newidmap,   // the setuid programs
  parent,     // a process like ours before, which may set ids
};

class IdMapper {
 public:
  // To be made before the namespace is entered, while there is one thread.
  // Throws: system.
  IdMapper(IdMap ids, MapWriter writer);
  IdMapper(const IdMapper&) = delete;
  IdMapper& operator=(const IdMapper&) = delete;
  ~IdMapper();

  // To be called once in the namespace. When the ids cannot be had, maps the
  // process's own as 0 and returns why, and what to do; empty otherwise.
  // Throws: system, denied when not even that works.
  std::string write();

 private:
  void start_helper();
  std::string ask_helper();

  IdMap ids_;
  MapWriter writer_;
  uid_t uid_;
  gid_t gid_;
  pid_t helper_ = -1;
  base::Fd go_;      // closed without a byte: the namespace will not come
  base::Fd answer_;  // what went wrong, until its end
};

}  // namespace runtime
