// SPDX-License-Identifier: MIT
#include "a2a_backup/store/locations.hpp"

#include <algorithm>
#include <cctype>

#include "a2a_backup/core/text.hpp"
#include "a2a_backup/store/local_store.hpp"
#include "a2a_backup/store/s3_store.hpp"

namespace a2a_backup {
namespace {

constexpr std::string_view scheme = "s3://";

bool is_bucket_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
  });
}

struct S3Place {
  std::string profile;
  std::string bucket;
  std::string prefix;
};

S3Place parse(const std::string& url) {
  S3Place place;
  std::string rest = url.substr(scheme.size());
  while (rest.ends_with('/')) rest.pop_back();
  place.bucket = rest.substr(0, rest.find('/'));
  if (place.bucket.size() < rest.size()) place.prefix = rest.substr(place.bucket.size() + 1);
  if (const std::size_t at = place.bucket.find('@'); at != std::string::npos) {
    place.profile = place.bucket.substr(0, at);
    place.bucket.erase(0, at + 1);
  }
  if (is_bucket_name(place.bucket) && place.profile.find(':') == std::string::npos) return place;
  // It may be a key that somebody wrote there: it is not repeated.
  throw Error(ErrorKind::usage, "a URL of S3 does not name a bucket as it should",
              "write s3://BUCKET/PREFIX, or s3://PROFILE@BUCKET/PREFIX; keys are given in the "
              "environment or in a profile");
}

}  // namespace

bool is_store_url(const std::string& place) {
  return place.find("://") != std::string::npos;
}

std::unique_ptr<Store> open_store(const std::string& place, const S3Options& options) {
  if (!is_store_url(place)) return std::make_unique<LocalStore>(place);
  if (!place.starts_with(scheme)) {
    throw Error(ErrorKind::usage,
                "backups do not live at " + printable(place.substr(0, place.find("://"))) + "://",
                "write s3://BUCKET/PREFIX and, unless it is AWS, --s3-provider " +
                    enumeration(s3_providers(), "or"));
  }
  const S3Place s3 = parse(place);
  return std::make_unique<S3Store>(s3_settings(options, read_aws_profile(s3.profile)), s3.bucket,
                                   s3.prefix);
}

std::pair<std::string, std::string> split_store_url(const std::string& url) {
  const std::size_t slash = url.rfind('/');
  return {url.substr(0, slash), url.substr(slash + 1)};
}

}  // namespace a2a_backup
