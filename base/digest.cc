#include "base/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cstring>
#include <new>

#include "base/error.h"

namespace base {
namespace {

constexpr std::string_view kPrefix = "sha256:";

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void require(bool is_done) {
  if (!is_done) throw Error(ErrorKind::system, "sha256 is not available");
}

}  // namespace

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  // Fetched once per hasher: an implicit fetch at every start is slower than
  // hashing a small file.
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);

  State() {
    if (context == nullptr || algorithm == nullptr) throw std::bad_alloc();
    start();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    EVP_MD_free(algorithm);
    EVP_MD_CTX_free(context);
  }
  void start() const {
    require(EVP_DigestInit_ex2(context, algorithm, nullptr) == 1);
  }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::string_view bytes) {
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

void Hasher::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Digest Hasher::finish() {
  Digest::Bytes bytes{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(state_->context, bytes.data(), &size) == 1 &&
          size == bytes.size());
  state_->start();
  return Digest(bytes);
}

Digest Digest::of(std::string_view content) {
  Hasher hasher;
  hasher.update(content);
  return hasher.finish();
}

Digest Digest::of(std::span<const std::byte> content) {
  Hasher hasher;
  hasher.update(content);
  return hasher.finish();
}

std::optional<Digest> Digest::find_in(std::string_view text) noexcept {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  Bytes bytes{};
  if (text.size() != bytes.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return Digest(bytes);
}

Digest Digest::parse(std::string_view text) {
  if (const auto digest = find_in(text)) return *digest;
  throw Error(ErrorKind::invalid_input,
              fmt::format("\"{}\" is not a sha256 digest", text))
      .hint("a digest is \"sha256:\" and 64 lower-case hexadecimal digits");
}

std::string Digest::hex() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes_.size() * 2);
  for (const std::uint8_t byte : bytes_) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

std::string Digest::str() const { return std::string(kPrefix) + hex(); }

std::string Digest::brief() const { return hex().substr(0, 12); }

}  // namespace base

std::size_t std::hash<base::Digest>::operator()(
    const base::Digest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes().data(), sizeof value);
  return value;
}
