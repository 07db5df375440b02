#include "compiler/Emit/CarriedVariables.h"
#include "llvm/IR/DebugProgramInstruction.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

using namespace llvm;

// Of a memref's struct.
static constexpr unsigned addressField = 1, offsetField = 2;

static SmallVector<Instruction *> readsOf(Value *memref, unsigned field) {
  SmallVector<Instruction *> reads;
  if (isa<Constant>(memref)) // optimised away
    return reads;
  for (User *user : memref->users())
    if (auto *read = dyn_cast<ExtractValueInst>(user); read && read->getIndices() == ArrayRef(field))
      reads.push_back(read);
  return reads;
}

// Where an address and an offset are added.
static SmallVector<Instruction *> sumsOf(ArrayRef<Instruction *> addresses, ArrayRef<Instruction *> offsets) {
  SmallVector<Instruction *> sums;
  for (Instruction *address : addresses)
    for (User *user : address->users())
      if (auto *sum = dyn_cast<GetElementPtrInst>(user); sum && sum->getPointerOperand() == address &&
                                                         sum->getNumIndices() == 1 &&
                                                         is_contained(offsets, sum->getOperand(1)))
        sums.push_back(sum);
  return sums;
}

void rondo::placeCarriedVariables(Module &module, bool isOptimized) {
  for (Function &function : module) {
    SmallVector<DbgVariableRecord *> records;
    for (Instruction &instruction : instructions(function))
      for (DbgVariableRecord &record : filterDbgVars(instruction.getDbgRecordRange()))
        if (Value *value = record.getVariableLocationOp(0); value && value->getType()->isStructTy())
          records.push_back(&record);
    for (DbgVariableRecord *record : records) {
      Value *memref = record->getVariableLocationOp(0);
      SmallVector<Instruction *> places = readsOf(memref, addressField),
                                 offsets = readsOf(memref, offsetField);
      if (!offsets.empty() && !isOptimized)
        continue;
      if (!offsets.empty())
        places = sumsOf(places, offsets);
      for (Instruction *place : places) {
        DbgVariableRecord *placed = record->clone();
        placed->setRawLocation(ValueAsMetadata::get(place));
        place->getParent()->insertDbgRecordAfter(placed, place);
        // It is the scan's: the line that uses the variable begins behind it.
        place->setDebugLoc(record->getDebugLoc());
      }
      record->eraseFromParent();
    }
  }
}
