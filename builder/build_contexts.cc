#include "builder/build_contexts.h"

#include <fmt/format.h>

#include <utility>

namespace builder {

BuildContexts::BuildContexts(const NamedContexts& named,
                             store::FileDigests& digests, std::stop_token stop,
                             base::Trace* trace)
    : named_(named), digests_(digests), stop_(std::move(stop)), trace_(trace) {
  contexts_.lock()->resize(1 + named.all().size());
}

void BuildContexts::add_main(ContextDirectory directory, NamedIgnore ignore) {
  contexts_.lock()->front() = std::make_unique<BuildContext>(
      std::move(directory), std::move(ignore), digests_, stop_, trace_);
}

void BuildContexts::on_long_read(BuildContext::OnLongRead tell) {
  on_long_read_ = std::move(tell);
  auto contexts = contexts_.lock();
  for (auto& context : *contexts) {
    if (context) context->on_long_read(on_long_read_);
  }
}

BuildContext& BuildContexts::at(std::size_t number) {
  auto contexts = contexts_.lock();
  std::unique_ptr<BuildContext>& context = contexts->at(number);
  if (!context) context = open(named_.all().at(number - 1));
  return *context;
}

std::unique_ptr<BuildContext> BuildContexts::open(
    const NamedContext& named) const {
  const std::filesystem::path& directory = named.form.directory;
  auto context = std::make_unique<BuildContext>(
      ContextDirectory{directory, fmt::format("build context {} ({})",
                                              named.name, directory.native())},
      read_first_ignore(ignore_files_of(directory)), digests_, stop_, trace_);
  if (on_long_read_) context->on_long_read(on_long_read_);
  return context;
}

void BuildContexts::save_digests() {
  auto contexts = contexts_.lock();
  for (auto& context : *contexts) {
    if (context) context->save_digests();
  }
}

}  // namespace builder
