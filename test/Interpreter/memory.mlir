// RUN: rondo run %s --interpret | FileCheck %s
module @M attributes {rondo.phase = "buffers"} {
  memref.global "private" constant @table : memref<2x3xf32> = dense<[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]>

  // CHECK: 0: f64[3] = [3., 4., 5.]
  // CHECK{LITERAL}: 1: f64[2, 3] = [[0., 0., 0.], [3., 4., 5.]]
  // What is written over in an arena is gone: the float at byte 4 of the eight of an i64, and the i64 itself
  // once one of its bytes is another's.
  // CHECK: 2: f64[2] = [nan, 2.]
  // CHECK: 3: i64[2] = [6510615555426900570, 8]
  // CHECK: 4: f64[3] = [1., 4., 3.]
  func.func @forward(%r0: memref<3xf32> {rondo.result = 0 : i64}, %r1: memref<2x3xf32> {rondo.result = 1 : i64},
                     %r2: memref<2xf32> {rondo.result = 2 : i64}, %r3: memref<2xi64> {rondo.result = 3 : i64},
                     %r4: memref<3xf32> {rondo.result = 4 : i64}, %arena: memref<?xi8> {rondo.scratch})
      attributes {rondo.entry, rondo.shapes = @forward.shapes, rondo.scratch_size = @forward.scratch} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %table = memref.get_global @table : memref<2x3xf32>
    %row = memref.subview %table[1, 0] [1, 3] [1, 1]
        : memref<2x3xf32> to memref<3xf32, strided<[1], offset: 3>>
    memref.copy %row, %r0 : memref<3xf32, strided<[1], offset: 3>> to memref<3xf32>
    %zero = arith.constant 0.0 : f32
    linalg.fill ins(%zero : f32) outs(%r1 : memref<2x3xf32>)
    %flat = memref.collapse_shape %r1 [[0, 1]] : memref<2x3xf32> into memref<6xf32>
    %end = memref.subview %flat[3] [3] [1] : memref<6xf32> to memref<3xf32, strided<[1], offset: 3>>
    memref.copy %r0, %end : memref<3xf32> to memref<3xf32, strided<[1], offset: 3>>

    %floats = memref.view %arena[%c0][] : memref<?xi8> to memref<4xf32>
    %wide = memref.view %arena[%c0][] : memref<?xi8> to memref<2xi64>
    %one = arith.constant 1.0 : f32
    %two = arith.constant 2.0 : f32
    %eight = arith.constant 8 : i64
    memref.store %one, %floats[%c1] : memref<4xf32>
    memref.store %eight, %wide[%c0] : memref<2xi64>
    %lost = memref.load %floats[%c1] : memref<4xf32>
    memref.store %lost, %r2[%c0] : memref<2xf32>
    memref.store %eight, %wide[%c1] : memref<2xi64>
    memref.store %two, %floats[%c1] : memref<4xf32>
    %kept = memref.load %floats[%c1] : memref<4xf32>
    memref.store %kept, %r2[%c1] : memref<2xf32>
    memref.copy %wide, %r3 : memref<2xi64> to memref<2xi64>

    // Every second element, from the last.
    %back = memref.reinterpret_cast %r4 to offset: [2], sizes: [2], strides: [-2]
        : memref<3xf32> to memref<2xf32, strided<[-2], offset: 2>>
    %four = arith.constant 4.0 : f32
    %three = arith.constant 3.0 : f32
    memref.store %three, %back[%c0] : memref<2xf32, strided<[-2], offset: 2>>
    memref.store %one, %back[%c1] : memref<2xf32, strided<[-2], offset: 2>>
    memref.store %four, %r4[%c1] : memref<3xf32>
    return
  }
  func.func private @forward.shapes() -> (index, index, index, index, index, index) {
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    return %3, %2, %3, %2, %2, %3 : index, index, index, index, index, index
  }
  func.func private @forward.scratch() -> index {
    %16 = arith.constant 16 : index
    return %16 : index
  }
}
