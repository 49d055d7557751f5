# cython: language_level=3
"""Many avatars, sampled without the GIL: a picture's worth of poses in one call.

    crowd = Crowd([avatar_1, avatar_2, ...])         # hostmode.Player objects
    crowd.sample(hostmode.now(), poses)              # poses: (n, 120) float32, C-contiguous
"""

from libc.stdlib cimport free, malloc

from hostmode.capi cimport (
    HOSTMODE_KEYFRAME_FLOATS,
    HOSTMODE_OK,
    HostmodeApi,
    HostmodePlayer,
    import_hostmode,
)

# The table of functions. The import fails, and says why, where this was compiled for another version.
cdef const HostmodeApi* api = import_hostmode()


cdef class Crowd:
    cdef HostmodePlayer** handles
    cdef Py_ssize_t count

    def __cinit__(self, players):
        players = list(players)
        self.handles = <HostmodePlayer**>malloc(max(1, len(players)) * sizeof(HostmodePlayer*))
        if self.handles == NULL:
            raise MemoryError
        for player in players:
            # Raises TypeError for anything but a Player. A handle keeps its player alive.
            self.handles[self.count] = api.player_from_object(player)
            self.count += 1

    def __dealloc__(self):
        for i in range(self.count):
            api.release(self.handles[i])
        free(self.handles)

    def sample(self, double time, float[:, ::1] poses):
        """Fill `poses`, shape (n, 120), with what the avatars show at `time`, seconds."""
        if poses.shape[0] != self.count or poses.shape[1] != HOSTMODE_KEYFRAME_FLOATS:
            given = f"{poses.shape[0]} x {poses.shape[1]}"
            raise ValueError(f"poses: given {given}, wanted {self.count} x 120")
        if self.count == 0:
            return
        cdef int outcome
        with nogil:
            outcome = api.sample_many(self.handles, self.count, time, &poses[0, 0])
        if outcome != HOSTMODE_OK:
            raise ValueError(f"time: given {time}, wanted finite seconds")
