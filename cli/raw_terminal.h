// Our terminal while another one's input is typed into it: nothing is echoed,
// kept back until the line ends or made a signal of, so that Ctrl-C and the
// like reach the program on the other side.
#pragma once

#include <termios.h>

#include "builder/container.h"

namespace cli {

// Whether our standard input is a terminal.
bool is_input_terminal();

// What a command at our terminal is told of it.
builder::ContainerTerminal describe_terminal();

class RawTerminal {
 public:
  // Changes the terminal that is our standard input. Throws: system.
  RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  // Puts every setting back as it was found.
  ~RawTerminal();

 private:
  termios before_{};
};

}  // namespace cli
