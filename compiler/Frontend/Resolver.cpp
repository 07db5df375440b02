// A walk over all bodies that knows names, not values. See Resolver.h.
#include "compiler/Frontend/Resolver.h"
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

// Names of the language that have no meaning yet, unless a program gives them one.
static constexpr llvm::StringLiteral notYet[] = {"grad"};

class Resolver {
public:
  Resolver(Evaluator &eval, const FileScope &file) : eval(eval), file(file) {}

  void run() {
    for (const ast::DeclPtr &item : file.file->items) {
      if (item->hasErrors)
        continue;
      Names scope(*this);
      if (auto *constant = dyn_cast<ast::ConstDecl>(item.get()))
        expr(*constant->value);
      else if (auto *def = dyn_cast<ast::DefDecl>(item.get()))
        definition(*def);
      else if (auto *model = dyn_cast<ast::ModelDecl>(item.get()))
        modelDecl(*model);
    }
  }

private:
  // Names that end with it.
  struct Names {
    explicit Names(Resolver &resolver) : resolver(resolver), size(resolver.names.size()) {}
    ~Names() {
      for (StringRef name : ArrayRef(resolver.names).drop_front(size))
        --resolver.uses[name];
      resolver.names.resize(size);
    }
    Names(const Names &) = delete;
    Resolver &resolver;
    size_t size;
  };

  void add(StringRef name) {
    if (name.empty() || name == "_")
      return;
    names.push_back(name);
    ++uses[name];
  }
  void add(ArrayRef<ast::Identifier> list) {
    for (const ast::Identifier &id : list)
      add(id.text);
  }

  bool isGlobal(StringRef name) {
    auto has = [&](const FileScope &scope) { return scope.items.contains(name); };
    return has(file) || llvm::any_of(file.uses, [&](const FileScope *used) { return has(*used); }) ||
           lookupBuiltin(name, file.isLibrary) || parseDType(name) || name == "inf" || name == "pi" ||
           (!name.starts_with("_") &&
            llvm::any_of(eval.library(), [&](const FileScope *scope) { return has(*scope); }));
  }

  bool isKnown(StringRef name) { return uses.lookup(name) || isGlobal(name); }

  void use(StringRef name, SourceRange range, bool isCall, bool inShape = false) {
    if (silent || isKnown(name))
      return;
    if ((inShape || ofState) && llvm::isUpper(name[0])) // a dimension variable of an entry point
      return;
    eval.reportedNames.insert({uint32_t(range.file), range.begin});
    if (llvm::isUpper(name[0]) && !isCall && (inType || resultDims.contains(name))) {
      eval.diagnostics.error(range, "the dimension variable `" + name +
                                        "` has no value: it must stand by itself in an argument's shape");
      return;
    }
    if (initialising)
      if (const ast::Decl *later = Evaluator::findMember(model->members, name)) {
        eval.diagnostics
            .error(range, "`" + name + "` is defined below: a member sees only the members before it")
            .note(memberName(*later)->range, "defined here");
        return;
      }
    if (isCall && llvm::is_contained(notYet, name)) {
      eval.diagnostics.error(range, "`" + name + "` is not supported yet");
      return;
    }
    // Of many errors only some are printed.
    bool isEarly = eval.diagnostics.errorCount() < 10 * Diagnostics::maxPrinted;
    std::optional<StringRef> near = isEarly ? nearest(name, inShape) : std::nullopt;
    if (std::optional<StringRef> word = wordInLowerCase(name); word && !inShape)
      near = word;
    std::string what = inShape  ? "unknown name `" + name.str() + "` in a shape"
                       : isCall ? "unknown function `" + name.str() + "`"
                                : "unknown name `" + name.str() + "`";
    if (inShape && !near)
      what += "; a dimension variable begins with an upper-case letter: `" + name.upper() + "`";
    Diagnostic &error = eval.diagnostics.error(range, what).suggest(near);
    auto *before = llvm::find_if(ended, [&](const Ended &e) { return e.name == name; });
    if (before != ended.end())
      error.note(before->range, "a `" + name + "` of this " + before->what + " ends with it");
  }

  std::optional<StringRef> nearest(StringRef name, bool inShape) {
    std::vector<StringRef> candidates(names.begin(), names.end());
    for (auto &item : file.items)
      candidates.push_back(item.first());
    for (const FileScope *used : file.uses)
      for (auto &item : used->items)
        candidates.push_back(item.first());
    if (!inShape) {
      for (const FileScope *scope : eval.library())
        for (auto &item : scope->items)
          if (!item.first().starts_with("_"))
            candidates.push_back(item.first());
      llvm::append_range(candidates, builtinNames());
    }
    llvm::sort(candidates);
    return nearestName(name, candidates);
  }

  // The names since `from` end with `what`, which a later use of one is told of.
  void end(size_t from, SourceRange where, StringRef what) {
    for (StringRef name : ArrayRef(names).drop_front(from))
      ended.push_back({name, where, what});
  }

  // What is an arm: not looked at, as it may not be taken.
  template <typename F> void inArm(F walk) {
    llvm::SaveAndRestore<bool> quiet(silent, true);
    walk();
  }

  //===--- Expressions --------------------------------------------------===//

  void expr(const ast::Expr &e) {
    using Kind = ast::Expr::Kind;
    switch (e.kind) {
    case Kind::Name:
      use(cast<ast::NameExpr>(e).name, e.range, false);
      break;
    case Kind::Unary:
      expr(*cast<ast::UnaryExpr>(e).operand);
      break;
    case Kind::Binary: {
      auto &binary = cast<ast::BinaryExpr>(e);
      expr(*binary.lhs);
      if (binary.op == ast::BinaryOp::And || binary.op == ast::BinaryOp::Or)
        inArm([&] { expr(*binary.rhs); });
      else
        expr(*binary.rhs);
      break;
    }
    case Kind::Comparison:
      for (const ast::ExprPtr &operand : cast<ast::ComparisonExpr>(e).operands)
        expr(*operand);
      break;
    case Kind::Conditional: {
      auto &conditional = cast<ast::ConditionalExpr>(e);
      expr(*conditional.condition);
      inArm([&] {
        expr(*conditional.thenValue);
        expr(*conditional.elseValue);
      });
      break;
    }
    case Kind::Range:
      expr(*cast<ast::RangeExpr>(e).begin);
      expr(*cast<ast::RangeExpr>(e).end);
      break;
    case Kind::Call: {
      auto &call = cast<ast::CallExpr>(e);
      if (auto *name = dyn_cast<ast::NameExpr>(call.callee.get()))
        use(name->name, name->range, true);
      else
        expr(*call.callee);
      for (const ast::Argument &argument : call.arguments)
        expr(*argument.value);
      break;
    }
    case Kind::Index: {
      auto &index = cast<ast::IndexExpr>(e);
      expr(*index.base);
      for (const ast::Subscript &subscript : index.subscripts)
        for (const ast::Expr *part :
             {subscript.index.get(), subscript.begin.get(), subscript.end.get(), subscript.step.get()})
          if (part)
            expr(*part);
      break;
    }
    case Kind::Member:
      expr(*cast<ast::MemberExpr>(e).base);
      break;
    case Kind::Lambda: {
      Names scope(*this);
      ArrayRef<ast::Identifier> list = cast<ast::LambdaExpr>(e).parameters;
      for (auto [i, parameter] : llvm::enumerate(list))
        for (const ast::Identifier &before : list.take_front(i))
          if (before.text == parameter.text && parameter.text != "_")
            twice(parameter, before, "argument");
      add(list);
      expr(*cast<ast::LambdaExpr>(e).body);
      end(scope.size, e.range, "lambda");
      break;
    }
    case Kind::List:
      for (const ast::ExprPtr &element : cast<ast::ListExpr>(e).elements)
        expr(*element);
      break;
    case Kind::Comprehension: {
      auto &comprehension = cast<ast::ComprehensionExpr>(e);
      expr(*comprehension.iterable);
      Names scope(*this);
      add(comprehension.targets);
      expr(*comprehension.element);
      end(scope.size, e.range, "comprehension");
      break;
    }
    case Kind::Scan:
      scan(cast<ast::ScanExpr>(e));
      break;
    default:
      break;
    }
  }

  void scan(const ast::ScanExpr &e) {
    llvm::StringMap<SourceRange> own;
    auto declare = [&](const ast::Identifier &name) {
      auto [place, isNew] = own.try_emplace(name.text, name.range);
      if (isNew || name.isDiscard())
        return;
      eval.diagnostics
          .error(name.range, "`" + name.text +
                                 "` is already a name of this scan: its elements, counters and carries "
                                 "have different names")
          .note(place->second, "first named here");
    };
    for (const ast::ScanExpr::Source &source : e.sources) {
      expr(*source.sequence);
      declare(source.name);
    }
    for (const ast::ScanExpr::Carry &carry : e.carries) {
      expr(*carry.init);
      declare(carry.name);
    }
    for (const ast::Expr *clause : {e.reverseCondition.get(), e.lengths.get()})
      if (clause)
        expr(*clause);
    Names scope(*this);
    for (const ast::ScanExpr::Source &source : e.sources)
      add(source.name.text);
    for (const ast::ScanExpr::Carry &carry : e.carries)
      add(carry.name.text);
    block(e.body);
    if (e.until)
      expr(*e.until);
    end(scope.size, e.headRange, "scan");
  }

  //===--- Types --------------------------------------------------------===//

  void type(const ast::TypeExpr *t) {
    if (!t)
      return;
    type(t->element.get());
    if (t->kind != ast::TypeExpr::Kind::List && !silent && t->name &&
        !llvm::is_contained(typeNames, t->name.text)) {
      eval.reportedNames.insert({uint32_t(t->name.range.file), t->name.range.begin});
      eval.diagnostics.error(t->name.range, "unknown type `" + t->name.text + "`")
          .suggest(nearestType(t->name.text));
    }
    llvm::SaveAndRestore<bool> inside(inType, true);
    for (const ast::Dim &dim : t->dims) {
      if (dim.isEllipsis())
        continue;
      if (auto *name = dyn_cast<ast::NameExpr>(dim.size.get()))
        use(name->name, name->range, false, true);
      else
        expr(*dim.size);
    }
  }

  // Dimension variables of a signature; those in arithmetic must stand bare elsewhere.
  void dimensions(const ast::TypeExpr *t) {
    if (!t)
      return;
    for (const ast::Dim &dim : t->dims)
      if (auto *name = dyn_cast_or_null<ast::NameExpr>(dim.size.get()); name && llvm::isUpper(name->name[0]))
        add(name->name);
  }

  //===--- Statements ---------------------------------------------------===//

  void block(const ast::Block &b) {
    for (const ast::StmtPtr &stmt : b.statements)
      statement(*stmt);
  }

  void statement(const ast::Stmt &s) {
    using Kind = ast::Stmt::Kind;
    switch (s.kind) {
    case Kind::Assign:
      for (const ast::ExprPtr &value : cast<ast::AssignStmt>(s).values)
        expr(*value);
      add(cast<ast::AssignStmt>(s).targets);
      break;
    case Kind::Return:
      for (const ast::ExprPtr &value : cast<ast::ReturnStmt>(s).values)
        expr(*value);
      break;
    case Kind::Yield:
      for (const ast::ExprPtr &value : cast<ast::YieldStmt>(s).values)
        expr(*value);
      break;
    case Kind::Require:
      expr(*cast<ast::RequireStmt>(s).condition);
      if (cast<ast::RequireStmt>(s).message)
        expr(*cast<ast::RequireStmt>(s).message);
      break;
    case Kind::If:
      for (const ast::IfStmt::Arm &arm : cast<ast::IfStmt>(s).arms) {
        if (arm.condition)
          expr(*arm.condition);
        inArm([&] { block(arm.body); });
      }
      break;
    case Kind::For: {
      auto &loop = cast<ast::ForStmt>(s);
      expr(*loop.iterable);
      add(loop.targets);
      // A name of one round is seen in the next.
      if (!silent)
        inArm([&] { block(loop.body); });
      block(loop.body);
      break;
    }
    case Kind::Expr:
      expr(*cast<ast::ExprStmt>(s).value);
      break;
    }
  }

  //===--- Declarations -------------------------------------------------===//

  void twice(const ast::Identifier &name, const ast::Identifier &before, StringRef what) {
    eval.diagnostics.error(name.range, "the " + what + " `" + name.text + "` is given twice")
        .note(before.range, "first given here");
  }

  void parameters(ArrayRef<ast::Parameter> list, StringRef what) {
    for (auto [i, parameter] : llvm::enumerate(list)) {
      for (const ast::Parameter &before : list.take_front(i))
        if (before.name.text == parameter.name.text && !before.name.text.empty()) {
          twice(parameter.name, before.name, what);
          break;
        }
      if (parameter.defaultValue)
        expr(*parameter.defaultValue);
      add(parameter.name.text);
    }
  }

  void definition(const ast::DefDecl &def) {
    Names scope(*this);
    ended.clear();
    body(def.parameters, def.results, def.body);
  }

  // An optimiser is no name, its numbers may be arguments.
  void training(const ast::TrainDecl &train) {
    ended.clear();
    body(train.function.parameters, {}, train.function.body, [&] {
      if (auto *call = dyn_cast<ast::CallExpr>(train.optimizer.get()))
        for (const ast::Argument &argument : call->arguments)
          expr(*argument.value);
    });
  }

  void body(ArrayRef<ast::Parameter> list, ArrayRef<ast::TypePtr> results, const ast::Block &b,
            llvm::function_ref<void()> first = nullptr) {
    for (const ast::Parameter &parameter : list)
      dimensions(parameter.type.get());
    parameters(list, "argument");
    for (const ast::Parameter &parameter : list)
      type(parameter.type.get());
    for (const ast::TypePtr &result : results)
      type(result.get());
    resultDims.clear();
    for (const ast::TypePtr &result : results)
      for (const ast::Dim &dim : result->dims)
        if (auto *name = dyn_cast_or_null<ast::NameExpr>(dim.size.get()))
          resultDims.insert(name->name);
    if (first)
      first();
    block(b);
    resultDims.clear();
  }

  void initialiser(const ast::Expr &e) {
    llvm::SaveAndRestore<bool> inside(initialising, true);
    expr(e);
  }

  void spelling(const std::optional<ast::KeySpelling> &key) {
    if (!key)
      return;
    llvm::SaveAndRestore<bool> inside(initialising, true);
    for (const ast::KeySpelling::Piece &piece : key->pieces)
      if (piece.hole)
        expr(*piece.hole);
  }

  void modelDecl(const ast::ModelDecl &decl) {
    Names scope(*this);
    llvm::SaveAndRestore<const ast::ModelDecl *> inside(model, &decl);
    for (const ast::Parameter &parameter : decl.parameters)
      type(parameter.type.get());
    parameters(decl.parameters, "hyper-parameter");
    llvm::StringMap<SourceRange> seen;
    members(decl.members, seen);
    // Bodies see all members.
    bodies(decl.members);
  }

  void members(ArrayRef<ast::DeclPtr> list, llvm::StringMap<SourceRange> &seen) {
    for (const ast::DeclPtr &member : list) {
      const ast::Identifier *name = memberName(*member);
      if (!silent && name && *name) { // whether an arm is taken, the evaluator knows
        auto [place, isNew] = seen.try_emplace(name->text, name->range);
        if (!isNew)
          eval.diagnostics
              .error(name->range, "`" + name->text + "` is already a member of `" + model->name.text + "`")
              .note(place->second, "first defined here");
      }
      if (!member->hasErrors)
        memberInit(*member, seen);
      if (name)
        add(name->text);
    }
  }

  void memberInit(const ast::Decl &member, llvm::StringMap<SourceRange> &seen) {
    if (auto *constant = dyn_cast<ast::ConstDecl>(&member)) {
      initialiser(*constant->value);
    } else if (auto *binding = dyn_cast<ast::BindingDecl>(&member)) {
      initialiser(*binding->value);
      // A spelling may name what the comprehension binds.
      Names scope(*this);
      if (auto *comprehension = dyn_cast<ast::ComprehensionExpr>(binding->value.get()))
        add(comprehension->targets);
      spelling(binding->spelling);
    } else if (auto *variable = dyn_cast<ast::VariableDecl>(&member)) {
      bool isState = variable->role == ast::VariableDecl::Role::State;
      {
        llvm::SaveAndRestore<bool> inside(ofState, isState), early(initialising, true);
        type(variable->type.get());
      }
      spelling(variable->spelling);
      auto *call = dyn_cast<ast::CallExpr>(variable->init.get());
      auto *word = dyn_cast<ast::NameExpr>(call ? call->callee.get() : variable->init.get());
      if (!isState || (word && isDistribution(word->name) && !isKnown(word->name))) {
        for (const ast::Argument &argument : call ? ArrayRef(call->arguments) : ArrayRef<ast::Argument>())
          initialiser(*argument.value);
        return;
      }
      Names scope(*this);
      dimensions(variable->type.get());
      initialiser(*variable->init);
    } else if (auto *require = dyn_cast<ast::RequireDecl>(&member)) {
      initialiser(*require->condition);
    } else if (auto *branch = dyn_cast<ast::IfDecl>(&member)) {
      for (const ast::IfDecl::Arm &arm : branch->arms) {
        if (arm.condition)
          initialiser(*arm.condition);
        inArm([&] { members(arm.members, seen); });
      }
    }
  }

  void bodies(ArrayRef<ast::DeclPtr> list) {
    for (const ast::DeclPtr &member : list) {
      if (member->hasErrors)
        continue;
      Names scope(*this);
      if (auto *def = dyn_cast<ast::DefDecl>(member.get()))
        definition(*def);
      else if (auto *train = dyn_cast<ast::TrainDecl>(member.get()))
        training(*train);
      else if (auto *branch = dyn_cast<ast::IfDecl>(member.get()))
        for (const ast::IfDecl::Arm &arm : branch->arms)
          inArm([&] { bodies(arm.members); });
    }
  }

  Evaluator &eval;
  const FileScope &file;
  std::vector<StringRef> names;
  llvm::StringMap<unsigned> uses; // how often a name stands in `names`
  const ast::ModelDecl *model = nullptr;
  bool initialising = false, silent = false, inType = false, ofState = false;
  llvm::StringSet<> resultDims; // of the def around
  /// Names of comprehensions, scans and lambdas that are over.
  struct Ended {
    StringRef name;
    SourceRange range;
    StringRef what;
  };
  SmallVector<Ended> ended;
};

void resolveNames(Evaluator &eval, const FileScope &file) { Resolver(eval, file).run(); }

} // namespace rondo::sema
