#include "base/trace.h"

#include <unistd.h>

#include <exception>
#include <utility>

namespace base {

std::string TraceValue::str() const {
  if (const auto* text = std::get_if<std::string_view>(&value_)) {
    return std::string(*text);
  }
  if (const auto* number = std::get_if<std::int64_t>(&value_)) {
    return std::to_string(*number);
  }
  return std::get<const Digest*>(value_)->str();
}

Trace::Trace(std::vector<std::unique_ptr<TraceSink>> sinks) {
  *sinks_.lock() = std::move(sinks);
}

Trace::~Trace() {
  try {
    finish();
  } catch (const std::exception&) {
    // Something else went wrong before, and is being told.
  }
}

void Trace::add(TraceEvent event) {
  event.thread = ::gettid();
  const auto sinks = sinks_.lock();
  for (const auto& sink : *sinks) sink->add(event);
}

void Trace::finish() {
  const auto sinks = sinks_.lock();
  std::exception_ptr failure;
  for (const auto& sink : std::exchange(*sinks, {})) {
    try {
      sink->finish();
    } catch (const std::exception&) {
      failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

void Span::open(Trace& trace, std::string_view category, std::string_view name,
                Time start) {
  open_ = std::make_unique<Open>(Open{trace,
                                      std::string(category),
                                      std::string(name),
                                      start,
                                      {},
                                      std::uncaught_exceptions()});
}

void Span::add_fact(std::string_view fact, const TraceValue& value) {
  open_->facts.push_back({fact, value.str()});
}

Span::~Span() { end(); }

void Span::end() noexcept {
  if (!open_) return;
  const auto open = std::exchange(open_, nullptr);
  try {
    if (std::uncaught_exceptions() > open->exceptions) {
      open->facts.push_back({"outcome", "failed"});
    }
    open->trace.add({open->category, open->name, open->start,
                     Time::clock::now() - open->start, 0,
                     std::move(open->facts), open->work,
                     std::move(open->needs)});
  } catch (const std::exception&) {
    // What is told about the work must not stop the work.
  }
}

void note(Trace* trace, std::string_view category, std::string_view name,
          std::initializer_list<NotedFact> facts) {
  if (trace == nullptr) return;
  TraceEvent event{category, name, Span::Time::clock::now(), {}, 0, {}};
  for (const NotedFact& fact : facts) {
    event.facts.push_back({fact.name, fact.value.str()});
  }
  trace->add(std::move(event));
}

}  // namespace base
