#include "base/error.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace base {

Error::Error(ErrorKind kind, std::string message)
    : kind_(kind), message_(std::move(message)) {}

Error& Error::hint(std::string text) & {
  hint_ = std::move(text);
  return *this;
}

Error&& Error::hint(std::string text) && {
  hint_ = std::move(text);
  return std::move(*this);
}

Error& Error::add_context(std::string_view text) {
  message_ = fmt::format("{}: {}", text, message_);
  return *this;
}

Error& Error::excerpt(std::string lines) & {
  excerpt_ = std::move(lines);
  return *this;
}

Error&& Error::excerpt(std::string lines) && {
  excerpt_ = std::move(lines);
  return std::move(*this);
}

Error& Error::exit_code(int code) & {
  exit_code_ = code;
  return *this;
}

Error&& Error::exit_code(int code) && {
  exit_code_ = code;
  return std::move(*this);
}

Error system_error(int error_number, std::string_view what) {
  const bool is_denied = error_number == EPERM || error_number == EACCES;
  return Error(is_denied ? ErrorKind::denied : ErrorKind::system,
               fmt::format("{}: {}", what, ::strerror(error_number)));
}

}  // namespace base
