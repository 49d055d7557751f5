# cython: language_level=3
"""An extension of somebody else: compiled against the installed hostmode, linked with nothing of it."""

from libc.stdint cimport uint8_t

from hostmode.capi cimport (
    HOSTMODE_ID_SIZE,
    HOSTMODE_KEYFRAME_FLOATS,
    HOSTMODE_OK,
    HostmodeApi,
    HostmodeBytes,
    HostmodePlayer,
    check_hostmode,
    import_hostmode,
)

cdef const HostmodeApi* api = import_hostmode()


def clock():
    return api.now_s()


def check_table(int version_change, int size_change):
    cdef HostmodeApi table = api[0]
    table.abi_version += version_change
    table.struct_size += size_change
    check_hostmode(&table)


cdef class Handle:
    cdef HostmodePlayer* player

    def __cinit__(self, player):
        self.player = api.player_from_object(player)

    def __dealloc__(self):
        api.release(self.player)

    def sample(self, const double[::1] times, float[:, ::1] out):
        """Sample without the GIL; return the first outcome that is not HOSTMODE_OK."""
        assert out.shape[0] == times.shape[0] and out.shape[1] == HOSTMODE_KEYFRAME_FLOATS
        cdef Py_ssize_t i
        cdef int outcome = HOSTMODE_OK
        with nogil:
            for i in range(times.shape[0]):
                outcome = api.sample(self.player, times[i], &out[i, 0])
                if outcome != HOSTMODE_OK:
                    break
        return outcome

    def push_audio(self, const uint8_t[::1] pcm, bint end, double now):
        cdef char conversation_id[HOSTMODE_ID_SIZE]
        cdef HostmodeBytes view
        cdef int outcome
        view.data = &pcm[0]
        view.size = pcm.shape[0]
        with nogil:
            outcome = api.push_audio(self.player, view, end, now, conversation_id)
        return outcome, conversation_id.decode()

    def push_motion(self, const uint8_t[::1] message, bytes conversation_id, double now):
        cdef HostmodeBytes view
        cdef const char* own_id = conversation_id
        cdef int complete
        cdef int outcome
        view.data = &message[0]
        view.size = message.shape[0]
        with nogil:
            outcome = api.push_motion(self.player, &view, 1, own_id, now, &complete)
        return outcome, bool(complete)

    def render_audio(self, float[::1] out, double dac, double entry, double current):
        with nogil:
            api.render_audio_f32(self.player, &out[0], out.shape[0], dac, entry, current)

    def advance(self, double now):
        return api.advance(self.player, now)

    def interrupt(self, double now):
        return api.interrupt(self.player, now)

    def interrupt_heard(self, double now):
        cdef double heard
        cdef int outcome
        with nogil:
            outcome = api.interrupt_heard(self.player, now, &heard)
        return outcome, heard

    def reset_clock(self, double now):
        return api.reset_clock(self.player, now)

    def conversation_id(self):
        cdef char conversation_id[HOSTMODE_ID_SIZE]
        assert api.conversation_id(self.player, conversation_id) == HOSTMODE_OK
        return conversation_id.decode()

    def push_audio_to(self, const uint8_t[::1] pcm, bytes to, double now):
        cdef char conversation_id[HOSTMODE_ID_SIZE]
        cdef HostmodeBytes view
        cdef const char* own_id = to
        cdef int outcome
        view.data = &pcm[0]
        view.size = pcm.shape[0]
        with nogil:
            outcome = api.push_audio_to(self.player, view, False, own_id, now, conversation_id)
        return outcome, conversation_id.decode()

    def audio_time(self, double now):
        cdef double heard
        cdef int outcome
        with nogil:
            outcome = api.audio_time(self.player, now, &heard)
        return outcome, heard


def sample_pair(Handle first, Handle second, double time, float[:, ::1] out):
    assert out.shape[0] == 2 and out.shape[1] == HOSTMODE_KEYFRAME_FLOATS
    cdef HostmodePlayer* handles[2]
    cdef int outcome
    handles[0] = first.player
    handles[1] = second.player
    with nogil:
        outcome = api.sample_many(handles, 2, time, &out[0, 0])
    return outcome
