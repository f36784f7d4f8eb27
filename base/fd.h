// An open file, owned. "Descriptor" is kept for OCI content descriptors; an
// open file is always an Fd.
#pragma once

namespace base {

class Fd {
 public:
  Fd() noexcept = default;
  explicit Fd(int raw) noexcept : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  // -1 when empty. Only for the line of a system call; the Fd keeps ownership.
  int get() const noexcept { return raw_; }
  explicit operator bool() const noexcept { return raw_ >= 0; }

  // Gives up ownership without closing.
  int release() noexcept;
  // Closes, ignoring errors: no data of ours depends on close() succeeding.
  void reset() noexcept;

  // A second open file sharing this one's offset. Throws: system.
  Fd duplicate() const;

 private:
  int raw_ = -1;
};

// Both ends of a close-on-exec pipe.
struct Pipe {
  Fd read_end;
  Fd write_end;
};
// Throws: system.
Pipe open_pipe();

}  // namespace base
