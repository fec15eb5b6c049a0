// SPDX-License-Identifier: MIT
#include "http_client_failure.hpp"

#include <algorithm>
#include <array>

#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

bool is_transient(CURLcode code) {
  constexpr std::array codes{CURLE_COULDNT_RESOLVE_PROXY,
                             CURLE_COULDNT_RESOLVE_HOST,
                             CURLE_COULDNT_CONNECT,
                             CURLE_PARTIAL_FILE,
                             CURLE_OPERATION_TIMEDOUT,
                             CURLE_SSL_CONNECT_ERROR,
                             CURLE_GOT_NOTHING,
                             CURLE_SEND_ERROR,
                             CURLE_RECV_ERROR,
                             CURLE_HTTP2,
                             CURLE_HTTP2_STREAM};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

HttpFailure failure_of(CURLcode code, const std::string& detail, const std::string& ca_option) {
  const std::string reason = printable(detail.empty() ? curl_easy_strerror(code) : detail);
  HttpFailure failure{"does not answer: " + reason, "see whether the service runs, and try again",
                      is_transient(code), code == CURLE_OPERATION_TIMEDOUT};
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    failure.message = "cannot prove who it is: " + reason;
    failure.hint =
        "correct the URL, or name the authority that it relies on with " + ca_option + " FILE";
  } else if (code == CURLE_SSL_CACERT_BADFILE) {
    failure.message = "cannot be trusted: " + reason;
    failure.hint = "correct " + ca_option + " or SSL_CERT_FILE";
  } else if (code == CURLE_PARTIAL_FILE) {
    failure.message = "broke off in the middle: " + reason;
  }
  return failure;
}

}  // namespace a2a_backup
