#include "compiler/Tools/rondo/LoadedModel.h"
#include "compiler/Emit/Embed.h"
#include "compiler/Emit/Files.h"
#include "compiler/Emit/Target.h"
#include "rondo/rondo.h"
#include "llvm/ADT/StringExtras.h"
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
  if (!runsHere(line.emit.target))
    return fail(UserError, "code for " + line.emit.target.name +
                               " does not run here: `rondo compile` makes an executable to run there");
  if (SmallVector<StringRef> missing = lacks(line.emit.target); !missing.empty())
    return fail(UserError, "code for " + line.emit.target.name +
                               " does not run here: this processor has no " + llvm::join(missing, ", "));
  if (Exit exit = session.lowerTo(Phase::LLVM, timing))
    return exit;
  if (!session.interface())
    return UserError;
  std::string symbol = session.descriptor();
  std::optional<Code> made;
  if (Exit exit = session.code(/*withMain=*/false, timing, made))
    return exit;
  TimingScope scope = timing.nest("emit and link");
  return open(*made, symbol, {line.tool, line.emit.debugInfo, line.emit.target});
}

Exit LoadedModel::loadPrepare(Session &session, const CommandLine &line, TimingScope &timing) {
  TimingScope scope = timing.nest("prepare weights");
  if (Exit exit = session.lowerTo(Phase::LLVM, scope))
    return exit;
  if (!session.interface())
    return UserError;
  EmitOptions options;
  options.optLevel = 1;
  options.target = llvm::cantFail(resolveTarget("host"));
  OwningOpRef<ModuleOp> copy = session.module().clone();
  auto made = makeCode(*copy, options, "", scope);
  if (!made)
    return fail(UserError, toString(made.takeError()));
  if (llvm::Error error = keepPrepare(*made->module, session.model()))
    return fail(UserError, toString(std::move(error)));
  return open(*made, session.descriptor(), {line.tool, false, options.target});
}

Exit LoadedModel::open(const Code &made, StringRef symbol, const LinkOptions &options) {
  auto object = made.emit(llvm::CodeGenFileType::ObjectFile);
  if (!object)
    return fail(UserError, toString(object.takeError()));
  code = sizeOfCode(*object);

  auto file = TemporaryFile::create("so");
  if (!file)
    return fail(UserError, toString(file.takeError()));
  if (llvm::Error error = linkShared(file->getPath(), *object, options))
    return fail(UserError, toString(std::move(error)));
  library = dlopen(file->getPath().str().c_str(), RTLD_NOW | RTLD_LOCAL);
  model = library ? static_cast<const rondo_model *>(dlsym(library, symbol.str().c_str())) : nullptr;
  if (!model)
    return fail(UserError, llvm::Twine("cannot load the compiled model: ") + dlerror());
  if (options.keepSymbols)
    debugged.emplace(std::move(*file));
  return Done;
}

Exit LoadedModel::openWeights(const std::string &path, rondo_weights &weights) const {
  rondo_error error;
  if (rondo_open_weights(model, path.c_str(), &weights, nullptr, &error) == RONDO_OK)
    return Done;
  return fail(UserError, error.message);
}
