// The one exception type of strake.
//
// A message names the object it is about (path, digest, instruction), is lower
// case, and has no full stop. Rooms that let an error pass through add one line
// of context; the person reading it sees the outermost context first.
// Exit codes and retries are computed from the kind, never from the text.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace base {

// Named for what the catcher can do about it.
enum class ErrorKind {
  usage,               // the command line is wrong
  invalid_dockerfile,  // the Dockerfile or an ignore file is wrong
  invalid_input,       // other data is wrong: an archive, a reference, a file
  not_found,           // a named thing is absent and the caller required it
  corrupt,             // bytes differ from the digest or the spec they claim
  step_failed,         // the process of a RUN exited non-zero or was killed
  denied,              // credentials or privileges are missing
  unavailable,         // network or registry trouble; trying again may help
  cancelled,           // the user stopped the build; never retried
  unsupported,         // right, but not something this version can do
  system,              // a system call failed; the text ends in strerror(errno)
};

class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message);

  // What the reader can do next; one sentence. Replaces an earlier hint.
  Error& hint(std::string text) &;
  Error&& hint(std::string text) &&;

  // Puts `text` and a colon in front of the message.
  Error& add_context(std::string_view text);

  // Lines that belong under the message as they are: a source line and its
  // caret, the tail of a log. Replaces earlier ones.
  Error& excerpt(std::string lines) &;
  Error&& excerpt(std::string lines) &&;

  // For step_failed: the exit code that the process had or, when it could not
  // be started, that a shell would give: 126 or 127.
  Error& exit_code(int code) &;
  Error&& exit_code(int code) &&;

  ErrorKind kind() const noexcept { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }
  const std::string& message() const noexcept { return message_; }
  const std::string& hint() const noexcept { return hint_; }
  const std::string& excerpt() const noexcept { return excerpt_; }
  std::optional<int> exit_code() const noexcept { return exit_code_; }

 private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
  std::string excerpt_;
  std::optional<int> exit_code_;
};

// An Error of kind system (or denied for EPERM and EACCES) whose text is
// "<what>: <strerror(error_number)>". The number is a parameter so that nothing
// between the failing call and here can change it.
Error system_error(int error_number, std::string_view what);

}  // namespace base
