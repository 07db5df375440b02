#include "Compilation.h"
#include "compiler/Emit/Target.h"
#include "compiler/Frontend/Frontend.h"
#include "compiler/Pipeline/Pipeline.h"
#include "compiler/Pipeline/Register.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/raw_ostream.h"

using namespace rondo;
using namespace rondo::test;

/// Words that are no user's business.
constexpr llvm::StringLiteral internals[] = {
    "tensor<", "memref<", "arith.",  "linalg.", "mlir::", "poison",     "Poison",
    "nullptr", "'func.",  "'rondo.", "'tensor", "std::",  "(too large)"};

std::unique_ptr<mlir::MLIRContext> rondo::test::makeContext() {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  return std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
}

Compilation::Compilation(llvm::StringRef path, llvm::StringRef text)
    : owned(makeContext()), context(*owned), file(files.add(path, text)) {
  listen();
}

Compilation::Compilation(llvm::StringRef path, llvm::StringRef text, mlir::MLIRContext &context)
    : context(context), file(files.add(path, text)) {
  listen();
}

Compilation::~Compilation() { context.getDiagEngine().eraseHandler(handler); }

void Compilation::listen() {
  handler = context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != mlir::DiagnosticSeverity::Error)
      return;
    if (!diagnostic.getLocation()->findInstanceOf<mlir::FileLineColLoc>())
      complaint = "an error of a pass has no place: ";
    said += diagnostic.str() + "\n";
  });
}

std::string Compilation::run(bool lowers, Counts &counts) {
  Diagnostics diagnostics(files);
  mlir::OwningOpRef<mlir::ModuleOp> module =
      compileSource(files, file, FrontendOptions(), context, diagnostics);
  std::string printed;
  llvm::raw_string_ostream os(printed);
  diagnostics.print(os);
  if (!module)
    return diagnostics.hasErrors() ? judge(diagnostics) : "neither a module nor an error; " + said;
  if (diagnostics.hasErrors())
    return "a module and errors:\n" + printed;
  ++counts.accepted;
  if (!lowers)
    return "";
  ++counts.lowered;
  PipelineOptions options;
  options.optLevel = counts.lowered % 2 ? 3 : 0;
  options.target = llvm::cantFail(resolveTarget("x86-64-v3"));
  mlir::DefaultTimingManager off;
  mlir::TimingScope timing = off.getRootScope();
  LowerResult result = lower(*module, Phase::LLVM, options, InspectOptions(), timing);
  if (result.fault == Fault::Ours)
    return "the pass " + result.pass + " failed: " + said;
  return result.fault == Fault::User && !complaint.empty() ? complaint + said : "";
}

std::string Compilation::judge(const Diagnostics &diagnostics) const {
  for (const Diagnostic *error : diagnostics.sorted()) {
    if (!error->range.isValid())
      return "an error has no place: " + error->message;
    std::string all = error->message;
    for (const Diagnostic::Note &note : error->notes)
      all += "\n" + note.message;
    for (llvm::StringRef word : internals)
      if (llvm::StringRef(all).contains(word) && !files[error->range.file].text().contains(word))
        return "an error says `" + word.str() + "`: " + all;
    // Mistakes in calls of the library are shown at the call.
    if (files[error->range.file].name().starts_with("<library>"))
      return "an error is shown in the library: " + all;
  }
  return "";
}
