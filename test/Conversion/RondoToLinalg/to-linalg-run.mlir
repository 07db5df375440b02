// Numbers: what the conversions compute, by upstream's loops.
// RUN: rondo-opt %s -rondo-to-linalg -canonicalize \
// RUN:   -one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" \
// RUN:   -convert-linalg-to-loops -convert-scf-to-cf -expand-strided-metadata -lower-affine -convert-arith-to-llvm \
// RUN:   -convert-math-to-libm -convert-math-to-llvm -finalize-memref-to-llvm -convert-func-to-llvm -convert-cf-to-llvm \
// RUN:   -reconcile-unrealized-casts \
// RUN: | mlir-runner -e main -entry-point-result=void -shared-libs=%runner_libs | FileCheck %s

func.func private @printMemrefF32(tensor<*xf32>) attributes {llvm.emit_c_interface}
func.func private @printMemrefI64(tensor<*xi64>) attributes {llvm.emit_c_interface}

// The sizes are not known to the compiler.
func.func @products(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>, %h: tensor<?xf16>) {
  %0 = rondo.contract "bk,nk->nb" %a, %b : tensor<?x?xf32>, tensor<?x?xf32> -> tensor<?x?xf32>
  %1 = tensor.cast %0 : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%1) : (tensor<*xf32>) -> ()
  // 4096 ones: a sum in f16 would stop at 2048.
  %2 = rondo.contract "a,a->" %h, %h : tensor<?xf16>, tensor<?xf16> -> tensor<f16>
  %3 = rondo.reduce sum %h dims [0] : tensor<?xf16> -> tensor<f16>
  %4 = arith.addf %2, %3 : tensor<f16>
  %5 = arith.extf %4 : tensor<f16> to tensor<f32>
  %6 = tensor.cast %5 : tensor<f32> to tensor<*xf32>
  call @printMemrefF32(%6) : (tensor<*xf32>) -> ()
  return
}

func.func @reductions(%x: tensor<?x?xf32>, %none: tensor<?x?xf32>) {
  %max = rondo.reduce max %x dims [1] : tensor<?x?xf32> -> tensor<?xf32>
  %0 = tensor.cast %max : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%0) : (tensor<*xf32>) -> ()
  %argmax = rondo.reduce argmax %x dims [1] : tensor<?x?xf32> -> tensor<?xi64>
  %1 = tensor.cast %argmax : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%1) : (tensor<*xi64>) -> ()
  %argmin = rondo.reduce argmin %x dims [1] : tensor<?x?xf32> -> tensor<?xi64>
  %2 = tensor.cast %argmin : tensor<?xi64> to tensor<*xi64>
  call @printMemrefI64(%2) : (tensor<*xi64>) -> ()
  %sum = rondo.reduce sum %none dims [1] : tensor<?x?xf32> -> tensor<?xf32>
  %prod = rondo.reduce prod %none dims [1] : tensor<?x?xf32> -> tensor<?xf32>
  %both = tensor.concat dim(0) %sum, %prod : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
  %3 = tensor.cast %both : tensor<?xf32> to tensor<*xf32>
  call @printMemrefF32(%3) : (tensor<*xf32>) -> ()
  return
}

func.func @normalizations(%x: tensor<?x?xf32>) {
  %p = rondo.softmax %x dim 1 : tensor<?x?xf32>
  %0 = tensor.cast %p : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%0) : (tensor<*xf32>) -> ()
  %l = rondo.softmax log %x dim 0 : tensor<?x?xf32>
  %1 = tensor.cast %l : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%1) : (tensor<*xf32>) -> ()
  %n = rondo.normalize layer %x rank 1 eps 0.0 : tensor<?x?xf32>
  %2 = tensor.cast %n : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%2) : (tensor<*xf32>) -> ()
  %r = rondo.normalize rms %x rank 2 eps 1.0 : tensor<?x?xf32>
  %3 = tensor.cast %r : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%3) : (tensor<*xf32>) -> ()
  return
}

func.func @gathers(%x: tensor<?x?xf32>, %none: tensor<?x?xf32>, %i: tensor<?xi64>) {
  %rows = rondo.gather %x[%i] dim 0 : tensor<?x?xf32>, tensor<?xi64> -> tensor<?x?xf32>
  %0 = tensor.cast %rows : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%0) : (tensor<*xf32>) -> ()
  %empty = rondo.gather %none[%i] dim 1 : tensor<?x?xf32>, tensor<?xi64> -> tensor<?x?xf32>
  %1 = tensor.cast %empty : tensor<?x?xf32> to tensor<*xf32>
  call @printMemrefF32(%1) : (tensor<*xf32>) -> ()
  return
}

func.func @main() {
  %a = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %da = tensor.cast %a : tensor<2x3xf32> to tensor<?x?xf32>
  %b = arith.constant dense<[[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]]> : tensor<2x3xf32>
  %db = tensor.cast %b : tensor<2x3xf32> to tensor<?x?xf32>
  %ones = arith.constant dense<0.5> : tensor<4096xf16>
  %one = arith.addf %ones, %ones : tensor<4096xf16>
  %done = tensor.cast %one : tensor<4096xf16> to tensor<?xf16>
  // CHECK: [4, 10]
  // CHECK-NEXT: [4, 10]
  // CHECK: 8192
  call @products(%da, %db, %done) : (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?xf16>) -> ()

  %x = arith.constant dense<[[1.0, 0x7FC00000, 9.0, 0x7FC00000], [0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000],
                             [2.0, 7.0, 7.0, 2.0]]> : tensor<3x4xf32>
  %dx = tensor.cast %x : tensor<3x4xf32> to tensor<?x?xf32>
  %none = tensor.empty() : tensor<2x0xf32>
  %dnone = tensor.cast %none : tensor<2x0xf32> to tensor<?x?xf32>
  // CHECK: [nan, -inf, 7]
  // CHECK: [1, 0, 1]
  // CHECK: [1, 0, 0]
  // CHECK: [0, 0, 1, 1]
  call @reductions(%dx, %dnone) : (tensor<?x?xf32>, tensor<?x?xf32>) -> ()

  // CHECK: 0.0900306, 0.244728, 0.665241
  // CHECK-NEXT: 0.0900306, 0.244728, 0.665241
  // CHECK: -3.04859, -3.04859, -3.04859
  // CHECK-NEXT: -0.0485873, -0.0485873, -0.0485873
  // CHECK: -1.22474, 0, 1.22474
  // rms: sqrt(91 / 6 + 1) = 4.02078
  // CHECK: 0.248708, 0.497416, 0.746124
  call @normalizations(%da) : (tensor<?x?xf32>) -> ()

  %i = arith.constant dense<[1, -7, 9]> : tensor<3xi64>
  %di = tensor.cast %i : tensor<3xi64> to tensor<?xi64>
  // CHECK: [4, 5, 6]
  // CHECK-NEXT: [1, 2, 3]
  // CHECK-NEXT: [4, 5, 6]
  // CHECK: [0, 0, 0]
  // CHECK-NEXT: [0, 0, 0]
  call @gathers(%da, %dnone, %di) : (tensor<?x?xf32>, tensor<?x?xf32>, tensor<?xi64>) -> ()
  return
}
