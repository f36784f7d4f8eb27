#include "parser/file_mode.h"

#include <cstddef>
#include <utility>

#include "parser/ascii.h"
#include "parser/syntax_error.h"
#include "parser/values.h"

namespace parser {

namespace {

constexpr std::uint32_t kUser = 0700;
constexpr std::uint32_t kGroup = 0070;
constexpr std::uint32_t kOther = 0007;
constexpr std::uint32_t kSetIds = 06000;
constexpr std::uint32_t kSticky = 01000;
constexpr std::uint32_t kAllX = 0111;
constexpr std::uint32_t kEverybody = kSetIds | kUser | kGroup | kOther;

// The bits of one class of users, in all three places.
std::uint32_t spread(std::uint32_t mode, std::uint32_t of) {
  std::uint32_t bits = mode & of;
  if (of == kUser) bits >>= 6U;
  if (of == kGroup) bits >>= 3U;
  return bits * kAllX;
}

}  // namespace

class FileMode::Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<Change> read() {
    do {
      read_change();
    } while (take(','));
    if (at_ < text_.size()) refuse();
    return std::move(changes_);
  }

 private:
  void read_change() {
    std::uint32_t who = 0;
    for (;; ++at_) {
      if (peek() == 'u') {
        who |= 04000 | kUser;
      } else if (peek() == 'g') {
        who |= 02000 | kGroup;
      } else if (peek() == 'o') {
        who |= kOther;
      } else if (peek() == 'a') {
        who |= kEverybody;
      } else {
        break;
      }
    }
    if (!is_operation(peek())) refuse();
    if (who == 0) who = kEverybody;
    while (is_operation(peek())) read_operation(who);
  }

  void read_operation(std::uint32_t who) {
    Change change{who, text_[at_++], 0, 0, false};
    for (;; ++at_) {
      switch (peek()) {
        case 'r':
          change.permissions |= 0444;
          break;
        case 'w':
          change.permissions |= 0222;
          break;
        case 'x':
          change.permissions |= kAllX;
          break;
        case 'X':
          change.has_conditional_x = true;
          break;
        case 's':
          change.permissions |= kSetIds;
          break;
        case 't':
          change.permissions |= kSticky;
          if (who != kOther) change.who |= kSticky;
          break;
        case 'u':
          change.copied |= kUser;
          break;
        case 'g':
          change.copied |= kGroup;
          break;
        case 'o':
          change.copied |= kOther;
          break;
        default:
          changes_.push_back(change);
          return;
      }
    }
  }

  [[noreturn]] void refuse() const {
    const auto column = static_cast<std::uint32_t>(at_ + 1);
    const std::string what = at_ == text_.size()
                                 ? "ends where \"+\", \"-\" or \"=\" is wanted"
                                 : "has " + quote_word(text_.substr(at_, 1)) +
                                       " where it cannot stand";
    throw SyntaxError(Range{{1, column}, {1, column + 1}},
                      "mode " + quote_word(text_) + " " + what,
                      "write it as in 755, or as in u=rwX,go=rX");
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  static bool is_operation(char c) { return c == '+' || c == '-' || c == '='; }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Change> changes_;
};

FileMode::FileMode(std::uint32_t bits) : bits_(bits) {}
FileMode::FileMode(std::string text, std::vector<Change> changes)
    : text_(std::move(text)), changes_(std::move(changes)) {}

FileMode FileMode::parse(std::string_view text) {
  if (text.find_first_not_of("0123456789") == std::string_view::npos) {
    return FileMode(parse_octal_mode(text));
  }
  return {std::string(text), Reader(text).read()};
}

std::string FileMode::render() const {
  if (!changes_.empty()) return text_;
  std::string digits;
  std::uint32_t left = bits_;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + left % 8));
    left /= 8;
  } while (left != 0);
  return digits;
}

std::uint32_t FileMode::apply(std::uint32_t mode, bool has_x) const {
  if (changes_.empty()) return bits_;
  for (const Change& change : changes_) {
    std::uint32_t bits = change.permissions;
    if (change.has_conditional_x && has_x) bits |= kAllX;
    for (const std::uint32_t one : {kUser, kGroup, kOther}) {
      if ((change.copied & one) != 0) bits |= spread(mode, one);
    }
    bits &= change.who;
    switch (change.operation) {
      case '+':
        mode |= bits;
        break;
      case '-':
        mode &= ~bits;
        break;
      default: {
        // What is copied is read, write and execute: set-ids stay then.
        const std::uint32_t kept = change.copied != 0 ? kSetIds : 0;
        mode = (mode & (~change.who | kept)) | bits;
      }
    }
  }
  return mode;
}

std::uint32_t FileMode::of_file(std::uint32_t mode) const {
  return apply(mode, (mode & kAllX) != 0);
}

std::uint32_t FileMode::of_directory(std::uint32_t mode) const {
  return apply(mode, true);
}

std::optional<std::uint32_t> FileMode::bits() const {
  if (!changes_.empty()) return std::nullopt;
  return bits_;
}

}  // namespace parser
