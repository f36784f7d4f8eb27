#include "parser/git_address.h"

#include <algorithm>
#include <set>
#include <tao/pegtl.hpp>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/url.h"
#include "parser/values.h"

namespace parser {
namespace {

namespace peg = tao::pegtl;

// "user@host:path?query#fragment", scp(1)'s way to write ssh.
// clang-format off
struct scp_user : peg::plus<peg::sor<peg::alnum, peg::one<'-', '_'>>> {};
struct scp_host : peg::plus<peg::sor<peg::alnum, peg::one<'-', '.'>>> {};
struct scp_path : peg::star<peg::not_one<'?', '#'>> {};
struct scp_query : peg::star<peg::not_one<'#'>> {};
struct scp_fragment : peg::star<peg::any> {};
struct scp_address : peg::seq<
    scp_user, peg::one<'@'>, scp_host, peg::one<':'>, scp_path,
    peg::opt<peg::one<'?'>, scp_query>, peg::opt<peg::one<'#'>, scp_fragment>,
    peg::eof> {};
// clang-format on

template <typename Rule>
struct Action : peg::nothing<Rule> {};
template <>
struct Action<scp_user> {
  template <typename Input>
  static void apply(const Input& in, Url& out) {
    out.userinfo = in.string();
  }
};
template <>
struct Action<scp_host> {
  template <typename Input>
  static void apply(const Input& in, Url& out) {
    out.host = in.string();
  }
};
template <>
struct Action<scp_path> {
  template <typename Input>
  static void apply(const Input& in, Url& out) {
    out.path = in.string();
  }
};
template <>
struct Action<scp_query> {
  template <typename Input>
  static void apply(const Input& in, Url& out) {
    out.query = in.string();
  }
};
template <>
struct Action<scp_fragment> {
  template <typename Input>
  static void apply(const Input& in, Url& out) {
    out.fragment = in.string();
  }
};

bool is_git_url(const Url& url) {
  if (url.scheme == "git" || url.scheme == "ssh") return true;
  return (url.scheme == "http" || url.scheme == "https") &&
         url.path.ends_with(".git");
}

std::string remote_of(const Url& url) {
  std::string remote = url.scheme + "://";
  if (!url.userinfo.empty()) remote += url.userinfo + "@";
  remote += url.host;
  if (!url.port.empty()) remote += ":" + url.port;
  return remote + url.path;
}

// Reads the query of an address; `text_` is the whole of it, so that a fault
// can be pointed at.
class QueryReader {
 public:
  QueryReader(std::string_view text, GitAddress& out)
      : text_(text), out_(out), place_(text.find('?') + 1) {}

  void read(std::string_view query) {
    while (!query.empty()) {
      const std::string_view field = query.substr(0, query.find('&'));
      if (!field.empty()) read_field(field);
      place_ += field.size() + 1;
      query.remove_prefix(std::min(query.size(), field.size() + 1));
    }
    if (!tag_.empty() && !branch_.empty()) {
      refuse("a git address has a branch or a tag, not both", {});
    }
    if (!tag_.empty()) set_ref("refs/tags/", tag_);
    if (!branch_.empty()) set_ref("refs/heads/", branch_);
    if (out_.ref.empty()) out_.ref = out_.checksum;
  }

 private:
  [[noreturn]] void refuse(const std::string& message,
                           const std::string& hint) const {
    const auto column = static_cast<std::uint32_t>(place_ + 1);
    const auto end = static_cast<std::uint32_t>(
        std::min(text_.find_first_of("&#", place_), text_.size()) + 1);
    throw SyntaxError(Range{{1, column}, {1, std::max(end, column + 1)}},
                      message, hint);
  }

  static std::string decode(std::string_view text) {
    std::string spaced(text);
    std::replace(spaced.begin(), spaced.end(), '+', ' ');
    return percent_decode(spaced);
  }

  void read_field(std::string_view field) {
    const std::size_t equals = field.find('=');
    const std::string key = decode(field.substr(0, equals));
    const std::string value = equals == std::string_view::npos
                                  ? std::string()
                                  : decode(field.substr(equals + 1));
    if (!seen_.insert(key).second) {
      refuse(quote_word(key) + " is given twice in a git address", {});
    }
    if (key == "keep-git-dir") {
      out_.keep_git_dir = read_bool(key, value);
    } else if (key == "submodules") {
      out_.submodules = read_bool(key, value);
    } else if (key == "fetch-by-commit") {
      out_.fetch_by_commit = read_bool(key, value);
    } else {
      read_text(key, value);
    }
  }

  void read_text(const std::string& key, const std::string& value) {
    static const std::vector<std::string_view> kKeys = {
        "ref",    "branch",       "tag",        "checksum", "commit",
        "subdir", "keep-git-dir", "submodules", "mtime",    "fetch-by-commit"};
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      const std::string near = find_nearest(key, kKeys);
      refuse("a git address has no query " + quote_word(key),
             near.empty() ? "it may have ref, branch, tag, checksum, subdir, "
                            "keep-git-dir, submodules, mtime, fetch-by-commit"
                          : "did you mean \"" + near + "\"?");
    }
    if (value.empty()) {
      refuse("query " + quote_word(key) + " of a git address has no value", {});
    }
    if (key == "ref") {
      set(out_.ref, value, "ref");
    } else if (key == "tag") {
      tag_ = value;
    } else if (key == "branch") {
      branch_ = value;
    } else if (key == "subdir") {
      set(out_.subdir, value, "subdirectory");
    } else if (key == "mtime") {
      read_mtime(value);
    } else {  // checksum, commit: two names of one thing
      set(out_.checksum, value, "checksum");
    }
  }

  void read_mtime(const std::string& value) {
    if (value != "checkout" && value != "commit") {
      refuse("mtime of a git address is " + quote_word(value),
             "it may be checkout or commit");
    }
    out_.has_commit_times = value == "commit";
  }

  bool read_bool(const std::string& key, const std::string& value) const {
    // Go's strconv.ParseBool, which other builders read these with.
    for (const char* word : {"", "1", "t", "T", "TRUE", "true", "True"}) {
      if (value == word) return true;
    }
    for (const char* word : {"0", "f", "F", "FALSE", "false", "False"}) {
      if (value == word) return false;
    }
    refuse(key + " of a git address is " + quote_word(value),
           "it may be true or false");
  }

  void set(std::string& member, const std::string& value,
           const std::string& what) const {
    if (!member.empty() && member != value) {
      refuse("a git address names more than one " + what + ": " +
                 quote_word(member) + " and " + quote_word(value),
             "leave one of them out");
    }
    member = value;
  }

  void set_ref(const std::string& prefix, const std::string& name) const {
    set(out_.ref, name.starts_with(prefix) ? name : prefix + name, "ref");
  }

  std::string_view text_;
  GitAddress& out_;
  std::size_t place_;  // of the field that is read, in text_
  std::string tag_, branch_;
  std::set<std::string> seen_;
};

// What git would take for an option or the server for a path of its own.
void check_ref(std::string_view text, const GitAddress& address) {
  const auto refuse = [&](const std::string& message) {
    throw SyntaxError(
        Range{{1, 1}, {1, static_cast<std::uint32_t>(text.size() + 1)}},
        message);
  };
  for (const std::string* ref : {&address.ref, &address.checksum}) {
    const bool is_wrong =
        ref->starts_with('-') ||
        ref->find_first_of(":^~?*[\\") != std::string::npos ||
        ref->find("..") != std::string::npos ||
        std::any_of(ref->begin(), ref->end(), [](char c) {
          return static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
        });
    if (is_wrong)
      refuse(quote_word(*ref) + " is no name of a git branch, tag or commit");
  }
  if (address.host.empty() || address.host.starts_with('-')) {
    refuse(quote_word(redact_address(text)) + " names no server");
  }
  if (address.subdir.find('\0') != std::string::npos) {
    refuse("a subdirectory cannot hold a zero byte");
  }
}

}  // namespace

std::optional<GitAddress> find_git_address(std::string_view text) {
  GitAddress address;
  Url url;
  if (const auto found = find_url(text)) {
    if (!is_git_url(*found)) return std::nullopt;
    url = *found;
    if (url.fragment) url.fragment = percent_decode(*url.fragment);
    address.remote = remote_of(url);
    address.host = url.host + (url.port.empty() ? "" : ":" + url.port);
  } else {
    peg::memory_input<> input(text.data(), text.size(), "");
    if (!peg::parse<scp_address, Action>(input, url)) return std::nullopt;
    address.remote = url.userinfo + "@" + url.host + ":" + url.path;
    address.host = url.host;
  }
  if (url.fragment) {
    const std::size_t colon = url.fragment->find(':');
    address.ref = url.fragment->substr(0, colon);
    if (colon != std::string::npos) {
      address.subdir = url.fragment->substr(colon + 1);
    }
  }
  if (url.query) QueryReader(text, address).read(*url.query);
  check_ref(text, address);
  return address;
}

bool is_commit(std::string_view ref) {
  return (ref.size() == 40 || ref.size() == 64) &&
         ref.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace parser
