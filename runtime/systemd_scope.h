// A control group for who may not make one, where systemd runs for the user: a
// transient scope with Delegate=yes, below which cgroups are the user's own.
//
// Wire form: D-Bus on the user's bus ($DBUS_SESSION_BUS_ADDRESS, else
// $XDG_RUNTIME_DIR/bus), one call of org.freedesktop.systemd1.Manager's
// StartTransientUnit, "ssa(sv)a(sa(sv))": the name "strake-<pid>.scope", mode
// "fail", the properties Description, Delegate, PIDs (ours) and CollectMode.
// Limits are no properties of the scope: they are those of each run, set in
// groups below it as everywhere else. systemd removes the scope when its last
// process has ended, whatever became of us.
//
// libsystemd is loaded here, when it is needed. It also speaks for a process in
// a user namespace, whose number for itself is not the bus's.
#pragma once

namespace runtime {

// Whether there seems to be a bus to ask.
bool has_user_bus();

// Moves this process into such a scope, to the group "main" in it, and has the
// scope hand down all its controllers; find_cgroup_hierarchies() is to be asked
// anew. Throws: unsupported without libsystemd, unavailable when systemd does
// not answer or not as asked, system.
void enter_systemd_scope();

}  // namespace runtime
