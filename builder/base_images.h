// Images for FROM and COPY --from: out of the store, else out of a registry.
//
// A name that the store has an image of, or that a registry has resolved for an
// earlier build, is taken as it is known: no socket is opened for it. --pull
// asks the registry again (where it cannot be reached, what is known counts,
// with a warning); --offline never does. A tag's image for another platform
// than the stage's gives way to the registry's for that one, if there is one.
//
// Nothing of an image's layers is asked for here; base_layers.h is told where
// they are.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/trace.h"
#include "builder/base_layers.h"
#include "builder/image_source.h"
#include "builder/progress.h"
#include "builder/store_images.h"
#include "registry/registries.h"

namespace builder {

class BaseImages : public ImageSource {
 public:
  struct Options {
    PullPolicy policy = PullPolicy::missing;
    std::stop_token stop;
    base::Trace* trace = nullptr;
  };
  // All must outlive it.
  BaseImages(store::Store& store, StoreImages& known,
             registry::Registries& registries, BaseLayers& layers,
             Progress& progress, Options options);

  std::optional<ResolvedImage> find(std::string_view reference,
                                    const Platform& platform) override;
  std::vector<std::string> names() const override { return known_.names(); }
  ResolvedImage read_layout(const LayoutImage& wanted) override {
    return known_.read_layout(wanted);
  }

 private:
  std::optional<ResolvedImage> find_anywhere(const std::string& name,
                                             const Platform& platform);
  bool wants_news(const std::string& name) const;
  std::optional<ResolvedImage> find_candidate(const std::string& name,
                                              const Platform& platform);
  std::optional<ResolvedImage> ask(const std::string& name,
                                   const Platform& platform,
                                   const std::optional<ResolvedImage>& known);
  ResolvedImage try_candidates(const std::string& name,
                               const Platform& platform);
  ResolvedImage resolve(const registry::Reference& reference,
                        const Platform& platform);
  void remember(const registry::Reference& reference, const Platform& platform,
                const store::ImageDocuments& documents);

  store::Store& store_;
  StoreImages& known_;
  registry::Registries& registries_;
  BaseLayers& layers_;
  Progress& progress_;
  Options options_;
  // What this build has found, so that one name is one image throughout.
  std::map<std::pair<std::string, std::string>, std::optional<ResolvedImage>>
      found_;
};

}  // namespace builder
