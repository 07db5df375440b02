#include "compiler/Tools/rondo/LoadedModel.h"
#include "compiler/Emit/Files.h"
#include "compiler/Emit/Link.h"
#include "rondo/rondo.h"
#include "llvm/Object/ObjectFile.h"
#include <dlfcn.h>

using namespace mlir;
using namespace rondo;
using namespace rondo::tool;

LoadedModel::~LoadedModel() {
  if (library)
    dlclose(library);
}

static uint64_t sizeOfCode(StringRef object) {
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "model.o"));
  if (!file) {
    llvm::consumeError(file.takeError());
    return 0;
  }
  uint64_t bytes = 0;
  for (const llvm::object::SectionRef &section : (*file)->sections())
    if (section.isText())
      bytes += section.getSize();
  return bytes;
}

Exit LoadedModel::load(const CommandLine &line) {
  DefaultTimingManager manager;
  manager.setEnabled(line.inspect.timing);
  manager.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
  TimingScope timing = manager.getRootScope();

  Session session(line);
  if (Exit exit = session.load(timing))
    return exit;
  return load(session, line, timing);
}

Exit LoadedModel::load(Session &session, const CommandLine &line, TimingScope &timing) {
  if (Exit exit = session.lowerTo(Phase::LLVM, timing))
    return exit;
  if (!session.interface())
    return UserError;
  std::string symbol = session.descriptor();
  std::optional<Code> made;
  if (Exit exit = session.code(/*withMain=*/false, timing, made))
    return exit;
  TimingScope scope = timing.nest("emit and link");
  auto object = made->emit(llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return fail(UserError, toString(object.takeError()));
  code = sizeOfCode(*object);

  auto file = TemporaryFile::create("so");
  if (!file)
    return fail(UserError, toString(file.takeError()));
  if (llvm::Error error = linkShared(file->getPath(), *object, {line.tool, line.emit.debugInfo}))
    return fail(UserError, toString(std::move(error)));
  library = dlopen(file->getPath().str().c_str(), RTLD_NOW | RTLD_LOCAL);
  model = library ? static_cast<const rondo_model *>(dlsym(library, symbol.c_str())) : nullptr;
  if (!model)
    return fail(UserError, llvm::Twine("cannot load the compiled model: ") + dlerror());
  return Done;
}

Exit LoadedModel::checkWeights(const std::string &path) const {
  rondo_error error;
  void *prepared = rondo_allocate(model->prepared_bytes);
  if (!prepared)
    return fail(UserError, "no memory for the prepared weights");
  rondo_status status = rondo_load_weights(model, path.c_str(), prepared, nullptr, &error);
  rondo_free(prepared);
  return status == RONDO_OK ? Done : fail(UserError, error.message);
}
