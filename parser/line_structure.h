// Reads the lines of a file: what is a directive, a comment, an instruction
// joined from several lines, a heredoc's body. What the lines say is the
// handler's part.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parser/dockerfile.h"
#include "parser/heredoc.h"
#include "parser/joined_text.h"

namespace parser {

// A body as it stands in the file.
struct HeredocBody {
  std::string_view lines;  // each with its line end
  Range range;             // with the closing line
};

// Told what is found, in file order. Its members may throw SyntaxError, which
// ends the reading.
class LineHandler {
 public:
  virtual ~LineHandler() = default;

  // `name` is in lower case, `value` trimmed and not empty.
  virtual void on_directive(const std::string& name, std::string_view value,
                            Range range) = 0;
  // An instruction's joined line with the comments right above it. Returns the
  // heredocs it opens; their bodies follow, in order.
  virtual std::vector<HeredocStart> on_line(
      const JoinedText& line, std::vector<std::string> comments) = 0;
  virtual void on_heredoc(const HeredocStart& start,
                          const HeredocBody& body) = 0;
  // The instruction is complete; `end` is behind its last physical line.
  virtual void on_line_end(Position end) = 0;
  // A blank line within the line that on_line() will bring next.
  virtual void on_blank_in_line(Position at) = 0;
};

enum class LineSource {
  file,     // directives may stand on top
  trigger,  // an ONBUILD text
};

// Throws: SyntaxError on an unclosed heredoc, and what the handler throws.
void read_lines(std::string_view text, LineSource source, LineHandler& handler);

}  // namespace parser
