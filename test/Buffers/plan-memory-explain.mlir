// RUN: rondo-opt %s "-rondo-plan-memory=explain" -verify-diagnostics -o /dev/null

// expected-remark @+1 {{f has 3 buffers in 128 bytes and 1 slots}}
func.func @f(%n: index {rondo.dim = "n"}, %x: memref<4xf32> {rondo.name = "x"}) attributes {rondo.entry} {
  // expected-remark @+1 {{'memref<4xf32>' lies at byte 64}}
  %a = memref.alloc() : memref<4xf32>
  linalg.tanh ins(%x : memref<4xf32>) outs(%a : memref<4xf32>)
  // expected-remark @+1 {{'memref<?x4xf32>' lies in slot 0}}
  %b = memref.alloc(%n) : memref<?x4xf32>
  linalg.broadcast ins(%a : memref<4xf32>) outs(%b : memref<?x4xf32>) dimensions = [0]
  // expected-remark @+1 {{'memref<8x?xf32>' lies in slot 0}}
  %c = memref.alloc(%n) : memref<8x?xf32>
  linalg.tanh ins(%c : memref<8x?xf32>) outs(%c : memref<8x?xf32>)
  return
}
