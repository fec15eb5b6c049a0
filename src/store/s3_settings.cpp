// SPDX-License-Identifier: MIT
#include "a2a_backup/store/s3_settings.hpp"

#include <algorithm>
#include <array>

#include "a2a_backup/core/environment.hpp"
#include "a2a_backup/core/text.hpp"

namespace a2a_backup {
namespace {

struct Provider {
  const char* name;
  const char* endpoint;  ///< with the region in place of "*"; "" where there is none that is usual
  const char* region;    ///< "" where it has to be said
  bool path_style;
  bool conditional_put;
};

// Sources: AWS "Amazon S3 endpoints and quotas" and "How to prevent object overwrites with
// conditional writes"; Google "Cloud Storage XML API, interoperability"; Backblaze "Call the
// S3-Compatible API"; MinIO's PutObject. Google and Backblaze ignore or refuse the condition.
constexpr std::array providers{
    Provider{"aws", "https://s3.*.amazonaws.com", "us-east-1", false, true},
    Provider{"gcs", "https://storage.googleapis.com", "auto", true, false},
    Provider{"b2", "https://s3.*.backblazeb2.com", "", true, false},
    Provider{"minio", "", "us-east-1", true, true},
    Provider{"other", "", "us-east-1", true, false},
};

const Provider& provider_of(const std::string& name) {
  const auto* found = std::find_if(providers.begin(), providers.end(),
                                   [&](const Provider& each) { return each.name == name; });
  if (found != providers.end()) return *found;
  throw Error(ErrorKind::usage, "there is no provider '" + printable(name) + "'",
              "--s3-provider is " + enumeration(s3_providers(), "or"));
}

/// Who it is when nobody says: AWS, unless an endpoint is named, which may be anybody's.
std::string likely_provider(const std::string& endpoint) {
  return endpoint.empty() || endpoint.find(".amazonaws.com") != std::string::npos ? "aws" : "other";
}

std::string usual_endpoint(const Provider& provider, const std::string& region) {
  std::string endpoint = provider.endpoint;
  if (endpoint.empty()) {
    throw Error(ErrorKind::usage,
                std::string("the provider ") + provider.name + " needs an endpoint",
                "name it with --s3-endpoint https://...");
  }
  if (const std::size_t star = endpoint.find('*'); star != std::string::npos) {
    endpoint.replace(star, 1, region);
  }
  return endpoint;
}

void require_credentials(const AwsProfile& profile) {
  if (!profile.credentials.key_id.empty() && !profile.credentials.secret.empty()) return;
  throw Error(ErrorKind::key, "there is no key for S3, neither in " + profile.where,
              "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write both into a profile");
}

}  // namespace

const std::vector<std::string>& s3_providers() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const Provider& each : providers) result.emplace_back(each.name);
    return result;
  }();
  return names;
}

S3Settings s3_settings(const S3Options& options, const AwsProfile& profile) {
  std::string endpoint = options.endpoint.empty() ? profile.endpoint : options.endpoint;
  const Provider& provider =
      provider_of(options.provider.empty() ? likely_provider(endpoint) : options.provider);
  S3Settings settings;
  settings.region = options.region.empty() ? profile.region : options.region;
  if (settings.region.empty()) settings.region = provider.region;
  if (settings.region.empty()) {
    throw Error(ErrorKind::usage, std::string("the provider ") + provider.name + " needs a region",
                "name it with --s3-region, such as us-west-004");
  }
  if (endpoint.empty()) endpoint = usual_endpoint(provider, settings.region);
  settings.endpoint = parse_http_url(endpoint);
  settings.path_style =
      options.addressing.empty() ? provider.path_style : options.addressing == "path";
  settings.conditional_put = provider.conditional_put;
  require_credentials(profile);
  settings.credentials = profile.credentials;
  settings.http.ca_file = options.ca_file.empty() ? environment("AWS_CA_BUNDLE") : options.ca_file;
  settings.http.ca_option = "--s3-ca-file";
  settings.http.retries = 8;
  settings.http.stall_timeout = std::chrono::minutes{2};  // an upload may be put together for long
  return settings;
}

}  // namespace a2a_backup
