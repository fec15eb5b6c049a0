// SPDX-License-Identifier: MIT
#include "s3_range.hpp"

namespace a2a_backup {
namespace {

std::string content_range(std::uint64_t first, std::uint64_t last, std::uint64_t total) {
  return "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
         std::to_string(total);
}

/// Goes on where the last try ended.
class RangeBody : public HttpBody {
 public:
  RangeBody(const S3Bucket& bucket, const S3Range& range,
            const std::function<void(std::span<const std::byte>)>& write)
      : bucket_(bucket), range_(range), write_(write), position_(range.offset) {}

  std::uint64_t position() const { return position_; }
  std::uint64_t last() const { return range_.offset + range_.size - 1; }

  void restart(const HttpResponse& response) override {
    const bool same =
        response.header("content-range") == content_range(position_, last(), range_.total) &&
        response.header("etag") == range_.etag;
    if (response.status == 206 && same) return;
    throw Error(ErrorKind::failed,
                bucket_.place(range_.key) + " has changed while it was read, or the service does " +
                    "not give the part that was asked for",
                "try again");
  }
  void write(std::span<const std::byte> data) override {
    write_(data);
    position_ += data.size();
  }

 private:
  const S3Bucket& bucket_;
  const S3Range& range_;
  const std::function<void(std::span<const std::byte>)>& write_;
  std::uint64_t position_;
};

}  // namespace

void fetch_range(S3Bucket& bucket, const S3Range& range,
                 const std::function<void(std::span<const std::byte>)>& write) {
  RangeBody body(bucket, range, write);
  const auto make_call = [&] {
    return S3Call{.key = range.key,
                  .headers = {{"Range", "bytes=" + std::to_string(body.position()) + "-" +
                                            std::to_string(body.last())}},
                  .max_body = range.size};
  };
  const HttpResponse response = bucket.ask(make_call, body);
  if (!response.good()) throw bucket.error_of(response, make_call());
}

S3Tail fetch_tail(S3Bucket& bucket, const std::string& key, std::uint64_t size) {
  const S3Call call{
      .key = key, .headers = {{"Range", "bytes=-" + std::to_string(size)}}, .max_body = size};
  HttpTextBody body;
  const HttpResponse response = bucket.ask([&call] { return call; }, body);
  if (response.status == 416) return {};  // nothing can be cut from an empty object
  if (!response.good()) throw bucket.error_of(response, call);
  S3Tail tail{body.text(), body.text().size(), response.header("etag")};
  if (response.status == 206) {
    const std::string range = response.header("content-range");
    const auto total = s3_number(range.substr(range.rfind('/') + 1));
    tail.total = total.value_or(0);
    if (tail.total < tail.bytes.size() || tail.bytes.empty() ||
        range != content_range(tail.total - tail.bytes.size(), tail.total - 1, tail.total)) {
      throw Error(ErrorKind::failed,
                  bucket.place(key) + ": the service does not give the part that was asked for");
    }
  }
  return tail;
}

}  // namespace a2a_backup
