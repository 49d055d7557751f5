// Datagrams that leave at an instant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hostmode {

// Sends the datagrams of one thread through a UDP socket that somebody else owns. Thread-safe: no.
class PacedSocket {
 public:
  // handle is the system's: a file descriptor, on Windows a SOCKET; host and service are numbers as
  // getnameinfo gives them. The address's family must be the socket's. Throws std::invalid_argument where
  // they are no address.
  PacedSocket(std::intptr_t handle, const std::string& host, const std::string& service);

  struct Sent {
    bool all;       // whether the network took all
    double time_s;  // when the last one was handed to it
  };

  // Waits until monotonic_now_s() is due_s and hands the datagrams to the network, in order; one that it does
  // not take is lost, and those after it stay behind.
  [[nodiscard]] Sent send_at(double due_s, const std::vector<std::string_view>& datagrams) const;

 private:
  [[nodiscard]] bool send(std::string_view datagram) const;

  std::intptr_t handle_;
  std::vector<unsigned char> address_;
};

// Asks the scheduler to wake the calling thread soon: it works in short bursts that must come in time.
// Changes nothing where the system has no such thing or refuses.
void ask_to_wake_promptly() noexcept;

}  // namespace hostmode
