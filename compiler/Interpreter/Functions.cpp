// Calls, and what belongs to a model as a whole: func, rondo.param, rondo.check.
#include "compiler/Interpreter/Machine.h"

using namespace mlir;
using namespace rondo;
using namespace rondo::interpreter;
using Slot = rondo::interpreter::Value;

static LogicalResult runCall(Frame &frame, const Step &step) {
  auto call = cast<func::CallOp>(step.op);
  func::FuncOp callee = frame.machine.lookup(call.getCallee());
  if (!callee)
    return step.op->emitError() << "calls '" << call.getCallee() << "', which is no function";
  std::vector<Slot> arguments, results;
  for (unsigned i = 0; i < step.operands.size(); ++i)
    arguments.push_back(frame.take(step, i));
  if (failed(frame.machine.call(callee, std::move(arguments), results)))
    return failure();
  for (auto [i, result] : llvm::enumerate(results))
    frame.result(step, i) = std::move(result);
  return success();
}

static LogicalResult runParam(Frame &frame, const Step &step) {
  auto param = cast<ParamOp>(step.op);
  ArrayPtr weight = frame.machine.weights.lookup(param.getKey());
  if (!weight)
    return step.op->emitError() << "there is no weight '" << param.getKey() << "'";
  frame.result(step) = weight;
  return success();
}

static LogicalResult runCheck(Frame &frame, const Step &step) {
  const Slot &ok = frame.operand(step, 0);
  bool holds = ok.isNumber() ? ok.cell.whole
                             : llvm::all_of(ok.array().cells, [](Cell cell) { return cell.whole != 0; });
  if (!holds)
    frame.machine.fail(cast<CheckOp>(step.op));
  return success();
}

void rondo::interpreter::addFunctionHandlers(Handlers &handlers) {
  handlers.add("func.call", runCall);
  handlers.add("rondo.param", runParam);
  handlers.add("rondo.check", runCheck);
}
