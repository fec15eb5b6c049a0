// SPDX-License-Identifier: MIT
#include "http_client_handle.hpp"

#include "a2a_backup/core/interrupt.hpp"

namespace a2a_backup {

HttpConnections::HttpConnections() : multi_(curl_multi_init()) {
  if (multi_ == nullptr) throw Error(ErrorKind::failed, "libcurl does not start");
}

HttpConnections::~HttpConnections() {
  curl_multi_cleanup(multi_);
}

EasyHandle::EasyHandle(HttpConnections& connections)
    : easy_(curl_easy_init()), multi_(connections.multi()) {
  if (easy_ == nullptr) throw Error(ErrorKind::failed, "libcurl does not start");
}

EasyHandle::~EasyHandle() {
  curl_multi_remove_handle(multi_, easy_);
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
}

void EasyHandle::add_header(std::string line, const std::string& value) {
  line += ": ";
  line += value;
  headers_ = curl_slist_append(headers_, line.c_str());
  set(CURLOPT_HTTPHEADER, headers_);
}

CURLcode EasyHandle::perform() {
  // How long a signal may go unheard.
  constexpr int poll_milliseconds = 100;
  set(CURLOPT_ERRORBUFFER, detail_.data());
  curl_multi_add_handle(multi_, easy_);
  for (int running = 1; running > 0;) {
    curl_multi_perform(multi_, &running);
    check_interrupt();
    if (running > 0) curl_multi_poll(multi_, nullptr, 0, poll_milliseconds, nullptr);
  }
  int left = 0;
  const CURLMsg* end = curl_multi_info_read(multi_, &left);
  return end == nullptr ? CURLE_FAILED_INIT : end->data.result;
}

}  // namespace a2a_backup
