// SPDX-License-Identifier: MIT
/// From what somebody calls a place to the store that it is.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "a2a_backup/store/s3_settings.hpp"
#include "a2a_backup/store/store.hpp"

namespace a2a_backup {

/// Whether a place is a URL: all others are folders.
bool is_store_url(const std::string& place);

/// The store at "s3://[PROFILE@]BUCKET[/PREFIX]", with the credentials of that profile of the AWS
/// tools, see read_aws_profile(); or in that folder, which is not created. Nothing is asked yet.
/// Throws Error of kind `usage` for another URL, and as s3_settings() does.
std::unique_ptr<Store> open_store(const std::string& place, const S3Options& options);

/// The URL of an object as those of its place and its name.
std::pair<std::string, std::string> split_store_url(const std::string& url);

}  // namespace a2a_backup
