// What happened when, for whoever asked (--trace, --debug): spans, which begin
// and end, and notes, which are facts of one moment.
//
// A Trace is handed down by pointer, null where nobody asked. Then a Span is a
// test of that pointer and nothing is formatted or allocated: names and values
// are passed as they are, and become text only when there is somebody to read
// it. What the text is for is a sink's business; a trace can have several.
//
//   base::Span span(trace, "step", vertex.title);
//   span.add("key", key.digest());
//
// Values must never be secret ones: what is traced is written to files.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/digest.h"
#include "base/guarded.h"

namespace base {

// A value on its way into a trace; refers to what it was made from.
class TraceValue {
 public:
  // NOLINTBEGIN(google-explicit-constructor): written where values are passed
  TraceValue(std::string_view text) : value_(text) {}
  TraceValue(const std::string& text) : value_(std::string_view(text)) {}
  TraceValue(const char* text) : value_(std::string_view(text)) {}
  TraceValue(const Digest& digest) : value_(&digest) {}
  TraceValue(std::integral auto number)
      : value_(static_cast<std::int64_t>(number)) {}
  // NOLINTEND(google-explicit-constructor)
  std::string str() const;

 private:
  std::variant<std::string_view, std::int64_t, const Digest*> value_;
};

struct TraceFact {
  std::string_view name;
  std::string value;
};

struct TraceEvent {
  std::string_view category;  // who speaks: "build", "step", "context", ...
  std::string_view name;
  std::chrono::steady_clock::time_point start;
  std::optional<std::chrono::nanoseconds> duration;  // none: a note
  int thread = 0;                                    // gettid(2)
  std::vector<TraceFact> facts;
  // Which work of a graph it is, or a part of, and which it needed to be over.
  std::optional<std::size_t> work = {};
  std::vector<std::size_t> needs = {};
};

// One call at a time; an event is only there for its call.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void add(const TraceEvent& event) = 0;
  // Nothing more will come. Throws: system, denied.
  virtual void finish() = 0;
};

// Threads: all members may be called at once.
class Trace {
 public:
  explicit Trace(std::vector<std::unique_ptr<TraceSink>> sinks);
  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;
  // Finishes, quietly, what finish() was not called for.
  ~Trace();

  // Fills in the thread.
  void add(TraceEvent event);
  // Throws what a sink throws, when all were told.
  void finish();

 private:
  base::Guarded<std::vector<std::unique_ptr<TraceSink>>> sinks_;
};

// From its construction to end() or its destruction, on one thread. One that an
// exception ends has the fact "outcome": "failed". Names of facts must be
// literals.
class Span {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Span(Trace* trace, std::string_view category, std::string_view name) {
    if (trace != nullptr) open(*trace, category, name, Time::clock::now());
  }
  // One that has begun before there was a trace.
  Span(Trace* trace, std::string_view category, std::string_view name,
       Time start) {
    if (trace != nullptr) open(*trace, category, name, start);
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;
  ~Span();

  void add(std::string_view fact, TraceValue value) {
    if (open_) add_fact(fact, value);
  }
  // That this is work on one vertex of a graph, after others.
  void is_work(std::size_t number) {
    if (open_) open_->work = number;
  }
  void needs(std::size_t number) {
    if (open_) open_->needs.push_back(number);
  }
  // For facts that are work to find out.
  bool is_on() const noexcept { return open_ != nullptr; }
  void end() noexcept;

 private:
  struct Open {
    Trace& trace;
    std::string category;
    std::string name;
    Time start;
    std::vector<TraceFact> facts;
    int exceptions;  // in flight when it began
    std::optional<std::size_t> work = {};
    std::vector<std::size_t> needs = {};
  };
  void open(Trace& trace, std::string_view category, std::string_view name,
            Time start);
  void add_fact(std::string_view fact, const TraceValue& value);
  std::unique_ptr<Open> open_;
};

struct NotedFact {
  std::string_view name;
  TraceValue value;
};

// A fact of this moment.
void note(Trace* trace, std::string_view category, std::string_view name,
          std::initializer_list<NotedFact> facts);

}  // namespace base
