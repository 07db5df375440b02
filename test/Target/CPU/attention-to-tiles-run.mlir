// Which panels of keys are computed: the closed formula, for blocks of 16 rows and panels of 32 keys, of 12 rows and 16
// keys with half as many registers of half the width. A block of rows first to last computes the panels from that of the
// first key that is visible to that of the last one.
//
// DEFINE: %{lower} = -convert-linalg-to-loops -convert-scf-to-cf -convert-vector-to-llvm -arith-expand \
// DEFINE:   -expand-strided-metadata -lower-affine -finalize-memref-to-llvm -convert-arith-to-llvm \
// DEFINE:   -convert-func-to-llvm -convert-cf-to-llvm -convert-ub-to-llvm -reconcile-unrealized-casts
// DEFINE: %{tiles} = rondo-opt %s -canonicalize -rondo-fold-mask -canonicalize -cse
// DEFINE: %{run} = mlir-runner -O3 -e main -entry-point-result=void -shared-libs=%runner_libs
//
// RUN: %{tiles} -rondo-attention-to-tiles="on-panel=count" -canonicalize -cse %{lower} \
// RUN: | %{run} | FileCheck %s --check-prefixes=CHECK,WIDE
// RUN: %{tiles} -rondo-attention-to-tiles="vector-bits=256 registers=16 on-panel=count" -canonicalize -cse %{lower} \
// RUN: | %{run} | FileCheck %s --check-prefixes=CHECK,NARROW

func.func private @printI64(i64)
func.func private @printNewline()

memref.global "private" @panels : memref<i64> = dense<0>
func.func @count() {
  %panels = memref.get_global @panels : memref<i64>
  %n = memref.load %panels[] : memref<i64>
  %one = arith.constant 1 : i64
  %next = arith.addi %n, %one : i64
  memref.store %next, %panels[] : memref<i64>
  return
}
func.func @report() {
  %panels = memref.get_global @panels : memref<i64>
  %n = memref.load %panels[] : memref<i64>
  %zero = arith.constant 0 : i64
  memref.store %zero, %panels[] : memref<i64>
  call @printI64(%n) : (i64) -> ()
  call @printNewline() : () -> ()
  return
}

func.func @causal(%T: index) {
  %scale = arith.constant 0.5 : f32
  %x = memref.alloc(%T) : memref<1x2x?x4xf32>
  %o = memref.alloc(%T) : memref<1x2x?x4xf32>
  linalg.fill ins(%scale : f32) outs(%x : memref<1x2x?x4xf32>)
  rondo.attention %scale ins(%x, %x, %x : memref<1x2x?x4xf32>, memref<1x2x?x4xf32>, memref<1x2x?x4xf32>)
      outs(%o : memref<1x2x?x4xf32>) : f32 mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64):
      %sees = arith.cmpi sle, %j, %i : i64
      rondo.attention.yield %sees : i1
    }
  memref.dealloc %x : memref<1x2x?x4xf32>
  memref.dealloc %o : memref<1x2x?x4xf32>
  call @report() : () -> ()
  return
}

func.func @window(%T: index, %window: i64) {
  %scale = arith.constant 0.5 : f32
  %x = memref.alloc(%T) : memref<1x1x?x4xf32>
  %o = memref.alloc(%T) : memref<1x1x?x4xf32>
  linalg.fill ins(%scale : f32) outs(%x : memref<1x1x?x4xf32>)
  rondo.attention %scale ins(%x, %x, %x : memref<1x1x?x4xf32>, memref<1x1x?x4xf32>, memref<1x1x?x4xf32>)
      captures(%window : i64) outs(%o : memref<1x1x?x4xf32>) : f32 mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %w: i64):
      %causal = arith.cmpi sle, %j, %i : i64
      %distance = arith.subi %i, %j : i64
      %near = arith.cmpi slt, %distance, %w : i64
      %sees = arith.andi %causal, %near : i1
      rondo.attention.yield %sees : i1
    }
  memref.dealloc %x : memref<1x1x?x4xf32>
  memref.dealloc %o : memref<1x1x?x4xf32>
  call @report() : () -> ()
  return
}

func.func @lengths(%T: index, %first: i64, %second: i64) {
  %scale = arith.constant 0.5 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.alloc() : memref<2xi64>
  memref.store %first, %n[%c0] : memref<2xi64>
  memref.store %second, %n[%c1] : memref<2xi64>
  %x = memref.alloc(%T) : memref<2x1x?x4xf32>
  %o = memref.alloc(%T) : memref<2x1x?x4xf32>
  linalg.fill ins(%scale : f32) outs(%x : memref<2x1x?x4xf32>)
  rondo.attention %scale ins(%x, %x, %x : memref<2x1x?x4xf32>, memref<2x1x?x4xf32>, memref<2x1x?x4xf32>)
      captures(%n : memref<2xi64>) outs(%o : memref<2x1x?x4xf32>) : f32 mask {
    ^bb0(%b: i64, %h: i64, %i: i64, %j: i64, %lengths: memref<2xi64>):
      %row = arith.index_cast %b : i64 to index
      %length = memref.load %lengths[%row] : memref<2xi64>
      %sees = arith.cmpi slt, %j, %length : i64
      rondo.attention.yield %sees : i1
    }
  memref.dealloc %x : memref<2x1x?x4xf32>
  memref.dealloc %o : memref<2x1x?x4xf32>
  memref.dealloc %n : memref<2xi64>
  call @report() : () -> ()
  return
}

func.func @main() {
  %T0 = arith.constant 0 : index
  %T1 = arith.constant 1 : index
  %T100 = arith.constant 100 : index
  %T4096 = arith.constant 4096 : index
  %w0 = arith.constant 0 : i64
  %w1 = arith.constant 1 : i64
  %w256 = arith.constant 256 : i64
  %n64 = arith.constant 64 : i64
  %n1000 = arith.constant 1000 : i64
  %n5000 = arith.constant 5000 : i64

  // Two heads. The sum over blocks of ceil(min(last + 1, T) / panel); with one query, one panel.
  // CHECK: {{^}}0{{$}}
  call @causal(%T0) : (index) -> ()
  // CHECK-NEXT: {{^}}2{{$}}
  call @causal(%T1) : (index) -> ()
  // WIDE-NEXT: {{^}}32{{$}}
  // NARROW-NEXT: {{^}}74{{$}}
  call @causal(%T100) : (index) -> ()
  // WIDE-NEXT: {{^}}33024{{$}}
  // NARROW-NEXT: {{^}}88234{{$}}
  call @causal(%T4096) : (index) -> ()

  // ceil(min(last + 1, T) / panel) - floor(max(first - window + 1, 0) / panel)
  // WIDE-NEXT: {{^}}7{{$}}
  // NARROW-NEXT: {{^}}13{{$}}
  call @window(%T100, %w1) : (index, i64) -> ()
  // WIDE-NEXT: {{^}}2232{{$}}
  // NARROW-NEXT: {{^}}5797{{$}}
  call @window(%T4096, %w256) : (index, i64) -> ()

  // blocks * ceil(min(n, T) / panel), for n = 0 and 64, 1000 and 5000
  // WIDE-NEXT: {{^}}14{{$}}
  // NARROW-NEXT: {{^}}36{{$}}
  call @lengths(%T100, %w0, %n64) : (index, i64, i64) -> ()
  // WIDE-NEXT: {{^}}40960{{$}}
  // NARROW-NEXT: {{^}}109098{{$}}
  call @lengths(%T4096, %n1000, %n5000) : (index, i64, i64) -> ()
  return
}
