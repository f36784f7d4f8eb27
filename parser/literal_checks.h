// Checks of values that are plain in the text: no variable, quote or escape in
// them, so that expanding them would change nothing. What holds one is checked
// again by the builder, once it has a value.
#pragma once

#include "parser/dockerfile.h"

namespace parser {

// All throw SyntaxError at the flag or word that is wrong.

// --mount, --network and --security; a variable in a mount's `from` is refused.
void check_run_flags(const Instruction& run, char escape);
// A variable in --from, and addresses among the sources of a COPY.
void check_copy_literals(const Instruction& copy);
void check_port_literals(const Instruction& expose, char escape);
void check_signal_literal(const Instruction& stopsignal, char escape);
// Durations and retries, which no variable can be part of.
void check_healthcheck_flags(const Instruction& healthcheck);

}  // namespace parser
