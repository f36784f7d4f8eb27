#include "base/trace.h"

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "base/error.h"

using base::Span;
using base::Trace;
using base::TraceEvent;

namespace {

struct Seen {
  std::vector<TraceEvent> events;
  std::vector<std::string> names;  // an event's own is only there for its call
  bool is_finished = false;
  bool is_full = false;  // finish() throws
};

class RecordingSink : public base::TraceSink {
 public:
  explicit RecordingSink(Seen& seen) : seen_(seen) {}
  void add(const TraceEvent& event) override {
    seen_.names.emplace_back(event.name);
    seen_.events.push_back(event);
  }
  void finish() override {
    seen_.is_finished = true;
    if (seen_.is_full) {
      throw base::Error(base::ErrorKind::system, "no space");
    }
  }

 private:
  Seen& seen_;
};

std::unique_ptr<Trace> trace_to(std::initializer_list<Seen*> all) {
  std::vector<std::unique_ptr<base::TraceSink>> sinks;
  for (Seen* seen : all)
    sinks.push_back(std::make_unique<RecordingSink>(*seen));
  return std::make_unique<Trace>(std::move(sinks));
}

}  // namespace

TEST_CASE("a span is told when it ends, with its facts", "[trace]") {
  Seen seen;
  const auto trace = trace_to({&seen});
  {
    Span span(trace.get(), "step", std::string("RUN ") + "make");
    span.add("text", "value");
    span.add("number", std::size_t{42});
    span.add("digest", base::Digest::of("x"));
    CHECK(seen.events.empty());
  }
  REQUIRE(seen.events.size() == 1);
  CHECK(seen.names.front() == "RUN make");
  const TraceEvent& event = seen.events.front();
  CHECK(event.duration.value().count() > 0);
  REQUIRE(event.facts.size() == 3);
  CHECK(event.facts[0].value == "value");
  CHECK(event.facts[1].value == "42");
  CHECK(event.facts[2].value == base::Digest::of("x").str());
}

TEST_CASE("a span inside another ends first and lies within it", "[trace]") {
  Seen seen;
  const auto trace = trace_to({&seen});
  {
    const Span outer(trace.get(), "build", "outer");
    const Span inner(trace.get(), "build", "inner");
  }
  REQUIRE(seen.names == std::vector<std::string>{"inner", "outer"});
  const auto end = [](const TraceEvent& event) {
    return event.start + event.duration.value();
  };
  CHECK(seen.events[1].start <= seen.events[0].start);
  CHECK(end(seen.events[0]) <= end(seen.events[1]));
}

TEST_CASE("a span that an exception ends says so", "[trace]") {
  Seen seen;
  const auto trace = trace_to({&seen});
  try {
    const Span span(trace.get(), "build", "solve");
    throw base::Error(base::ErrorKind::system, "no");
  } catch (const base::Error&) {
    const Span span(trace.get(), "build", "clean up");
  }
  REQUIRE(seen.events.size() == 2);
  REQUIRE(seen.events[0].facts.size() == 1);
  CHECK(seen.events[0].facts[0].name == "outcome");
  CHECK(seen.events[0].facts[0].value == "failed");
  CHECK(seen.events[1].facts.empty());
}

TEST_CASE("a span that was ended is not told again", "[trace]") {
  Seen seen;
  const auto trace = trace_to({&seen});
  {
    Span span(trace.get(), "build", "plan");
    span.end();
    span.add("late", "fact");
    CHECK_FALSE(span.is_on());
  }
  CHECK(seen.events.size() == 1);
}

TEST_CASE("without a trace nothing happens", "[trace]") {
  Span span(nullptr, "build", "plan");
  span.add("fact", 1);
  CHECK_FALSE(span.is_on());
  base::note(nullptr, "build", "note", {{"fact", "value"}});
}

TEST_CASE("a note has no duration", "[trace]") {
  Seen seen;
  const auto trace = trace_to({&seen});
  base::note(trace.get(), "cli", "libraries", {{"count", 3}});
  REQUIRE(seen.events.size() == 1);
  CHECK_FALSE(seen.events[0].duration);
  CHECK(seen.events[0].facts.at(0).value == "3");
}

TEST_CASE("threads are told apart", "[trace]") {
  Seen seen;
  const auto trace = trace_to({&seen});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 100; ++n) Span(trace.get(), "step", "work").end();
      });
    }
  }
  std::set<int> ids;
  for (const TraceEvent& event : seen.events) ids.insert(event.thread);
  CHECK(seen.events.size() == 400);
  CHECK(ids.size() == 4);
}

TEST_CASE("every sink is finished, once, and then the failure thrown",
          "[trace]") {
  Seen full;
  full.is_full = true;
  Seen other;
  const auto trace = trace_to({&full, &other});
  CHECK_THROWS_AS(trace->finish(), base::Error);
  CHECK(other.is_finished);
  CHECK_NOTHROW(trace->finish());
}

TEST_CASE("a trace that is dropped is finished quietly", "[trace]") {
  Seen seen;
  seen.is_full = true;
  trace_to({&seen}).reset();
  CHECK(seen.is_finished);
}
