// RUN: rondo run %s --interpret | FileCheck %s
#up = affine_map<(d)[s] -> (d ceildiv 4 + s)>
#down = affine_map<(d) -> (d floordiv 4, d mod 4)>
module @M attributes {rondo.phase = "kernels"} {
  // CHECK: 0: i64[6] = [6, -8, 12, -2, 2, 64]
  func.func @forward() -> tensor<6xi64> attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c4 = arith.constant 4 : index
    %c5 = arith.constant 5 : index
    // 0 + 2 + 4; the bound is no multiple of the step.
    %sum = scf.for %i = %c0 to %c5 step %c2 iter_args(%s = %c0) -> index {
      %n = arith.addi %s, %i : index
      scf.yield %n : index
    }
    %minus = arith.constant -7 : index
    %none = scf.for %i = %c5 to %c0 step %c1 iter_args(%s = %minus) -> index {
      scf.yield %c0 : index
    }
    %yes = arith.constant true
    %one = scf.if %yes -> index {
      %n = arith.subi %none, %c1 : index
      scf.yield %n : index
    } else {
      scf.yield %c0 : index
    }
    %rounded = affine.apply #up(%minus)[%c4]
    %least = affine.min #down(%minus)
    %most = affine.max #down(%minus)
    %product = arith.muli %most, %rounded : index
    %a = arith.muli %product, %c4 : index
    // Doubles until it is at least 50.
    %end = scf.while (%x = %c1) : (index) -> index {
      %c50 = arith.constant 50 : index
      %more = arith.cmpi slt, %x, %c50 : index
      scf.condition(%more) %x : index
    } do {
    ^bb0(%x: index):
      %twice = arith.addi %x, %x : index
      scf.yield %twice : index
    }
    %0 = tensor.from_elements %sum, %one, %a, %least, %c2, %end : tensor<6xindex>
    %1 = arith.index_cast %0 : tensor<6xindex> to tensor<6xi64>
    return %1 : tensor<6xi64>
  }
  func.func private @forward.shapes() -> index {
    %6 = arith.constant 6 : index
    return %6 : index
  }
}
