// Content digests: image-spec v1.1 descriptor.md "Digests", algorithm sha256.
//
// Text form: "sha256:" and 64 lower-case hexadecimal digits. Other algorithms
// are refused when parsed: nothing this program reads uses them.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace base {

class Digest {
 public:
  using Bytes = std::array<std::uint8_t, 32>;

  // The all-zero digest, which no content has; for containers and "unset".
  Digest() noexcept = default;
  explicit Digest(const Bytes& bytes) noexcept : bytes_(bytes) {}

  static Digest of(std::string_view content);
  static Digest of(std::span<const std::byte> content);

  // nullopt unless `text` is exactly the text form.
  static std::optional<Digest> find_in(std::string_view text) noexcept;
  // Throws: invalid_input.
  static Digest parse(std::string_view text);

  std::string str() const;    // "sha256:…"
  std::string hex() const;    // 64 digits
  std::string brief() const;  // the first 12 digits, for people
  const Bytes& bytes() const noexcept { return bytes_; }
  bool is_set() const noexcept { return *this != Digest(); }

  auto operator<=>(const Digest&) const noexcept = default;

 private:
  Bytes bytes_{};
};

// Hashes a stream. Not to be shared between threads.
class Hasher {
 public:
  Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher();

  void update(std::string_view bytes);
  void update(std::span<const std::byte> bytes);

  // The digest of all bytes so far; the hasher then starts anew.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace base

template <>
struct std::hash<base::Digest> {
  std::size_t operator()(const base::Digest& digest) const noexcept;
};
