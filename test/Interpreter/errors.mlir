// RUN: split-file %s %t
// RUN: not rondo run %t/unknown.mlir --interpret 2>&1 | FileCheck %t/unknown.mlir
// RUN: not rondo run %t/type.mlir --interpret 2>&1 | FileCheck %t/type.mlir
// RUN: not rondo run %t/index.mlir --interpret --input i=4 2>&1 | FileCheck %t/index.mlir
// RUN: not rondo run %t/slice.mlir --interpret --input n=4 2>&1 | FileCheck %t/slice.mlir
// RUN: not rondo run %t/zero.mlir --interpret 2>&1 | FileCheck %t/zero.mlir
// RUN: not rondo run %t/large.mlir --interpret --input n=1000000 2>&1 | FileCheck %t/large.mlir
// RUN: not rondo run %t/memory.mlir --interpret 2>&1 | FileCheck %t/memory.mlir
// RUN: not rondo run %t/again.mlir --interpret 2>&1 | FileCheck %t/again.mlir
// RUN: not rondo run %t/llvm.mlir --interpret 2>&1 | FileCheck %t/llvm.mlir

//--- unknown.mlir
module @M attributes {rondo.phase = "rondo"} {
  func.func @forward() -> tensor<2xf32> attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %x = arith.constant dense<1.0> : tensor<2xf32>
    // CHECK: unknown.mlir:[[@LINE+1]]:10: error: the interpreter does not know 'tensor.bitcast'
    %y = tensor.bitcast %x : tensor<2xf32> to tensor<2xi32>
    %z = arith.bitcast %y : tensor<2xi32> to tensor<2xf32>
    return %z : tensor<2xf32>
  }
  func.func private @forward.shapes() -> index {
    %2 = arith.constant 2 : index
    return %2 : index
  }
}

//--- type.mlir
module @M attributes {rondo.phase = "rondo"} {
  func.func @forward() -> tensor<f32> attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    // CHECK: type.mlir:[[@LINE+1]]:10: error: the interpreter has no values of type 'tensor<2xi128>'
    %x = arith.constant dense<1> : tensor<2xi128>
    %y = arith.constant dense<1.0> : tensor<f32>
    return %y : tensor<f32>
  }
  func.func private @forward.shapes() {
    return
  }
}

//--- index.mlir
module @M attributes {rondo.phase = "rondo"} {
  func.func @forward(%i: index {rondo.dim = "i"}) -> tensor<f32>
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %x = arith.constant dense<1.0> : tensor<2x3xf32>
    %c1 = arith.constant 1 : index
    // CHECK: index.mlir:[[@LINE+2]]:10: error: the index [1, 4] is outside of the shape [2, 3]
    // CHECK: error: the interpreter could not go on
    %y = tensor.extract %x[%c1, %i] : tensor<2x3xf32>
    %z = tensor.from_elements %y : tensor<f32>
    return %z : tensor<f32>
  }
  func.func private @forward.shapes(%i: index) {
    return
  }
}

//--- slice.mlir
module @M attributes {rondo.phase = "rondo"} {
  func.func @forward(%n: index {rondo.dim = "n"}) -> tensor<?xf32>
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %x = arith.constant dense<1.0> : tensor<3xf32>
    // CHECK: [[@LINE+1]]:10: error: the slice from 0 of size 4 and stride 1 is not inside of axis 0 of size 3
    %y = tensor.extract_slice %x[0] [%n] [1] : tensor<3xf32> to tensor<?xf32>
    return %y : tensor<?xf32>
  }
  func.func private @forward.shapes(%n: index) -> index {
    return %n : index
  }
}

//--- zero.mlir
module @M attributes {rondo.phase = "rondo"} {
  func.func @forward() -> tensor<2xi64> attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %x = arith.constant dense<1> : tensor<2xi64>
    %y = arith.constant dense<[1, 0]> : tensor<2xi64>
    // CHECK: zero.mlir:[[@LINE+1]]:10: error: divides by zero, or the least integer by -1
    %z = arith.divsi %x, %y : tensor<2xi64>
    return %z : tensor<2xi64>
  }
  func.func private @forward.shapes() -> index {
    %2 = arith.constant 2 : index
    return %2 : index
  }
}

//--- large.mlir
module @M attributes {rondo.phase = "rondo"} {
  func.func @forward(%n: index {rondo.dim = "n"}) -> tensor<f32>
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %zero = arith.constant 0.0 : f32
    // CHECK: [[@LINE+1]]:10: error: a value has a negative size, or more elements than the interpreter has memory
    %x = tensor.splat %zero[%n, %n] : tensor<?x?xf32>
    %y = rondo.reduce sum %x dims [0, 1] : tensor<?x?xf32> -> tensor<f32>
    return %y : tensor<f32>
  }
  func.func private @forward.shapes(%n: index) {
    return
  }
}

//--- memory.mlir
module @M attributes {rondo.phase = "buffers"} {
  func.func @forward(%r: memref<4xf32> {rondo.result = 0 : i64})
      attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %c0 = arith.constant 0 : index
    %one = arith.constant 1.0 : f32
    %far = memref.reinterpret_cast %r to offset: [4], sizes: [1], strides: [1]
        : memref<4xf32> to memref<1xf32, strided<[1], offset: 4>>
    // CHECK: memory.mlir:[[@LINE+1]]:5: error: leads outside of its memory
    memref.store %one, %far[%c0] : memref<1xf32, strided<[1], offset: 4>>
    return
  }
  func.func private @forward.shapes() -> index {
    %4 = arith.constant 4 : index
    return %4 : index
  }
}

//--- again.mlir
module @M attributes {rondo.phase = "rondo"} {
  func.func @forward() -> tensor<f32> attributes {rondo.entry, rondo.shapes = @forward.shapes} {
    %x = func.call @again() : () -> tensor<f32>
    return %x : tensor<f32>
  }
  // CHECK: again.mlir:[[@LINE+1]]:3: error: is called more than 500 calls deep
  func.func private @again() -> tensor<f32> {
    %x = func.call @again() : () -> tensor<f32>
    return %x : tensor<f32>
  }
  func.func private @forward.shapes() {
    return
  }
}

//--- llvm.mlir
// CHECK: error: {{.*}}llvm.mlir: the interpreter runs the phases `rondo` to `buffers`
module @M attributes {rondo.phase = "llvm"} {}
