#include "store/zstd_writer.h"

#include <zstd.h>

#include <new>
#include <utility>

#include "base/dynamic_library.h"
#include "base/error.h"

namespace store {
namespace {

struct ZstdLibrary {
  decltype(&::ZSTD_createCCtx) create;
  decltype(&::ZSTD_freeCCtx) free;
  decltype(&::ZSTD_CCtx_setParameter) set_parameter;
  decltype(&::ZSTD_compressStream2) compress;
  decltype(&::ZSTD_CStreamOutSize) output_size;
  decltype(&::ZSTD_isError) is_error;
  decltype(&::ZSTD_getErrorName) error_name;
  decltype(&::ZSTD_versionString) version;
};

ZstdLibrary load() {
  const base::DynamicLibrary library("libzstd.so.1");
  ZstdLibrary all{};
  library.load(all.create, "ZSTD_createCCtx");
  library.load(all.free, "ZSTD_freeCCtx");
  library.load(all.set_parameter, "ZSTD_CCtx_setParameter");
  library.load(all.compress, "ZSTD_compressStream2");
  library.load(all.output_size, "ZSTD_CStreamOutSize");
  library.load(all.is_error, "ZSTD_isError");
  library.load(all.error_name, "ZSTD_getErrorName");
  library.load(all.version, "ZSTD_versionString");
  return all;
}

const ZstdLibrary& zstd_library() {
  static const ZstdLibrary all = load();
  return all;
}

}  // namespace

std::string zstd_version() { return zstd_library().version(); }

struct ZstdWriter::State {
  explicit State(ByteSink to) : sink(std::move(to)) {
    if (context == nullptr) throw std::bad_alloc();
    library.set_parameter(context, ZSTD_c_compressionLevel, kZstdLevel);
    library.set_parameter(context, ZSTD_c_checksumFlag, 1);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { library.free(context); }

  // Whether all of the input was taken and, at the end, all output given.
  bool step(ZSTD_inBuffer& input, ZSTD_EndDirective directive) {
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    const std::size_t left = library.compress(context, &out, &input, directive);
    if (library.is_error(left) != 0) {
      throw base::Error(base::ErrorKind::system, std::string("compressing: ") +
                                                     library.error_name(left));
    }
    sink({output.data(), out.pos});
    return directive == ZSTD_e_end ? left == 0 : input.pos == input.size;
  }

  const ZstdLibrary& library = zstd_library();
  ByteSink sink;
  ZSTD_CCtx* context = library.create();
  std::string output = std::string(library.output_size(), '\0');
};

ZstdWriter::ZstdWriter(ByteSink sink)
    : state_(std::make_unique<State>(std::move(sink))) {}
ZstdWriter::~ZstdWriter() = default;

void ZstdWriter::write(std::string_view bytes) {
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  while (!state_->step(input, ZSTD_e_continue)) {
  }
}

void ZstdWriter::finish() {
  ZSTD_inBuffer input{nullptr, 0, 0};
  while (!state_->step(input, ZSTD_e_end)) {
  }
}

std::string compress_zstd(std::string_view bytes) {
  std::string compressed;
  ZstdWriter writer(
      [&compressed](std::string_view part) { compressed += part; });
  writer.write(bytes);
  writer.finish();
  return compressed;
}

}  // namespace store
