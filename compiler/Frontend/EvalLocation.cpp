// Locations: the place in the source, the function that it stands in, the calls that led there, and the names
// of values.
//
// `call` operations leave call sites behind when they are inlined; a function that is evaluated in the place
// of its call gets them here.
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

Location Evaluator::place(SourceRange range, StringRef name) const {
  if (!range.isValid())
    return UnknownLoc::get(&context);
  const SourceFile &file = files[range.file];
  LineColumn at = file.lineColumn(range.begin);
  Location place = FileLineColLoc::get(&context, file.name(), at.line, at.column);
  return name.empty() ? place : NameLoc::get(StringAttr::get(&context, name), place);
}

// Null outside of functions.
DefAttr Evaluator::defOf(const Frame &in) const {
  if (!in.def)
    return {};
  std::string name = (in.self ? in.self->modelName() + "." : "").str() + in.def->name.text.str();
  SourceRange at = in.def->name.range;
  return DefAttr::get(&context, StringAttr::get(&context, name), files[at.file].lineColumn(at.begin).line);
}

Location Evaluator::inside(const Frame &in, Location place) const {
  DefAttr def = defOf(in);
  return def ? FusedLoc::get(&context, {place}, def) : place;
}

// The frame keeps what it found: every operation in it has the same.
std::optional<Location> Evaluator::calledFrom(const Frame &in) const {
  if (&in == fn->frame)
    return std::nullopt;
  if (!in.calledFrom) {
    std::optional<Location> outer = calledFrom(*in.caller);
    if (!in.callRange.isValid())
      return outer;
    Location call = inside(*in.caller, place(in.callRange));
    in.calledFrom = outer ? CallSiteLoc::get(call, *outer) : call;
  }
  return in.calledFrom;
}

Location Evaluator::locationIn(const Frame &in, SourceRange range, StringRef name) const {
  Location location = inside(in, place(range, name));
  if (!fn || !fn->frame || !range.isValid())
    return location;
  const Frame *outermost = &in;
  while (outermost && outermost != fn->frame)
    outermost = outermost->caller;
  if (!outermost)
    return location;
  std::optional<Location> call = calledFrom(in);
  return call ? CallSiteLoc::get(location, *call) : location;
}

Location Evaluator::location(SourceRange range, StringRef name) const {
  return frame ? locationIn(*frame, range, name) : place(range, name);
}

Location Evaluator::variable(const ast::Identifier &target, Type type) const {
  return named(location(target.range), target, type);
}

Location Evaluator::named(Location location, const ast::Identifier &target, Type type,
                          unsigned number) const {
  auto attribute = VariableAttr::get(&context, StringAttr::get(&context, target.text), number,
                                     cast<ShapedType>(type), this->location(target.range));
  auto fused = dyn_cast<FusedLoc>(location);
  return fused && fused.getMetadata() == attribute ? location
                                                   : FusedLoc::get(&context, {location}, attribute);
}

void Evaluator::nameValue(const ast::Identifier &target, const Value &value) const {
  const Tensor *tensor = value.get<Tensor>();
  if (!fn || !tensor || target.isDiscard())
    return;
  mlir::Value named = tensor->value;
  Operation *op = named.getDefiningOp();
  if (!op)
    named.setLoc(this->named(named.getLoc(), target, named.getType()));
  else if (!isa<ScanOp>(op)) // whose results change their order on the way
    op->setLoc(this->named(op->getLoc(), target, named.getType(), cast<OpResult>(named).getResultNumber()));
}

} // namespace rondo::sema
