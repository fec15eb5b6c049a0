// SPDX-License-Identifier: MIT
#include "s3_upload.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include "a2a_backup/core/digest.hpp"
#include "a2a_backup/core/interrupt.hpp"
#include "a2a_backup/core/log.hpp"
#include "s3_xml.hpp"

namespace a2a_backup {
namespace {

constexpr std::uint64_t max_parts = 10'000;
constexpr std::uint64_t single_limit = 2 * s3_part_size;

/// Tells this upload from all others, so that an answer that got lost is no riddle.
std::string new_mark() {
  std::random_device random;
  std::string bytes;
  for (int i = 0; i < 16; ++i) bytes += static_cast<char>(random());
  return to_hex(bytes);
}

std::string digest_of_part(const RandomAccess& file, std::uint64_t offset, std::uint64_t size) {
  Sha256 digest;
  std::vector<std::byte> buffer(std::size_t{1} << 18);
  for (std::uint64_t done = 0; done < size;) {
    check_interrupt();
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - done));
    const std::span<std::byte> piece(buffer.data(), count);
    file.read_at(offset + done, piece);
    digest.update(piece);
    done += count;
  }
  return digest.finish();
}

class Upload {
 public:
  Upload(S3Bucket& bucket, const RandomAccess& file, std::string key, Progress& progress)
      : bucket_(bucket), file_(file), key_(std::move(key)), progress_(progress) {
    headers_[sha256_header] = digest_of_part(file, 0, file.size());
    headers_[upload_header] = new_mark();
    headers_["Content-Type"] = "application/zip";
  }

  bool run() {
    progress_.phase("upload", file_.size());
    const bool sent = file_.size() <= single_limit ? send_whole() : send_in_parts();
    const auto there = bucket_.head(key_);
    if (there && is_this(*there)) return true;
    // Somebody else was faster, and the service said so or replaced his with ours or ours with his.
    if (there && !sent) return false;
    throw Error(ErrorKind::failed,
                bucket_.place(key_) + " was sent, but the service does not have it as it was sent",
                "see who else writes there, and try again");
  }

 private:
  bool is_this(const S3Object& object) const {
    return object.size == file_.size() && object.sha256 == headers_.at(sha256_header) &&
           object.upload == headers_.at(upload_header);
  }

  /// Sends what creates the object. False when the service says that the name is taken, which may
  /// be by an earlier try of ours.
  bool create(S3Call call, HttpBody& body) {
    const auto send = [&] { return bucket_.ask([&call] { return call; }, body); };
    if (bucket_.settings().conditional_put) call.headers["If-None-Match"] = "*";
    HttpResponse response = send();
    if (response.status == 501 && call.headers.erase("If-None-Match") > 0) response = send();
    if (response.status == 412) return false;
    if (!response.good()) throw bucket_.error_of(response, call);
    return true;
  }

  bool send_whole() {
    HttpUpload content(file_, 0, file_.size(), progress_);
    HttpTextBody answer;
    return create({.method = "PUT",
                   .key = key_,
                   .headers = headers_,
                   .upload = &content,
                   .payload = headers_.at(sha256_header)},
                  answer);
  }

  bool send_in_parts() {
    const std::string id = begin_parts();
    try {
      return finish_parts(id, send_parts(id));
    } catch (...) {
      abort_parts(id);
      throw;
    }
  }

  std::string begin_parts() {
    HttpTextBody answer;
    const S3Call call{
        .method = "POST", .key = key_, .query = {{"uploads", ""}}, .headers = headers_};
    bucket_.demand(call, answer);
    const auto document = parse_xml(answer.text());
    std::string id = document ? document->text_of("UploadId") : "";
    if (!id.empty()) return id;
    throw Error(ErrorKind::failed,
                bucket_.place(key_) + ": the service began an upload but did not say which");
  }

  /// The list of parts that ends the upload.
  std::string send_parts(const std::string& id) {
    const std::uint64_t least = (file_.size() + max_parts - 1) / max_parts;
    const std::uint64_t part_size = std::max(s3_part_size, least);
    std::string parts;
    std::uint64_t number = 1;
    for (std::uint64_t offset = 0; offset < file_.size(); offset += part_size, ++number) {
      const std::uint64_t size = std::min(part_size, file_.size() - offset);
      HttpUpload content(file_, offset, size, progress_);
      const HttpResponse response =
          bucket_.demand({.method = "PUT",
                          .key = key_,
                          .query = {{"partNumber", std::to_string(number)}, {"uploadId", id}},
                          .upload = &content,
                          .payload = digest_of_part(file_, offset, size)});
      parts += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" +
               xml_escaped(response.header("etag")) + "</ETag></Part>";
    }
    return parts;
  }

  bool finish_parts(const std::string& id, const std::string& parts) {
    const S3Call call{
        .method = "POST",
        .key = key_,
        .query = {{"uploadId", id}},
        .content = "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>"};
    HttpTextBody answer;
    try {
      if (!create(call, answer)) {
        abort_parts(id);
        return false;
      }
    } catch (const Error& error) {
      // An earlier try may have ended the upload, and its answer got lost: HEAD will tell.
      if (error.kind() != ErrorKind::not_found) throw;
      return true;
    }
    const auto document = parse_xml(answer.text());
    if (document && document->name == "Error") {
      // The status was sent before the parts were put together.
      throw Error(ErrorKind::failed, bucket_.place(key_) + ": the parts cannot be put together: " +
                                         document->text_of("Code"));
    }
    return true;
  }

  /// Parts that are left behind cost money, and nobody sees them.
  void abort_parts(const std::string& id) noexcept {
    const InterruptShield shield;
    try {
      bucket_.demand({.method = "DELETE", .key = key_, .query = {{"uploadId", id}}});
      log::debug("took back the parts of " + bucket_.place(key_));
    } catch (const std::exception& error) {
      log::warn("parts of " + bucket_.place(key_) + " may be left behind: " + error.what());
    }
  }

  S3Bucket& bucket_;
  const RandomAccess& file_;
  std::string key_;
  Progress& progress_;
  std::map<std::string, std::string> headers_;
};

}  // namespace

bool upload_object(S3Bucket& bucket, const fs::path& file, const std::string& key,
                   Progress& progress) {
  const auto content = open_random_access(file);
  if (bucket.head(key)) return false;
  return Upload(bucket, *content, key, progress).run();
}

}  // namespace a2a_backup
