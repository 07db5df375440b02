// The semantic half of the front end: one walk over the syntax tree that
// computes constants and sizes, instantiates models and emits the operations of
// phase `rondo`, all at once; there is no second, typed tree.
//
// A def is evaluated once for each distinct use: def x module x kinds and shapes
// of its arguments, with sizes and weights renamed, so two layers of one kind
// share a function. A lambda is of the kind of its place in the source and of what
// it captures, which the function takes as arguments.
//
// Mistakes are reported where they are met and give Poison, which silences
// everything made of it; evaluation goes on, so that independent mistakes are
// all reported.
//
//   Evaluator.cpp       names, files, limits, errors
//   EvalExpressions.cpp expressions
//   EvalOperators.cpp   operators
//   EvalPromotion.cpp   promotion, broadcasting
//   EvalIndex.cpp       indexing and slicing
//   EvalStatements.cpp  statements
//   EvalScan.cpp        scan
//   EvalState.cpp       states
//   EvalCalls.cpp       calls, arguments, specialization
//   EvalTypes.cpp       annotations
//   EvalModels.cpp      instantiation of models
//   EvalRoot.cpp        the root model, the module
//   EvalEntry.cpp       entry points
//   EvalTrain.cpp       training
#pragma once

#include "compiler/Frontend/Builtins.h"
#include "compiler/Frontend/Frontend.h"
#include "compiler/Frontend/FunctionEmitter.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"

namespace rondo::sema {

/// Limits of what one compilation may do; beyond them is an error with a place.
constexpr unsigned maxEvaluationDepth = 4000;
constexpr unsigned maxCallDepth = 256;
constexpr uint64_t maxEvaluationSteps = 1'000'000;
constexpr int64_t maxListLength = 100'000;
constexpr size_t maxListWeight = 1'000'000; // with the lists in it
constexpr uint64_t maxOperations = 1 << 18; // of an entry point
constexpr size_t maxSizeFacts = 256;        // what one def requires of sizes
constexpr size_t maxInstances = 50'000;
constexpr size_t maxPairOperations = 2'000;   // in one region of an attention
constexpr int64_t maxSize = int64_t(1) << 40; // of an axis, and elements of a tensor of constant shape
constexpr int64_t maxRank = 16;

/// A file and what its names mean.
struct FileScope {
  const ast::File *file = nullptr;
  bool isLibrary = false;
  llvm::StringMap<const ast::Decl *> items;
  llvm::SmallVector<const FileScope *> uses;
};

/// Names with a common end: of a def, of a scan's body, of a comprehension, of a lambda.
struct Scope {
  enum class Kind : uint8_t { Function, Scan, Comprehension, Lambda } kind = Kind::Function;
  llvm::StringMap<Value> names;
};

/// What the names of a piece of code mean while it is evaluated.
struct Frame {
  const FileScope *file = nullptr;
  Instance *self = nullptr;
  std::vector<Scope> scopes = std::vector<Scope>(1); // innermost last
  llvm::StringMap<Value> dims;                       // dimension variables
  std::optional<Shape> rest;                         // what `...` stands for in this signature
  const ast::DefDecl *def = nullptr;
  bool instantiating = false; // members are seen as they are declared
  bool takesClosures = false;
  // Where it was called from.
  Frame *caller = nullptr;
  SourceRange callRange;
  std::string callee;                               // "`fc` (Linear)"
  Value result;                                     // of `return`
  mutable std::optional<mlir::Location> calledFrom; // the calls that led there, see EvalLocation.cpp
};

/// The context of a lambda.
struct Capture {
  const FileScope *file;
  Instance *self;
  std::vector<Scope> scopes;
  llvm::StringMap<Value> dims;
};

/// An argument of a call, evaluated.
struct CallArgument {
  Value value;
  SourceRange range;
  ast::Identifier name; // empty: by position
};

/// What an annotation says.
struct TypeSpec {
  enum Kind : uint8_t { Tensor, Int, Float, Bool, Str, Module, ListOf } kind = Tensor;
  DType dtype = DType::F32;
  const ast::TypeExpr *expr = nullptr; // its dims
  std::shared_ptr<TypeSpec> element;   // of ListOf
  std::string str() const;
};

class Evaluator {
public:
  Evaluator(FileTable &files, const FrontendOptions &options, mlir::MLIRContext &context,
            Diagnostics &diagnostics);
  ~Evaluator();

  /// The whole of compileSource / checkSource, but for verification.
  mlir::OwningOpRef<mlir::ModuleOp> run(FileId file, bool checkOnly);

  //===--- Errors -------------------------------------------------------===//

  /// Reports an error. A place in the library is moved to the user's call, with a note.
  Diagnostic &error(SourceRange range, const llvm::Twine &message);
  /// Adds a note that says where a value comes from, if that is known.
  static void noteOrigin(Diagnostic &diagnostic, const Value &value, llvm::StringRef name, SourceRange use);
  /// The text of a short expression, in backquotes; else `fallback`.
  std::string quote(SourceRange range, llvm::StringRef fallback) const;
  /// The same in one layout, for the messages of checks: the IR does not depend on how the source is laid
  /// out.
  std::string quote(const ast::Expr &expr, llvm::StringRef fallback) const;

  //===--- Locations (EvalLocation.cpp) ---------------------------------===//

  /// The place in the source alone, named after `name`.
  mlir::Location place(SourceRange range, llvm::StringRef name = "") const;
  /// With the function that it stands in, and the calls that led there from the function that is emitted.
  mlir::Location location(SourceRange range, llvm::StringRef name = "") const;
  mlir::Location locationIn(const Frame &in, SourceRange range, llvm::StringRef name = "") const;
  /// Of an argument of a block that the source names.
  mlir::Location variable(const ast::Identifier &target, mlir::Type type) const;
  /// Puts a name into the location of what computes the value.
  void nameValue(const ast::Identifier &target, const Value &value) const;
  mlir::Location named(mlir::Location location, const ast::Identifier &target, mlir::Type type,
                       unsigned number = 0) const;
  DefAttr defOf(const Frame &in) const;
  /// The place, told to be in the frame's def.
  mlir::Location inside(const Frame &in, mlir::Location place) const;
  /// The calls that led to a frame of the function that is emitted.
  std::optional<mlir::Location> calledFrom(const Frame &in) const;

  //===--- Expressions --------------------------------------------------===//

  Value eval(const ast::Expr &expr);
  /// As eval; several results are an error.
  Value evalSingle(const ast::Expr &expr);
  /// A constant bool, or nothing after an error about `what`.
  std::optional<bool> evalCondition(const ast::Expr &expr, llvm::StringRef what);

  //===--- Arrays (EvalPromotion.cpp) -----------------------------------===//

  struct Operand {
    const Value *value;
    SourceRange range;
  };
  /// PyTorch's result_type; nothing after an error.
  std::optional<DType> promote(llvm::ArrayRef<Operand> operands, llvm::StringRef what, SourceRange range);
  /// Arrays of one dtype, broadcast to one shape.
  std::optional<llvm::SmallVector<Tensor>> unify(llvm::ArrayRef<Operand> operands, llvm::StringRef what,
                                                 SourceRange range,
                                                 std::optional<DType> dtype = std::nullopt);
  /// An array as a tensor; a number takes `weak` if given, else i64, f32 or bool.
  Tensor toTensor(const Value &array, std::optional<DType> weak = std::nullopt);
  bool sameSize(const Size &a, const Size &b) { return fn ? fn->facts.equal(a, b) : a == b; }
  bool sameShape(llvm::ArrayRef<Size> a, llvm::ArrayRef<Size> b);
  Value binary(ast::BinaryOp op, const Value &a, const Value &b, SourceRange range, SourceRange aRange,
               SourceRange bRange);
  Value arithmeticOf(Arithmetic op, const Value &a, const Value &b, SourceRange range, SourceRange aRange,
                     SourceRange bRange, llvm::StringRef what);
  Value compareValues(ast::CompareOp op, const Value &a, const Value &b, SourceRange range,
                      SourceRange aRange, SourceRange bRange);
  Value matmul(const Value &a, const Value &b, SourceRange range, SourceRange aRange, SourceRange bRange,
               llvm::StringRef what);
  Value castTo(const Value &value, DType dtype, SourceRange range);
  std::optional<Tensor> reversed(const Tensor &x, int64_t axis);

  //===--- Calls --------------------------------------------------------===//

  Value callValue(const Value &callee, llvm::ArrayRef<CallArgument> arguments, SourceRange range,
                  llvm::StringRef name);

  /// The function that is being emitted; null while models are instantiated.
  FunctionEmitter *fn = nullptr;
  SizeContext sizes;
  FileTable &files;

private:
  friend class Resolver;
  struct Specialization;
  class Signature;
  enum class Flow { Next, Return };

  /// Enters a frame; leaves it at the end of its life.
  class FrameScope {
  public:
    FrameScope(Evaluator &eval, Frame &inner, SourceRange callRange) : eval(eval) {
      inner.caller = eval.frame;
      inner.callRange = callRange;
      eval.frame = &inner;
    }
    ~FrameScope() { eval.frame = eval.frame->caller; }
    FrameScope(const FrameScope &) = delete;

  private:
    Evaluator &eval;
  };

  //===--- Files and names (Evaluator.cpp) -----------------------------===//

  FileScope *loadFile(FileId id, bool isLibrary);
  void loadUses(FileScope &scope);
  llvm::ArrayRef<const FileScope *> library();
  std::optional<Value> lookup(llvm::StringRef name, SourceRange use = SourceRange());
  std::optional<Value> lookupItem(const FileScope &file, llvm::StringRef name);
  std::optional<Value> lookupGlobal(const FileScope &file, llvm::StringRef name);
  Value itemValue(const FileScope &file, const ast::Decl &item);
  Value unknownName(llvm::StringRef name, SourceRange range, bool isCall);
  void visibleNames(std::vector<llvm::StringRef> &names, bool functionsOnly);
  static const ast::Decl *findMember(llvm::ArrayRef<ast::DeclPtr> members, llvm::StringRef name);
  /// A weight or a state as the tensor that it is here.
  Value useMember(Value value, SourceRange use);
  bool step(SourceRange range);

  //===--- Expressions --------------------------------------------------===//

  Value evalUncounted(const ast::Expr &expr);
  bool isPossible(const Tensor &tensor, SourceRange range);
  Value ofPairs(const ast::Expr &expr, Value value);
  Value evalName(const ast::NameExpr &expr, bool isCall = false);
  Value unlessLate(const Value &value);
  Value evalUnary(const ast::UnaryExpr &expr);
  Value evalLogical(const ast::BinaryExpr &expr);
  Value evalComparison(const ast::ComparisonExpr &expr);
  Value evalConditional(const ast::ConditionalExpr &expr);
  Value evalRange(const ast::RangeExpr &expr);
  Value evalMember(const ast::MemberExpr &expr);
  Value memberOf(const Value &base, const ast::Identifier &member, SourceRange range, SourceRange baseRange);
  Value evalLambda(const ast::LambdaExpr &expr);
  Value evalList(const ast::ListExpr &expr);
  bool forEach(llvm::ArrayRef<ast::Identifier> targets, const ast::Expr &iterable, SourceRange head,
               llvm::function_ref<void(llvm::StringRef, Value)> bind, llvm::function_ref<bool()> body);
  bool forEachElement(const ast::ComprehensionExpr &expr, llvm::function_ref<void(Value)> element);
  std::optional<Values> iterate(const Value &iterable, SourceRange range);
  Value constantArithmetic(Arithmetic op, const Value &a, const Value &b, SourceRange range, bool &handled);
  std::optional<Shape> broadcastShapes(llvm::ArrayRef<Operand> operands, llvm::ArrayRef<Shape> shapes,
                                       llvm::StringRef what, SourceRange range);

  //===--- Indices (EvalIndex.cpp) --------------------------------------===//

  struct AxisSlice;
  struct Gathered;
  Value evalIndex(const ast::IndexExpr &expr);
  Value indexList(const List &list, const ast::IndexExpr &expr);
  Value indexTensor(const Tensor &x, const ast::IndexExpr &expr);
  Value gatherAxes(Tensor x, llvm::SmallVectorImpl<Gathered> &gathers, const ast::Expr &expr);
  bool sliceAxis(const ast::Subscript &subscript, const Size &size, AxisSlice &slice);
  bool indexAxis(const ast::Subscript &subscript, const Value &index, const Tensor &x, int64_t axis,
                 AxisSlice &slice);

  //===--- Statements (EvalStatements.cpp) ------------------------------===//

  Flow exec(const ast::Block &block);
  Flow exec(const ast::Stmt &stmt);
  void reportDeclined(SourceRange range);
  void execAssign(const ast::AssignStmt &stmt);
  void execReturn(const ast::ReturnStmt &stmt);
  void execYield(const ast::YieldStmt &stmt);
  Flow execIf(const ast::IfStmt &stmt);
  Flow execFor(const ast::ForStmt &stmt);
  void assign(const ast::Identifier &target, Value value);
  void bindTargets(llvm::ArrayRef<ast::Identifier> targets, const Value &value, SourceRange range,
                   llvm::function_ref<void(const ast::Identifier &, Value)> bind,
                   const ast::Expr *source = nullptr);
  void poisonAssigned(const ast::Stmt &stmt);
  void require(const ast::Expr &condition, const ast::Expr *message, SourceRange range);
  void requireAll(const ast::Expr &condition, llvm::StringRef text, SourceRange range);
  void noteConstants(Diagnostic &diagnostic, const ast::Expr &condition);
  bool requireSizes(const ast::Expr &condition, llvm::StringRef message, SourceRange range);

  //===--- Scan (EvalScan.cpp) ------------------------------------------===//

  struct ScanBody;
  Value evalScan(const ast::ScanExpr &expr);
  std::optional<Tensor> evalUntil(const ast::ScanExpr &expr);
  std::string lateName(llvm::StringRef what, SourceRange range) const;

  //===--- States (EvalState.cpp) ---------------------------------------===//

  using EntryDim = std::pair<llvm::StringRef, const SizeAtom *>;
  static const State *findState(const Instance &instance, llvm::StringRef name);
  Frame frameOf(const State &state);
  /// In the entry point that is being emitted. Nothing if that lacks a dimension variable, an error if `use`
  /// is a place.
  std::optional<Shape> stateShape(const State &state, SourceRange use);
  Value readState(const State &state, SourceRange use);
  void assignState(const State &state, SourceRange target, const Value &value);
  std::optional<Tensor> fitting(const Value &value, DType dtype, llvm::ArrayRef<Size> shape);
  Value firstValue(const State &state, llvm::ArrayRef<Size> shape);
  void captureStates(const ast::LambdaExpr &lambda, Scope &scope);
  void emitReset(mlir::func::FuncOp entry, llvm::ArrayRef<const State *> states,
                 llvm::ArrayRef<EntryDim> dims);
  void checkUnreachedStates();
  void requireStateSizes(const State &state, llvm::ArrayRef<Size> shape);

  //===--- Types (EvalTypes.cpp) ----------------------------------------===//

  std::optional<TypeSpec> resolveType(const ast::TypeExpr &type, bool isArgument);
  bool isDimensionName(const ast::Expr &dim);
  std::optional<Shape> evalDim(const ast::Expr &dim);
  bool hasPlainRank(const TypeSpec &type, int64_t rank);
  void bindResultDims(const TypeSpec &type, const Tensor &tensor);
  std::string quoteType(const TypeSpec &type) const;
  std::optional<Shape> evalShape(const TypeSpec &type);
  /// Binds the bare dimension names of a tensor type to a shape; sizes are compared afterwards.
  /// `range` is the call, `argument` the one whose shape it is.
  bool bindDims(const TypeSpec &type, llvm::ArrayRef<Size> shape, llvm::StringRef what, SourceRange range,
                SourceRange argument, SourceRange declared, llvm::StringMap<std::string> &from);
  bool checkDims(const TypeSpec &type, const Tensor &tensor, llvm::StringRef what, SourceRange range,
                 SourceRange declared);
  /// The value as the annotation wants it (numbers become tensors); nothing after an error.
  std::optional<Value> coerce(const Value &value, const TypeSpec &type, llvm::StringRef what,
                              SourceRange range, SourceRange declared);
  std::optional<Value> checkResults(const ast::DefDecl &def, Value result);

  //===--- Calls (EvalCalls.cpp) ----------------------------------------===//

  Value evalCall(const ast::CallExpr &expr);
  /// For each parameter the index of its argument, or -1 for the default; nothing after an error.
  std::optional<llvm::SmallVector<int>> matchArguments(llvm::StringRef callee,
                                                       llvm::ArrayRef<llvm::StringRef> parameters,
                                                       llvm::ArrayRef<bool> optional,
                                                       llvm::ArrayRef<CallArgument> arguments,
                                                       SourceRange range, SourceRange declared);
  Value callFunction(const FunctionRef &function, llvm::ArrayRef<CallArgument> arguments, SourceRange range,
                     llvm::StringRef name);
  bool bindParameters(const FunctionRef &function, llvm::ArrayRef<CallArgument> arguments, SourceRange range,
                      llvm::SmallVectorImpl<std::pair<llvm::StringRef, Value>> &bound);
  Value callSpecialized(const FunctionRef &function, llvm::ArrayRef<std::pair<llvm::StringRef, Value>> bound,
                        SourceRange range);
  Value runBody(const FunctionRef &function);
  void demand(Precondition condition, SourceRange range);
  mlir::func::FuncOp createFunction(llvm::StringRef name, mlir::Location loc);
  Value callBuiltin(const Builtin &builtin, llvm::ArrayRef<CallArgument> arguments, SourceRange range);
  Value callClosure(const Closure &closure, llvm::ArrayRef<CallArgument> arguments, SourceRange range);
  Value makeRecipe(const ModelRef &model, llvm::ArrayRef<CallArgument> arguments, SourceRange range);
  bool isActive(const FunctionRef &function) const;
  bool canNest(SourceRange range);

  //===--- Models (EvalModels.cpp) --------------------------------------===//

  Instance *instantiate(const Recipe &recipe, Instance *owner, llvm::StringRef key, SourceRange range);
  void addMembers(llvm::ArrayRef<ast::DeclPtr> members, Instance &instance);
  void addBinding(const ast::BindingDecl &decl, Instance &instance);
  void addVariable(const ast::VariableDecl &decl, Instance &instance);
  bool addState(const ast::VariableDecl &decl, DType dtype, Instance &instance);
  Value bind(const Value &value, Instance &owner, llvm::StringRef key, bool keepKey, SourceRange range,
             llvm::StringRef name);
  void refuseKey(const ast::VariableDecl &decl);
  std::optional<InitAttr> evalInit(const ast::VariableDecl &decl, DType dtype, llvm::ArrayRef<Size> shape);
  std::optional<int64_t> evalZeroRow(const CallArgument &argument, llvm::ArrayRef<Size> shape);
  std::optional<std::string> evalSpelling(const ast::KeySpelling &spelling);
  bool checkHyper(const ast::Parameter &parameter, Value &value, llvm::StringRef model, SourceRange range);

  //===--- Training (EvalTrain.cpp) -------------------------------------===//

  void checkTraining(const FileScope &file, Instance &instance);
  void checkOptimizer(const ast::Expr &expr);
  void checkLoss(const ast::TrainDecl &train, const Value &loss);

  //===--- The root and the module (EvalRoot.cpp) -----------------------===//

  const ast::ModelDecl *findRoot(const FileScope &file);
  std::optional<Recipe> rootRecipe(const ModelRef &model, bool checkOnly);
  std::optional<Value> parseSetting(const ast::Parameter &parameter, llvm::StringRef text);
  Value openHyper(const ast::Parameter &parameter);
  static std::vector<FunctionRef> entryCandidates(const FileScope &file, const ast::ModelDecl *root,
                                                  Instance *instance);
  void reportNoEntry(const FileScope &file, const ast::ModelDecl *root, const Instance *instance,
                     llvm::ArrayRef<FunctionRef> candidates, bool checkOnly);
  void checkOptions(llvm::ArrayRef<FunctionRef> found);
  void checkUnused(const FileScope &file, Instance *root);
  void checkModel(const FileScope &file, const ast::ModelDecl &model);
  void checkOperations();
  void removeUnused();

  //===--- Entry points (EvalEntry.cpp) ---------------------------------===//

  struct EntryPoint;
  static bool isEntryType(const ast::TypeExpr &type);
  static bool isAnnotated(const ast::DefDecl &def);
  /// `train`: the member whose function it is; it is only checked.
  void emitEntry(const FunctionRef &function, bool isEntry, const ast::TrainDecl *train = nullptr);
  mlir::func::FuncOp emitShapes(mlir::func::FuncOp entry, llvm::ArrayRef<EntryDim> dims,
                                llvm::ArrayRef<Shape> shapes);
  mlir::TypedAttr defaultAttribute(const ast::Parameter &parameter, std::optional<DType> dtype);

  const FrontendOptions &options;
  mlir::MLIRContext &context;
  Diagnostics &diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  std::vector<std::unique_ptr<ast::File>> trees;
  llvm::MapVector<uint32_t, std::unique_ptr<FileScope>> fileScopes;
  std::vector<const FileScope *> libraryScopes;
  llvm::DenseMap<const ast::ConstDecl *, std::optional<Value>> constants; // nothing: being evaluated
  std::vector<std::unique_ptr<Instance>> instances;
  std::vector<std::unique_ptr<Weight>> weights;
  llvm::StringMap<const Weight *> weightsByKey;
  std::vector<std::unique_ptr<State>> states;
  llvm::StringMap<const State *> statesByKey;
  std::map<std::string, std::unique_ptr<Specialization>> specializations;
  llvm::StringMap<unsigned> functionNames;
  llvm::DenseSet<const ast::DefDecl *> evaluated; // defs that were evaluated at least once
  llvm::DenseSet<const ast::ModelDecl *> instantiated;
  llvm::StringSet<> usedDims;  // of `--dim`
  SizeFacts hyperFacts{sizes}; // `require` on hyper-parameters without values
  /// Offsets of names that the resolver has reported, by file.
  llvm::DenseSet<std::pair<uint32_t, uint32_t>> reportedNames;

  // Of the entry point that is being emitted.
  const ast::DefDecl *entryDef = nullptr; // null: it is only checked
  llvm::StringMap<Value> entryDims;
  llvm::DenseSet<std::pair<uint32_t, uint32_t>> toldTwice; // places that bind keys that are taken
  std::vector<std::pair<std::string, SourceRange>> entryHeads;
  llvm::DenseMap<const State *, std::optional<Shape>> stateShapes; // those that were asked for
  llvm::DenseSet<const State *> firstMade;                         // states with first values
  bool resetting = false;                                          // first values of states are made

  Frame *frame = nullptr;
  ScanBody *scanBody = nullptr;
  bool inShape = false; // of a declared type
  unsigned depth = 0, callDepth = 0;
  uint64_t steps = 0;
  bool exhausted = false;                         // a limit was hit; everything is Poison from there on
  Diagnostic silenced;                            // takes what is said afterwards
  llvm::DenseSet<const ast::DefDecl *> recursive; // of a circle that was reported
};

} // namespace rondo::sema
