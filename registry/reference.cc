#include "registry/reference.h"

#include <fmt/format.h>

#include <tao/pegtl.hpp>

#include "base/error.h"

namespace registry {
namespace {

namespace peg = tao::pegtl;

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

struct tag : peg::seq<peg::sor<peg::alnum, peg::one<'_'>>, peg::rep_max<127, peg::sor<peg::alnum, peg::one<'_', '.', '-'>>>> {};
struct digest : peg::seq<peg::plus<peg::not_one<':'>>, peg::one<':'>, peg::plus<peg::xdigit>> {};
struct reference : peg::must<
    peg::opt<peg::at<is_host>, domain, peg::one<'/'>>, path,
    peg::opt<peg::one<':'>, peg::must<tag>>,
    peg::opt<peg::one<'@'>, peg::must<digest>>,
    peg::eof> {};
// clang-format on

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
    out.digest = base::Digest::parse(in.string());
  }
};

base::Error refuse(std::string_view text, std::string_view reason) {
  return base::Error(
      base::ErrorKind::invalid_input,
      fmt::format("\"{}\" is not an image reference: {}", text, reason));
}

std::string_view explain(std::string_view text) {
  if (text.empty()) return "it is empty";
  for (const char c : text) {
    if (c == ' ' || c == '\t') return "it has a blank in it";
  }
  const std::string_view name = text.substr(0, text.find_first_of(":@"));
  for (const char c : name.substr(name.rfind('/') + 1)) {
    if (c >= 'A' && c <= 'Z') return "repository names are lower case";
  }
  return "write [host[:port]/]name[:tag][@sha256:digest]";
}

constexpr std::size_t kMaxPathBytes = 255;

}  // namespace

Reference parse_reference(std::string_view text) {
  Reference result;
  try {
    peg::memory_input in(text.data(), text.size(), "");
    peg::parse<reference, Action>(in, result);
  } catch (const peg::parse_error&) {
    throw refuse(text, explain(text));
  }
  if (result.domain.empty() || result.domain == "index.docker.io") {
    result.domain = "docker.io";
  }
  if (result.domain == "docker.io" &&
      result.path.find('/') == std::string::npos) {
    result.path.insert(0, "library/");
  }
  if (result.path.size() > kMaxPathBytes) {
    throw refuse(text, fmt::format("its name is over {} bytes", kMaxPathBytes));
  }
  if (!result.tag && !result.digest) result.tag = "latest";
  return result;
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

std::string Reference::familiar() const {
  constexpr std::string_view kLibrary = "library/";
  if (domain != "docker.io") return full();
  // Of "library/x" the rest says it all, but not of "library/x/y", and a first
  // part that looks like a host would be taken for one.
  const std::size_t slash = path.find('/');
  if (path.starts_with(kLibrary) && path.rfind('/') == slash) {
    return with_suffix(path.substr(kLibrary.size()), *this);
  }
  const std::string first = path.substr(0, slash);
  const bool looks_like_host =
      first == "localhost" || first.find('.') != std::string::npos;
  return looks_like_host ? full() : with_suffix(path, *this);
}

}  // namespace registry
