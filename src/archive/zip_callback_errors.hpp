// SPDX-License-Identifier: MIT
/// Carries a C++ exception around a C library.
#pragma once

#include <zip.h>

#include <cerrno>
#include <exception>
#include <utility>

namespace a2a_backup {

/// Keeps the first exception of a callback until control is back in C++.
class CallbackErrors {
 public:
  /// What `function` returns; -1, with `error` set, when it throws.
  template <class Function>
  zip_int64_t guard(zip_error_t& error, Function function) noexcept {
    try {
      return function();
    } catch (...) {
      if (!first_) first_ = std::current_exception();
      zip_error_set(&error, ZIP_ER_READ, EIO);
      return -1;
    }
  }

  /// Throws what was kept, once.
  void rethrow() {
    if (first_) std::rethrow_exception(std::exchange(first_, nullptr));
  }

 private:
  std::exception_ptr first_;
};

}  // namespace a2a_backup
