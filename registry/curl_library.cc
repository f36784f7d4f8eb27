#include "registry/curl_library.h"

#include "base/dynamic_library.h"

namespace registry {
namespace {

CurlLibrary load() {
  const base::DynamicLibrary library("libcurl.so.4");
  CurlLibrary all{};
  library.load(all.global_init, "curl_global_init");
  library.load(all.easy_init, "curl_easy_init");
  library.load(all.easy_cleanup, "curl_easy_cleanup");
  library.load(all.easy_setopt, "curl_easy_setopt");
  library.load(all.easy_getinfo, "curl_easy_getinfo");
  library.load(all.easy_pause, "curl_easy_pause");
  library.load(all.easy_strerror, "curl_easy_strerror");
  library.load(all.multi_init, "curl_multi_init");
  library.load(all.multi_cleanup, "curl_multi_cleanup");
  library.load(all.multi_add_handle, "curl_multi_add_handle");
  library.load(all.multi_remove_handle, "curl_multi_remove_handle");
  library.load(all.multi_perform, "curl_multi_perform");
  library.load(all.multi_poll, "curl_multi_poll");
  library.load(all.multi_wakeup, "curl_multi_wakeup");
  library.load(all.multi_info_read, "curl_multi_info_read");
  library.load(all.multi_strerror, "curl_multi_strerror");
  library.load(all.slist_append, "curl_slist_append");
  library.load(all.slist_free_all, "curl_slist_free_all");
  library.load(all.url, "curl_url");
  library.load(all.url_cleanup, "curl_url_cleanup");
  library.load(all.url_set, "curl_url_set");
  library.load(all.url_get, "curl_url_get");
  library.load(all.free, "curl_free");
  library.load(all.getdate, "curl_getdate");
  all.global_init(CURL_GLOBAL_DEFAULT);
  return all;
}

}  // namespace

const CurlLibrary& curl_library() {
  static const CurlLibrary all = load();
  return all;
}

}  // namespace registry
