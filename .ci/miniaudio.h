// What Ollama's mtmd-helper.cpp uses of the miniaudio library, for the server that
// the tests build: declarations and types by the names it calls, and a decoder
// that always fails. No test decodes audio.
#pragma once
#include <cstddef>
#include <cstdint>

typedef uint64_t ma_uint64;
typedef uint32_t ma_uint32;
enum ma_result { MA_SUCCESS = 0, MA_ERROR = -1 };
enum ma_format { ma_format_f32 };
enum ma_encoding_format { ma_encoding_format_wav };
struct ma_decoder_config {};
struct ma_decoder {};
struct ma_encoder_config {};
struct ma_encoder {};

static inline ma_decoder_config ma_decoder_config_init(ma_format, ma_uint32, ma_uint32) { return {}; }
static inline ma_result ma_decoder_init_memory(const void *, size_t, const ma_decoder_config *, ma_decoder *) { return MA_ERROR; }
static inline ma_result ma_decoder_get_length_in_pcm_frames(ma_decoder *, ma_uint64 *frames) { *frames = 0; return MA_ERROR; }
static inline ma_result ma_decoder_read_pcm_frames(ma_decoder *, void *, ma_uint64, ma_uint64 *read) { *read = 0; return MA_ERROR; }
static inline ma_result ma_decoder_uninit(ma_decoder *) { return MA_SUCCESS; }
static inline ma_encoder_config ma_encoder_config_init(ma_encoding_format, ma_format, ma_uint32, ma_uint32) { return {}; }
static inline ma_result ma_encoder_init_file(const char *, const ma_encoder_config *, ma_encoder *) { return MA_ERROR; }
static inline ma_result ma_encoder_write_pcm_frames(ma_encoder *, const void *, ma_uint64, ma_uint64 *written) { *written = 0; return MA_ERROR; }
static inline void ma_encoder_uninit(ma_encoder *) {}
