#include "cli/build_report.h"

#include <fmt/format.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <utility>

#include "base/file.h"
#include "cli/report_page.h"
#include "cli/table.h"
#include "parser/url.h"

namespace cli {
namespace {

constexpr std::size_t kMostWastedFiles = 20;

std::string describe_machine() {
  utsname kernel{};
  ::uname(&kernel);
  std::string text = fmt::format(
      "{}: {} {}, {}, {} processors", kernel.nodename, kernel.sysname,
      kernel.release, kernel.machine, ::sysconf(_SC_NPROCESSORS_ONLN));
  struct sysinfo memory {};
  if (::sysinfo(&memory) == 0) {
    text += fmt::format(
        ", {} of memory",
        render_size(std::uint64_t{memory.totalram} * memory.mem_unit));
  }
  return text;
}

void look_up_bytes(const store::LayerStore& layers, Report& report) {
  const auto look_up = [&](const base::Digest& diff_id) {
    if (report.layer_bytes.contains(diff_id)) return;
    if (const auto layer = layers.find(diff_id)) {
      report.layer_bytes[diff_id] = layer->file_bytes;
    }
  };
  for (const StepFacts& step : report.facts.steps) {
    for (const base::Digest& diff_id : step.base_layers) look_up(diff_id);
    if (step.layer().is_set()) look_up(step.layer());
  }
}

// nullopt where a layer is known but not here.
std::optional<store::StackWaste> find_waste(const store::LayerStore& layers,
                                            const Report& report,
                                            base::Trace* trace) {
  const base::Span span(trace, "output", "find waste");
  std::vector<std::shared_ptr<const store::LayerIndex>> indexes;
  try {
    for (const ReportLayer& layer : report.layers) {
      indexes.push_back(layers.index(layer.diff_id));
    }
  } catch (const base::Error&) {
    return std::nullopt;
  }
  return store::measure_waste(indexes, kMostWastedFiles);
}

}  // namespace

BuildReport::BuildReport(std::filesystem::path file, Subject subject)
    : file_(std::move(file)),
      subject_(std::move(subject)),
      started_(std::chrono::system_clock::now() -
               std::chrono::duration_cast<std::chrono::system_clock::duration>(
                   std::chrono::steady_clock::now() - subject_.start)) {}

BuildProgress& BuildReport::watch(BuildProgress& next) {
  recorder_ = std::make_unique<BuildRecorder>(next, subject_.start);
  return *recorder_;
}

void BuildReport::write_built(store::Store& store,
                              const base::Digest& image_id) {
  Report report;
  report.image_id = image_id;
  write(store, std::move(report));
}

void BuildReport::write_failed(store::Store& store, const base::Error& error) {
  Report report;
  report.error = error;
  write(store, std::move(report));
}

void BuildReport::write(store::Store& store, Report report) {
  if (std::exchange(is_over_, true)) return;
  base::Span span(subject_.trace, "output", "report");
  report.total = std::chrono::steady_clock::now() - subject_.start;
  report.started = std::chrono::floor<std::chrono::seconds>(started_);
  if (recorder_) report.facts = recorder_->take();
  report.command = subject_.command;
  report.names = subject_.names;
  report.fallback_name = parser::redact_address(subject_.context);
  report.machine = {{"Machine", describe_machine()}, {"Mode", subject_.mode}};
  report.logs = subject_.logs;
  const std::string& name =
      report.names.empty() ? report.fallback_name : report.names.front();
  try {
    look_up_bytes(store.layers(), report);
    report.layers = find_layers(report.facts);
    report.waste = find_waste(store.layers(), report, subject_.trace);
    const std::string page =
        render_report_page(name, render_report_data(report));
    span.add("bytes", page.size());
    base::replace_file(file_, page);
  } catch (base::Error& error) {
    error.add_context("writing the report");
    throw;
  }
}

}  // namespace cli
