// Signals to strake become signals to the command.
#include <pthread.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "base/fd.h"
#include "busybox_step.h"
#include "runtime/inner_process.h"
#include "runtime/signal_forwarder.h"

using tests::BusyboxStep;
using namespace std::chrono_literals;

namespace {

// A program's signals as the command line catches them, sent to ourselves.
class CaughtSignals {
 public:
  CaughtSignals() {
    sigset_t set{};
    ::sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGWINCH}) {
      ::sigaddset(&set, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    file_ = base::Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  CaughtSignals(const CaughtSignals&) = delete;
  CaughtSignals& operator=(const CaughtSignals&) = delete;
  ~CaughtSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  const base::Fd& file() const { return file_; }

 private:
  sigset_t before_{};
  base::Fd file_;
};

// Runs a script that says "ready", and sends the signals when it has.
tests::StepResult run_and_send(const std::string& executor,
                               const std::string& script,
                               const std::vector<int>& signals) {
  BusyboxStep step(executor);
  const CaughtSignals caught;
  step.spec.process.args = {"/bin/sh", "-c", script};
  tests::StepResult result;
  runtime::Streams streams;
  std::size_t sent = 0;
  streams.on_output = [&](runtime::Stream, std::string_view text) {
    result.output += text;
    if (sent < signals.size() && text.find("ready") != text.npos) {
      ::kill(::getpid(), signals[sent++]);
    }
  };
  streams.signals = &caught.file();
  result.outcome = step.executor->run(step.spec, step.root, streams, {});
  return result;
}

}  // namespace

TEST_CASE("what is asked of a process that is gone is nothing", "[runtime]") {
  CHECK(runtime::read_of_process(::getpid(), "status").find("SigCgt") !=
        std::string::npos);
  const pid_t gone = ::fork();
  if (gone == 0) ::_exit(0);
  REQUIRE(::waitpid(gone, nullptr, 0) == gone);
  CHECK(runtime::read_of_process(gone, "status").empty());
}

TEST_CASE("what a process makes of a signal is read from its status",
          "[runtime]") {
  using runtime::Disposition;
  using runtime::find_disposition;
  const std::string status =
      "Name:\tsh\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000000002\n"
      "SigCgt:\t0000000100004000\nCapInh:\tffffffffffffffff\n";
  CHECK(find_disposition(status, SIGHUP) == Disposition::handled);  // blocked
  CHECK(find_disposition(status, SIGINT) == Disposition::ignored);
  CHECK(find_disposition(status, SIGTERM) == Disposition::handled);
  CHECK(find_disposition(status, 33) == Disposition::handled);
  CHECK(find_disposition(status, SIGQUIT) == Disposition::standard);
  CHECK(find_disposition("Name:\tsh\n", SIGHUP) == Disposition::standard);
}

TEST_CASE("a command that catches a signal gets it and has the last word",
          "[root][runtime]") {
  const tests::StepResult result =
      run_and_send(EVERY_EXECUTOR,
                   "trap 'echo caught; exit 7' TERM; echo ready; "
                   "while :; do sleep 0.05; done",
                   {SIGTERM});
  CHECK(result.output == "ready\ncaught\n");
  CHECK(result.outcome.exit_code == 7);
  CHECK_FALSE(result.outcome.was_interrupted);
}

TEST_CASE("a signal that the command leaves alone ends it as it would any",
          "[root][runtime]") {
  const std::string executor = EVERY_EXECUTOR;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) {
    CAPTURE(signal);
    const tests::StepResult result = run_and_send(
        executor, "(sleep 0.1; echo ready) & exec sleep 60", {signal});
    CHECK(result.outcome.exit_code == 128 + signal);
    CHECK(result.outcome.signal == signal);
    CHECK(result.outcome.was_interrupted);
  }
}

TEST_CASE("a signal that ends nobody by default ends nothing",
          "[root][runtime]") {
  const tests::StepResult result = run_and_send(
      EVERY_EXECUTOR, "echo ready; sleep 0.2; echo on", {SIGWINCH});
  CHECK(result.output == "ready\non\n");
  CHECK(result.outcome.succeeded());
}

TEST_CASE("a command that ignores SIGINT is killed by the third",
          "[root][runtime]") {
  const std::string executor = EVERY_EXECUTOR;
  const std::string script =
      "trap '' INT; for i in 1 2 3; do echo ready; sleep 0.1; done; "
      "echo done";
  const tests::StepResult twice =
      run_and_send(executor, script, {SIGINT, SIGINT});
  CHECK(twice.output == "ready\nready\nready\ndone\n");
  CHECK(twice.outcome.succeeded());
  const tests::StepResult thrice =
      run_and_send(executor, script, {SIGINT, SIGINT, SIGINT});
  CHECK(thrice.output == "ready\nready\nready\n");
  CHECK(thrice.outcome.exit_code == 130);
}
