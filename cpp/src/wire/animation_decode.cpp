#include "wire/animation_decode.h"

#include <array>
#include <cmath>
#include <cstring>

#include "wire/canonical_keyframes.h"
#include "wire/keyframe_wire.h"

namespace hostmode {

namespace {

// Appends the floats of one field occurrence to those that earlier occurrences brought.
bool append_floats(WireReader& reader, const WireField& field, const KeyframeField& layout, float* keyframe,
                   std::size_t& filled) {
  if (field.bytes.size % sizeof(float) != 0) {
    return reader.fail(field.start, "a float field's length is no multiple of 4");
  }
  const std::size_t count = field.bytes.size / sizeof(float);
  if (count > layout.floats - filled) return reader.fail(field.start, "a float field is too long");
  if (count == 0) return true;
  float* const out = keyframe + layout.offset + filled;
  std::memcpy(out, field.bytes.data, field.bytes.size);
  filled += count;
  for (std::size_t i = 0; i < count; ++i) {
    if (all_within_bounds(out + i, 1)) continue;
    const bool is_finite = std::isfinite(out[i]);
    return reader.fail(field.bytes.data + i * sizeof(float),
                       is_finite ? "a value beyond 10000 in a keyframe" : "NaN or infinity in a keyframe");
  }
  return true;
}

bool decode_any_keyframe(WireReader reader, std::uint32_t first_field, Keyframe& keyframe) {
  std::memset(&keyframe, 0, sizeof keyframe);
  std::array<std::size_t, kKeyframeFields.size()> filled{};
  WireField field;
  while (reader.next(field)) {
    const bool is_floats = field.type == WireType::kBytes || field.type == WireType::kFixed32;
    if (!is_floats || field.number < first_field) continue;
    const std::size_t i = field.number - first_field;
    if (i >= kKeyframeFields.size()) continue;
    if (!append_floats(reader, field, kKeyframeFields[i], keyframe.data(), filled[i])) return false;
  }
  return reader.ok();
}

// Counts first: it costs a few ns a keyframe and makes the one allocation exact, whatever the bytes claim.
Status decode_any(const DecodeContext& context, ByteView animation, AnimationLayout layout, std::size_t kept,
                  std::vector<Keyframe>& keyframes) {
  WireReader counter(animation, context.message.data, layout.nesting, context.failure);
  WireField field;
  std::size_t count = kept;
  while (counter.next(field)) {
    if (!field.is(kKeyframeField, WireType::kBytes)) continue;
    if (count == context.limits.max_keyframes) {
      return context.too_large(field.start, "the message has too many keyframes");
    }
    ++count;
  }
  if (!counter.ok()) return Status::kMalformed;

  keyframes.resize(count);
  WireReader reader(animation, context.message.data, layout.nesting, context.failure);
  Keyframe* keyframe = keyframes.data() + kept;
  while (reader.next(field)) {
    if (!field.is(kKeyframeField, WireType::kBytes)) continue;
    if (!decode_any_keyframe(reader.nested(field.bytes), layout.first_keyframe_field, *keyframe)) {
      return Status::kMalformed;
    }
    ++keyframe;
  }
  return Status::kOk;
}

bool decode_canonical(const DecodeContext& context, ByteView animation, AnimationLayout layout,
                      std::size_t kept, std::vector<Keyframe>& keyframes) {
  const std::size_t count = animation.size / kCanonicalStride;
  if (count * kCanonicalStride != animation.size || count > context.limits.max_keyframes - kept) return false;
  keyframes.resize(kept + count);
  Keyframe* const out = keyframes.data() + kept;
  return layout.first_keyframe_field == kFirstKeyframeField
             ? decode_canonical_keyframes<kFirstKeyframeField>(animation.data, count, out)
             : decode_canonical_keyframes<kFirstKeyframeFieldOfFirstProtocol>(animation.data, count, out);
}

}  // namespace

Status DecodeContext::too_large(const std::uint8_t* where, const char* reason) const noexcept {
  failure.offset = static_cast<std::size_t>(where - message.data);
  failure.reason = reason;
  return Status::kTooLarge;
}

Status decode_animation(const DecodeContext& context, ByteView animation, AnimationLayout layout,
                        std::size_t kept, std::vector<Keyframe>& keyframes) {
  return decode_canonical(context, animation, layout, kept, keyframes)
             ? Status::kOk
             : decode_any(context, animation, layout, kept, keyframes);
}

}  // namespace hostmode
