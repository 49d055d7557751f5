// Outcomes of core operations. Malformed bytes, full buffers and foreign ids are ordinary outcomes, not
// exceptions.
#pragma once

namespace hostmode {

enum class Status {
  kOk,
  kMalformed,        // bytes that are no valid message, or that carry what no face can have
  kTooLarge,         // over a stated limit
  kBufferFull,       // the configured bound on buffered audio or motion would be exceeded
  kNotPcm,           // bytes that are a container, compressed sound or text, but no PCM
  kInvalidArgument,  // a value outside its documented range
};

}  // namespace hostmode
