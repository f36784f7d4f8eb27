#include "registry/reference.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <tao/pegtl.hpp>
#include <utility>

#include "base/error.h"

namespace registry {
namespace {

namespace peg = tao::pegtl;

constexpr std::size_t kMaxPathBytes = 255;
constexpr std::size_t kMaxTagBytes = 128;

// clang-format off
struct alnum_low : peg::ranges<'a', 'z', '0', '9'> {};
struct separator : peg::sor<peg::rep_min_max<1, 2, peg::one<'_'>>, peg::one<'.'>, peg::plus<peg::one<'-'>>> {};
struct component : peg::seq<peg::plus<alnum_low>, peg::star<separator, peg::plus<alnum_low>>> {};
struct path : peg::list<component, peg::one<'/'>> {};

struct label : peg::seq<peg::alnum, peg::star<peg::sor<peg::alnum, peg::seq<peg::plus<peg::one<'-'>>, peg::at<peg::alnum>>>>> {};
struct ipv6 : peg::seq<peg::one<'['>, peg::plus<peg::sor<peg::xdigit, peg::one<':'>>>, peg::one<']'>> {};
struct host : peg::sor<ipv6, peg::list<label, peg::one<'.'>>> {};
struct port : peg::plus<peg::digit> {};
struct host_port : peg::seq<host, peg::opt<peg::one<':'>, port>> {};
// What makes a first part a host: a dot, a port, brackets, "localhost", or a
// capital letter, which no repository name may have.
struct is_host_mark : peg::sor<peg::one<'.', ':', '['>, peg::upper> {};
struct is_host : peg::sor<
    peg::seq<peg::string<'l','o','c','a','l','h','o','s','t'>, peg::one<'/'>>,
    peg::seq<peg::star<peg::not_at<peg::sor<is_host_mark, peg::one<'/'>>>, peg::any>, is_host_mark, peg::until<peg::one<'/'>>>> {};
struct domain : peg::seq<host_port, peg::at<peg::one<'/'>>> {};

struct tag : peg::seq<peg::sor<peg::alnum, peg::one<'_'>>, peg::rep_max<kMaxTagBytes - 1, peg::sor<peg::alnum, peg::one<'_', '.', '-'>>>> {};
struct digest : peg::seq<peg::plus<peg::not_one<':'>>, peg::one<':'>, peg::plus<peg::xdigit>> {};
struct reference : peg::must<
    peg::opt<peg::at<is_host>, domain, peg::one<'/'>>, path,
    peg::opt<peg::one<':'>, peg::must<tag>>,
    peg::opt<peg::one<'@'>, peg::must<digest>>,
    peg::eof> {};
// clang-format on

base::Digest read_digest(const std::string& text);

template <typename Rule>
struct Action : peg::nothing<Rule> {};

template <>
struct Action<domain> {
  template <typename Input>
  static void apply(const Input& in, Reference& out) {
    out.domain = in.string();
  }
};
template <>
struct Action<path> {
  template <typename Input>
  static void apply(const Input& in, Reference& out) {
    out.path = in.string();
  }
};
template <>
struct Action<tag> {
  template <typename Input>
  static void apply(const Input& in, Reference& out) {
    out.tag = in.string();
  }
};
template <>
struct Action<digest> {
  template <typename Input>
  static void apply(const Input& in, Reference& out) {
    out.digest = read_digest(in.string());
  }
};

base::Error refuse(std::string_view text, std::string_view reason) {
  return base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("\"{}\" is not an image reference: {}", text, reason));
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// What is wrong with a text that is no reference, taken apart more loosely than
// the grammar does.
std::string explain(std::string_view text) {
  if (text.empty()) return "it is empty";
  for (const char c : text) {
    if (c == ' ' || c == '\t') return "it has a blank in it";
  }
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos) {
    return fmt::format("leave out \"{}\"", text.substr(0, scheme + 3));
  }
  const std::string_view named = text.substr(0, text.find('@'));
  const std::size_t slash = named.rfind('/');
  const std::size_t colon =
      named.find(':', slash == std::string_view::npos ? 0 : slash);
  const std::string_view name = named.substr(0, colon);
  const bool has_host = names_registry(name);
  for (const char c : has_host ? name.substr(name.find('/')) : name) {
    if (is_upper(c)) return "repository names are lower case";
  }
  if (colon != std::string_view::npos) {
    const std::string_view label = named.substr(colon + 1);
    if (label.size() > kMaxTagBytes) {
      return fmt::format("its tag is over {} bytes", kMaxTagBytes);
    }
    peg::memory_input in(label.data(), label.size(), "");
    if (!peg::parse<peg::seq<tag, peg::eof>>(in)) {
      return fmt::format(
          "the tag \"{}\" may have letters, digits, '_', '.' and '-', and "
          "begins with none of the last two",
          label);
    }
  }
  return "write [host[:port]/]name[:tag][@sha256:digest]";
}

// Two algorithms that the image specification knows, or Docker, and that this
// program has no content by.
base::Digest read_digest(const std::string& text) {
  for (const auto& [algorithm, digits] :
       {std::pair{std::string_view("sha384:"), std::size_t{96}},
        std::pair{std::string_view("sha512:"), std::size_t{128}}}) {
    if (text.starts_with(algorithm) &&
        text.size() == algorithm.size() + digits) {
      throw base::Error(base::ErrorKind::unsupported,
                        fmt::format("an image cannot be named by {} yet", text))
          .hint("name it by its tag, or by its sha256 digest");
    }
  }
  return base::Digest::parse(text);
}

// 64 hexadecimal digits alone are an image's ID, wherever images are named.
bool is_identifier(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  return text.size() == kDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool has_good_port(std::string_view domain) {
  const std::size_t colon = domain.rfind(':');
  if (colon == std::string_view::npos || domain.ends_with(']')) return true;
  const std::string_view digits = domain.substr(colon + 1);
  std::uint16_t port = 0;
  return std::from_chars(digits.data(), digits.data() + digits.size(), port)
             .ec == std::errc();
}

}  // namespace

Reference parse_reference(std::string_view text) {
  if (is_identifier(text)) throw refuse(text, "it is an image's ID");
  Reference result;
  try {
    peg::memory_input in(text.data(), text.size(), "");
    peg::parse<reference, Action>(in, result);
  } catch (const peg::parse_error&) {
    throw refuse(text, explain(text));
  }
  if (result.domain.empty() || result.domain == "index.docker.io") {
    result.domain = kHub;
  }
  if (result.domain == kHub && result.path.find('/') == std::string::npos) {
    result.path.insert(0, "library/");
  }
  if (result.path.size() > kMaxPathBytes) {
    throw refuse(text, fmt::format("its name is over {} bytes", kMaxPathBytes));
  }
  if (!has_good_port(result.domain)) {
    throw refuse(text, "its port is over 65535");
  }
  if (!result.tag && !result.digest) result.tag = "latest";
  return result;
}

bool names_registry(std::string_view text) {
  peg::memory_input in(text.data(), text.size(), "");
  return peg::parse<peg::seq<peg::at<is_host>, domain>>(in);
}

namespace {
std::string with_suffix(std::string name, const Reference& reference) {
  if (reference.tag) name += ":" + *reference.tag;
  if (reference.digest) name += "@" + reference.digest->str();
  return name;
}
}  // namespace

std::string Reference::full() const {
  return with_suffix(domain + "/" + path, *this);
}

std::string Reference::by_digest(const base::Digest& other) const {
  return fmt::format("{}/{}@{}", domain, path, other.str());
}

std::string Reference::familiar() const {
  constexpr std::string_view kLibrary = "library/";
  if (domain != kHub) return full();
  // Of "library/x" the rest says it all, but not of "library/x/y", and a first
  // part that looks like a host would be taken for one.
  const std::size_t slash = path.find('/');
  if (path.starts_with(kLibrary) && path.rfind('/') == slash) {
    const std::string name = path.substr(kLibrary.size());
    return is_identifier(name) ? full() : with_suffix(name, *this);
  }
  const std::string first = path.substr(0, slash);
  const bool looks_like_host =
      first == "localhost" || first.find('.') != std::string::npos;
  return looks_like_host ? full() : with_suffix(path, *this);
}

}  // namespace registry
