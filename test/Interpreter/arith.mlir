// RUN: rondo run %s --interpret --entry integers | FileCheck %s --check-prefix=INTEGERS
// RUN: rondo run %s --interpret --entry bits | FileCheck %s --check-prefix=BITS
// RUN: rondo run %s --interpret --entry floats | FileCheck %s --check-prefix=FLOATS
// RUN: rondo run %s --interpret --entry casts | FileCheck %s --check-prefix=CASTS
// RUN: rondo run %s --interpret --entry rounding | FileCheck %s --check-prefix=EXACT
// RUN: rondo run %s --interpret=rounded --entry rounding | FileCheck %s --check-prefix=ROUNDED
// RUN: rondo run %s --interpret=perturbed --entry rounding | FileCheck %s --check-prefix=PERTURBED
// RUN: rondo run %s --interpret=perturbed:7 --entry drawn | FileCheck %s --check-prefix=DRAWN
module @M attributes {rondo.phase = "rondo"} {
  // Sums and products wrap at their width; i1 is 0 or 1, and -1 where it has a sign.
  // INTEGERS: 0: i8[3] = [-128, 4, -1]
  // INTEGERS: 1: i64[1] = [-9223372036854775808]
  // INTEGERS: 2: i64[4] = [-3, 2, -3, 2]
  // INTEGERS: 3: i64[4] = [-4, 2, -4, 2]
  // INTEGERS: 4: i64[4] = [-1, 1, -1, 1]
  // INTEGERS: 5: i8[2] = [127, 1]
  // INTEGERS: 6: i32[2] = [-1, 0]
  // INTEGERS: 7: bool[2] = [false, true]
  func.func @integers() -> (tensor<3xi8>, tensor<1xi64>, tensor<4xi64>, tensor<4xi64>, tensor<4xi64>, tensor<2xi8>,
                            tensor<2xi32>, tensor<2xi1>)
      attributes {rondo.entry, rondo.shapes = @integers.shapes} {
    %a = arith.constant dense<[127, 2, -128]> : tensor<3xi8>
    %b = arith.constant dense<[1, 2, 127]> : tensor<3xi8>
    %sum = arith.addi %a, %b : tensor<3xi8>
    %most = arith.constant dense<9223372036854775807> : tensor<1xi64>
    %one = arith.constant dense<1> : tensor<1xi64>
    %wrapped = arith.addi %most, %one : tensor<1xi64>
    %n = arith.constant dense<[-7, 7, 7, -7]> : tensor<4xi64>
    %d = arith.constant dense<[2, 3, -2, -3]> : tensor<4xi64>
    %divided = arith.divsi %n, %d : tensor<4xi64>
    %floored = arith.floordivsi %n, %d : tensor<4xi64>
    %e = arith.constant dense<[2, 3, -2, 3]> : tensor<4xi64>
    %f = arith.constant dense<[-7, 7, -7, 7]> : tensor<4xi64>
    %rest = arith.remsi %f, %e : tensor<4xi64>
    %x = arith.constant dense<[-1, 3]> : tensor<2xi8>
    %two = arith.constant dense<2> : tensor<2xi8>
    %unsigned = arith.divui %x, %two : tensor<2xi8>
    %truths = arith.constant dense<[true, false]> : tensor<2xi1>
    %signs = arith.extsi %truths : tensor<2xi1> to tensor<2xi32>
    %no = arith.constant dense<false> : tensor<2xi1>
    %less = arith.cmpi slt, %no, %truths : tensor<2xi1>
    %not_less = arith.cmpi sge, %no, %truths : tensor<2xi1>
    %flags = arith.select %truths, %less, %not_less : tensor<2xi1>, tensor<2xi1>
    return %sum, %wrapped, %divided, %floored, %rest, %unsigned, %signs, %flags
        : tensor<3xi8>, tensor<1xi64>, tensor<4xi64>, tensor<4xi64>, tensor<4xi64>, tensor<2xi8>, tensor<2xi32>,
          tensor<2xi1>
  }
  func.func private @integers.shapes() -> (index, index, index, index, index, index, index, index) {
    %1 = arith.constant 1 : index
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    %4 = arith.constant 4 : index
    return %3, %1, %4, %4, %4, %2, %2, %2 : index, index, index, index, index, index, index, index
  }

  // A shift by the width moves all bits out; a product of 64 bits has two words.
  // BITS: 0: i32[3] = [-2147483648, 0, 4]
  // BITS: 1: i32[3] = [1, 0, 1]
  // BITS: 2: i32[3] = [-1, -1, 0]
  // BITS: 3: i64[1] = [1]
  // BITS: 4: i64[1] = [-2]
  // BITS: 5: i32[2] = [1065353216, -2147483648]
  func.func @bits() -> (tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<1xi64>, tensor<1xi64>, tensor<2xi32>)
      attributes {rondo.entry, rondo.shapes = @bits.shapes} {
    %x = arith.constant dense<[1, 1, 1]> : tensor<3xi32>
    %by = arith.constant dense<[31, 32, 2]> : tensor<3xi32>
    %left = arith.shli %x, %by : tensor<3xi32>
    %right = arith.shrui %left, %by : tensor<3xi32>
    %fours = arith.constant dense<[-4, -4, 4]> : tensor<3xi32>
    %many = arith.constant dense<[31, 33, 3]> : tensor<3xi32>
    %signed = arith.shrsi %fours, %many : tensor<3xi32>
    %a = arith.constant dense<-1> : tensor<1xi64>
    %b = arith.constant dense<2> : tensor<1xi64>
    %low, %high = arith.mului_extended %a, %b : tensor<1xi64>
    %real = arith.constant dense<[1.0, -0.0]> : tensor<2xf32>
    %cast = arith.bitcast %real : tensor<2xf32> to tensor<2xi32>
    return %left, %right, %signed, %high, %low, %cast
        : tensor<3xi32>, tensor<3xi32>, tensor<3xi32>, tensor<1xi64>, tensor<1xi64>, tensor<2xi32>
  }
  func.func private @bits.shapes() -> (index, index, index, index, index, index) {
    %1 = arith.constant 1 : index
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    return %3, %3, %3, %1, %1, %2 : index, index, index, index, index, index
  }

  // FLOATS: 0: f64[4] = [nan, 2., nan, inf]
  // FLOATS: 1: f64[4] = [1., 2., 3., inf]
  // FLOATS: 2: f64[4] = [nan, -1., nan, -inf]
  // FLOATS: 3: bool[4] = [false, false, false, false]
  // FLOATS: 4: bool[4] = [true, false, true, false]
  // FLOATS: 5: f64[4] = [nan, 1., nan, nan]
  func.func @floats() -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xi1>, tensor<4xi1>, tensor<4xf32>)
      attributes {rondo.entry, rondo.shapes = @floats.shapes} {
    %x = arith.constant dense<[1.0, 2.0, 0x7FC00000, 0x7F800000]> : tensor<4xf32>
    %y = arith.constant dense<[0x7FC00000, -1.0, 3.0, 0xFF800000]> : tensor<4xf32>
    %max = arith.maximumf %x, %y : tensor<4xf32>
    %num = arith.maxnumf %x, %y : tensor<4xf32>
    %min = arith.minimumf %x, %y : tensor<4xf32>
    %less = arith.cmpf olt, %x, %y : tensor<4xf32>
    %unordered = arith.cmpf uno, %x, %y : tensor<4xf32>
    %sum = arith.addf %x, %y : tensor<4xf32>
    return %max, %num, %min, %less, %unordered, %sum
        : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xi1>, tensor<4xi1>, tensor<4xf32>
  }
  func.func private @floats.shapes() -> (index, index, index, index, index, index) {
    %4 = arith.constant 4 : index
    return %4, %4, %4, %4, %4, %4 : index, index, index, index, index, index
  }

  // Floats become integers towards zero, at the ends of the range where they lie beyond, 0 for NaN.
  // CASTS: 0: i8[6] = [1, -1, 127, -128, 0, 127]
  // CASTS: 1: i32[6] = [1, 0, 300, 0, 0, -1]
  // CASTS: 2: f64[2] = [-1., 4.]
  // CASTS: 3: f64[2] = [255., 4.]
  func.func @casts() -> (tensor<6xi8>, tensor<6xi32>, tensor<2xf32>, tensor<2xf32>)
      attributes {rondo.entry, rondo.shapes = @casts.shapes} {
    %x = arith.constant dense<[1.9, -1.9, 300.0, -300.0, 0x7FC00000, 0x7F800000]> : tensor<6xf32>
    %signed = arith.fptosi %x : tensor<6xf32> to tensor<6xi8>
    %unsigned = arith.fptoui %x : tensor<6xf32> to tensor<6xi32>
    %n = arith.constant dense<[-1, 4]> : tensor<2xi8>
    %a = arith.sitofp %n : tensor<2xi8> to tensor<2xf32>
    %b = arith.uitofp %n : tensor<2xi8> to tensor<2xf32>
    return %signed, %unsigned, %a, %b : tensor<6xi8>, tensor<6xi32>, tensor<2xf32>, tensor<2xf32>
  }
  func.func private @casts.shapes() -> (index, index, index, index) {
    %2 = arith.constant 2 : index
    %6 = arith.constant 6 : index
    return %6, %6, %2, %2 : index, index, index, index
  }

  // What is left of 2^-k beside 1 tells the digits: bf16 has 8, f16 11, f32 24. Ties go to even; what is too
  // large for f16 is infinite, what is too small for a normal number of it has fewer digits.
  // EXACT: 0: f64[2] = [0.0039, 0.0078]
  // EXACT: 1: f64[2] = [4.8828e-04, 9.7656e-04]
  // EXACT: 2: f64[2] = [5.9605e-08, 1.1921e-07]
  // EXACT: 3: f64[3] = [65519.0000, 65520.0000, 0.0000]
  // ROUNDED: 0: f32[2] = [0.0000, 0.0078]
  // ROUNDED: 1: f32[2] = [0.0000e+00, 9.7656e-04]
  // ROUNDED: 2: f32[2] = [0.0000e+00, 1.1921e-07]
  // ROUNDED: 3: f32[3] = [65504.0000, inf, 0.0000]
  // What a type has stays.
  // PERTURBED: 0: f32[2] = {{.*}}, 0.0078]
  // PERTURBED: 1: f32[2] = {{.*}}, 9.7656e-04]
  // PERTURBED: 2: f32[2] = {{.*}}, 1.1921e-07]
  func.func @rounding() -> (tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<3xf32>)
      attributes {rondo.entry, rondo.shapes = @rounding.shapes} {
    %one_b = arith.constant dense<1.0> : tensor<2xbf16>
    %b = arith.constant dense<[0.00390625, 0.0078125]> : tensor<2xbf16>
    %sum_b = arith.addf %one_b, %b : tensor<2xbf16>
    %left_b = arith.subf %sum_b, %one_b : tensor<2xbf16>
    %wide_b = arith.extf %left_b : tensor<2xbf16> to tensor<2xf32>
    %one_h = arith.constant dense<1.0> : tensor<2xf16>
    %h = arith.constant dense<[0.00048828125, 0.0009765625]> : tensor<2xf16>
    %sum_h = arith.addf %one_h, %h : tensor<2xf16>
    %left_h = arith.subf %sum_h, %one_h : tensor<2xf16>
    %wide_h = arith.extf %left_h : tensor<2xf16> to tensor<2xf32>
    %one = arith.constant dense<1.0> : tensor<2xf32>
    %s = arith.constant dense<[5.9604644775390625e-08, 1.1920928955078125e-07]> : tensor<2xf32>
    %sum = arith.addf %one, %s : tensor<2xf32>
    %left = arith.subf %sum, %one : tensor<2xf32>
    %large = arith.constant dense<[65519.0, 65520.0, 3.0e-8]> : tensor<3xf32>
    %narrow = arith.truncf %large : tensor<3xf32> to tensor<3xf16>
    %back = arith.extf %narrow : tensor<3xf16> to tensor<3xf32>
    return %wide_b, %wide_h, %left, %back : tensor<2xf32>, tensor<2xf32>, tensor<2xf32>, tensor<3xf32>
  }
  func.func private @rounding.shapes() -> (index, index, index, index) {
    %2 = arith.constant 2 : index
    %3 = arith.constant 3 : index
    return %2, %2, %2, %3 : index, index, index, index
  }

  // Half of the digit that 1 ends in, added and taken away: some of 32 sums are rounded down and some up.
  // DRAWN: 0: f32[] = 0.
  // DRAWN: 1: f32[] = 1.1921e-07
  func.func @drawn() -> (tensor<f32>, tensor<f32>) attributes {rondo.entry, rondo.shapes = @drawn.shapes} {
    %one = arith.constant dense<1.0> : tensor<32xf32>
    %s = arith.constant dense<5.9604644775390625e-08> : tensor<32xf32>
    %sum = arith.addf %one, %s : tensor<32xf32>
    %left = arith.subf %sum, %one : tensor<32xf32>
    %least = rondo.reduce min %left dims [0] : tensor<32xf32> -> tensor<f32>
    %most = rondo.reduce max %left dims [0] : tensor<32xf32> -> tensor<f32>
    return %least, %most : tensor<f32>, tensor<f32>
  }
  func.func private @drawn.shapes() {
    return
  }
}
