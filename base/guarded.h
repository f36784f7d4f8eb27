// Data that several threads share, together with the mutex that guards it: the
// data cannot be reached without the lock.
#pragma once

#include <mutex>
#include <utility>

namespace base {

template <typename T>
class Guarded {
 public:
  class Lock {
   public:
    T& operator*() const noexcept { return *data_; }
    T* operator->() const noexcept { return data_; }
    // For std::condition_variable::wait.
    std::unique_lock<std::mutex>& mutex_lock() noexcept { return lock_; }

   private:
    friend class Guarded;
    Lock(std::mutex& mutex, T& data) : lock_(mutex), data_(&data) {}
    std::unique_lock<std::mutex> lock_;
    T* data_;
  };

  Guarded() = default;
  template <typename... Args>
  explicit Guarded(std::in_place_t, Args&&... args)
      : data_(std::forward<Args>(args)...) {}

  // Blocks until no other thread holds the lock.
  [[nodiscard]] Lock lock() { return Lock(mutex_, data_); }

 private:
  std::mutex mutex_;
  T data_{};
};

}  // namespace base
