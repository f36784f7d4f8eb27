// An ssh agent for one step: a socket of ours in the sandbox, behind it the
// user's agent, or one of our own that holds the keys of --ssh id=FILE.
//
// The socket is ours for two reasons. OpenSSH's agent turns away everybody but
// its own user and root, while a step may run as anyone. And a step is to use
// keys, not to keep house: of the agent protocol (draft-ietf-sshm-ssh-agent) it
// may list keys and have something signed; adding, removing, locking and
// extensions are answered with a failure and never reach the agent.
//
// On the wire each message is a 32-bit big-endian length, then that many bytes,
// the first of which is its type.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace builder {

class KeyAgent;

// Either the socket of a running agent, or files with private keys.
struct AgentSource {
  std::filesystem::path socket;
  std::vector<std::filesystem::path> keys;
};

// Where and whose the step's end is.
struct AgentSocket {
  std::filesystem::path path;
  std::uint32_t mode = 0600;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

class SshForward {
 public:
  // Makes the socket and answers on it, on threads of its own. For keys it
  // starts ssh-agent(1), which ends with this object or the calling thread.
  // Throws: denied when a key cannot be used; not_found when the programs that
  // hold keys are not installed; system.
  SshForward(const AgentSource& source, const AgentSocket& socket);
  SshForward(const SshForward&) = delete;
  SshForward& operator=(const SshForward&) = delete;
  // Cuts all connections and removes the socket.
  ~SshForward();

 private:
  class Listener;
  std::unique_ptr<KeyAgent> keys_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace builder
