"""One-line breaks of the relay: who is let in, turns kept apart, resumed by number, its bounds, its order."""

from __future__ import annotations

from mutation import Mutation

_RELAY = "hostmode.relay"


def _entry(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("relay_entry", f"{_RELAY}.{function}", original, mutated)


def _turn(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("relay_turn", f"{_RELAY}.{function}", original, mutated)


def _resume(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("relay_resume", f"{_RELAY}.{function}", original, mutated)


def _bound(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("relay_bound", f"{_RELAY}.{function}", original, mutated)


def _order(function: str, original: str, mutated: str) -> Mutation:
    return Mutation("relay_order", f"{_RELAY}.in_order.{function}", original, mutated)


RELAY = (
    # ---- who is let in
    _entry("settings.Visit.refusal", '.lower() != "websocket"', '.lower() == ""'),
    _entry("settings.Visit.refusal", "origin not in settings.origins", "not settings.origins"),
    _entry("settings.Visit.refusal", "origin is not None and ", ""),
    _entry("settings.Visit.refusal", "not is_loopback(self.peer)", "is_loopback(self.peer)"),
    _entry("settings.Visit.refusal", "if self.peer and not", "if not"),
    _entry("settings.Visit.refusal", 'or self.query.get("token", "")', 'or ""'),
    _entry("settings.Visit.refusal", "not hmac.compare_digest(shown.encode(), settings.token.encode())", "not shown"),
    _entry(
        "settings.Visit.refusal",
        "not hmac.compare_digest(shown.encode(), settings.token.encode())",
        "not settings.token.startswith(shown)",
    ),
    _entry("settings.Visit.refusal", "if self.protocol not in PROTOCOLS:", "if not self.protocol:"),
    _entry("settings.RelaySettings.__post_init__", "not is_loopback(self.host)", "not self.host"),
    _entry("listening.is_loopback", "        return False", "        return True"),
    _entry("relay.Relay.refusal", "self._clients >= self", "self._clients > self"),
    _entry("relay.Relay.attend", "            self._clients -= 1", "            self._clients -= 0"),
    _entry("relay.Relay._serve", "if not isinstance(start, Start):", "if start is None:"),
    _entry(
        "relay.Relay._serve", "            self._viewers.discard(viewer)", "            self._viewers.discard(None)"
    ),
    _entry(
        "tokens.SessionTokens.is_key", "hmac.compare_digest(shown.encode(), self._api_key.encode())", "bool(shown)"
    ),
    _entry("tokens.SessionTokens.is_token", "> time.time()", "> 0.0"),
    _entry("tokens.SessionTokens.issue", "now_s < expire_at <= now_s + LONGEST_S", "now_s < expire_at"),
    _entry("tokens.SessionTokens.issue", "now_s < expire_at <= now_s", "expire_at <= now_s"),
    _entry("tokens.SessionTokens.issue", ">= _MOST:", ">= 2 * _MOST:"),
    _entry("tokens.SessionTokens.issue", "next(iter(self._expiries))", "list(self._expiries)[-1]"),
    # ---- turns kept apart
    _turn("relay.Relay.open_turn", "            self._turn.end()\n", "            pass\n"),
    _turn("relay.Relay._opened", "if turn is self._log.newest:", "if turn is not self._log.newest:"),
    _turn("relay.Relay._interrupted", "already or turn is not self._log.newest", "already"),
    _turn("relay.Relay._interrupted", "if already or turn", "if turn"),
    _turn("relay.Relay._interrupted", "message.by_client and self", "self"),
    _turn("relay.Relay._interrupt", "reason[:_LONGEST_REASON], by_client)", "reason[:_LONGEST_REASON], False)"),
    _turn("relay.Relay._take", "if turn is None or turn.interrupted:", "if turn is None:"),
    _turn("relay.Relay._take", "                viewer.tell(item)", "                pass"),
    _turn("relay_turn.RelayTurn.audio", "if not self.over:", "if not self._logged.interrupted:"),
    _turn("relay_turn.RelayTurn.audio", "if not self.over:", "if not self._logged.ended:"),
    _turn("relay_turn.RelayTurn.motion", "if not self.over:", "if not self._logged.ended:"),
    _turn("relay_turn.RelayTurn.end", '            self.audio(b"", last=True)\n', '            self.audio(b"")\n'),
    _turn("turn_log.LoggedTurn.over", "self.ended or self.interrupted", "self.ended"),
    _turn("turn_log.TurnLog.open", "one.ended or one is not", "one.ended and one is not"),
    _turn("turn_log.TurnLog.open", "(one.number, one.id))", "one.number)"),
    _turn("turn_log.TurnLog.open", "[*self._turns[:-1], opened]:", "self._turns[:-1]:"),
    _turn("turn_log.TurnLog.next_number", "self._turns[-1].number + 1", "self._turns[-1].number"),
    _turn("viewer.Viewer._next", "if turn.interrupted or at ==", "if at =="),
    _turn("viewer.Viewer._next", "elif self._marked is not turn:", "elif self._marked is None:"),
    # ---- resumed
    _resume("turn_log.TurnLog.missed", " if number == 0 else 0", ""),
    _resume("turn_log.TurnLog.missed", "min(sequence, len(one.items)) if", "0 if"),
    _resume("turn_log.TurnLog.missed", "min(sequence, len(one.items)) if", "sequence if"),
    _resume("turn_log.TurnLog.missed", "not one.interrupted and (first", "(first"),
    _resume("turn_log.TurnLog.missed", "len(one.items) or not one.ended)", "len(one.items))"),
    _resume("turn_log.TurnLog.missed", "first < len(one.items) or not one.ended)", "True)"),
    _resume("turn_log.TurnLog.missed", "known.index(turn)", "0"),
    _resume("turn_log.TurnLog.missed", "elif self.running is not None:", "elif False:"),
    _resume("turn_log.TurnLog.running", "newest is None or newest.over", "newest is None"),
    _resume("turn_log.TurnLog.open", "one.id))[-_TURNS:]", "one.id))"),
    _resume("turn_log.TurnLog.open", "one.id))[-_TURNS:]", "one.id))[-1:]"),
    _resume("relay.Relay._serve", "viewer.follow(logged, sequence)", "viewer.follow(logged)"),
    _resume("relay.Relay._serve", "known is not None and known.interrupted", "known is None"),
    _resume("viewer.Viewer._next", "TurnMark(turn.id, at)", "TurnMark(turn.id, 0)"),
    _resume("client.RelayClient._follow", "max(0, self._sequence - mark.sequence)", "0"),
    _resume("client.RelayClient._follow", "max(0, self._sequence - mark.sequence)", "self._sequence"),
    _resume("client.RelayClient._follow", "            self._skip = sys.maxsize\n", ""),
    _resume("client.RelayClient._follow", "if mark.turn in self._past:", "if not mark.turn:"),
    _resume(
        "client.RelayClient._follow",
        "self._skip, self._complete = mark.sequence, 0,",
        "self._skip, self._complete = 0, 0,",
    ),
    _resume(
        "client.RelayClient._follow",
        "self._complete = mark.sequence, 0, False",
        "self._complete = mark.sequence, self._skip, False",
    ),
    _resume("client.RelayClient._take_in", "        self._sequence += 1\n", ""),
    _resume("client.RelayClient._take_in", "            self._skip -= 1\n", ""),
    _resume("client.RelayClient._take", "if self._echoes:", "if self._echoes < 0:"),
    _resume("client.RelayClient._take", "                self._echoes -= 1\n", "                pass\n"),
    # ---- bounds
    _bound("turn_log.LoggedTurn.append", "        self.size += _size(item)\n", ""),
    _bound("turn_log.LoggedTurn.require_room", "self.size + _size(item) > MAX", "self.size > MAX"),
    _bound("turn_log.LoggedTurn.require_room", "_size(item) > MAX", "_size(item) >= MAX"),
    _bound("turn_log._size", "sum(map(len, item.messages))", "len(item.messages)"),
    _bound("viewer.Viewer.follow", "        self._allowed_behind += len(turn.items) - first\n", ""),
    _bound("viewer.Viewer._next", "len(turn.items) - at > self._allowed_behind", "at > len(turn.items)"),
    _bound("viewer.Viewer._send", "call_later(STUCK_S, give_up)", "call_later(100 * STUCK_S, give_up)"),
    _bound("viewer.Viewer._send", "            timer.cancel()\n", "            pass\n"),
    _bound("relay_turn.split_audio", "max(0, len(audio.data) - 1)", "len(audio.data)"),
    _bound("relay_turn.split_audio", "audio.last and start == final", "audio.last"),
    _bound("relay_turn._parts", "if too_long > _MOST_MESSAGE_BYTES:", "if too_long > 2 * _MOST_MESSAGE_BYTES:"),
    _bound("relay_turn._parts", "len(message) > _MOST_MESSAGE_BYTES:", "0 > _MOST_MESSAGE_BYTES:"),
    _bound("relay_turn._parts", "            part = []\n", ""),
    _bound("relay_turn.RelayTurn.motion", "last and number == len(parts)", "last"),
    _bound("relay.Relay._say", "        turn.require_room(item)\n", "        pass\n"),
    _bound("relay.Relay._read", "if frames > _MOST_FRAMES_A_SECOND:", "if frames > 2 * _MOST_FRAMES_A_SECOND:"),
    _bound("relay.Relay._read", "second, frames = int(loop.time()), 0", "second = int(loop.time())"),
    _bound("bus.Bus.publish", "self._unsent_bytes + len(payload) >", "len(payload) >"),
    _bound("bus.Bus.publish", "        self._unsent_bytes += len(payload)\n", ""),
    _bound("bus.Bus._on_acknowledged", "            self._unsent_bytes -= len(payload)\n", ""),
    _bound("in_order.InOrder.take", " and len(known.held) < _MOST_HELD", ""),
    _bound("in_order.InOrder.take", "popitem(last=False)", "popitem()"),
    _bound("in_order.InOrder.take", "        self._senders.move_to_end(sender)\n", ""),
    # ---- order
    _order("InOrder.take", "number if oldest else 0", "0"),
    _order("InOrder.take", "number if oldest else 0", "number"),
    _order("InOrder.take", "number >= known.next", "number >= 0"),
    _order("_Sender.release", "            self.next += 1\n", "            self.next += 2\n"),
    _order("_Sender.release", "self.held.pop(self.next)", "self.held[self.next]"),
    _order("InOrder.skip", "lost += first - sender.next", "lost += 1"),
    _order(
        "InOrder.skip", "                sender.next = first\n", "                sender.next = max(sender.held)\n"
    ),
    _order("InOrder.incomplete", "any(sender.held", "all(sender.held"),
)
