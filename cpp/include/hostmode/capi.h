/* What Cython, C and C++ extensions call without going through Python: one indirect call each.
 *
 * The table is in the capsule HOSTMODE_CAPI_NAME of the installed package. Compare abi_version and
 * struct_size before anything else, as import_hostmode() of capi.pxd does. Nothing needs linking.
 *
 * Except for player_from_object no function needs the GIL or touches Python. Times are in seconds of the one
 * monotonic clock that the caller uses for a player. Pointers are not NULL unless stated. No function throws.
 */
#ifndef HOSTMODE_CAPI_H_
#define HOSTMODE_CAPI_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HOSTMODE_NOEXCEPT noexcept
extern "C" {
#else
#define HOSTMODE_NOEXCEPT
#endif

#define HOSTMODE_CAPI_NAME "hostmode._core._C_API"

/* Changes where something a caller was compiled against changes. New functions only extend struct_size. */
#define HOSTMODE_ABI_VERSION 1u

#define HOSTMODE_KEYFRAME_FLOATS 120
#define HOSTMODE_ID_SIZE 64 /* room for a conversation id and its terminating zero */

enum {
  HOSTMODE_OK = 0,
  HOSTMODE_MALFORMED = 1,        /* bytes that are no valid message, or that carry what no face can have */
  HOSTMODE_TOO_LARGE = 2,        /* over a limit of the wire format */
  HOSTMODE_BUFFER_FULL = 3,      /* over PlayerConfig.max_audio or max_motion */
  HOSTMODE_INVALID_ARGUMENT = 4, /* a time that is not finite, or far from the present (see advance) */
  HOSTMODE_FAILED = 5,           /* out of memory, or the system refused a lock */
  HOSTMODE_NOT_PCM = 6           /* audio that is a container, compressed or text */
};

struct _object; /* PyObject, so that this header does without Python.h */

/* Keeps its player alive. */
typedef struct HostmodePlayer HostmodePlayer;

typedef struct HostmodeBytes {
  const uint8_t* data; /* may be NULL where size is 0 */
  size_t size;
} HostmodeBytes;

/* Append-only. Functions that return int return one of the outcomes above. */
typedef struct HostmodeApi {
  uint32_t abi_version;     /* HOSTMODE_ABI_VERSION of the package */
  uint32_t keyframe_floats; /* HOSTMODE_KEYFRAME_FLOATS of the package */
  size_t struct_size;       /* sizeof(HostmodeApi) of the package: what lies beyond is not there */

  /* A new handle for a hostmode.Player, to be released; NULL with a Python exception set (TypeError for any
   * other object). Needs the GIL. */
  HostmodePlayer* (*player_from_object)(struct _object* player)HOSTMODE_NOEXCEPT;

  /* NULL is ignored. The handle must not be in use. */
  void (*release)(HostmodePlayer* handle) HOSTMODE_NOEXCEPT;

  /* The clock of hostmode.now(). Thread-safe: yes. Realtime-safe: yes. */
  double (*now_s)(void) HOSTMODE_NOEXCEPT;

  /* The pose at `time_s`, HOSTMODE_KEYFRAME_FLOATS floats. Thread-safe: yes. */
  int (*sample)(HostmodePlayer* handle, double time_s, float* out) HOSTMODE_NOEXCEPT;

  /* The poses of `count` players, one after the other. Stops at the first that fails. Thread-safe: yes. */
  int (*sample_many)(HostmodePlayer* const* handles, size_t count, double time_s,
                     float* out) HOSTMODE_NOEXCEPT;

  /* The next `count` mono samples. `dac_s`: when the first is heard; `entry_s`: when the audio callback was
   * entered; `current_s`: what the host calls now, in the time base of dac_s. NaN where unknown. One thread
   * at a time. Realtime-safe: yes, wait-free. */
  void (*render_audio_f32)(HostmodePlayer* handle, float* out, size_t count, double dac_s, double entry_s,
                           double current_s) HOSTMODE_NOEXCEPT;

  /* Adds mono int16 little-endian PCM. `id_out` (HOSTMODE_ID_SIZE chars) receives the conversation's id, or
   * "" where none is open. Thread-safe: yes. */
  int (*push_audio)(HostmodePlayer* handle, HostmodeBytes pcm, int end, double now_s,
                    char* id_out) HOSTMODE_NOEXCEPT;

  /* Adds motion messages; none at all means audio-only. `conversation_id` NULL: none is open yet. `complete`
   * (may be NULL) receives whether the conversation's final message is in. On an outcome other than
   * HOSTMODE_OK nothing of the call is kept. Thread-safe: yes. */
  int (*push_motion)(HostmodePlayer* handle, const HostmodeBytes* messages, size_t count,
                     const char* conversation_id, double now_s, int* complete) HOSTMODE_NOEXCEPT;

  /* Moves everything that depends on time, as all functions do that change something. A time more than 60 s
   * ahead of the latest one, or more than 1 s before it, is an invalid argument and changes nothing; see
   * reset_clock. Catching up costs what happened meanwhile, not how long it was. Thread-safe: yes. */
  int (*advance)(HostmodePlayer* handle, double now_s) HOSTMODE_NOEXCEPT;

  /* Ends what plays and what waits. Thread-safe: yes. */
  int (*interrupt)(HostmodePlayer* handle, double now_s) HOSTMODE_NOEXCEPT;

  /* The caller's clock goes on at `now_s`, any finite time: it loops, starts again or was set. What plays
   * stays as it is. Thread-safe: yes. */
  int (*reset_clock)(HostmodePlayer* handle, double now_s) HOSTMODE_NOEXCEPT;

  /* The current conversation's id into `id_out` (HOSTMODE_ID_SIZE chars); "" while idle. Thread-safe: yes. */
  int (*conversation_id)(HostmodePlayer* handle, char* id_out) HOSTMODE_NOEXCEPT;

  /* push_audio for the conversation of an id. Where its audio is over, ended or interrupted, the audio is
   * discarded and counted, nothing opens, and `id_out` receives "". `conversation_id` NULL: as push_audio. */
  int (*push_audio_to)(HostmodePlayer* handle, HostmodeBytes pcm, int end, const char* conversation_id,
                       double now_s, char* id_out) HOSTMODE_NOEXCEPT;

  /* Seconds of the current conversation heard by `now_s`; 0 while idle. Moves nothing. Thread-safe: yes. */
  int (*audio_time)(HostmodePlayer* handle, double now_s, double* heard_s) HOSTMODE_NOEXCEPT;

  /* interrupt; `heard_s` receives the seconds of the conversation that will have been heard when it is
   * silent, NaN while idle. Thread-safe: yes. */
  int (*interrupt_heard)(HostmodePlayer* handle, double now_s, double* heard_s) HOSTMODE_NOEXCEPT;
} HostmodeApi;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HOSTMODE_CAPI_H_ */
