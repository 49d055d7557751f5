# The C API for Cython. Compile with ``include_dirs=[hostmode.get_include()]``; hostmode/capi.h has the contract.
from cpython.pycapsule cimport PyCapsule_Import
from libc.stdint cimport uint8_t, uint32_t


cdef extern from "hostmode/capi.h" nogil:
    const char* HOSTMODE_CAPI_NAME
    const uint32_t HOSTMODE_ABI_VERSION
    enum:
        HOSTMODE_KEYFRAME_FLOATS
        HOSTMODE_ID_SIZE
        HOSTMODE_OK
        HOSTMODE_MALFORMED
        HOSTMODE_TOO_LARGE
        HOSTMODE_BUFFER_FULL
        HOSTMODE_INVALID_ARGUMENT
        HOSTMODE_FAILED
        HOSTMODE_NOT_PCM

    ctypedef struct HostmodePlayer:
        pass

    ctypedef struct HostmodeBytes:
        const uint8_t* data
        size_t size

    ctypedef struct HostmodeApi:
        uint32_t abi_version
        uint32_t keyframe_floats
        size_t struct_size
        HostmodePlayer* (*player_from_object)(object player) except NULL with gil
        void (*release)(HostmodePlayer* handle) noexcept nogil
        double (*now_s)() noexcept nogil
        int (*sample)(HostmodePlayer* handle, double time_s, float* out) noexcept nogil
        int (*sample_many)(HostmodePlayer** handles, size_t count, double time_s, float* out) noexcept nogil
        void (*render_audio_f32)(
            HostmodePlayer* handle, float* out, size_t count, double dac_s, double entry_s, double current_s
        ) noexcept nogil
        int (*push_audio)(
            HostmodePlayer* handle, HostmodeBytes pcm, int end, double now_s, char* id_out
        ) noexcept nogil
        int (*push_motion)(
            HostmodePlayer* handle, const HostmodeBytes* messages, size_t count, const char* conversation_id,
            double now_s, int* complete
        ) noexcept nogil
        int (*advance)(HostmodePlayer* handle, double now_s) noexcept nogil
        int (*interrupt)(HostmodePlayer* handle, double now_s) noexcept nogil
        int (*reset_clock)(HostmodePlayer* handle, double now_s) noexcept nogil
        int (*conversation_id)(HostmodePlayer* handle, char* id_out) noexcept nogil
        int (*push_audio_to)(
            HostmodePlayer* handle, HostmodeBytes pcm, int end, const char* conversation_id, double now_s,
            char* id_out
        ) noexcept nogil
        int (*audio_time)(HostmodePlayer* handle, double now_s, double* heard_s) noexcept nogil
        int (*interrupt_heard)(HostmodePlayer* handle, double now_s, double* heard_s) noexcept nogil


# Refuses a table other than the one the caller was compiled for, or one that lacks functions of its end.
cdef inline int check_hostmode(const HostmodeApi* api) except -1:
    if api.abi_version != HOSTMODE_ABI_VERSION:
        raise ImportError(
            f"hostmode has C API version {api.abi_version}, this extension was compiled for "
            f"{HOSTMODE_ABI_VERSION}: compile it again with the installed hostmode"
        )
    if api.struct_size < sizeof(HostmodeApi):
        raise ImportError(
            f"hostmode's C API has {api.struct_size} bytes, this extension was compiled for "
            f"{sizeof(HostmodeApi)}: upgrade hostmode"
        )
    return 0


cdef inline const HostmodeApi* import_hostmode() except NULL:
    cdef const HostmodeApi* api = <const HostmodeApi*>PyCapsule_Import(HOSTMODE_CAPI_NAME, 0)
    check_hostmode(api)
    return api
