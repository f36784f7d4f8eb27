// Secrets in the file: names of ARG and ENV that say so, and literals that can
// be nothing else.
//
// Names go by BuildKit's list of words. For values only forms are taken that
// their issuers chose to be recognised by, with their exact length, so that a
// checksum or an example is none; what a scanner of entropy would add is mostly
// digests and version hashes.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "parser/ascii.h"
#include "parser/lint_passes.h"

namespace parser {

namespace {

constexpr std::array<std::string_view, 10> kSecretWords = {
    "apikey",   "auth",  "credential", "credentials", "key",
    "password", "pword", "passwd",     "secret",      "token"};
constexpr std::array<std::string_view, 3> kHarmlessWords = {"public", "file",
                                                            "version"};

template <typename Words>
bool has_word_of(std::string_view name, const Words& words) {
  for (;;) {
    const std::size_t end = name.find('_');
    const std::string_view part = name.substr(0, end);
    for (const std::string_view word : words) {
      if (equal_ignoring_case(part, word)) return true;
    }
    if (end == std::string_view::npos) return false;
    name.remove_prefix(end + 1);
  }
}

void lint_name(const Instruction& instruction, const Word& word,
               LintFindings& findings) {
  const std::string_view name = name_of_pair(word.text);
  if (!has_word_of(name, kSecretWords) || has_word_of(name, kHarmlessWords)) {
    return;
  }
  const std::string keyword(render_keyword(instruction.keyword));
  findings.push_back(
      {LintRule::secrets_used_in_arg_or_env,
       keyword + " " + quote_word(name) +
           " looks like a secret, which would stay in the image; give it to "
           "the RUN that needs it by --mount=type=secret",
       instruction.range,
       range_of_first(word, name.size()),
       {}});
}

// A token of a known form: its prefix and what follows it.
struct TokenForm {
  std::string_view what;
  std::string_view prefix;
  std::size_t length;        // of what follows, at least
  std::string_view further;  // characters beside letters and digits
};
constexpr std::array kTokenForms = {
    TokenForm{"an AWS access key", "AKIA", 16, ""},
    TokenForm{"a GitHub token", "ghp_", 36, ""},
    TokenForm{"a GitHub token", "gho_", 36, ""},
    TokenForm{"a GitHub token", "ghs_", 36, ""},
    TokenForm{"a GitHub token", "ghu_", 36, ""},
    TokenForm{"a GitHub token", "ghr_", 36, ""},
    TokenForm{"a GitHub token", "github_pat_", 60, "_"},
    TokenForm{"a GitLab token", "glpat-", 20, "-_"},
    TokenForm{"a Google API key", "AIza", 35, "-_"},
    TokenForm{"an npm token", "npm_", 36, ""},
    TokenForm{"a PyPI token", "pypi-AgEIcHlwaS5vcmc", 50, "-_"},
    TokenForm{"a Slack token", "xoxb-", 40, "-"},
    TokenForm{"a Slack token", "xoxp-", 40, "-"},
    TokenForm{"a Stripe key", "sk_live_", 24, ""},
};

bool is_letter_or_digit(char c) {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

// "ghp_xxxxxxxx…", "AKIA…EXAMPLE": written for people to replace.
bool is_placeholder(std::string_view token) {
  const std::string upper = to_upper(token);
  if (upper.find("EXAMPLE") != std::string::npos) return true;
  std::size_t run = 1;
  for (std::size_t i = 1; i < token.size(); ++i) {
    run = token[i] == token[i - 1] ? run + 1 : 1;
    if (run >= 6) return true;
  }
  return false;
}

struct FoundSecret {
  std::string_view what;
  std::string_view text;
};

std::optional<FoundSecret> find_token(std::string_view text) {
  for (const TokenForm& form : kTokenForms) {
    for (std::size_t at = text.find(form.prefix); at != std::string_view::npos;
         at = text.find(form.prefix, at + 1)) {
      if (at > 0 && is_letter_or_digit(text[at - 1])) continue;
      std::size_t end = at + form.prefix.size();
      while (end < text.size() &&
             (is_letter_or_digit(text[end]) ||
              form.further.find(text[end]) != std::string_view::npos)) {
        ++end;
      }
      const std::string_view token = text.substr(at, end - at);
      const std::size_t length = token.size() - form.prefix.size();
      const bool is_exact = form.further.empty() && form.prefix == "AKIA";
      if (length < form.length || (is_exact && length != form.length)) continue;
      if (!is_placeholder(token)) return FoundSecret{form.what, token};
    }
  }
  return std::nullopt;
}

std::optional<FoundSecret> find_private_key(std::string_view text) {
  const std::size_t begin = text.find("-----BEGIN ");
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(begin, 60);
  const std::size_t end = rest.find("PRIVATE KEY-----");
  if (end == std::string_view::npos) return std::nullopt;
  return FoundSecret{"a private key", rest.substr(0, end)};
}

// "https://user:password@host": with a password that is written out.
std::optional<FoundSecret> find_password(std::string_view text) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos;
       at = text.find("://", at + 1)) {
    const bool is_web = text.substr(0, at).ends_with("http") ||
                        text.substr(0, at).ends_with("https");
    const std::string_view rest = text.substr(at + 3);
    const std::string_view host_part =
        rest.substr(0, rest.find_first_of("/ \t\n\"'"));
    const std::size_t end = host_part.rfind('@');
    if (!is_web || end == std::string_view::npos) continue;
    const std::string_view user = host_part.substr(0, end);
    const std::size_t colon = user.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view password = user.substr(colon + 1);
    if (password.size() < 4 ||
        password.find_first_of("$<>{}*%") != std::string_view::npos ||
        is_placeholder(password) || equal_ignoring_case(password, "password") ||
        equal_ignoring_case(password, "x-oauth-basic")) {
      continue;
    }
    return FoundSecret{"a password in an address", password};
  }
  return std::nullopt;
}

// Where the bytes stand in the file, when they stand on one line.
std::optional<Range> place_of(std::string_view text,
                              const Instruction& instruction,
                              const Dockerfile& file) {
  const std::size_t last =
      std::min<std::size_t>(instruction.range.end.line, file.lines.size());
  for (std::size_t line = instruction.range.start.line; line <= last; ++line) {
    const std::size_t at = file.lines[line - 1].find(text);
    if (at == std::string::npos) continue;
    const auto number = static_cast<std::uint32_t>(line);
    const auto column = static_cast<std::uint32_t>(at + 1);
    const auto size = static_cast<std::uint32_t>(text.size());
    return Range{{number, column}, {number, column + size}};
  }
  return std::nullopt;
}

void lint_values(const Instruction& instruction, const Dockerfile& file,
                 LintFindings& findings) {
  const std::string_view text = instruction.text;
  std::optional<FoundSecret> found = find_token(text);
  if (!found) found = find_private_key(text);
  if (!found) found = find_password(text);
  if (!found) return;
  findings.push_back({LintRule::secret_value,
                      std::string(found->what) +
                          " is written here for everybody who has the image or "
                          "the file; revoke it, and give the next one to RUN "
                          "by --mount=type=secret",
                      instruction.range,
                      place_of(found->text, instruction, file),
                      {},
                      /*hides_source=*/true});
}

}  // namespace

void lint_secrets(const Dockerfile& file, LintFindings& findings) {
  for (const Instruction& instruction : file.instructions) {
    lint_values(instruction, file, findings);
    if (!instruction.stage) continue;  // ARGs for FROM are in no image
    if (instruction.keyword == Keyword::arg) {
      for (const Word& word : instruction.args) {
        lint_name(instruction, word, findings);
      }
    }
    if (instruction.keyword == Keyword::env) {
      for (std::size_t i = 0; i < instruction.args.size(); i += 2) {
        lint_name(instruction, instruction.args[i], findings);
      }
    }
  }
}

}  // namespace parser
