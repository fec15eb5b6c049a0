// SPDX-License-Identifier: MIT
#include "s3_listing.hpp"

#include "s3_xml.hpp"

namespace a2a_backup {
namespace {

/// More backups than anybody keeps; a service that never comes to an end is stopped there.
constexpr std::size_t max_files = 100'000;

[[noreturn]] void make_no_sense(const S3Bucket& bucket, const std::string& why) {
  throw Error(ErrorKind::failed, bucket.place("") + ": the list makes no sense: " + why,
              "see whether --s3-endpoint is that of an S3 service");
}

XmlElement ask_for(S3Bucket& bucket, const S3Call& call, const char* root) {
  HttpTextBody body;
  bucket.demand(call, body);
  auto document = parse_xml(body.text());
  if (!document || document->name != root) make_no_sense(bucket, "it is not a list");
  return std::move(*document);
}

StoredFile file_of(S3Bucket& bucket, const XmlElement& content, const std::string& folder,
                   bool encoded) {
  std::string key = content.text_of("Key");
  if (encoded) {
    // The encoding is that of a form, in which a plus is a space.
    for (char& c : key) c = c == '+' ? ' ' : c;
    const auto decoded = percent_decoded(key);
    if (!decoded) make_no_sense(bucket, "a key is not encoded as it says");
    key = *decoded;
  }
  const auto size = s3_number(content.text_of("Size"));
  if (!size || !key.starts_with(folder))
    make_no_sense(bucket, "an object without size, or of " + std::string("another folder"));
  return {key.substr(folder.size()), *size};
}

}  // namespace

std::vector<StoredFile> list_objects(S3Bucket& bucket, const std::string& folder,
                                     const std::string& prefix) {
  std::vector<StoredFile> files;
  S3Call call{.query = {{"list-type", "2"},
                        {"prefix", folder + prefix},
                        {"delimiter", "/"},
                        {"encoding-type", "url"}}};
  for (std::string token;;) {
    const XmlElement page = ask_for(bucket, call, "ListBucketResult");
    const bool encoded = page.text_of("EncodingType") == "url";
    for (const XmlElement& child : page.children) {
      if (child.name != "Contents") continue;
      StoredFile file = file_of(bucket, child, folder, encoded);
      if (!file.name.empty() && !file.name.starts_with(".")) files.push_back(std::move(file));
    }
    if (page.text_of("IsTruncated") != "true") return files;
    const std::string next = page.text_of("NextContinuationToken");
    if (next.empty() || next == token || files.size() > max_files) {
      make_no_sense(bucket, "it has no end");
    }
    token = next;
    call.query["continuation-token"] = next;
  }
}

std::vector<std::string> list_versions(S3Bucket& bucket, const std::string& key) {
  const S3Call call{.query = {{"prefix", key}, {"versions", ""}}};
  const XmlElement list = ask_for(bucket, call, "ListVersionsResult");
  std::vector<std::string> ids;
  for (const char* kind : {"Version", "DeleteMarker"}) {
    for (const XmlElement& child : list.children) {
      if (child.name == kind && child.text_of("Key") == key) {
        ids.push_back(child.text_of("VersionId"));
      }
    }
  }
  return ids;
}

}  // namespace a2a_backup
