// Carries a child's output and report to the parent until the child ends.
//
// The end is told by the pidfd, not by the end of the pipes: a copy of a
// pipe's write end may live in another child that is being cloned at this
// moment. What is in the pipes by then is all there will be.
#pragma once

#include "base/fd.h"
#include "runtime/child_process.h"
#include "runtime/executor.h"
#include "runtime/report.h"
#include "runtime/signal_forwarder.h"
#include "runtime/terminal_relay.h"

namespace runtime {

struct PumpEnds {
  base::Fd output;  // empty when inherited
  base::Fd error;   // empty when inherited
  base::Fd report;
};

// Returns when the child has ended and all it wrote was delivered, in the order
// it arrived; meanwhile forwards signals and serves its terminal, when it has
// one. Throws: system, and what streams.on_output throws.
void pump(const ChildProcess& child, PumpEnds& ends, const Streams& streams,
          ReportReader& report, SignalForwarder& signals,
          TerminalRelay* terminal);

}  // namespace runtime
