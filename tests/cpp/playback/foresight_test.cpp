#include "playback/foresight.h"

#include <doctest/doctest.h>

#include <tuple>

#include "playback/conversations.h"
#include "playback/journal.h"

namespace hostmode {
namespace {

// What the device is told next: frame, generation, media sample, cause.
using Edge = std::tuple<std::int64_t, std::uint64_t, std::int64_t, SegmentCause>;

constexpr std::int64_t kRendered = 500;

class Queue {
 public:
  SampleQueue& add(std::size_t samples, bool closed, std::int64_t motion_end = 0, bool end_is_known = true) {
    const ConversationPtr conversation = conversations_.open(8000, nullptr, 0.0);
    conversation->end_is_known = end_is_known;
    const std::vector<std::int16_t> pcm(samples, 1);
    if (samples > 0) conversation->stream.append(pcm.data(), pcm.size());
    if (closed) conversation->stream.close();
    conversation->stream.set_motion_end(motion_end);
    return conversation->stream;
  }

  // From frame 400 on the first conversation is heard from its sample `media` on.
  std::vector<Edge> after(SegmentCause cause, std::int64_t media = 0, bool paused = false,
                          std::uint64_t generation = 1) const {
    std::vector<Segment> segments;
    foresee(conversations_, paused, {400, generation, media, cause}, kRendered, 0.0, segments);
    std::vector<Edge> edges;
    for (const Segment& segment : segments) {
      edges.emplace_back(segment.device_frame, segment.generation, segment.media_sample, segment.cause);
    }
    return edges;
  }

 private:
  Journal journal_;
  Conversations conversations_{8000, journal_};
};

}  // namespace

TEST_CASE("foreseen: sound that is complete plays out, then its tail of motion, then silence") {
  Queue queue;
  queue.add(1000, true, 1200);
  CHECK(queue.after(SegmentCause::kPlaying, 50) ==
        std::vector<Edge>{{1350, 1, 1000, SegmentCause::kTail}, {1550, 0, 0, SegmentCause::kSilence}});
  CHECK(queue.after(SegmentCause::kTail, 1000) == std::vector<Edge>{{600, 0, 0, SegmentCause::kSilence}});
}

TEST_CASE("foreseen: sound goes on as a tail of motion where more of that may come") {
  for (const std::int64_t motion_end : {300, 1200}) {
    Queue queue;
    queue.add(1000, true, motion_end, false);
    CHECK(queue.after(SegmentCause::kPlaying, 50) == std::vector<Edge>{{1350, 1, 1000, SegmentCause::kTail}});
    CHECK(queue.after(SegmentCause::kTail, 1000).empty());
    queue.add(100, true);
    CHECK(queue.after(SegmentCause::kTail, 1000).empty());
  }
}

TEST_CASE("foreseen: what may start waits for no motion that may come") {
  Queue queue;
  queue.add(1000, true, 1200, false);
  queue.add(100, true).set_motion_ready();
  const std::vector<Edge> after{{1350, 2, 0, SegmentCause::kPlaying}, {1450, 0, 0, SegmentCause::kSilence}};
  CHECK(queue.after(SegmentCause::kPlaying, 50) == after);
  CHECK(queue.after(SegmentCause::kTail, 1000).front() == Edge{kRendered, 2, 0, SegmentCause::kPlaying});
}

TEST_CASE("foreseen: motion that is shorter than its sound makes no tail") {
  Queue queue;
  queue.add(1000, true, 300);
  CHECK(queue.after(SegmentCause::kPlaying) == std::vector<Edge>{{1400, 0, 0, SegmentCause::kSilence}});
}

TEST_CASE("foreseen: sound of which more is to come runs dry, and stops where it is held") {
  Queue queue;
  SampleQueue& stream = queue.add(1000, false);
  queue.add(100, true);
  CHECK(queue.after(SegmentCause::kPlaying) == std::vector<Edge>{{1400, 1, 1000, SegmentCause::kUnderrun}});
  stream.close();
  stream.set_hold_at(300);
  CHECK(queue.after(SegmentCause::kPlaying) == std::vector<Edge>{{700, 1, 300, SegmentCause::kStall}});
}

TEST_CASE("foreseen: what is queued follows in its order, as far as its sound is there") {
  Queue queue;
  queue.add(600, true);
  queue.add(100, true, 150);
  queue.add(200, true).cut();
  queue.add(300, false);
  queue.add(400, true);
  CHECK(queue.after(SegmentCause::kPlaying) == std::vector<Edge>{{1000, 2, 0, SegmentCause::kPlaying},
                                                                 {1100, 2, 100, SegmentCause::kTail},
                                                                 {1150, 4, 0, SegmentCause::kPlaying},
                                                                 {1450, 4, 300, SegmentCause::kUnderrun}});
}

TEST_CASE("foreseen: what is queued and may start waits for no tail of motion") {
  Queue queue;
  queue.add(600, true, 900);
  queue.add(100, true).set_motion_ready();
  const std::vector<Edge> after{{1000, 2, 0, SegmentCause::kPlaying}, {1100, 0, 0, SegmentCause::kSilence}};
  CHECK(queue.after(SegmentCause::kPlaying) == after);
  CHECK(queue.after(SegmentCause::kTail, 600).front() == Edge{kRendered, 2, 0, SegmentCause::kPlaying});
}

TEST_CASE("foreseen: sound waits for its face, and goes on") {
  Queue queue;
  queue.add(1000, true).set_rest(700, 160);
  CHECK(queue.after(SegmentCause::kPlaying) == std::vector<Edge>{{1100, 1, 700, SegmentCause::kRest},
                                                                 {1260, 1, 700, SegmentCause::kPlaying},
                                                                 {1560, 0, 0, SegmentCause::kSilence}});
  CHECK(queue.after(SegmentCause::kRest, 700) ==
        std::vector<Edge>{{kRendered, 1, 700, SegmentCause::kPlaying},
                          {kRendered, 1, 700, SegmentCause::kRest},
                          {560, 1, 700, SegmentCause::kPlaying},
                          {860, 0, 0, SegmentCause::kSilence}});
}

TEST_CASE("foreseen: a conversation without sound yet is not waited for") {
  Queue queue;
  queue.add(600, true);
  queue.add(0, false);
  queue.add(100, true);
  CHECK(queue.after(SegmentCause::kPlaying) == std::vector<Edge>{{1000, 0, 0, SegmentCause::kSilence}});
}

TEST_CASE("foreseen: what is cut ends at once, also while it is paused or in its tail") {
  Queue queue;
  queue.add(1000, true, 1200).cut();
  const std::vector<Edge> silence{{kRendered, 0, 0, SegmentCause::kSilence}};
  CHECK(queue.after(SegmentCause::kPlaying) == silence);
  CHECK(queue.after(SegmentCause::kTail, 1000) == silence);
  CHECK(queue.after(SegmentCause::kPlaying, 0, true) == silence);
}

TEST_CASE("foreseen: what is paused stays where it is, and of what stands still nothing is known") {
  Queue queue;
  queue.add(1000, true);
  CHECK(queue.after(SegmentCause::kPlaying, 50, true) ==
        std::vector<Edge>{{kRendered, 1, 150, SegmentCause::kPaused}});
  for (const SegmentCause cause :
       {SegmentCause::kWaiting, SegmentCause::kUnderrun, SegmentCause::kStall, SegmentCause::kPaused}) {
    CHECK(queue.after(cause).empty());
  }
  CHECK(queue.after(SegmentCause::kPlaying, 0, false, 7).empty());
}

}  // namespace hostmode
