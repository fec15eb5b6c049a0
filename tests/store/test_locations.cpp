// SPDX-License-Identifier: MIT
#include "a2a_backup/store/locations.hpp"
#include "catch.hpp"
#include "support.hpp"

namespace a2a_backup::test {
namespace {

using Catch::Matchers::ContainsSubstring;

/// Only what a test says is known of S3.
struct NoAws {
  TempDir home;
  Environment a{"HOME", home.path().string()};
  Environment b{"AWS_ACCESS_KEY_ID", std::nullopt};
  Environment c{"AWS_SECRET_ACCESS_KEY", std::nullopt};
  Environment d{"AWS_PROFILE", std::nullopt};
  Environment e{"AWS_ENDPOINT_URL", std::nullopt};
  Environment f{"AWS_ENDPOINT_URL_S3", std::nullopt};
  Environment g{"AWS_REGION", std::nullopt};
  Environment h{"AWS_DEFAULT_REGION", std::nullopt};
  Environment i{"AWS_SHARED_CREDENTIALS_FILE", std::nullopt};
  Environment j{"AWS_CONFIG_FILE", std::nullopt};
  Environment k{"AWS_SESSION_TOKEN", std::nullopt};
  Environment l{"AWS_CA_BUNDLE", std::nullopt};

  void write_keys(const std::string& text) const {
    write_text(home / ".aws/credentials", text);
    fs::permissions(home / ".aws/credentials", fs::perms{0600});
  }
};

TEST_CASE("credentials come from the environment before the profile", "[s3]") {
  const NoAws none;
  none.write_keys(
      "[default]\naws_access_key_id = file\naws_secret_access_key=s1\n"
      "[other]\naws_access_key_id = other\r\naws_secret_access_key = s2 \r\n");
  write_text(none.home / ".aws/config",
             "[default]\nregion = r1\n[profile other]\nregion = r2\ns3 =\n  region = no\n"
             "endpoint_url = https://s3.example.com\n");
  const AwsProfile usual = read_aws_profile("");
  CHECK(usual.credentials.key_id == "file");
  CHECK(usual.region == "r1");
  const AwsProfile other = read_aws_profile("other");
  CHECK(other.credentials.secret == "s2");
  CHECK(other.region == "r2");
  CHECK(other.endpoint == "https://s3.example.com");

  const Environment id("AWS_ACCESS_KEY_ID", "env");
  const Environment secret("AWS_SECRET_ACCESS_KEY", "s3");
  const Environment region("AWS_DEFAULT_REGION", "r3");
  CHECK(read_aws_profile("").credentials.key_id == "env");
  CHECK(read_aws_profile("").region == "r3");
  CHECK(read_aws_profile("other").credentials.key_id == "other");
  CHECK(read_aws_profile("other").region == "r2");
}

TEST_CASE("AWS_PROFILE chooses a profile, and a file that others can read is refused", "[s3]") {
  const NoAws none;
  none.write_keys("[b]\naws_access_key_id = b\naws_secret_access_key = hunter2\n");
  const Environment profile("AWS_PROFILE", "b");
  CHECK(read_aws_profile("").credentials.key_id == "b");
  fs::permissions(none.home / ".aws/credentials", fs::perms{0644});
  const Error error = error_of([] { read_aws_profile(""); });
  CHECK(error.kind() == ErrorKind::key);
  CHECK_THAT(error.message() + error.hint(), !ContainsSubstring("hunter2"));
}

S3Settings settings_for(const S3Options& options, const std::string& region = "",
                        const std::string& endpoint = "") {
  return s3_settings(options, {{"id", "secret", ""}, region, endpoint, "the test"});
}

TEST_CASE("each provider has its endpoint and its ways", "[s3]") {
  const NoAws none;
  const S3Settings aws = settings_for({}, "eu-central-1");
  CHECK(aws.endpoint.origin() == "https://s3.eu-central-1.amazonaws.com");
  CHECK(!aws.path_style);
  CHECK(aws.conditional_put);
  const S3Settings gcs = settings_for({.provider = "gcs"});
  CHECK(gcs.endpoint.origin() == "https://storage.googleapis.com");
  CHECK(gcs.region == "auto");
  CHECK(!gcs.conditional_put);
  CHECK(settings_for({.provider = "b2", .region = "us-west-004"}).endpoint.origin() ==
        "https://s3.us-west-004.backblazeb2.com");
  const S3Settings other = settings_for({.endpoint = "http://127.0.0.1:9000"});
  CHECK(other.path_style);
  CHECK(other.region == "us-east-1");
  CHECK(!settings_for({.endpoint = "http://127.0.0.1:9000", .addressing = "host"}).path_style);
  CHECK(settings_for({}, "", "https://minio.example.com").endpoint.host == "minio.example.com");
  CHECK(error_of([] { settings_for({.provider = "b2"}); }).kind() == ErrorKind::usage);
  CHECK(error_of([] { settings_for({.provider = "minio"}); }).kind() == ErrorKind::usage);
  CHECK(error_of([] { settings_for({.endpoint = "http://s3.example.com"}); }).kind() ==
        ErrorKind::usage);
}

TEST_CASE("a place is a folder or a bucket", "[s3]") {
  const NoAws none;
  none.write_keys(
      "[default]\naws_access_key_id = a\naws_secret_access_key = b\n"
      "[p]\naws_access_key_id = a\naws_secret_access_key = b\n");
  CHECK(open_store("some/folder", {})->location() == "some/folder");
  CHECK(open_store("s3://box", {})->location() == "s3://box");
  CHECK(open_store("s3://box/a/b/", {})->location() == "s3://box/a/b");
  CHECK(open_store("s3://p@box/a", {})->location() == "s3://box/a");
  CHECK(open_store("s3://box/a", {})->local_path("x") == std::nullopt);
  CHECK(split_store_url("s3://box/a/b.zip") ==
        std::pair<std::string, std::string>{"s3://box/a", "b.zip"});
  for (const char* bad : {"s3://", "s3:///a", "s3://bu cket", "s3://id:hunter2@box", "gs://box"}) {
    CAPTURE(bad);
    const Error error = error_of([&] { open_store(bad, {}); });
    CHECK(error.kind() == ErrorKind::usage);
    CHECK_THAT(error.message() + error.hint(), !ContainsSubstring("hunter2"));
  }
  CHECK(error_of([] { open_store("s3://nobody@box", {}); }).kind() == ErrorKind::key);
}

}  // namespace
}  // namespace a2a_backup::test
