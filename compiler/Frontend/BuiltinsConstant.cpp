// Functions of lists and other constants: len, enumerate, zip.
#include "compiler/Frontend/EvaluatorImpl.h"

using namespace mlir;

namespace rondo::sema {

namespace {

std::optional<Values> elements(BuiltinCall &call, size_t i, const Value &value) {
  if (const List *list = value.get<List>())
    return *list->elements;
  if (const Range *range = value.get<Range>()) {
    const int64_t *begin = range->bounds->first.get<int64_t>(), *end = range->bounds->second.get<int64_t>();
    if (begin && end && (*end <= *begin || uint64_t(*end) - uint64_t(*begin) <= uint64_t(maxListLength))) {
      Values values;
      for (int64_t n = *begin; n < *end; ++n)
        values.push_back(n);
      return values;
    }
  }
  call.errorAt(i, "a list or a range of constants is needed, found " + value.describe());
  return std::nullopt;
}

Value len(BuiltinCall &call) {
  if (const List *list = call[0].get<List>())
    return int64_t(list->elements->size());
  if (const std::string *text = call[0].get<std::string>())
    return int64_t(countCharacters(*text));
  if (const Tensor *tensor = call[0].get<Tensor>(); tensor && tensor->rank() > 0)
    return tensor->shape[0];
  auto list = elements(call, 0, call[0]);
  return list ? Value(int64_t(list->size())) : Value(Poison{});
}

Value enumerate(BuiltinCall &call) {
  auto list = elements(call, 0, call[0]);
  std::optional<int64_t> start = call.integer(1);
  if (!list || !start)
    return Poison{};
  Values pairs;
  for (auto [i, element] : llvm::enumerate(*list))
    pairs.push_back(Value::list({int64_t(*start + i), element}));
  return Value::list(std::move(pairs));
}

Value zip(BuiltinCall &call) {
  std::vector<Values> lists;
  for (const Value &value : *call[0].get<List>()->elements) {
    auto list = elements(call, 0, value);
    if (!list)
      return Poison{};
    if (!lists.empty() && lists[0].size() != list->size()) {
      call.error("the lists have different lengths, " + Twine(lists[0].size()) + " and " +
                 Twine(list->size()));
      return Poison{};
    }
    lists.push_back(std::move(*list));
  }
  Values rows;
  for (size_t i = 0; i < lists[0].size(); ++i) {
    Values row;
    for (const Values &list : lists)
      row.push_back(list[i]);
    rows.push_back(Value::list(std::move(row)));
  }
  return Value::list(std::move(rows));
}

} // namespace

ArrayRef<Builtin> constantBuiltins() {
  static const Builtin table[] = {
      {"len", "x", "the number of elements of a list or of the first axis, the characters of a string", len,
       true},
      {"enumerate", "list, start=0", "pairs of a number and an element, for `for i, x in`", enumerate, true},
      {"zip", "*lists", "lists side by side: lists of one element of each", zip, true},
  };
  return table;
}

} // namespace rondo::sema
