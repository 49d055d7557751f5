"""One-line breaks of how a message is read and written."""

from __future__ import annotations

from mutation import Mutation


def _broken(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("wire", function, original, mutated, cases="decode:*,encode:*,first protocol:*")


WIRE = (
    # ---- the fields of a message
    _broken("WireReader::next", 'return fail(field.start, "a group ends that was not started");', "continue;"),
    _broken("WireReader::nested", "nesting_ + 1", "nesting_"),
    _broken("WireReader::read_varint", "static_cast<std::uint64_t>(byte & 0x7f)", "static_cast<std::uint64_t>(byte)"),
    _broken(
        "WireReader::read_field",
        '    if (tag > kMaxTag) return fail(field.start, "a tag has more than 32 bits");\n',
        "",
    ),
    _broken("WireReader::read_field", '    if (field.number == 0) return fail(field.start, "field number 0");\n', ""),
    _broken("WireReader::skip_group", "nesting_ + depth >= kMaxNesting", "nesting_ + depth > kMaxNesting"),
    _broken("WireReader::skip_group", "field.number != open[--depth]", "open[--depth] == 0"),
    _broken("is_utf8", "if (lead == 0xe0) lowest = 0xa0;", "if (lead == 0xe0) lowest = 0x80;"),
    _broken("is_utf8", "if (lead == 0xed) highest = 0x9f;", "if (lead == 0xed) highest = 0xbf;"),
    _broken("is_utf8", "lead <= 0xf4", "lead <= 0xf7"),
    _broken("is_utf8", "size - i < continuation_count", "size - i + 1 < continuation_count"),
    _broken("is_utf8", "lead >= 0xc2", "lead >= 0xc0"),
    # ---- messages
    _broken("Decoder::decode", "bytes.size > most", "bytes.size >= most"),
    _broken(
        "Decoder::decode", "message_.type >= kFirstProtocolTypes", "message_.type > kFirstProtocolTypes + 100000"
    ),
    _broken("Decoder::select_member", "  if (member == member_) return;\n", ""),
    _broken("Decoder::select_member", "    message_.type = type;\n", ""),
    _broken("Decoder::select_member", "    message_.replaced_animations = replaced;\n", ""),
    _broken("Decoder::replace_animation", "    if (animation_.size > 0) ++message_.replaced_animations;\n", ""),
    _broken("Decoder::decode_member", "        if (!inner.ok()) return false;\n", ""),
    _broken("Decoder::apply_animation_field", "message_.end = field.varint != 0;", "message_.end = true;"),
    _broken("decode_message", "  if (status != Status::kOk) message.clear();\n", ""),
    _broken("decode_message", "  clear_all_but_keyframes(message);\n", ""),
    _broken("decode_canonical_keyframes", "findings.other_header == 0 && ", ""),
    _broken("decode_canonical_keyframes", " && (carried & 0x80000000U) == 0", ""),
    _broken("encode_message", "  bytes.clear();\n", ""),
    _broken("encode_message", " || !is_utf8(avatar_id)", ""),
    _broken("encode_message", "(end ? 2 : 0)", "0"),
)
