// The value of a flag that is a list in docker's form, "type=local,dest=DIR":
// one record of comma-separated KEY=VALUE, keys in any case, a field with a
// comma in double quotes; of a key that is given twice the last counts.
//
// All members throw usage errors that begin with the flag and its value as
// written, which must not hold a secret.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cli {

class FlagWords {
 public:
  // `example` is what to write where a field has no value:
  // "type=local,src=DIR".
  FlagWords(std::string_view flag, const std::string& word,
            std::string_view example);

  // Keys and values in their order.
  const std::vector<std::pair<std::string, std::string>>& fields() const {
    return fields_;
  }
  // "--cache-to type=local,dest=x", for messages.
  const std::string& where() const { return where_; }

  bool has(std::string_view key) const;
  // Empty where it is not given.
  std::string get(std::string_view key) const;
  // One that must be given, and with a value.
  std::string require(std::string_view key) const;
  bool read_bool(std::string_view key, bool otherwise) const;
  // All keys are among these.
  void require_known(std::span<const std::string_view> keys) const;

  [[noreturn]] void fail(const std::string& what,
                         const std::string& hint = {}) const;
  // For a `word` that is none of these: the nearest, or all of them.
  [[noreturn]] void fail_word(std::string_view what, std::string_view word,
                              std::span<const std::string_view> known) const;

 private:
  std::string where_;
  std::string example_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace cli
