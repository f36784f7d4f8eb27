#include "builder/solve.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "builder/cache_imports.h"
#include "builder/step_error.h"

namespace builder {
namespace {

using Clock = std::chrono::steady_clock;

// The layer that a vertex put on top; unset for a base, which may have many.
base::Digest top_layer(const Vertex& vertex, const StepResult& result) {
  if (std::holds_alternative<BaseOp>(vertex.operation)) return {};
  const auto& layers = result.snapshot.layers;
  return layers.empty() ? base::Digest() : layers.back().diff_id;
}

class Scheduler {
 public:
  Scheduler(const Plan& plan, StepRunner& runner, Progress& progress)
      : plan_(plan),
        runner_(runner),
        progress_(progress),
        results_(plan.vertices.size()),
        reasons_(plan.vertices.size()),
        waiting_for_(plan.vertices.size()),
        needed_by_(plan.vertices.size()) {
    for (std::size_t i = 0; i < plan.vertices.size(); ++i) {
      const Vertex& vertex = plan.vertices[i];
      if (vertex.parent) add_edge(*vertex.parent, i);
      for (const std::size_t input : vertex.inputs) add_edge(input, i);
    }
  }

  std::vector<StepResult> run(const std::stop_token& outer) {
    const std::stop_callback forward(outer, [this] { stop_.request_stop(); });
    std::vector<std::jthread> threads;
    std::unique_lock lock(mutex_);
    for (std::size_t i = waiting_for_.size(); i-- > 0;) {
      if (waiting_for_[i] == 0) ready_.push_back(i);
    }
    for (;;) {
      while (!ready_.empty() && !stop_.stop_requested() && !failure_) {
        const std::size_t number = ready_.back();
        ready_.pop_back();
        ++running_;
        lock.unlock();
        if (!attempt([&] { return find(number); }, number)) {
          threads.emplace_back([this, number] {
            attempt([&] { return make(number); }, number);
          });
        }
        lock.lock();
      }
      if (running_ == 0) break;
      changed_.wait(lock);
    }
    lock.unlock();
    threads.clear();
    if (outer.stop_requested()) {
      throw base::Error(base::ErrorKind::cancelled,
                        "the build was interrupted");
    }
    if (failure_) std::rethrow_exception(failure_);
    return std::move(results_);
  }

 private:
  void add_edge(std::size_t from, std::size_t to) {
    needed_by_[from].push_back(to);
    ++waiting_for_[to];
  }

  StepInputs inputs_of(const Vertex& vertex) const {
    StepInputs inputs;
    if (vertex.parent) inputs.parent = results_[*vertex.parent].snapshot;
    for (const std::size_t input : vertex.inputs) {
      inputs.trees.push_back(&results_[input].snapshot);
    }
    return inputs;
  }

  bool find(std::size_t number) {
    const Vertex& vertex = plan_.vertices[number];
    progress_.started(number, vertex);
    Lookup found = runner_.find(number, vertex, inputs_of(vertex));
    if (const auto* miss = std::get_if<CacheMiss>(&found)) {
      reasons_[number] = miss->reason;
      progress_.running(number, *miss);
      return false;
    }
    results_[number] = std::get<StepResult>(std::move(found));
    results_[number].hit->layer = top_layer(vertex, results_[number]);
    progress_.cached(number, *results_[number].hit);
    return true;
  }

  bool make(std::size_t number) {
    const Vertex& vertex = plan_.vertices[number];
    const auto start = Clock::now();
    results_[number] =
        runner_.run(number, vertex, inputs_of(vertex), stop_.get_token());
    const base::Digest layer = top_layer(vertex, results_[number]);
    if (results_[number].is_cached()) {
      results_[number].hit->layer = layer;
      progress_.cached(number, *results_[number].hit);
      return true;
    }
    results_[number].because = reasons_[number];
    StepCost& cost = results_[number].cost;
    cost.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
        Clock::now() - start);
    cost.layer = layer;
    progress_.done(number, cost);
    return true;
  }

  // False when the vertex still has to be made; true when it is over, one way
  // or the other.
  template <typename Work>
  bool attempt(const Work& work, std::size_t number) {
    std::exception_ptr failure;
    try {
      if (!work()) return false;
    } catch (const StepError& error) {
      progress_.started(error.number(), plan_.vertices[error.number()]);
      progress_.failed(error.number(), error);
      failure = std::current_exception();
    } catch (const base::Error& error) {
      if (error.kind() != base::ErrorKind::cancelled) {
        progress_.failed(number, error);
      }
      failure = std::current_exception();
    } catch (const CacheLost&) {
      // Others may end what they are at: it is recorded, and found when the
      // solve starts again.
      finish(number, std::current_exception(), StopOthers::no);
      return true;
    } catch (...) {
      failure = std::current_exception();
    }
    finish(number, failure);
    return true;
  }

  enum class StopOthers { no, yes };
  void finish(std::size_t number, const std::exception_ptr& failure,
              StopOthers stops = StopOthers::yes) {
    const std::lock_guard lock(mutex_);
    --running_;
    if (failure) {
      // A step that failed meanwhile is what the build fails of.
      if (!failure_ || stops == StopOthers::yes) {
        failure_ = has_failed_ ? failure_ : failure;
      }
      if (stops == StopOthers::yes) {
        has_failed_ = true;
        stop_.request_stop();
      }
    } else {
      for (const std::size_t next : needed_by_[number]) {
        if (--waiting_for_[next] == 0) ready_.push_back(next);
      }
    }
    changed_.notify_all();
  }

  const Plan& plan_;
  StepRunner& runner_;
  Progress& progress_;
  // An element is written by its vertex's thread before the mutex hands the
  // vertices that read it to theirs.
  std::vector<StepResult> results_;
  std::vector<std::string> reasons_;  // of those that were not found
  std::vector<std::size_t> waiting_for_;
  std::vector<std::vector<std::size_t>> needed_by_;
  std::vector<std::size_t> ready_;
  std::size_t running_ = 0;
  std::exception_ptr failure_;
  bool has_failed_ = false;  // a step, not a cache
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace

std::vector<StepResult> solve(const Plan& plan, StepRunner& runner,
                              Progress& progress, std::stop_token stop) {
  return Scheduler(plan, runner, progress).run(stop);
}

}  // namespace builder
