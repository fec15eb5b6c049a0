// SPDX-License-Identifier: MIT
#include <algorithm>

#include "a2a_backup/core/clock.hpp"
#include "a2a_backup/core/text.hpp"
#include "s3_bucket.hpp"
#include "s3_xml.hpp"

namespace a2a_backup {
namespace {

/// What the service says of itself. Source: Amazon S3 API Reference, "Error responses".
struct Refusal {
  int status = 0;
  std::string code;
  std::string message;
  std::string region;  ///< where the bucket is, when the service says so
  std::string date;    ///< its clock
};

Refusal read_refusal(const HttpResponse& response) {
  Refusal refusal;
  refusal.status = response.status;
  refusal.date = printable(response.header("date"));
  refusal.region = printable(response.header("x-amz-bucket-region"));
  const auto document = parse_xml(response.problem);
  if (!document) return refusal;
  refusal.code = printable(document->text_of("Code"));
  refusal.message = printable(document->text_of("Message"));
  if (refusal.region.empty()) refusal.region = printable(document->text_of("Region"));
  return refusal;
}

bool one_of(const std::string& code, std::initializer_list<const char*> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string right_for(const S3Call& call) {
  if (call.method == "DELETE") {
    return call.query.contains("versionId") ? "s3:DeleteObjectVersion" : "s3:DeleteObject";
  }
  if (call.key.empty()) {
    return call.query.contains("versions") ? "s3:ListBucketVersions" : "s3:ListBucket";
  }
  return call.method == "GET" || call.method == "HEAD"
             ? "s3:GetObject and s3:ListBucket (without it a missing object is a forbidden one)"
             : "s3:PutObject";
}

Error wrong_region(const std::string& place, const Refusal& refusal, const S3Settings& settings) {
  return {ErrorKind::usage,
          place + " is not in the region " + settings.region +
              (refusal.region.empty() ? "" : " but in " + refusal.region),
          refusal.region.empty() || refusal.region == settings.region
              ? "name the bucket's region with --s3-region, or its endpoint with --s3-endpoint"
              : "--s3-region " + shell_word(refusal.region)};
}

/// About who asks.
std::optional<Error> credentials_error(const std::string& place, const Refusal& refusal,
                                       const S3Settings& settings, const S3Call& call) {
  const std::string id = printable(settings.credentials.key_id);
  if (refusal.code == "InvalidAccessKeyId") {
    return Error(ErrorKind::key, place + ": the service does not know the access key " + id,
                 "correct AWS_ACCESS_KEY_ID or the profile, and see that the key and "
                 "--s3-endpoint are of one provider");
  }
  if (refusal.code == "SignatureDoesNotMatch") {
    return Error(ErrorKind::key,
                 place + ": the secret key is not the one that belongs to the access key " + id,
                 "correct AWS_SECRET_ACCESS_KEY or the profile");
  }
  if (one_of(refusal.code, {"ExpiredToken", "InvalidToken", "TokenRefreshRequired"})) {
    return Error(ErrorKind::key, place + ": the session token is expired or wrong",
                 "get new temporary credentials, and set AWS_SESSION_TOKEN with them");
  }
  if (refusal.status == 401 || refusal.status == 403) {
    return Error(ErrorKind::key,
                 place + ": the access key " + id + " may not do this (" + call.method +
                     (refusal.message.empty() ? "" : ": " + refusal.message) + ")",
                 "grant it " + right_for(call));
  }
  return std::nullopt;
}

}  // namespace

Error S3Bucket::error_of(const HttpResponse& response, const S3Call& call) const {
  const Refusal refusal = read_refusal(response);
  const std::string where = place(call.key);
  if (refusal.code == "RequestTimeTooSkewed") {
    return {ErrorKind::failed,
            where + ": the clocks differ too much: it is " + format_readable(now()) +
                " here, and " + refusal.date + " at the service",
            "set the clock of this machine"};
  }
  if (refusal.code == "NoSuchBucket") {
    return {ErrorKind::usage, "there is no bucket " + name_ + " at " + settings_.endpoint.text(),
            "create it, or correct its name or --s3-endpoint"};
  }
  const bool redirects = refusal.status == 301 || refusal.status == 307;
  if (redirects || one_of(refusal.code, {"AuthorizationHeaderMalformed", "PermanentRedirect",
                                         "IllegalLocationConstraintException"})) {
    return wrong_region(place(""), refusal, settings_);
  }
  if (auto error = credentials_error(where, refusal, settings_, call)) return std::move(*error);
  if (refusal.status == 404) return {ErrorKind::not_found, "there is no " + where};
  const std::string said = (refusal.code.empty() ? "" : " " + refusal.code) +
                           (refusal.message.empty() ? "" : ": " + refusal.message);
  return {
      ErrorKind::failed,
      where + ": " + call.method + " is answered with " + std::to_string(refusal.status) + said,
      refusal.status >= 500 || refusal.status == 429 ? "the service is in trouble, try later" : ""};
}

}  // namespace a2a_backup
