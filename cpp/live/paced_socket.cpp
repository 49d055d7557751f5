#include "paced_socket.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <netdb.h>
#include <sys/socket.h>
#endif
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#endif

#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>

#include "monotonic_clock.h"

namespace hostmode {

namespace {

void wait_until(double due_s) {
#ifdef __linux__
  // Until an instant, not for a while: being interrupted between reading the clock and sleeping costs
  // nothing.
  const double whole_s = std::floor(due_s);
  const timespec due = {static_cast<time_t>(whole_s), static_cast<long>(1e9 * (due_s - whole_s))};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr) == EINTR) {
  }
#else
  const double remaining_s = due_s - monotonic_now_s();
  if (remaining_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(remaining_s));
#endif
}

}  // namespace

PacedSocket::PacedSocket(std::intptr_t handle, const std::string& host, const std::string& service)
    : handle_(handle) {
  addrinfo wanted = {};
  wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  wanted.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), service.c_str(), &wanted, &found) != 0) {
    throw std::invalid_argument("'" + host + "', '" + service + "' are no numeric host and port");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  const auto* bytes = reinterpret_cast<const unsigned char*>(found->ai_addr);
  address_.assign(bytes, bytes + found->ai_addrlen);
}

PacedSocket::Sent PacedSocket::send_at(double due_s, const std::vector<std::string_view>& datagrams) const {
  wait_until(due_s);
  bool all = true;
  for (std::size_t i = 0; all && i < datagrams.size(); ++i) all = send(datagrams[i]);
  return {all, monotonic_now_s()};
}

bool PacedSocket::send(std::string_view datagram) const {
  const auto* address = reinterpret_cast<const sockaddr*>(address_.data());
#ifdef _WIN32
  return sendto(static_cast<SOCKET>(handle_), datagram.data(), static_cast<int>(datagram.size()), 0, address,
                static_cast<int>(address_.size())) >= 0;
#else
  return sendto(static_cast<int>(handle_), datagram.data(), datagram.size(), 0, address,
                static_cast<socklen_t>(address_.size())) >= 0;
#endif
}

void ask_to_wake_promptly() noexcept {
#ifdef __linux__
  // Timers of a thread may be 50 us late unless it says otherwise.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
#ifdef SYS_sched_setattr
  // struct sched_attr of sched_setattr(2), which glibc has only since 2.41. For a thread of ordinary
  // priority, sched_runtime is how long it may run at once (Linux 6.12; 0.1 ms at least): the shorter, the
  // sooner its turn comes.
  struct {
    std::uint32_t size, policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t runtime, deadline, period;
  } attributes = {};
  attributes.size = sizeof attributes;
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0 || attributes.policy != 0) return;
  attributes.runtime = 100'000;
  syscall(SYS_sched_setattr, 0, &attributes, 0);
#endif
#endif
}

}  // namespace hostmode
