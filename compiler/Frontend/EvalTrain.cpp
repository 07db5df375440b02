// `train` members: what must hold of them before there are gradients. Nothing is emitted for them.
//
//   train fit(x: f32[B, T], lr: f32) with SGD(lr=lr) { return mse_loss(forward(x), x) }
//
// Arguments are those of an entry point, the optimiser's are numbers or the
// member's own arguments, the body returns one float of rank 0.
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

namespace {
/// An optimiser of torch.optim and its arguments, in PyTorch's order.
struct Optimizer {
  StringRef name;
  SmallVector<StringRef> arguments;
};
} // namespace

static ArrayRef<Optimizer> optimizers() {
  static const Optimizer known[] = {
      {"SGD", {"lr", "momentum"}},
      {"Adam", {"lr", "betas", "eps"}},
      {"AdamW", {"lr", "betas", "eps", "weight_decay"}},
  };
  return known;
}

void Evaluator::checkTraining(const FileScope &file, Instance &instance) {
  for (const ast::TrainDecl *train : instance.trains) {
    const ast::DefDecl &function = train->function;
    bool annotated = true;
    for (const ast::Parameter &parameter : function.parameters)
      if (!parameter.type) {
        annotated = false;
        error(parameter.name.range, "`" + parameter.name.text + "` of `" + function.name.text +
                                        "` needs a type: a train member is an entry point");
      } else if (!isEntryType(*parameter.type)) {
        annotated = false;
        error(parameter.type->range, "the arguments of a train member are tensors or `int`: `" +
                                         parameter.name.text + "` of `" + function.name.text + "` is not");
      }
    if (annotated)
      emitEntry({&function, &file, &instance}, false, train);
  }
}

static bool isScalarFloat(const Value &value) {
  if (const Tensor *tensor = value.get<Tensor>())
    return tensor->rank() == 0 && isFloat(tensor->dtype);
  return value.is<double>();
}

// In the frame of the member: its arguments are known.
void Evaluator::checkOptimizer(const ast::Expr &expr) {
  auto *call = dyn_cast<ast::CallExpr>(&expr);
  auto *name = call ? dyn_cast<ast::NameExpr>(call->callee.get()) : nullptr;
  if (!name) {
    error(expr.range, "expected an optimiser, such as `Adam(lr=0.05)`");
    return;
  }
  auto found = llvm::find_if(optimizers(), [&](const Optimizer &known) { return known.name == name->name; });
  if (found == optimizers().end()) {
    SmallVector<StringRef> names;
    for (const Optimizer &known : optimizers())
      names.push_back(known.name);
    error(name->range, "there is no optimiser `" + name->name + "`, only " + llvm::join(names, ", "))
        .suggest(nearestName(name->name, names));
    return;
  }
  SmallVector<CallArgument> arguments;
  for (const ast::Argument &argument : call->arguments)
    arguments.push_back({evalSingle(*argument.value), argument.value->range, argument.name});
  SmallVector<bool> optional(found->arguments.size(), true);
  auto order = matchArguments(("`" + found->name + "(" + llvm::join(found->arguments, ", ") + ")`").str(),
                              found->arguments, optional, arguments, expr.range, SourceRange());
  if (!order)
    return;
  for (auto [i, parameter] : llvm::enumerate(found->arguments)) {
    if ((*order)[i] < 0)
      continue;
    const CallArgument &argument = arguments[(*order)[i]];
    auto isNumber = [](const Value &value) {
      return value.isPoison() || value.is<int64_t>() || value.is<Size>() || isScalarFloat(value);
    };
    const List *list = argument.value.get<List>();
    bool isPair = list && list->elements->size() == 2 && llvm::all_of(*list->elements, isNumber);
    if (parameter == "betas" ? !isPair && !argument.value.isPoison() : !isNumber(argument.value))
      error(argument.range, "`" + parameter + "` of `" + found->name + "` is " +
                                (parameter == "betas" ? "a list of two numbers" : "a number") + ", found " +
                                argument.value.describe());
  }
}

void Evaluator::checkLoss(const ast::TrainDecl &train, const Value &loss) {
  if (isScalarFloat(loss))
    return;
  const ast::DefDecl &function = train.function;
  error(loss.origin.isValid() ? loss.origin : function.headRange,
        "`" + function.name.text + "` must return its loss, one float of rank 0; found " + loss.describe());
}

} // namespace rondo::sema
