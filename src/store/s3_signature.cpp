// SPDX-License-Identifier: MIT
#include "s3_signature.hpp"

#include <map>

#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

/// "20130524T000000Z".
std::string iso_basic(TimePoint time) {
  std::string text = format_compact(time);
  text[text.find('_')] = 'T';
  return text + "Z";
}

/// Names in lower case, as they are signed.
std::map<std::string, std::string> signed_headers(const HttpRequest& request) {
  std::map<std::string, std::string> headers;
  const std::string origin = request.url.origin();
  headers["host"] = origin.substr(origin.find("://") + 3);
  for (const auto& [name, value] : request.headers) headers[fold_case(name)] = value;
  return headers;
}

std::string names_of(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string canonical_request(const HttpRequest& request,
                              const std::map<std::string, std::string>& headers,
                              const std::string& payload) {
  std::string text = request.method + "\n";
  text += (request.url.path.empty() ? "/" : request.url.path) + "\n" + request.url.query + "\n";
  for (const auto& [name, value] : headers) {
    text += name;
    text += ":" + value + "\n";
  }
  return text + "\n" + names_of(headers) + "\n" + payload;
}

std::string signing_key(const std::string& secret, const std::string& day,
                        const std::string& region) {
  const std::string of_day = hmac_sha256("AWS4" + secret, day);
  return hmac_sha256(hmac_sha256(hmac_sha256(of_day, region), "s3"), "aws4_request");
}

}  // namespace

void sign_s3_request(HttpRequest& request, const std::string& payload,
                     const AwsCredentials& credentials, const std::string& region, TimePoint time) {
  const std::string moment = iso_basic(time);
  const std::string day = moment.substr(0, 8);
  const std::string scope = day + "/" + region + "/s3/aws4_request";
  request.headers["X-Amz-Date"] = moment;
  request.headers["X-Amz-Content-Sha256"] = payload;
  if (!credentials.token.empty()) request.headers["X-Amz-Security-Token"] = credentials.token;
  const auto headers = signed_headers(request);
  const std::string to_sign = std::string(algorithm) + "\n" + moment + "\n" + scope + "\n" +
                              sha256_hex(canonical_request(request, headers, payload));
  const std::string signature =
      to_hex(hmac_sha256(signing_key(credentials.secret, day, region), to_sign));
  request.headers["Authorization"] = std::string(algorithm) + " Credential=" + credentials.key_id +
                                     "/" + scope + ",SignedHeaders=" + names_of(headers) +
                                     ",Signature=" + signature;
}

}  // namespace a2a_backup
