// SPDX-License-Identifier: MIT
/// One bucket, which is asked by signed requests. Source of the protocol: Amazon S3 API Reference.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "a2a_backup/store/s3_settings.hpp"

namespace a2a_backup {

struct S3Call {
  std::string method = "GET";
  std::string key = {};  ///< of an object; "" is the bucket itself
  std::map<std::string, std::string> query = {};
  std::map<std::string, std::string> headers = {};
  std::string content = {};      ///< XML that a POST says
  HttpUpload* upload = nullptr;  ///< what a PUT sends ...
  std::string payload = {};      ///< ... and its SHA-256
  std::uint64_t max_body = std::uint64_t{16} << 20;
};

/// What HEAD says of an object.
struct S3Object {
  std::uint64_t size = 0;
  std::string etag;
  std::string sha256;  ///< as noted by the upload; "" when another program put it there
  std::string upload;  ///< the mark of the upload that it came by, or ""
};

/// The headers that S3Object is read from.
inline constexpr const char* sha256_header = "x-amz-meta-sha256";
inline constexpr const char* upload_header = "x-amz-meta-upload";

/// For several threads.
class S3Bucket {
 public:
  S3Bucket(S3Settings settings, std::string name);

  const S3Settings& settings() const { return settings_; }
  /// "s3://bucket/key", for messages.
  std::string place(const std::string& key) const;

  /// The answer, whatever its status. What may be over in a moment is tried again, with the call
  /// that `make_call` makes then. Throws Error of kind `failed` when there is no answer.
  HttpResponse ask(const std::function<S3Call()>& make_call, HttpBody& body);
  /// The same for an answer that is good; others are thrown as error_of() has it.
  HttpResponse demand(const S3Call& call, HttpBody& body);
  HttpResponse demand(const S3Call& call);

  /// Nothing when there is no such object. Throws as demand() does.
  std::optional<S3Object> head(const std::string& key);

  /// What an answer that is not good means to the one who made the call, and what to do. Of kind
  /// `key` for credentials that are wrong or not enough, `usage` for a wrong bucket or region,
  /// `not_found` for a missing object, else `failed`. It names no secret.
  Error error_of(const HttpResponse& response, const S3Call& call) const;

 private:
  HttpRequest request_for(const S3Call& call) const;

  S3Settings settings_;
  std::string name_;
  HttpClient client_;
  std::mutex mutex_;
};

/// A number in a header or in XML; nothing when it is none.
std::optional<std::uint64_t> s3_number(const std::string& text);

}  // namespace a2a_backup
